/** A GET as a hook: what it answered last, whether it is asked again now, and what it was refused with. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { type ApiError, asApiError, getJson, type Query, withQuery } from './client.ts'
import { useConnection } from './connection.ts'
import { useSignIns } from './session.ts'

export interface ApiState<T> {
  /** The last answer, kept while it is asked for again. */
  readonly data: T | undefined
  readonly error: ApiError | undefined
  readonly loading: boolean
  /** Asks again. */
  readonly reload: () => void
}

/** `path` undefined: nothing is asked yet. Answers of an older path never replace those of a newer one. */
export function useApi<T>(path: string | undefined, query?: Query): ApiState<T> {
  const [state, setState] = useState<{ url?: string; data?: T; error?: ApiError; loading: boolean }>({
    loading: false,
  })
  const [turn, setTurn] = useState(0)
  const signIns = useSignIns()
  const url = path === undefined ? undefined : withQuery(path, query)
  const shown = useRef<string | undefined>(undefined)
  useEffect(() => {
    void turn
    void signIns
    if (url === undefined) return
    const asking = new AbortController()
    const isSame = shown.current === url
    shown.current = url
    setState((now) => (isSame && now.data !== undefined ? { ...now, loading: true } : { url, loading: true }))
    getJson<T>(url, undefined, asking.signal).then(
      (data) => setState({ url, data, loading: false }),
      (error: unknown) => {
        if (asking.signal.aborted) return
        const known = asApiError(error)
        setState((now) => ({ ...now, error: known, loading: false }))
      },
    )
    return () => asking.abort()
  }, [url, turn, signIns])
  const connection = useConnection()
  const before = useRef(connection)
  const isUnanswered = useRef(false)
  isUnanswered.current = state.error?.status === 0
  useEffect(() => {
    // Once, when somebody answers again: an answer that failed meanwhile for another reason stands.
    if (before.current === 'lost' && connection === 'answers' && isUnanswered.current)
      setTurn((now) => now + 1)
    before.current = connection
  }, [connection])
  const reload = useCallback(() => setTurn((now) => now + 1), [])
  // In the render that brings another path, what is known is still the answer of the one before.
  const isOwn = url === undefined || state.url === url
  return isOwn
    ? { data: state.data, error: state.error, loading: state.loading, reload }
    : { data: undefined, error: undefined, loading: true, reload }
}
