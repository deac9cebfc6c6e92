/**
 * Between columns and rows of SqlValues: what the interpreter, and the engine's slow path, read and write. A value passes
 * both ways unchanged; integers beyond 53 bits become wide values of the column (values/column.ts).
 */
import { type CellValue, makeBatch, type RowBatch, readCell, type Schema, writeCell } from '@millrace/values'
import type { Row } from './row.ts'

/** Rows in columns. They keep their row times and origins. */
export function rowsToBatch(rows: readonly Row[], schema: Schema): RowBatch {
  const batch = makeBatch(schema, rows.length)
  rows.forEach((row, i) => {
    schema.fields.forEach(({ type }, c) => {
      // Columns hold the flat types only.
      writeCell(batch.columns[c]!, i, type, row.values[c]! as CellValue)
    })
    batch.rowtime[i] = row.rowtime
    batch.origin[i] = row.origin
  })
  batch.length = rows.length
  return batch
}

/** The rows of a batch. A row that the batch retracts cannot be told from one that it inserts, so weights must be 1. */
export function batchToRows(batch: RowBatch, schema: Schema): Row[] {
  const rows: Row[] = []
  for (let i = 0; i < batch.length; i++) {
    if (batch.weight !== null && batch.weight[i] !== 1)
      throw new Error('bridge: only inserted rows have a row form')
    rows.push({
      values: schema.fields.map(({ type }, c) => readCell(batch.columns[c]!, i, type)),
      rowtime: batch.rowtime[i]!,
      origin: batch.origin[i]!,
    })
  }
  return rows
}
