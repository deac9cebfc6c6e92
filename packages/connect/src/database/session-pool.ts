/**
 * Connections of a sink: made when they are needed, at most so many at a time, used again while they live, and closed when the app
 * stops. Who asks for one when all are in use waits for its turn.
 */
import type { SqlSession } from './sql-dialect.ts'

export class SessionPool {
  readonly #open: (signal: AbortSignal) => Promise<SqlSession>
  readonly #max: number
  readonly #idle: SqlSession[] = []
  readonly #waiting: (() => void)[] = []
  readonly #signals = new WeakSet<AbortSignal>()
  #used = 0

  constructor(open: (signal: AbortSignal) => Promise<SqlSession>, max: number) {
    this.#open = open
    this.#max = max
  }

  /** Must be followed by `give`. Fails as opening does, and with the signal's reason. */
  async take(signal: AbortSignal): Promise<SqlSession> {
    this.#closeWith(signal)
    while (this.#used >= this.#max) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#used++
    try {
      signal.throwIfAborted()
      for (;;) {
        const session = this.#idle.pop()
        if (session === undefined) return await this.#open(signal)
        if (!session.isOver) return session
      }
    } catch (error) {
      this.#free()
      throw error
    }
  }

  /** Takes a session back. `isSound`: nothing is left open on it. */
  give(session: SqlSession, options: { readonly isSound: boolean; readonly signal: AbortSignal }): void {
    if (!options.isSound || session.isOver) session.destroy()
    else if (options.signal.aborted) void session.close().catch(() => {})
    else this.#idle.push(session)
    this.#free()
  }

  #free(): void {
    this.#used--
    this.#waiting.shift()?.()
  }

  /** A handler is not told that its stage ends, but its signal is: all that lies idle then is closed. */
  #closeWith(signal: AbortSignal): void {
    if (this.#signals.has(signal)) return
    this.#signals.add(signal)
    signal.addEventListener(
      'abort',
      () => {
        for (const session of this.#idle.splice(0)) void session.close().catch(() => {})
      },
      { once: true },
    )
  }
}
