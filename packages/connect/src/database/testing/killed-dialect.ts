/**
 * A dialect whose process dies at one statement: before the server has it, or after it was done and before its answer came. From then on
 * nothing goes through, as of a process that is gone.
 */
import type { SqlDialect, SqlSession } from '../sql-dialect.ts'

export class Killed extends Error {}

export class Killer {
  /** Statements so far, of all sessions. */
  count = 0
  isDead = false
  readonly #at: number
  readonly #fate: 'before' | 'after'

  /** `at`: which statement, from 0; Infinity: none. */
  constructor(at: number, fate: 'before' | 'after') {
    this.#at = at
    this.#fate = fate
  }

  async pass<T>(session: SqlSession, work: () => Promise<T>): Promise<T> {
    this.check()
    const isLast = this.count++ === this.#at
    if (isLast && this.#fate === 'before') this.#die(session)
    const result = await work()
    if (isLast) this.#die(session)
    this.check()
    return result
  }

  check(): void {
    if (this.isDead) throw new Killed('killed')
  }

  #die(session: SqlSession): void {
    this.isDead = true
    // What the server had not answered is its own affair from now on.
    session.destroy()
    throw new Killed('killed')
  }
}

export function killedDialect(dialect: SqlDialect, killer: Killer): SqlDialect {
  return {
    ...dialect,
    open: async (signal) => {
      killer.check()
      const session = await dialect.open(signal)
      return {
        statementBytesMax: session.statementBytesMax,
        get isOver() {
          return session.isOver
        },
        rows: (sql, values) => killer.pass(session, () => session.rows(sql, values)),
        run: (sql, values) => killer.pass(session, () => session.run(sql, values)),
        close: () => session.close(),
        destroy: () => session.destroy(),
      }
    },
  }
}
