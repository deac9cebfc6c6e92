/**
 * A Kinesis stream as its readers see it: shards with their lineage, and one reader for each shard. Implementations: a
 * stream of our own store (local-stream.ts), one behind the Kinesis API (aws-stream.ts), and a simulated one in tests.
 *
 * Duties of an implementation: records of a shard come in the order of their sequence numbers, each of them; throttles,
 * expired iterators and ended subscriptions are its own affair, so that `read` fails only for reasons that waiting does
 * not cure; a shard that has expired fails with KINESIS_SHARD_GONE. Duties of a caller: one `read` of a reader at a time, and `close` in the end.
 */
import type { HashRange } from '@millrace/values'
import { ConnectError } from '../errors.ts'

export interface KinesisShard {
  readonly shardId: string
  /** None for shards of the beginning, one after a split, two after a merge. They may be expired: not listed any more. */
  readonly parents: readonly string[]
  readonly range: HashRange
}

/** A record as it was put: perhaps an aggregate of several. */
export interface KinesisRecord {
  /** Decimal text. Increases along a shard. */
  readonly sequenceNumber: string
  readonly partitionKey: string
  readonly data: Uint8Array
  readonly arrivalTimeMs: number
}

/** Where an application begins with shards that nobody has read yet. */
export type StartPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly timeMs: number }

/** A place in a shard. The record of AT_SEQUENCE_NUMBER may have expired: then the oldest one is meant. */
export type ShardPosition =
  | StartPosition
  | { readonly type: 'AT_SEQUENCE_NUMBER'; readonly sequenceNumber: string }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string }

export interface ShardRead {
  readonly records: readonly KinesisRecord[]
  /** How far the reader is behind the newest record, 0 when it has caught up. */
  readonly millisBehindLatest: number
  /** Set when the shard is closed and these records are its last ones: the shards that followed it. No read comes after. */
  readonly ended: { readonly children: readonly KinesisShard[] } | undefined
}

export interface ShardReader {
  /** The next records. May wait for some, but not for ever: an empty read says that there is nothing now. */
  read(): Promise<ShardRead>
  close(): Promise<void>
}

export interface OpenReader {
  readonly shardId: string
  readonly position: ShardPosition
  /** Records of a read. */
  readonly recordsMax: number
  /** Ends waiting; reads are empty from then on. */
  readonly signal: AbortSignal
}

export interface KinesisStreamPort {
  /** For messages. */
  readonly name: string
  /** All shards that hold records, or those with which an application begins at a position. */
  listShards(from?: StartPosition): Promise<readonly KinesisShard[]>
  /** Reads by asking again and again, or by being pushed to, as the stream was made. */
  openReader(options: OpenReader): ShardReader
  close(): Promise<void>
}

/** Opening or reading a shard that has expired, or never was: its readers take that as its end. */
export function shardGone(stream: string, shardId: string): ConnectError {
  return new ConnectError(
    'KINESIS_SHARD_GONE',
    `stream "${stream}" has no shard ${shardId}: it has expired, or the stream was made anew.`,
  )
}
