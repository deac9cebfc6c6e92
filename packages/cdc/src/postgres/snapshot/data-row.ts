/** Rows of results, straight from the wire: count of columns 2, then for each length 4 (-1: NULL) and text. */
import { CdcError } from '../../errors.ts'
import type { ColumnValue, Row } from '../../model/column-value.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import type { WireConnection } from '../connection/wire-connection.ts'
import type { ReadValue } from '../values/read-value.ts'
import { ValueProblem } from '../values/value-problem.ts'

export function readDataRow(
  { bytes, start, end }: WireConnection,
  schema: TableSchema,
  reads: readonly ReadValue[],
): Row {
  const count = reads.length
  if (end - start < 2 || bytes.readUInt16BE(start) !== count) throw cutOff(schema)
  const row: ColumnValue[] = new Array<ColumnValue>(count)
  let at = start + 2
  for (let i = 0; i < count; i++) {
    if (at + 4 > end) throw cutOff(schema)
    const length = bytes.readInt32BE(at)
    at += 4
    if (length < 0) {
      row[i] = null
      continue
    }
    if (at + length > end) throw cutOff(schema)
    try {
      row[i] = reads[i]!(bytes, at, at + length)
    } catch (error) {
      throw unsuitable(schema, i, error)
    }
    at += length
  }
  return row
}

function cutOff(schema: TableSchema): CdcError {
  return new CdcError('CDC_LOG_INVALID', `Postgres sent a row of ${tableText(schema)} of a wrong length.`)
}

function unsuitable(schema: TableSchema, column: number, error: unknown): unknown {
  if (!(error instanceof ValueProblem)) return error
  const { name, type } = schema.columns[column]!
  return new CdcError(
    'CDC_VALUE_INVALID',
    `A value of column "${name}" (${type.native}) of ${tableText(schema)} cannot be read: ${error.message}.`,
    { cause: error },
  )
}
