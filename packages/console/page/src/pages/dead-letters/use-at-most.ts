/** A value that changes often, as one that changes at most once each `ms`: for what costs too much to be asked at each change. */
import { useEffect, useRef, useState } from 'react'
import { after, steadyMs } from '../../kit/clock.ts'

export function useAtMost<T extends string | number>(value: T, ms: number): T {
  const [shown, setShown] = useState(value)
  const changedAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (value === shown) return
    const show = () => {
      changedAt.current = steadyMs()
      setShown(value)
    }
    return after(Math.max(0, changedAt.current + ms - steadyMs()), show)
  }, [value, shown, ms])
  return shown
}
