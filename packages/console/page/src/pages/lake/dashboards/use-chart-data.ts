/** The rows of a dashboard's charts, asked again by their intervals as long as the tab is seen. One chart's error is its own. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Chart, ChartDataAnswer, Kept } from '../../../../../src/protocol/dashboards.ts'
import { type ApiError, asApiError, getJson } from '../../../api/client.ts'
import { every, nextFrame, now } from '../../../kit/clock.ts'
import { RefreshQueue } from './refresh-queue.ts'

export interface ChartState {
  /** The last answer, kept while it is asked again and when that fails. */
  readonly answer?: ChartDataAnswer
  readonly error?: ApiError
  readonly loading: boolean
  /** When the last answer came, by the page's clock. */
  readonly answeredAt?: number
}

export interface ChartData {
  readonly of: (chart: string) => ChartState
  /** Asks again now; without a name all charts. */
  readonly refresh: (chart?: string) => void
}

const tickMs = 250
const nothing: ChartState = { loading: false }

export function useChartData(
  charts: readonly Pick<Kept<Chart>, 'name' | 'refreshSeconds' | 'version'>[],
): ChartData {
  const [states, setStates] = useState<ReadonlyMap<string, ChartState>>(new Map())
  const queue = useRef(new RefreshQueue())
  // Answers that come together are one render.
  const pending = useRef<Map<string, (before: ChartState) => ChartState>>(new Map())
  const frame = useRef<(() => void) | undefined>(undefined)
  // A new version of a chart is another thing to ask for.
  const list = JSON.stringify(
    charts.map(({ name, refreshSeconds, version }) => [name, refreshSeconds, version]),
  )
  const versions = useRef(new Map<string, number>())

  const change = useCallback((name: string, of: (before: ChartState) => ChartState) => {
    const earlier = pending.current.get(name)
    pending.current.set(name, earlier === undefined ? of : (before) => of(earlier(before)))
    frame.current ??= nextFrame(() => {
      frame.current = undefined
      const changes = [...pending.current]
      pending.current.clear()
      setStates((before) => {
        const next = new Map(before)
        for (const [each, apply] of changes) next.set(each, apply(next.get(each) ?? nothing))
        return next
      })
    })
  }, [])

  useEffect(() => {
    const wanted = JSON.parse(list) as [string, number | null, number][]
    queue.current.set(
      wanted.map(([name, seconds]) => ({ name, everyMs: seconds === null ? null : seconds * 1_000 })),
      now(),
    )
    for (const [name, , version] of wanted) {
      const before = versions.current.get(name)
      versions.current.set(name, version)
      if (before !== undefined && before !== version) queue.current.now(now(), name)
    }
  }, [list])

  useEffect(() => {
    const leaving = new AbortController()
    const ask = (name: string) => {
      change(name, (before) => ({ ...before, loading: true }))
      getJson<ChartDataAnswer>('/admin/charts/data', { name }, leaving.signal).then(
        (answer) => {
          queue.current.ended(name, now())
          change(name, () => ({ answer, answeredAt: now(), loading: false }))
        },
        (error: unknown) => {
          if (leaving.signal.aborted) return
          queue.current.ended(name, now())
          const known = asApiError(error)
          change(name, (before) => ({ ...before, error: known, loading: false }))
        },
      )
    }
    const tick = () => {
      if (document.hidden) return
      for (const name of queue.current.tick(now())) ask(name)
    }
    tick()
    const stop = every(tickMs, tick)
    document.addEventListener('visibilitychange', tick)
    return () => {
      stop()
      document.removeEventListener('visibilitychange', tick)
      leaving.abort()
      // What was asked has no answer any more; who comes back asks anew.
      queue.current = new RefreshQueue()
      frame.current?.()
      frame.current = undefined
    }
  }, [change])

  return useMemo(
    () => ({
      of: (name) => states.get(name) ?? nothing,
      refresh: (name) => queue.current.now(now(), name),
    }),
    [states],
  )
}
