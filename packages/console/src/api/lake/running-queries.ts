/** The queries that this process runs for callers of its pages, so that others can see and cancel them. */
import { AdminProblem } from '@millrace/gateway'
import type { Clock } from '@millrace/values'
import type { RunningQueriesAnswer } from '../../protocol/lake.ts'

/** Of a text that is shown in the list. */
const sqlShown = 2_000

export interface RunningQuery {
  /** Aborts when the caller leaves, or when somebody cancels. */
  readonly signal: AbortSignal
  rows: number
  /** undefined: nobody canceled it. */
  readonly canceled: boolean
  end(): void
}

interface Entry {
  readonly id: string
  readonly sql: string
  readonly database: string
  readonly startedAt: number
  readonly abort: AbortController
  rows: number
  canceled: boolean
}

export class RunningQueries {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `id`: chosen by the caller; one that is running already is refused. */
  begin(query: {
    readonly sql: string
    readonly database: string
    readonly id: string | undefined
    readonly signal: AbortSignal
  }): RunningQuery {
    const { sql, database, signal } = query
    const id = query.id ?? `query-${++this.#count}`
    if (this.#entries.has(id))
      throw new AdminProblem('QUERY_RUNS', `A query runs under the id ${JSON.stringify(id)} already.`, 409)
    const entry: Entry = {
      id,
      sql,
      database,
      startedAt: this.#clock.now(),
      abort: new AbortController(),
      rows: 0,
      canceled: false,
    }
    const leave = () => entry.abort.abort(signal.reason)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
    this.#entries.set(id, entry)
    return {
      signal: entry.abort.signal,
      get rows() {
        return entry.rows
      },
      set rows(count) {
        entry.rows = count
      },
      get canceled() {
        return entry.canceled
      },
      end: () => {
        signal.removeEventListener('abort', leave)
        this.#entries.delete(id)
      },
    }
  }

  list(): RunningQueriesAnswer['queries'] {
    return [...this.#entries.values()].map(({ id, sql, database, startedAt, rows }) => ({
      id,
      sql: sql.slice(0, sqlShown),
      database,
      startedAt,
      rows,
    }))
  }

  /** false: none runs under the id (any more). */
  cancel(id: string): boolean {
    const entry = this.#entries.get(id)
    if (entry === undefined) return false
    entry.canceled = true
    entry.abort.abort(new AdminProblem('QUERY_CANCELED', 'The query was canceled.', 409))
    return true
  }
}
