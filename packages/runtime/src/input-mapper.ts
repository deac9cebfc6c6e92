/**
 * Input of a query: records of a micro-batch become rows of the input stream, through the preprocessing function and the
 * schema mapping. What becomes of each record is marked in `fate`; a record that cannot become a row is reported once.
 */
import { JsonRowReader, makeBatch, type RowBatch, resetBatch } from '@millrace/values'
import { messageOf, shown } from './errors.ts'
import { rowBytesMax } from './limits.ts'
import { MetadataColumns } from './metadata-columns.ts'
import { dropped, type Preprocess } from './preprocess-api.ts'
import type { InputSchema } from './query-program.ts'
import { RecordView } from './record-view.ts'
import type { Records } from './shard-cursor.ts'

/** Reports a record that became no row. `column` is set when one column's value is to blame. */
export type ReportProblem = (
  origin: number,
  rowtime: number,
  name: string,
  message: string,
  column?: string,
) => void

export class InputMapper {
  private readonly mapped: RowBatch
  private readonly metadata: MetadataColumns | undefined
  /** By record of the micro-batch: 1 if it could not be processed. */
  dead = new Uint8Array(4096)
  private readonly reader: JsonRowReader
  private readonly view: RecordView
  private readonly preprocess: Preprocess | undefined

  constructor(mapped: InputSchema, preprocess: Preprocess | undefined) {
    this.mapped = makeBatch(mapped.schema, 2048)
    this.metadata = mapped.metadata.length === 0 ? undefined : new MetadataColumns(mapped.metadata)
    this.reader = new JsonRowReader(mapped.columns)
    this.view = new RecordView(this.reader)
    this.preprocess = preprocess
  }

  /** The rows of the micro-batch so far. */
  get rows(): RowBatch {
    return this.metadata === undefined ? this.mapped : this.metadata.behind(this.mapped)
  }

  /** Begins a micro-batch of `records` records. */
  reset(records: number): void {
    resetBatch(this.mapped)
    this.metadata?.reset()
    if (this.dead.length < records) this.dead = new Uint8Array(Math.max(records, this.dead.length * 2))
    else this.dead.fill(0, 0, records)
  }

  readonly matched = (column: number): number => this.reader.matched(column)

  /** Maps a piece whose first record has index `base`. ROWTIME is the arrival of the batch, in whole ms as SQL has it. */
  map(piece: Records, base: number, report: ReportProblem): void {
    const { reader, mapped: rows } = this
    const { batch, from, to } = piece
    const before = rows.length
    const { bytes, dataStart } = batch
    const rowtime = Math.floor(batch.arrivalTime)
    reader.page(rows, bytes)
    for (let i = from; i < to; i++) {
      const origin = base + i - from
      const start = dataStart[i]!
      const end = dataStart[i + 1]!
      if (end - start > rowBytesMax) {
        this.refuse(
          report,
          origin,
          rowtime,
          'RowTooLarge',
          `the record has ${end - start} bytes; a row may have ${rowBytesMax}`,
        )
        continue
      }
      const problem = reader.locate(bytes, start, end)
      if (problem !== null) {
        this.refuse(
          report,
          origin,
          rowtime,
          'ParseError',
          `the record is not JSON: ${problem.reason}, at byte ${problem.offset}`,
        )
        continue
      }
      if (this.preprocess !== undefined && !this.prepare(piece, i, origin, rowtime, report)) continue
      const refused = reader.append(rows, rowtime, origin)
      if (refused !== null) {
        this.refuse(report, origin, rowtime, refused.name, refused.message, refused.column)
      }
    }
    this.metadata?.fill(rows, before, piece, base)
  }

  /** Runs the preprocessing function; false if the record goes no further. */
  private prepare(
    piece: Records,
    index: number,
    origin: number,
    rowtime: number,
    report: ReportProblem,
  ): boolean {
    const { preprocess, view } = this
    if (preprocess === undefined) return true
    view.moveTo(piece.batch, index)
    try {
      const result = preprocess(view)
      if (result === view) return true
      if (result === dropped) return false
      if (typeof result !== 'object' || result === null || isThenable(result)) {
        const got = isThenable(result) ? 'a promise' : shown(result)
        throw new Error(
          `the preprocessing function returned ${got}; allowed: the record, an object, or dropped`,
        )
      }
      this.reader.replace(result)
      return true
    } catch (error) {
      this.refuse(report, origin, rowtime, 'PreprocessingFailed', messageOf(error))
      return false
    }
  }

  private refuse(
    report: ReportProblem,
    origin: number,
    rowtime: number,
    name: string,
    message: string,
    column?: string,
  ): void {
    this.dead[origin] = 1
    report(origin, rowtime, name, message, column)
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
