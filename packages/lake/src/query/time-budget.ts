/** How long a query may work. Time that passes between its steps, while a caller looks at rows, does not count. */
import type { Clock } from '@millrace/values'
import { LakeQueryError } from './query-error.ts'

const interruptEveryMs = 50

export class TimeBudget {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #interrupt: () => void
  readonly #signal: AbortSignal | undefined
  #leftMs: number
  #isOver = false

  constructor(options: {
    readonly clock: Clock
    readonly limitMs: number
    readonly signal: AbortSignal | undefined
    /** Ends what DuckDB is doing. */
    readonly interrupt: () => void
  }) {
    this.#clock = options.clock
    this.#limitMs = options.limitMs
    this.#leftMs = options.limitMs
    this.#signal = options.signal
    this.#interrupt = options.interrupt
  }

  /** Errors: LAKE_QUERY_LIMIT; the signal's reason. */
  check(): void {
    this.#signal?.throwIfAborted()
    if (!this.#isOver) return
    throw new LakeQueryError(
      'LAKE_QUERY_LIMIT',
      `the query took longer than ${this.#limitMs} ms. Select fewer rows, or allow more time.`,
    )
  }

  /** Does one step; interrupts it when the time is over or the signal aborts. */
  async spend<T>(work: () => Promise<T>): Promise<T> {
    this.check()
    const done = new AbortController()
    const from = this.#clock.now()
    // Again and again: an interrupt that meets the gap between two statements of a step is forgotten by the next.
    const interrupt = async (): Promise<void> => {
      while (!done.signal.aborted) {
        this.#interrupt()
        await this.#clock.sleep(interruptEveryMs, done.signal)
      }
    }
    let interrupting: Promise<void> | undefined
    const onAbort = (): void => {
      interrupting ??= interrupt()
    }
    this.#signal?.addEventListener('abort', onAbort, { once: true })
    const timer = this.#clock.sleep(this.#leftMs, done.signal).then(() => {
      if (done.signal.aborted) return
      this.#isOver = true
      onAbort()
    })
    try {
      const result = await work()
      // DuckDB may say of a stream that was interrupted that it has ended: rows would be missing without a word.
      if (interrupting !== undefined) this.check()
      return result
    } catch (error) {
      this.check()
      throw error
    } finally {
      done.abort()
      await timer
      await interrupting
      this.#signal?.removeEventListener('abort', onAbort)
      this.#leftMs -= this.#clock.now() - from
    }
  }
}
