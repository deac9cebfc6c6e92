/**
 * A token bucket by the clock: `perSecond` requests in the long run, `burst` at once after a pause. Requests that must wait go in the
 * order in which they asked. Only the time at which the bucket would be full again is kept (the generic cell rate algorithm).
 */
import type { Clock } from '@millrace/values'

export interface Rate {
  readonly perSecond: number
  /** Default: one second's requests, at least one. */
  readonly burst?: number
}

export class RateLimit {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #burstMs: number
  #fullAt = Number.NEGATIVE_INFINITY

  constructor({ perSecond, burst = Math.max(1, Math.floor(perSecond)) }: Rate, clock: Clock) {
    this.#clock = clock
    this.#intervalMs = 1000 / perSecond
    this.#burstMs = (burst - 1) * this.#intervalMs
  }

  /** Takes a token, and resolves when it may be used. */
  async take(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    const fullAt = Math.max(this.#fullAt, now)
    this.#fullAt = fullAt + this.#intervalMs
    for (const at = fullAt - this.#burstMs; !signal.aborted; ) {
      const waitMs = at - this.#clock.now()
      if (waitMs <= 0) return
      await this.#clock.sleep(waitMs, signal)
    }
  }
}
