/**
 * What the navigation shows, asked anew every few seconds by one call, and not at all while the tab is hidden. Where nobody answers it
 * is asked more often, so that the page notices soon when Millrace is back.
 */
import { useEffect, useState } from 'react'
import type { OverviewAnswer } from '../../../src/protocol/overview.ts'
import { ApiError, getJson } from '../api/client.ts'
import { tellConnection } from '../api/connection.ts'
import { after, type Cancel } from '../kit/clock.ts'

const everyMs = 4_000
const lostEveryMs = 1_000

/** The last answer; undefined before the first one. */
export function useOverview(): OverviewAnswer | undefined {
  const [overview, setOverview] = useState<OverviewAnswer>()
  useEffect(() => {
    const ending = new AbortController()
    let cancel: Cancel = () => {}
    let isAsking = false
    const ask = async () => {
      cancel()
      if (document.hidden || isAsking) return
      isAsking = true
      let isLost = false
      try {
        setOverview(await getJson<OverviewAnswer>('/admin/console', undefined, ending.signal))
      } catch (error) {
        if (ending.signal.aborted) return
        isLost = error instanceof ApiError && error.status === 0
      } finally {
        isAsking = false
      }
      tellConnection(isLost ? 'lost' : 'answers')
      cancel = after(isLost ? lostEveryMs : everyMs, ask)
    }
    ask()
    document.addEventListener('visibilitychange', ask)
    return () => {
      document.removeEventListener('visibilitychange', ask)
      cancel()
      ending.abort()
    }
  }, [])
  return overview
}
