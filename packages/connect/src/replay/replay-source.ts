/**
 * A stream that is read again between two times: by slices of time, each with readers of its own. Implementations: a
 * stream of our own store (store-source.ts), and one behind the Kinesis API (in the command line).
 *
 * Duties of an implementation: records of a shard come in the order of their sequence numbers, each of them, with arrival
 * times that never decrease; throttles and lost connections are its own affair. Duties of a caller: one `read` of a reader
 * at a time, and `close` in the end.
 */
import type { HashRange } from '@millrace/values'
import type { KinesisRecord } from '../kinesis/kinesis-stream-port.ts'

export interface ReplayShard {
  readonly shardId: string
  /** They may be expired: not listed any more. */
  readonly parents: readonly string[]
  readonly range: HashRange
}

/** A stream as it was at one moment. */
export interface ReplaySnapshot {
  /** What arrived before is in the snapshot, whole ms. */
  readonly timeMs: number
  readonly shards: readonly SnapshotShard[]
}

export interface SnapshotShard extends ReplayShard {
  /** A sequence number that is below all of the shard's records. */
  readonly before: string
  /**
   * Where the shard ended at that moment, exactly, for streams that can say: nothing after this sequence number is part of
   * the snapshot. Undefined where only the time tells.
   */
  readonly last: string | undefined
  /** Closed, so that nothing can follow `last`. */
  readonly isClosed: boolean
}

export type ReplayPosition =
  | { readonly type: 'oldest' }
  /** The first record that arrived at or after the time. */
  | { readonly type: 'time'; readonly timeMs: number }
  | { readonly type: 'after'; readonly sequenceNumber: string }

/** Its arrival time is in whole ms. */
export interface ReplayRecord extends KinesisRecord {
  /** Place in an aggregate that was taken apart. */
  readonly subSequenceNumber?: number
  readonly explicitHashKey?: string
}

export interface ReplayRead {
  /** Valid until the next read. */
  readonly records: readonly ReplayRecord[]
  /** Nothing more was there when these were read. */
  readonly isCaughtUp: boolean
  /** Set when the shard is closed and read to its end: the shards that followed it. No read comes after. */
  readonly children: readonly ReplayShard[] | undefined
}

export interface ReplayReader {
  /** The next records that are there. Does not wait for new ones longer than the stream makes it wait. */
  read(): Promise<ReplayRead>
  /** Waits until something may have arrived since the last read, but not for ever, nor longer than the signal wants. */
  waitForNews(): Promise<void>
  close(): Promise<void>
}

export interface OpenReplayReader {
  readonly shardId: string
  readonly position: ReplayPosition
  /** Which of the slices reads, from 0; undefined for readers outside of them. */
  readonly slice: number | undefined
  /** Ends waiting; reads are empty from then on. */
  readonly signal: AbortSignal
}

export interface ReplaySource {
  /** For messages. */
  readonly name: string
  snapshot(): Promise<ReplaySnapshot>
  /** Called once before slices read: makes what each of so many readers needs. */
  prepare(slices: number, signal: AbortSignal): Promise<void>
  open(options: OpenReplayReader): ReplayReader
  /** Undoes `prepare`. */
  close(): Promise<void>
}
