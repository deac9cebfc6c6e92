/**
 * One lane of a shard: the records that wait in it, in order, and the batches of them that are being worked on, of which
 * one is tried at a time. Lanes of a shard retry and block each by itself.
 */
import type { BatchRecord } from '../stream-record.ts'
import { Batch } from './batch.ts'
import type { TumblingWindow } from './tumbling-window.ts'

/** What bounds a batch. */
export interface BatchRules {
  readonly records: number
  /** One record is always allowed. */
  readonly bytes: number
  bytesOf(record: BatchRecord): number
}

export class Lane {
  /** The first one is tried; the others are what was split off from it, in order. */
  batches: Batch[] = []
  /** Fates of its records that are not committed: until they are, the function must not see what comes after. */
  unsettled = 0
  private queue: BatchRecord[] = []
  private head = 0
  /** The next batch as far as it was formed: records from the head, and their bytes. */
  private formed = 0
  private formedBytes = 0
  private full = false

  get waiting(): number {
    return this.queue.length - this.head
  }

  get next(): BatchRecord | undefined {
    return this.queue[this.head]
  }

  /** Nothing in it: no records, no final call, nothing to be committed. */
  get isEmpty(): boolean {
    return this.waiting === 0 && this.batches.length === 0 && this.unsettled === 0
  }

  /** Records handed out to this lane whose fates are not decided. */
  get inFlight(): number {
    let count = this.waiting
    for (const batch of this.batches) count += batch.size
    return count
  }

  push(record: BatchRecord): void {
    this.queue.push(record)
  }

  /**
   * Adds waiting records to the next batch as far as the rules allow; true when no further record can join it. The records
   * of a batch are of one shard of one stream (those of a redrive may not be) and of one tumbling window.
   */
  form(rules: BatchRules, window: TumblingWindow | undefined): boolean {
    if (this.full) return true
    const { queue, head } = this
    const first = queue[head]
    if (first === undefined) return false
    const windowStart = window?.startOf(first.loggedAtMs)
    // The state goes with the records.
    const bytesMax = rules.bytes - (window?.stateBytes ?? 0)
    for (;;) {
      const record = queue[head + this.formed]
      if (record === undefined) return false
      const bytes = this.formedBytes + rules.bytesOf(record)
      this.full =
        this.formed > 0 &&
        (this.formed >= rules.records ||
          bytes > bytesMax ||
          (record.batch !== first.batch &&
            (record.batch.shard !== first.batch.shard ||
              record.batch.stream !== first.batch.stream ||
              (window !== undefined && window.startOf(record.loggedAtMs) !== windowStart))))
      if (this.full) return true
      this.formed++
      this.formedBytes = bytes
      if (this.formed >= rules.records) {
        this.full = true
        return true
      }
    }
  }

  /** Makes the formed records the batch to be tried. */
  begin(nowMs: number, window: TumblingWindow | undefined): Batch {
    const to = this.head + this.formed
    const records = this.head === 0 && to === this.queue.length ? this.queue : this.queue.slice(this.head, to)
    this.head = to
    if (to === this.queue.length) {
      this.queue = []
      this.head = 0
    } else if (to > 4096 && to * 2 > this.queue.length) {
      // Give the done half back; amortised, each record is moved at most once.
      this.queue = this.queue.slice(to)
      this.head = 0
    }
    this.formed = 0
    this.formedBytes = 0
    this.full = false
    const batch = new Batch(records, nowMs, window?.startOf(records[0]!.loggedAtMs))
    this.batches.push(batch)
    return batch
  }

  /** Of all records in flight, in order. */
  *positions(): Generator<number> {
    for (const batch of this.batches) yield* batch.positions()
    for (let i = this.head; i < this.queue.length; i++) yield this.queue[i]!.position
  }

  /** Lowest position of this lane that is not done; `read` if the lane is empty. */
  position(read: number): number {
    for (const { first } of this.batches) if (first !== undefined) return first.position
    return this.next?.position ?? read
  }
}
