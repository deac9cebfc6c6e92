/**
 * From rows to JSON: generated code that writes one row of a RowBatch as one JSON object. Member names are constant bytes
 * stored 8 at a time; numbers are written digit by digit, text is copied from its page (escaped only when its bytes need it).
 *
 *   NULL -> null, also NaN and infinities (JSON has none)      TIMESTAMP -> "yyyy-MM-dd HH:mm:ss.SSS"
 *   integers -> their digits                                   DATE -> "yyyy-MM-dd", TIME -> "HH:mm:ss.SSS"
 *   DECIMAL -> digits with all digits of the scale             BINARY, VARBINARY -> "X'0AFF'"
 *   REAL, DOUBLE -> the shortest text that reads back the same INTERVAL -> ms or months
 */

import { readCell } from '../cell.ts'
import type { NumberColumn, RowBatch, TextColumn } from '../column.ts'
import { formatDecimal } from '../decimal.ts'
import type { Schema, SqlType } from '../sql-type.ts'
import { formatDate, formatTime, formatTimestamp } from '../time.ts'
import type { ByteWriter } from './byte-writer.ts'
import {
  writeDate,
  writeDecimal,
  writeInteger,
  writeNumberText,
  writeTime,
  writeTimestamp,
} from './number-text.ts'
import { escapedBytesMax, escapeInto } from './text.ts'

// More than any number, date or null needs (a wide DECIMAL has at most 40 characters, a time 26 with its quotes).
const fixedBytesMax = 48

type WriteRow = (batch: RowBatch, row: number, out: ByteWriter) => void

export class JsonRowWriter {
  /** Appends row `row` of a batch of the schema to `out`. */
  readonly write: WriteRow

  constructor(schema: Schema) {
    this.write = compileWrite(schema)
  }
}

/** The row as JSON text, read cell by cell: for messages, and the oracle of the generated code. */
export function rowToJsonText(schema: Schema, batch: RowBatch, row: number): string {
  const members = schema.fields.map((field, i) => {
    const column = batch.columns[i]!
    return `${JSON.stringify(field.name)}:${cellToJsonText(field.type, readCell(column, row, field.type))}`
  })
  return `{${members.join(',')}}`
}

/** A value as JSON text, in the forms of the table above. */
export function cellToJsonText(type: SqlType, value: ReturnType<typeof readCell>): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `"X'${Buffer.from(value).toString('hex').toUpperCase()}'"`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint')
    return type.kind === 'DECIMAL' ? formatDecimal(value, type.scale) : String(value)
  switch (type.kind) {
    case 'TIMESTAMP':
      return `"${formatTimestamp(value)}"`
    case 'DATE':
      return `"${formatDate(value)}"`
    case 'TIME':
      return `"${formatTime(value)}"`
    default:
      return Number.isFinite(value) ? JSON.stringify(value) : 'null'
  }
}

