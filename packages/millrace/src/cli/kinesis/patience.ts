/** Makes a call again while its failure may pass, for a minute at most. */
import { Backoff, PassingFailure } from '@millrace/connect'
import type { Clock, Random } from '@millrace/values'
import { MillraceError } from '../../error.ts'

const patienceMs = 60_000
const backoffRange = { firstMs: 100, mostMs: 2000 }

export class Patience {
  readonly #clock: Clock
  readonly #random: Random

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Undefined when the signal aborts first. Errors: ENDPOINT_REFUSED after a minute, and those of the call. */
  async call<T>(
    work: () => Promise<T>,
    signal: AbortSignal,
    mayPass = (error: unknown): boolean => error instanceof PassingFailure,
  ): Promise<T | undefined> {
    const backoff = new Backoff(this.#clock, this.#random, backoffRange)
    const start = this.#clock.now()
    while (!signal.aborted) {
      try {
        return await work()
      } catch (error) {
        if (signal.aborted) return undefined
        if (!mayPass(error)) throw error
        if (this.#clock.now() - start >= patienceMs) {
          const said = error instanceof Error ? error.message : String(error)
          throw new MillraceError('ENDPOINT_REFUSED', `no answer was good for a minute. ${said}`, {
            cause: error,
          })
        }
        await backoff.wait(signal)
      }
    }
    return undefined
  }
}
