/**
 * Single values in and out of columns, for the paths that work row by row: the interpreter, function calls, error rows.
 * The representation of values is that of SqlValue; the one of columns is in @millrace/values.
 */
import {
  type Column,
  NumberColumn,
  type RowBatch,
  type Schema,
  type SqlType,
  TextColumn,
} from '@millrace/values'
import { plainText } from '../functions/cast.ts'
import type { SqlValue } from '../plan.ts'
import type { TextArena } from './text-arena.ts'

export function isTextType(type: SqlType): boolean {
  return type.kind === 'CHAR' || type.kind === 'VARCHAR' || isBinaryType(type)
}

export function isBinaryType(type: SqlType): boolean {
  return type.kind === 'BINARY' || type.kind === 'VARBINARY'
}

/** Types whose values are bigints outside columns. */
export function isBigintType(type: SqlType): boolean {
  return type.kind === 'BIGINT' || type.kind === 'DECIMAL'
}

export function makeColumn(type: SqlType): Column {
  return isTextType(type) ? new TextColumn() : new NumberColumn()
}

export function makeBatch(types: readonly SqlType[]): RowBatch['columns'] {
  return types.map(makeColumn)
}

export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  // Short ASCII, the common case, is built without a call into native code.
  if (end - start <= 12) {
    let text = ''
    let i = start
    for (; i < end; i++) {
      const byte = bytes[i]!
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    if (i === end) return text
  }
  return bufferOf(bytes).toString('utf8', start, end)
}

const buffers = new WeakMap<Uint8Array, Buffer>()

function bufferOf(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes
  let buffer = buffers.get(bytes)
  if (buffer === undefined) {
    buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    buffers.set(bytes, buffer)
  }
  return buffer
}

export function valueAt(column: Column, row: number, type: SqlType): SqlValue {
  if (column.nulls[row] !== 0) return null
  if (column.kind === 'text') {
    const bytes = column.pages[column.page[row]!]!
    const start = column.start[row]!
    const end = column.end[row]!
    return isBinaryType(type) ? bytes.slice(start, end) : decodeText(bytes, start, end)
  }
  if (column.wide !== null) {
    const wide = column.wide.get(row)
    if (wide !== undefined) return wide
  }
  const value = column.values[row]!
  if (type.kind === 'BOOLEAN') return value !== 0
  return isBigintType(type) ? BigInt(value) : value
}

export function setValue(column: Column, row: number, value: SqlValue, arena: TextArena): void {
  if (value === null) {
    setNull(column, row)
    return
  }
  column.nulls[row] = 0
  if (column.kind === 'text') {
    if (typeof value === 'string') arena.write(value)
    else if (value instanceof Uint8Array) arena.writeBytes(value)
    else throw new Error(`engine: a text column got ${typeof value}`)
    setSlice(column, row, arena.page, arena.start, arena.end, arena.clean)
  } else if (typeof value === 'bigint') setBigint(column, row, value)
  else if (typeof value === 'number') column.values[row] = value
  else if (typeof value === 'boolean') column.values[row] = value ? 1 : 0
  else throw new Error(`engine: a number column got ${typeof value}`)
}

export function setBigint(column: NumberColumn, row: number, value: bigint): void {
  const narrow = Number(value)
  if (Number.isSafeInteger(narrow)) {
    column.values[row] = narrow
    return
  }
  column.values[row] = Number.NaN
  column.wide ??= new Map()
  column.wide.set(row, value)
}

export function setNull(column: Column, row: number): void {
  column.nulls[row] = 1
  if (column.kind === 'number') column.values[row] = 0
  else {
    column.page[row] = 0
    column.start[row] = 0
    column.end[row] = 0
    column.clean[row] = 1
  }
}

/** Refers to a slice of any page; the page joins the column's pages if it is not among the latest of them. */
export function setSlice(
  column: TextColumn,
  row: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  clean: number,
): void {
  const pages = column.pages
  let at = pages.length - 1
  const stop = Math.max(-1, at - 8)
  while (at > stop && pages[at] !== bytes) at--
  if (at <= stop) at = pages.push(bytes) - 1
  column.page[row] = at
  column.start[row] = start
  column.end[row] = end
  column.clean[row] = clean
}

/** The row as JSON text for people; long values stay whole, since the row is all that is left of the record. */
export function rowText(batch: RowBatch, row: number, schema: Schema): string {
  const shown: Record<string, string | number | boolean | null> = {}
  schema.fields.forEach((field, i) => {
    const column = batch.columns[i]
    if (column !== undefined) shown[field.name] = shownValue(valueAt(column, row, field.type), field.type)
  })
  return JSON.stringify(shown)
}

function shownValue(value: SqlValue, type: SqlType): string | number | boolean | null {
  if (value === null || typeof value === 'boolean') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'REAL':
    case 'DOUBLE':
      return Number(value)
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return String(value)
    default:
      return plainText(value, type)
  }
}
