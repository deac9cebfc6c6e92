/** The time as a hook, for "12 s ago": a new value every `everyMs`, none while the tab is hidden. */
import { useEffect, useState } from 'react'
import { every, now } from './clock.ts'

export function useNow(everyMs = 1_000): number {
  const [time, setTime] = useState(now)
  useEffect(
    () =>
      every(everyMs, () => {
        if (!document.hidden) setTime(now())
      }),
    [everyMs],
  )
  return time
}
