/**
 * The port of Lambda events: what a mapping asks about the records of one shard. One implementer for records of streams
 * (kinesis-event.ts), one for changes of tables (table-event.ts), one for objects of buckets (bucket-event.ts);
 * `makeShardEvents` picks.
 *
 * Records of one call come from this shard, in order of their sequence; there may be gaps (lanes, filters).
 */
import type { WindowCall } from '../mapping/function-runner.ts'
import type { BatchRecord } from '../stream-record.ts'

/** The stream, table or bucket that a mapping reads, as its events name it. */
export interface EventSource {
  readonly kind: 'stream' | 'table' | 'bucket'
  /** Of the stream, of the table's change stream, or of the bucket. */
  readonly arn: string
  readonly region: string
  /** 12 digits. */
  readonly account: string
}

export interface ShardEvents {
  readonly source: EventSource
  /** As events and reports name the shard. */
  readonly shardId: string
  /** The record's number as the service's clients see it. All of a shard have the same count of digits. */
  sequenceNumber(record: BatchRecord): string
  /**
   * Bytes that the record takes in an event, with its comma: the sum over a batch, with `eventOverheadBytes`, is at least
   * the length of the event's UTF-8 text. Costs no building.
   */
  recordBytes(record: BatchRecord): number
  /** JSON text of the event. Of a window's final invocation, records may be empty. */
  event(records: readonly BatchRecord[], window?: WindowCall): string
  /** JSON bytes of one record as it is in `Records`: for filters. Valid until the next call. */
  recordJson(record: BatchRecord): Uint8Array
}

/** `{"Records":[]}`, and what a window adds but its state. */
export const eventOverheadBytes = 1024
