/**
 * Where the records of a replay go. Slices are written side by side; `complete` makes one result of them, `discard` leaves
 * nothing that looks like one.
 */
import type { ReplayRecord } from './replay-source.ts'

export interface SliceSink {
  /** Records of one shard, in their order. They may be used until the promise resolves. */
  write(shardId: string, records: readonly ReplayRecord[]): Promise<void>
  /** Everything was written. */
  end(): Promise<void>
}

export interface ReplaySink {
  slice(index: number): SliceSink
  complete(slices: number): Promise<void>
  discard(): Promise<void>
  /** What goes on after `complete`; written by one shard at a time or several. */
  live(): SliceSink
}
