/**
 * How a column is selected and what its values become: the same `ColumnValue` that the log's reader gives for the same stored value.
 * The server sends texts in utf8mb4 and times in UTC (see `openMysqlSession`), so that only numbers and bytes need care.
 */
import type { ColumnValue } from '../../model/column-value.ts'
import type { Column } from '../../model/table-schema.ts'
import { quotedName } from '../schema/read-tables.ts'

/** What stands in the list of SELECT. */
export function selectedColumn({ name, type }: Column): string {
  // A FLOAT is shown with six digits and a DOUBLE(M,D) with D; a difference of doubles has all of them, and keeps the zero below zero.
  return type.kind === 'float' ? `${quotedName(name)} - 0e0` : quotedName(name)
}

export type ValueReader = (cell: Buffer) => ColumnValue

export function valueReader({ type }: Column): ValueReader {
  switch (type.kind) {
    case 'integer':
      return type.bits === 64 ? readBigInteger : (cell) => Number(cell.toString('latin1'))
    case 'year':
    case 'float':
      return (cell) => Number(cell.toString('latin1'))
    case 'decimal':
      return readDecimal
    case 'bits':
      return bitsReader(type.bits ?? 1)
    case 'bytes':
    case 'geometry':
      // A copy: the cell is a window into what the socket has read.
      return (cell) => new Uint8Array(cell)
    case 'date':
    case 'time':
    case 'datetime':
    case 'instant':
      return (cell) => cell.toString('latin1')
    default:
      return (cell) => cell.toString('utf8')
  }
}

function readBigInteger(cell: Buffer): number | bigint {
  const text = cell.toString('latin1')
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** ZEROFILL writes zeros in front. */
function readDecimal(cell: Buffer): string {
  const text = cell.toString('latin1')
  return text.charCodeAt(0) === 0x30 ? text.replace(/^0+(?=\d)/, '') : text
}

function bitsReader(bits: number): ValueReader {
  return (cell) => {
    let text = ''
    for (const byte of cell) text += byte.toString(2).padStart(8, '0')
    return text.padStart(bits, '0').slice(-bits)
  }
}
