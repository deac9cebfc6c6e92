/**
 * The source records of one micro-batch by their index (`origin` of rows): for keys, places and origin times. Rows come in
 * order of origin, so a search begins where the last one ended.
 */
import type { RecordBatch } from '@millrace/store'
import type { SourcePlace } from './error-rows.ts'
import type { Sources } from './query-output.ts'
import type { Records } from './shard-cursor.ts'

export class SourceIndex implements Sources {
  bytes: Uint8Array = new Uint8Array(0)
  keyStart = 0
  keyEnd = 0
  originTime = 0
  /** Number of records. */
  count = 0
  private pieces: Records[] = []
  /** Index of each piece's first record. */
  private bases: number[] = []
  private at = 0
  private batch: RecordBatch | undefined
  private index = 0

  reset(): void {
    this.pieces = []
    this.bases = []
    this.count = 0
    this.at = 0
    this.batch = undefined
  }

  add(piece: Records): void {
    this.pieces.push(piece)
    this.bases.push(this.count)
    this.count += piece.to - piece.from
  }

  find(origin: number): boolean {
    if (origin < 0 || origin >= this.count) return false
    const { bases } = this
    if (origin < bases[this.at]!) this.at = 0
    while (this.at + 1 < bases.length && bases[this.at + 1]! <= origin) this.at++
    const { batch, from } = this.pieces[this.at]!
    const index = from + origin - bases[this.at]!
    this.bytes = batch.bytes
    this.keyStart = batch.keyStart[index]!
    this.keyEnd = batch.keyStart[index + 1]!
    this.originTime = batch.originTime(index)
    this.batch = batch
    this.index = index
    return true
  }

  /** Where a record stood, for error rows. */
  place(origin: number): SourcePlace | undefined {
    if (!this.find(origin)) return undefined
    const { batch, index } = this.mustRecord()
    return {
      key: batch.bytes.subarray(this.keyStart, this.keyEnd),
      shard: batch.shard,
      sequence: batch.firstSequence + index,
      originTime: this.originTime,
    }
  }

  /** The record's data: a view. */
  data(origin: number): Uint8Array {
    if (!this.find(origin)) return new Uint8Array(0)
    const { batch, index } = this.mustRecord()
    return batch.bytes.subarray(batch.dataStart[index]!, batch.dataStart[index + 1]!)
  }

  private mustRecord(): { batch: RecordBatch; index: number } {
    if (this.batch === undefined) throw new Error('runtime invariant: no record was found')
    return { batch: this.batch, index: this.index }
  }
}
