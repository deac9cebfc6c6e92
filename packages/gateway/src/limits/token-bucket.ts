/**
 * Token bucket: `perSecond` tokens come in each second, up to `capacity`; who takes more than there are is refused and
 * takes none. The bucket begins full. Time is given by the caller, so that one look at the clock serves a whole call; it
 * may stand still, and going back counts as standing still. No timers: tokens are counted when somebody asks.
 */

/** What adding fractions up may lose: a millionth of a token is taken for a token that is there. */
const EPSILON = 1e-6

export class TokenBucket {
  readonly capacity: number
  readonly perSecond: number
  #tokens: number
  #at: number

  /** An infinite `perSecond` never refuses. */
  constructor(options: { capacity: number; perSecond: number; nowMs: number }) {
    this.capacity = options.capacity
    this.perSecond = options.perSecond
    this.#tokens = options.capacity
    this.#at = options.nowMs
  }

  /** True if `take(n)` would be. */
  has(n: number, nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#tokens + EPSILON >= Math.min(n, this.capacity)
  }

  /**
   * Takes n tokens if they are there. More than the bucket holds can be taken from a full one, which then owes the rest:
   * the average stays, and what is larger than a second's worth gets through at all.
   */
  take(n: number, nowMs: number): boolean {
    if (!this.has(n, nowMs)) return false
    this.#tokens -= n
    return true
  }

  /** True while nothing is owed. */
  isOpen(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#tokens >= -EPSILON
  }

  /**
   * Takes n tokens that were spent already. Up to the capacity they are a draw on what is there; a larger amount closes
   * the bucket for all the time that it takes to come in, n / perSecond seconds.
   */
  spend(n: number, nowMs: number): void {
    this.#refill(nowMs)
    this.#tokens = n > this.capacity ? Math.min(this.#tokens, 0) - n : this.#tokens - n
  }

  /** Ms until nothing is owed any more; 0 if nothing is. */
  opensInMs(nowMs: number): number {
    this.#refill(nowMs)
    return this.#tokens >= -EPSILON ? 0 : (-this.#tokens / this.perSecond) * 1000
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#at) return
    this.#tokens = Math.min(this.capacity, this.#tokens + ((nowMs - this.#at) * this.perSecond) / 1000)
    this.#at = nowMs
  }
}
