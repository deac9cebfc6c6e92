/** A session whose statements have a bound in time: one whose server has gone without a word is given up. */
import type { Clock } from '@millrace/values'
import type { SqlSession } from './sql-dialect.ts'

export function timedSession(session: SqlSession, clock: Clock, timeoutMs: number): SqlSession {
  const within = async <T>(work: Promise<T>): Promise<T> => {
    const over = new AbortController()
    const late = clock.sleep(timeoutMs, over.signal).then((): never => {
      if (!over.signal.aborted) session.destroy()
      throw Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' })
    })
    // It always fails, in the end for nobody.
    late.catch(() => {})
    try {
      return await Promise.race([work, late])
    } finally {
      over.abort()
    }
  }
  return {
    statementBytesMax: session.statementBytesMax,
    get isOver() {
      return session.isOver
    },
    rows: (sql, values) => within(session.rows(sql, values)),
    run: (sql, values) => within(session.run(sql, values)),
    close: () => session.close(),
    destroy: () => session.destroy(),
  }
}
