/**
 * Calls of the control plane per second: a token bucket for each account and operation (for two lists, for each stream),
 * as the API reference states them. Buckets hold one second's calls.
 */
import { TokenBucket } from '../../limits/token-bucket.ts'
import type { OperationName } from '../input-shapes.ts'
import { limitExceeded } from './faults.ts'

const DEFAULT_PER_SECOND = 5

const perSecondOf: Partial<Record<OperationName, number>> = {
  DescribeStream: 10,
  DescribeStreamSummary: 20,
  DescribeLimits: 1,
  DescribeStreamConsumer: 20,
  ListShards: 1000,
  UpdateShardCount: 10,
}

const byStream: ReadonlySet<OperationName> = new Set(['ListShards', 'ListStreamConsumers'])

/** Buckets that are kept; when there are more, all begin anew. */
const BUCKETS_MAX = 10_000

export class ControlRates {
  readonly #buckets = new Map<string, TokenBucket>()

  /** Counts a call. Error: LimitExceededException. */
  take(operation: OperationName, options: { account: string; stream: string; nowMs: number }): void {
    const { account, stream, nowMs } = options
    const key = byStream.has(operation) ? `${operation}/${account}/${stream}` : `${operation}/${account}`
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_MAX) this.#buckets.clear()
      const perSecond = perSecondOf[operation] ?? DEFAULT_PER_SECOND
      bucket = new TokenBucket({ capacity: perSecond, perSecond, nowMs })
      this.#buckets.set(key, bucket)
    }
    if (!bucket.take(1, nowMs)) {
      throw limitExceeded(`Rate exceeded for ${operation} under account ${account}.`)
    }
  }
}
