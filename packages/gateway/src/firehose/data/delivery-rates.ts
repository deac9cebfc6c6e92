/**
 * What may be put to a delivery in a second, by both put operations together: calls, records and bytes, as the limits profile sets
 * them. A call above its rate fails as a whole; records above theirs fail one by one. Buckets hold a second's worth. Rates that
 * are infinite have no bucket, so the profile without rates costs a comparison.
 */
import { TokenBucket } from '../../limits/token-bucket.ts'
import type { FirehoseLimits } from '../found-delivery.ts'

/** Deliveries with buckets; when there are more, all begin anew. */
const DELIVERIES_MAX = 10_000

interface Buckets {
  /** Of the delivery: another one of its name begins anew. */
  readonly createdAt: number
  readonly calls: TokenBucket
  readonly records: TokenBucket
  readonly bytes: TokenBucket
}

export class DeliveryRates {
  readonly isLimited: boolean
  readonly #limits: FirehoseLimits
  readonly #deliveries = new Map<string, Buckets>()

  constructor(limits: FirehoseLimits) {
    this.#limits = limits
    const { deliveryPutBytesPerSecond, deliveryPutRecordsPerSecond, deliveryPutCallsPerSecond } = limits
    this.isLimited = [deliveryPutBytesPerSecond, deliveryPutRecordsPerSecond, deliveryPutCallsPerSecond].some(
      Number.isFinite,
    )
  }

  /** Whether one more call may be made now; if so it is counted. */
  takeCall(delivery: { readonly name: string; readonly createdAt: number }, nowMs: number): boolean {
    return !this.isLimited || this.#of(delivery, nowMs).calls.take(1, nowMs)
  }

  /** Whether a record may be put now; if so it is counted. What one bucket refuses takes from neither. */
  takeRecord(
    delivery: { readonly name: string; readonly createdAt: number },
    bytes: number,
    nowMs: number,
  ): boolean {
    if (!this.isLimited) return true
    const buckets = this.#of(delivery, nowMs)
    if (!buckets.bytes.has(bytes, nowMs) || !buckets.records.take(1, nowMs)) return false
    return buckets.bytes.take(bytes, nowMs)
  }

  #of({ name, createdAt }: { readonly name: string; readonly createdAt: number }, nowMs: number): Buckets {
    const known = this.#deliveries.get(name)
    if (known?.createdAt === createdAt) return known
    if (this.#deliveries.size >= DELIVERIES_MAX) this.#deliveries.clear()
    const { deliveryPutBytesPerSecond, deliveryPutRecordsPerSecond, deliveryPutCallsPerSecond } = this.#limits
    const bucket = (perSecond: number): TokenBucket =>
      new TokenBucket({ capacity: perSecond, perSecond, nowMs })
    const buckets = {
      createdAt,
      calls: bucket(deliveryPutCallsPerSecond),
      records: bucket(deliveryPutRecordsPerSecond),
      bytes: bucket(deliveryPutBytesPerSecond),
    }
    this.#deliveries.set(name, buckets)
    return buckets
  }
}
