/**
 * Calls of the control plane per second: a token bucket for each account and operation, or for what else a service counts
 * by. Buckets hold one second's calls.
 */
import { TokenBucket } from './token-bucket.ts'

/** Buckets that are kept; when there are more, all begin anew. */
const BUCKETS_MAX = 10_000

export class CallRates {
  readonly #buckets = new Map<string, TokenBucket>()

  /** Counts a call; false where there were too many. */
  take(key: string, { perSecond, nowMs }: { perSecond: number; nowMs: number }): boolean {
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_MAX) this.#buckets.clear()
      bucket = new TokenBucket({ capacity: perSecond, perSecond, nowMs })
      this.#buckets.set(key, bucket)
    }
    return bucket.take(1, nowMs)
  }
}
