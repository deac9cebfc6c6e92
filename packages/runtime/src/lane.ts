/**
 * One lane of a shard: the records waiting in it, in order, and the one batch of them that is being worked on. Lanes of a
 * shard retry and block each by itself.
 */
import type { BatchRecord } from './stream-record.ts'

/** Records being worked on, with the history of their attempts. */
export interface LaneBatch {
  /** What is left of the batch: records that were found bad by themselves have moved to `dead`. */
  records: BatchRecord[]
  /** Sequence of the batch's first record, also when that one is dead by now. */
  readonly firstSequence: number
  readonly size: number
  readonly bytes: number
  attempt: number
  firstTime: number
  /** Clock time before which the next attempt must not begin. */
  retryAt: number
  /** True while the handler runs. */
  running: boolean
  /** Set aside, with the error that named them. */
  readonly dead: { readonly record: BatchRecord; readonly error: unknown; readonly attempts: number }[]
}

export class Lane {
  /** The batch being worked on, from its first attempt until it is committed. */
  batch: LaneBatch | undefined
  private queue: BatchRecord[] = []
  private head = 0

  get waiting(): number {
    return this.queue.length - this.head
  }

  /** Records handed out to this lane and not committed. */
  get inFlight(): number {
    return this.waiting + (this.batch?.size ?? 0)
  }

  push(record: BatchRecord): void {
    this.queue.push(record)
  }

  /** Takes up to `size` waiting records as the lane's next batch. */
  begin(size: number, nowMs: number): LaneBatch | undefined {
    if (this.batch !== undefined || this.waiting === 0) return undefined
    const to = Math.min(this.queue.length, this.head + size)
    const records = this.queue.slice(this.head, to)
    this.head = to
    if (to === this.queue.length) {
      this.queue = []
      this.head = 0
    } else if (to > 4096 && to * 2 > this.queue.length) {
      // Give the done half back; amortised, each record is moved at most once.
      this.queue = this.queue.slice(to)
      this.head = 0
    }
    this.batch = {
      records,
      firstSequence: records[0]!.sequence,
      size: records.length,
      bytes: records.reduce((sum, record) => sum + record.byteLength, 0),
      attempt: 0,
      firstTime: nowMs,
      retryAt: 0,
      running: false,
      dead: [],
    }
    return this.batch
  }

  /** Lowest sequence of this lane that is not done; `read` if the lane is empty. */
  position(read: number): number {
    if (this.batch !== undefined) return this.batch.firstSequence
    return this.waiting > 0 ? this.queue[this.head]!.sequence : read
  }
}
