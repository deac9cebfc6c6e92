/**
 * Waiting between attempts: doubled each time up to a most, with half of it drawn at random, so that readers that were
 * throttled together do not come back together.
 */
import type { Clock, Random } from '@millrace/values'

export interface BackoffOptions {
  readonly firstMs: number
  readonly mostMs: number
}

export class Backoff {
  readonly #clock: Clock
  readonly #random: Random
  readonly #options: BackoffOptions
  #failures = 0

  constructor(clock: Clock, random: Random, options: BackoffOptions) {
    this.#clock = clock
    this.#random = random
    this.#options = options
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures
  }

  succeeded(): void {
    this.#failures = 0
  }

  /** Counts a failure that is not waited for. */
  failed(): void {
    this.#failures++
  }

  async wait(signal: AbortSignal): Promise<void> {
    const { firstMs, mostMs } = this.#options
    const full = Math.min(mostMs, firstMs * 2 ** Math.min(this.#failures++, 30))
    await this.#clock.sleep(full / 2 + (full / 2) * this.#random.next(), signal)
  }
}
