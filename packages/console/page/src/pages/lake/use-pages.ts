/** A list that the API gives in pages, as a hook: what has come so far, and more of it when asked for. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { type ApiError, asApiError, getJson, type Query, withQuery } from '../../api/client.ts'

export interface Pages<T> {
  readonly rows: readonly T[]
  /** There are more behind these. */
  readonly hasMore: boolean
  readonly loading: boolean
  readonly error: ApiError | undefined
  readonly loadMore: () => void
  /** From the beginning. */
  readonly reload: () => void
}

interface State<T> {
  readonly rows: readonly T[]
  readonly next: string | null
  readonly loading: boolean
  readonly error?: ApiError
}

/** `path` undefined: nothing is asked yet. `rowsOf` picks the rows of an answer; `next` of it is what `after` has to be. */
export function usePages<T, A extends { readonly next: string | null }>(
  path: string | undefined,
  query: Query,
  rowsOf: (answer: A) => readonly T[],
): Pages<T> {
  const [state, setState] = useState<State<T>>({ rows: [], next: null, loading: path !== undefined })
  const [turn, setTurn] = useState(0)
  const pick = useRef(rowsOf)
  pick.current = rowsOf
  const asking = useRef<AbortController | undefined>(undefined)
  const url = path === undefined ? undefined : withQuery(path, query)

  const ask = useCallback((from: string, after: string | undefined) => {
    asking.current?.abort()
    const abort = new AbortController()
    asking.current = abort
    setState((now) => ({ ...now, loading: true }))
    const page =
      after === undefined
        ? from
        : `${from}${from.includes('?') ? '&' : '?'}after=${encodeURIComponent(after)}`
    getJson<A>(page, undefined, abort.signal).then(
      (answer) => {
        const rows = pick.current(answer)
        setState((now) => ({
          rows: after === undefined ? rows : [...now.rows, ...rows],
          next: answer.next,
          loading: false,
        }))
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        const known = asApiError(error)
        setState((now) => ({ ...now, error: known, loading: false }))
      },
    )
  }, [])
  useEffect(() => {
    void turn
    if (url === undefined) return
    ask(url, undefined)
    return () => asking.current?.abort()
  }, [url, turn, ask])
  const { rows, next, loading, error } = state
  return {
    rows,
    hasMore: next !== null,
    loading,
    error,
    loadMore: useCallback(() => {
      if (url !== undefined && next !== null) ask(url, next)
    }, [url, next, ask]),
    reload: useCallback(() => setTurn((now) => now + 1), []),
  }
}
