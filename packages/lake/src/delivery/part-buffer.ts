/**
 * What one part of a delivery's output collects until it is stored, and what of the log it covers: the first record at each place,
 * so that the low position is known, and how many records count here (each does where its first row went).
 */
import type { Output } from './delivery-output.ts'
import type { ErrorType } from './error-line.ts'
import type { PartitionValues } from './progress.ts'
import type { RowBuffer } from './row-buffer.ts'

export class PartBuffer {
  readonly part: string
  readonly output: Output
  readonly rows: RowBuffer
  /** Undefined: rows of the destination. */
  readonly errorType: ErrorType | undefined
  readonly values: PartitionValues | undefined
  /** Parts whose records are refused here. */
  readonly refused: Set<string> | undefined
  /** Clock time of the first row. */
  readonly openedAt: number
  /** Arrival of the oldest record. */
  instant = Number.POSITIVE_INFINITY
  /** Log records that are counted here. */
  records = 0
  /** Of their origin times, for latencies. */
  originSum = 0
  /** By place: sequence of the first record; undefined: none. */
  readonly first: (number | undefined)[] = []

  constructor(init: {
    readonly part: string
    readonly output: Output
    readonly rows: RowBuffer
    readonly errorType: ErrorType | undefined
    readonly values: PartitionValues | undefined
    readonly openedAt: number
  }) {
    this.part = init.part
    this.output = init.output
    this.rows = init.rows
    this.errorType = init.errorType
    this.values = init.values
    this.openedAt = init.openedAt
    this.refused = init.errorType === 'dynamic-partitioning-failed' ? new Set() : undefined
  }

  /** Rows of the record at a place were added. Records come in the order of each place. */
  cover(place: number, sequence: number, arrivedAt: number): void {
    this.first[place] ??= sequence
    if (arrivedAt < this.instant) this.instant = arrivedAt
  }

  /** Some records count here. */
  count(records: number, originTime: number): void {
    this.records += records
    this.originSum += originTime * records
  }

  get dueAt(): number {
    return this.openedAt + this.output.buffering.ms
  }

  get isFull(): boolean {
    return this.rows.bytes >= this.output.buffering.bytes
  }
}
