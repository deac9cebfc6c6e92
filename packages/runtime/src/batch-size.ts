/**
 * How much a stage takes in one micro-batch. While a stage keeps up, a batch is what has arrived, and small batches keep
 * latency low; when it is behind, each further full batch may be twice as large, since the fixed cost of a commit is then
 * shared by more records. Back to the start as soon as the head is reached.
 */
import type { RunLimits } from './run-limits.ts'

export class BatchSize {
  records: number
  bytes: number
  private readonly limits: RunLimits

  constructor(limits: RunLimits) {
    this.limits = limits
    this.records = limits.batchRecords
    this.bytes = limits.batchBytes
  }

  /** `behind`: the batch just taken was full and more was waiting. */
  adapt(behind: boolean): void {
    const { limits } = this
    this.records = behind ? Math.min(limits.batchRecordsMax, this.records * 2) : limits.batchRecords
    this.bytes = behind ? Math.min(limits.batchBytesMax, this.bytes * 2) : limits.batchBytes
  }
}
