/** A statement that runs: one at a time, with what it answered last. Leaving the page, or a new run, ends the one before. */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { QueryAnswer, RunningQueriesAnswer } from '../../../../../src/protocol/lake.ts'
import { type ApiError, asApiError, getJson, postJson } from '../../../api/client.ts'
import { every, now, steadyMs } from '../../../kit/clock.ts'

export interface QueryState {
  /** That the answer or the error is of; undefined before the first. */
  readonly sql?: string
  readonly answer?: QueryAnswer
  readonly error?: ApiError
  readonly isRunning: boolean
  /** Of the run, so far or in all. */
  readonly ms: number
  /** Rows that the running statement has given so far. */
  readonly rows: number
  readonly isCanceled: boolean
}

export interface RunningQuery extends QueryState {
  readonly run: (query: { readonly sql: string; readonly database: string; readonly limit: number }) => void
  readonly cancel: () => void
}

const clockEveryMs = 100
const progressEveryMs = 1_000
const idle: QueryState = { isRunning: false, ms: 0, rows: 0, isCanceled: false }

export function useQuery(onDone: () => void): RunningQuery {
  const [state, setState] = useState<QueryState>(idle)
  const current = useRef<AbortController | undefined>(undefined)
  const done = useRef(onDone)
  done.current = onDone
  const turn = useRef(0)

  const run = useCallback<RunningQuery['run']>(({ sql, database, limit }) => {
    current.current?.abort()
    const abort = new AbortController()
    current.current = abort
    turn.current += 1
    const id = `page-${Math.round(now())}-${turn.current}`
    const began = steadyMs()
    // The result before stays in view until there is another.
    setState(({ error: _gone, ...before }) => ({
      ...before,
      isRunning: true,
      ms: 0,
      rows: 0,
      isCanceled: false,
    }))
    const stops = [
      every(clockEveryMs, () => setState((before) => ({ ...before, ms: steadyMs() - began }))),
      every(progressEveryMs, () => {
        getJson<RunningQueriesAnswer>('/admin/query/running', undefined, abort.signal).then(
          ({ queries }) => {
            const rows = queries.find((query) => query.id === id)?.rows
            if (rows !== undefined) setState((before) => ({ ...before, rows }))
          },
          // The next one tells it, and the query itself tells what is wrong.
          () => {},
        )
      }),
    ]
    const stop = () => {
      for (const each of stops) each()
    }
    abort.signal.addEventListener('abort', stop)
    const end = (next: (before: QueryState) => QueryState) => {
      stop()
      if (current.current !== abort) return
      current.current = undefined
      setState((before) => ({ ...next(before), isRunning: false, ms: steadyMs() - began }))
      done.current()
    }
    postJson<QueryAnswer>('/admin/query', { sql, database, limit, id }, abort.signal).then(
      (answer) => end(() => ({ ...idle, sql, answer })),
      (error: unknown) => {
        if (abort.signal.aborted) return
        const known = asApiError(error)
        end((before) => ({ ...before, sql, error: known }))
      },
    )
  }, [])
  const cancel = useCallback(() => {
    // The connection closes, which ends the statement where it runs.
    current.current?.abort()
    current.current = undefined
    setState((before) => ({ ...before, isRunning: false, isCanceled: true }))
  }, [])
  useEffect(() => () => current.current?.abort(), [])
  return { ...state, run, cancel }
}
