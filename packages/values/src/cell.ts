/**
 * One value of a column, outside the columns: for tests, the interpreter and slow paths. Compiled code reads and writes
 * the typed arrays itself.
 */
import { type Column, NumberColumn, RowBatch, TextColumn } from './column.ts'
import type { Schema, SqlType } from './sql-type.ts'
import { physicalKind } from './sql-type-text.ts'
import { ValueError } from './value-error.ts'

/**
 * null; boolean; number for TINYINT, SMALLINT, INTEGER, REAL, DOUBLE, DATE, TIME, TIMESTAMP and intervals (units in
 * sql-type.ts); bigint for BIGINT and for DECIMAL (unscaled); string for CHAR and VARCHAR; Uint8Array for BINARY and
 * VARBINARY.
 */
export type CellValue = null | boolean | number | bigint | string | Uint8Array

export function makeColumn(type: SqlType, capacity = 64): Column {
  return physicalKind(type) === 'number' ? new NumberColumn(capacity) : new TextColumn(capacity)
}

export function makeBatch(schema: Schema, capacity = 64): RowBatch {
  return new RowBatch(
    schema.fields.map((field) => makeColumn(field.type, capacity)),
    capacity,
  )
}

/**
 * Empties a batch for its next use. Its byte pages are let go, not cleared: slices handed out earlier stay good.
 */
export function resetBatch(batch: RowBatch): void {
  batch.length = 0
  batch.weight = null
  for (const column of batch.columns) {
    if (column.kind === 'number') column.wide = null
    else column.pages = []
  }
}

export function readCell(column: Column, row: number, type: SqlType): CellValue {
  if (column.nulls[row] === 1) return null
  if (column.kind === 'text') {
    const bytes = cellBytes(column, row)
    return type.kind === 'BINARY' || type.kind === 'VARBINARY' ? bytes.slice() : decodeUtf8(bytes)
  }
  const value = column.values[row]!
  switch (type.kind) {
    case 'BOOLEAN':
      return value !== 0
    case 'BIGINT':
    case 'DECIMAL':
      // NaN is no integer, so it marks a wide value.
      return Number.isNaN(value) ? column.wide!.get(row)! : BigInt(value)
    case 'NULL':
      return null
    default:
      return value
  }
}

/** The bytes of a text cell that is not NULL: a view, valid as long as its page. */
export function cellBytes(column: TextColumn, row: number): Uint8Array {
  return column.pages[column.page[row]!]!.subarray(column.start[row]!, column.end[row]!)
}

/**
 * Sets a cell. The value must be of the type's form (see CellValue) and, for DECIMAL, already in its scale; ranges and
 * lengths are the caller's to check. Throws VAL1002 for a value of another form.
 */
export function writeCell(column: Column, row: number, type: SqlType, value: CellValue): void {
  column.reserve(row + 1)
  if (column.kind === 'number') {
    column.wide?.delete(row)
    if (value === null) {
      column.nulls[row] = 1
      column.values[row] = 0
      return
    }
    column.nulls[row] = 0
    column.values[row] = cellNumber(column, row, type, value)
    return
  }
  if (value === null) {
    column.nulls[row] = 1
    column.clean[row] = 1
    column.page[row] = column.start[row] = column.end[row] = 0
    return
  }
  const binary = type.kind === 'BINARY' || type.kind === 'VARBINARY'
  if (binary ? !(value instanceof Uint8Array) : typeof value !== 'string') throw wrongForm(type, value)
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : (value as Uint8Array)
  column.nulls[row] = 0
  appendBytes(column, row, bytes)
  column.clean[row] = isClean(bytes, 0, bytes.length) ? 1 : 0
}

/** Copies one cell to a column of the same type; bytes are shared, not copied. */
export function copyCell(from: Column, fromRow: number, to: Column, toRow: number): void {
  to.reserve(toRow + 1)
  to.nulls[toRow] = from.nulls[fromRow]!
  if (from.kind === 'number' && to.kind === 'number') {
    to.values[toRow] = from.values[fromRow]!
    to.wide?.delete(toRow)
    const wide = from.wide?.get(fromRow)
    if (wide !== undefined && from.nulls[fromRow] === 0) {
      to.wide ??= new Map()
      to.wide.set(toRow, wide)
    }
  } else if (from.kind === 'text' && to.kind === 'text') {
    to.start[toRow] = from.start[fromRow]!
    to.end[toRow] = from.end[fromRow]!
    to.clean[toRow] = from.clean[fromRow]!
    const page = from.pages[from.page[fromRow]!]
    if (page === undefined) to.page[toRow] = 0
    else {
      let index = to.pages.lastIndexOf(page)
      if (index < 0) index = to.pages.push(page) - 1
      to.page[toRow] = index
    }
  } else throw new ValueError('VAL1002', `A ${from.kind} column cannot be copied to a ${to.kind} column.`)
}

/** Whether bytes need no escaping inside a JSON string: no quote, backslash or byte below 0x20. */
export function isClean(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = bytes[i]!
    if (c < 32 || c === 34 || c === 92) return false
  }
  return true
}

export function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function cellNumber(column: NumberColumn, row: number, type: SqlType, value: CellValue): number {
  switch (type.kind) {
    case 'BOOLEAN':
      if (typeof value === 'boolean') return value ? 1 : 0
      break
    case 'BIGINT':
    case 'DECIMAL':
      if (typeof value === 'bigint') {
        const near = Number(value)
        if (Number.isSafeInteger(near)) return near
        column.wide ??= new Map()
        column.wide.set(row, value)
        return Number.NaN
      }
      break
    default:
      if (typeof value === 'number') return value
  }
  throw wrongForm(type, value)
}

// Bytes written cell by cell go to chunks of the column's own; only the unused tail of a chunk is ever written.
const chunkBytes = 4096
const chunkOf = new WeakMap<TextColumn, { page: Uint8Array; used: number }>()

function appendBytes(column: TextColumn, row: number, bytes: Uint8Array): void {
  let chunk = chunkOf.get(column)
  if (chunk === undefined || chunk.used + bytes.length > chunk.page.length) {
    chunk = { page: new Uint8Array(Math.max(chunkBytes, bytes.length)), used: 0 }
    chunkOf.set(column, chunk)
  }
  let index = column.pages.lastIndexOf(chunk.page)
  if (index < 0) index = column.pages.push(chunk.page) - 1
  chunk.page.set(bytes, chunk.used)
  column.page[row] = index
  column.start[row] = chunk.used
  column.end[row] = chunk.used += bytes.length
}

function wrongForm(type: SqlType, value: CellValue): ValueError {
  const found = value === null ? 'null' : value instanceof Uint8Array ? 'bytes' : typeof value
  return new ValueError(
    'VAL1002',
    `A ${type.kind} cell cannot take ${found} ${String(value).slice(0, 40)}. BOOLEAN takes boolean, BIGINT and DECIMAL bigint, other numbers and times number, CHAR and VARCHAR string, BINARY and VARBINARY bytes.`,
  )
}
