/** Asks again now and then while somebody looks: minutes of metrics change slowly, so that is cheaper than a stream of events. */
import { useEffect } from 'react'
import { every } from '../../kit/clock.ts'

const everyMs = 10_000

export function useRefresh(reload: () => void): void {
  useEffect(
    () =>
      every(everyMs, () => {
        if (!document.hidden) reload()
      }),
    [reload],
  )
}
