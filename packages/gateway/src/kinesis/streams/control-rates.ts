/**
 * Calls of the control plane per second: a token bucket for each account and operation (for two lists, for each stream),
 * as the API reference states them.
 */
import { CallRates } from '../../limits/call-rates.ts'
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

export class ControlRates {
  readonly #rates = new CallRates()

  /** Counts a call. Error: LimitExceededException. */
  take(operation: OperationName, options: { account: string; stream: string; nowMs: number }): void {
    const { account, stream, nowMs } = options
    const key = byStream.has(operation) ? `${operation}/${account}/${stream}` : `${operation}/${account}`
    if (!this.#rates.take(key, { perSecond: perSecondOf[operation] ?? DEFAULT_PER_SECOND, nowMs })) {
      throw limitExceeded(`Rate exceeded for ${operation} under account ${account}.`)
    }
  }
}