function compileWrite(schema: Schema): WriteRow {
  const lines: string[] = []
  schema.fields.forEach((field, i) => {
    const key = Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(field.name)}:`, 'utf8')
    const text = 'length' in field.type
    lines.push(`col = batch.columns[${i}]`)
    const binary = field.type.kind === 'BINARY' || field.type.kind === 'VARBINARY'
    if (text) lines.push(binary ? 'n = (col.end[row] - col.start[row]) * 2' : 'n = textBytes(col, row)')
    // Room for this member whole, and 8 bytes more for the overlap of the last constant store.
    const room = key.length + 16 + (text ? 0 : fixedBytesMax)
    lines.push(
      `if (p + ${room}${text ? ' + n' : ''} > size) { out.length = p; out.ensure(${room}${text ? ' + n' : ''}); o = out.bytes; v = out.view; size = o.length }`,
    )
    lines.push(...storeConstant(key))
    lines.push(`if (col.nulls[row] === 1) { v.setInt32(p, ${0x6c6c756e}, true); p += 4 } else {`)
    lines.push(cellCode(field.type), '}')
  })
  if (schema.fields.length === 0) lines.push('out.ensure(2); o = out.bytes', 'o[p++] = 123')
  const source = `
const { textBytes, text, binary, integer, decimal, number, date, time, timestamp, wide } = H
return function write(batch, row, out) {
  let o = out.bytes, v = out.view, size = o.length, p = out.length, n = 0, x = 0, q = 0, e = 0, s = null, col = null
  ${lines.join('\n  ')}
  o[p++] = 125
  out.length = p
}`
  const helpers = {
    textBytes: textBytesMax,
    text: writeText,
    binary: writeBinary,
    integer: writeInteger,
    decimal: writeDecimal,
    number: writeNumberText,
    date: writeDate,
    time: writeTime,
    timestamp: writeTimestamp,
    wide: writeWide,
  }
  // Names reach the source only as the numbers of their bytes.
  return (new Function('H', source) as (h: unknown) => WriteRow)(helpers)
}

/** Stores constant bytes at p; up to 7 bytes after them are overwritten, which what follows overwrites in turn. */
function storeConstant(bytes: Uint8Array): string[] {
  const padded = new Uint8Array(bytes.length + 8)
  padded.set(bytes)
  // Padding must not make a NaN, whose bits a store need not keep: blanks never do after JSON punctuation.
  padded.fill(32, bytes.length)
  const view = new DataView(padded.buffer)
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 8) {
    const value = view.getFloat64(at, true)
    if (Number.isNaN(value)) {
      lines.push(`v.setInt32(p + ${at}, ${view.getInt32(at, true)}, true)`)
      lines.push(`v.setInt32(p + ${at + 4}, ${view.getInt32(at + 4, true)}, true)`)
    } else lines.push(`v.setFloat64(p + ${at}, ${Object.is(value, -0) ? '-0' : value}, true)`)
  }
  return [lines.join('; '), `p += ${bytes.length}`]
}

function cellCode(type: SqlType): string {
  switch (type.kind) {
    case 'BOOLEAN':
      return 'if (col.values[row] !== 0) { v.setInt32(p, 0x65757274, true); p += 4 } else { v.setInt32(p, 0x736c6166, true); o[p + 4] = 101; p += 5 }'
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return 'x = col.values[row]; p = x === x ? integer(x, o, p) : wide(col, row, 0, o, p)'
    case 'DECIMAL':
      return `x = col.values[row]; p = x === x ? decimal(x, ${type.scale}, o, p) : wide(col, row, ${type.scale}, o, p)`
    case 'REAL':
    case 'DOUBLE':
      return 'p = number(col.values[row], o, p)'
    case 'DATE':
      return 'p = date(col.values[row], o, p)'
    case 'TIME':
      return 'p = time(col.values[row], o, p)'
    case 'TIMESTAMP':
      return 'p = timestamp(col.values[row], o, p)'
    case 'CHAR':
    case 'VARCHAR':
      return `if (col.clean[row] === 1) {
    q = col.start[row]; e = col.end[row]; s = col.pages[col.page[row]]
    o[p++] = 34
    if (e - q < 64) while (q < e) o[p++] = s[q++]
    else { o.set(s.subarray(q, e), p); p += e - q }
    o[p++] = 34
  } else p = text(col, row, o, p)`
    case 'BINARY':
    case 'VARBINARY':
      return 'p = binary(col, row, o, p)'
    case 'NULL':
      return 'v.setInt32(p, 0x6c6c756e, true); p += 4'
    case 'TIMESTAMP_LTZ':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      throw new Error(`row writer: ${type.kind} is not held in columns`)
  }
}

/** Upper bound of the bytes that a text cell becomes. */
function textBytesMax(column: TextColumn, row: number): number {
  const size = column.end[row]! - column.start[row]!
  return column.clean[row] === 1 ? size : size * escapedBytesMax
}

function writeText(column: TextColumn, row: number, o: Uint8Array, at: number): number {
  const page = column.pages[column.page[row]!]!
  o[at] = 34
  const p = escapeInto(page, column.start[row]!, column.end[row]!, o, at + 1)
  o[p] = 34
  return p + 1
}

const upperHex = Buffer.from('0123456789ABCDEF')

function writeBinary(column: TextColumn, row: number, o: Uint8Array, at: number): number {
  const page = column.pages[column.page[row]!]!
  let p = at
  o[p++] = 34
  o[p++] = 88
  o[p++] = 39
  for (let i = column.start[row]!; i < column.end[row]!; i++) {
    o[p++] = upperHex[page[i]! >> 4]!
    o[p++] = upperHex[page[i]! & 15]!
  }
  o[p++] = 39
  o[p++] = 34
  return p
}

function writeWide(column: NumberColumn, row: number, scale: number, o: Uint8Array, at: number): number {
  const text = formatDecimal(column.wide!.get(row)!, scale)
  for (let i = 0; i < text.length; i++) o[at + i] = text.charCodeAt(i)
  return at + text.length
}
