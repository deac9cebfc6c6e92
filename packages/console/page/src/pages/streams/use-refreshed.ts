/** A GET that is asked again every few seconds while the page is looked at. */
import { useEffect } from 'react'
import type { Query } from '../../api/client.ts'
import { type ApiState, useApi } from '../../api/use-api.ts'
import { every } from '../../kit/clock.ts'

export function useRefreshed<T>(
  path: string | undefined,
  query: Query | undefined,
  everyMs: number,
): ApiState<T> {
  const state = useApi<T>(path, query)
  const { reload } = state
  useEffect(
    () =>
      every(everyMs, () => {
        if (!document.hidden) reload()
      }),
    [everyMs, reload],
  )
  return state
}
