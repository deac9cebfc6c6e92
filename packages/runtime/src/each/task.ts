/** One record of a per-record function on its way, from its reading to the commit of its fate. */
import type { BatchRecord } from '../stream-record.ts'

/** Where it was read. */
export interface TaskShard {
  /** The record's fate is part of the commit being made. */
  settle(record: BatchRecord): void
}

export class Task {
  readonly record: BatchRecord
  readonly shard: TaskShard
  readonly key: string
  attempts = 0
  /** Clock time of the first attempt. */
  firstTime = 0
  retryAt = 0
  /** The next record of the key. */
  next: Task | undefined

  constructor(record: BatchRecord, shard: TaskShard) {
    this.record = record
    this.shard = shard
    this.key = record.partitionKey
  }
}
