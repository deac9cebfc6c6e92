/**
 * Whether the records of a table are keyed as its 'partition-key' promises. A query that runs in parts finds rows together only
 * because of that, so a record with another key is said once, with what was found; its row is processed all the same.
 *
 * Every row is compared: a key is short, and what is compared is bytes that are at hand.
 */
import { partitionKeyText, type Row } from '@millrace/sql'
import type { RecordBatch } from '@millrace/store'
import type { FlinkQueryStage } from './app-model.ts'
import { shown } from './errors.ts'
import { queryNameOf } from './query-parts.ts'
import type { Warnings } from './warnings.ts'

const decoder = new TextDecoder()

export class KeyCheck {
  private readonly stage: FlinkQueryStage
  private readonly table: string
  private readonly columns: readonly number[]
  private readonly warnings: Warnings
  private batch: RecordBatch | undefined
  private index = 0
  private said = false

  /** `columns`: where the parts of the key stand in the table's rows. */
  constructor(stage: FlinkQueryStage, table: string, columns: readonly number[], warnings: Warnings) {
    this.stage = stage
    this.table = table
    this.columns = columns
    this.warnings = warnings
  }

  /** The record whose rows are checked next. */
  record(batch: RecordBatch, index: number): void {
    this.batch = batch
    this.index = index
  }

  check(row: Row): void {
    const { batch } = this
    if (this.said || batch === undefined) return
    const { bytes, keyStart } = batch
    const start = keyStart[this.index]!
    const end = keyStart[this.index + 1]!
    const expected = partitionKeyText(row, this.columns)
    if (isText(bytes, start, end, expected)) return
    const key = decoder.decode(bytes.subarray(start, end))
    if (key === expected) return
    this.said = true
    const query = queryNameOf(this.stage)
    const place = `record ${batch.firstSequence + this.index} of shard ${batch.shard} of stream "${batch.stream}"`
    this.warnings.say(
      'KEY_DIFFERS',
      `${query} ${this.table}`,
      `query "${query}" runs in parts, and its table ${this.table} promises records keyed by ${shown(expected)}, but ${place} has the key ${shown(key)}. Rows that belong together may lie in different parts, so answers may be wrong. Key the records by the columns of 'partition-key', or run the query with parallelism 1.`,
    )
  }
}

/** Whether the bytes are the text, for a text of ASCII characters. */
function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127 || bytes[start + i] !== code) return false
  }
  return true
}
