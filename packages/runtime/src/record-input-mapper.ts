/**
 * Input of a query whose records are not plain JSON objects: CSV, JSON with a row path, several documents or rows in one
 * record. It goes through the general record mapper and takes no preprocessing function; records that are JSON objects have
 * the faster road of input-mapper.ts.
 */
import { makeRecordMapper, type RecordMapper, type SqlValue } from '@millrace/sql'
import {
  type CellValue,
  makeBatch,
  type RowBatch,
  resetBatch,
  type Schema,
  writeCell,
} from '@millrace/values'
import type { InputFormat } from './app-model.ts'
import type { ReportProblem } from './input-mapper.ts'
import { MetadataColumns } from './metadata-columns.ts'
import type { InputSchema } from './query-program.ts'
import type { Records } from './shard-cursor.ts'

export class RecordInputMapper {
  dead = new Uint8Array(4096)
  private readonly mapped: RowBatch
  private readonly schema: Schema
  private readonly metadata: MetadataColumns | undefined
  private readonly mapper: RecordMapper

  constructor(mapped: InputSchema, format: InputFormat) {
    this.schema = mapped.schema
    this.mapped = makeBatch(mapped.schema, 2048)
    this.metadata = mapped.metadata.length === 0 ? undefined : new MetadataColumns(mapped.metadata)
    this.mapper = makeRecordMapper({
      recordFormat: format.record,
      recordRowPath: format.rowPath,
      recordRowDelimiter: format.rowDelimiter,
      recordColumnDelimiter: format.columnDelimiter,
      columns: mapped.columns.map(({ name, type, path }) => [name, type, path === '' ? undefined : path]),
    })
  }

  get rows(): RowBatch {
    return this.metadata === undefined ? this.mapped : this.metadata.behind(this.mapped)
  }

  reset(records: number): void {
    resetBatch(this.mapped)
    this.metadata?.reset()
    if (this.dead.length < records) this.dead = new Uint8Array(Math.max(records, this.dead.length * 2))
    else this.dead.fill(0, 0, records)
  }

  /** Paths count as matched: the lint for paths that never match knows records of one object only. */
  readonly matched = (): number => 1

  map(piece: Records, base: number, report: ReportProblem): void {
    const { batch, from, to } = piece
    const rowtime = Math.floor(batch.arrivalTime)
    const before = this.mapped.length
    for (let i = from; i < to; i++) {
      const origin = base + i - from
      const mapped = this.mapper(batch.bytes.subarray(batch.dataStart[i]!, batch.dataStart[i + 1]!))
      if ('error' in mapped) {
        this.dead[origin] = 1
        report(origin, rowtime, mapped.error.name, mapped.error.message)
      } else for (const row of mapped.rows) this.add(row, rowtime, origin)
    }
    this.metadata?.fill(this.mapped, before, piece, base)
  }

  private add(row: readonly SqlValue[], rowtime: number, origin: number): void {
    const { mapped, schema } = this
    const at = mapped.length
    mapped.reserve(at + 1)
    // Columns of input streams are of flat types only.
    for (const [c, { type }] of schema.fields.entries())
      writeCell(mapped.columns[c]!, at, type, row[c] as CellValue)
    mapped.rowtime[at] = rowtime
    mapped.origin[at] = origin
    mapped.length = at + 1
  }
}
