/**
 * Rows written, changed and deleted.
 *   table id u48 | flags u16 | v2: bytes of extra data u16, itself included, extra data | columns, packed
 *   | a bit for each column that is in the rows | changed rows: another, for the rows after | rows
 *   a row: a bit for each column in it that is null, low bits first | values; changed rows stand in pairs, before and after
 * MariaDB's compressed forms have everything from the rows on deflated: 0x80 + bytes of the length | length, big-endian | zlib data.
 *
 * A `RowLayout` is compiled from a table map and its schema, and holds for all their events. Reading a row allocates the row and the
 * values that need it; columns that the log leaves out (binlog_row_image MINIMAL or NOBLOB) are undefined.
 */
import { CdcError } from '../../errors.ts'
import type { ColumnValue, Row } from '../../model/column-value.ts'
import { type Column, type TableSchema, tableText } from '../../model/table-schema.ts'
import { type ColumnReader, columnReader, columnSize } from './column-reader.ts'
import { eventType } from './event-header.ts'
import { type LogBytes, logInvalid } from './log-bytes.ts'
import type { LoggedTable } from './logged-table.ts'
import { inflate } from './mariadb-values.ts'

export type RowsOperation = 'insert' | 'update' | 'delete'

/** Where the rows of one event are; the cursor that it was read with then stands over them. */
export interface RowsHead {
  readonly tableId: number
  readonly operation: RowsOperation
  readonly columnCount: number
  /** Bit i, low bits first: column i is in the rows (of changes: in those before). */
  readonly present: Buffer
  /** Of changes: in the rows after. */
  readonly presentAfter: Buffer
  readonly isStatementEnd: boolean
}

// Larger ones no server sends (max_allowed_packet), so that a damaged length does not become an allocation.
const inflatedBytesMax = 1 << 30

interface RowsForm {
  readonly operation: RowsOperation
  readonly hasExtra: boolean
  readonly isCompressed: boolean
}

const forms = new Map<number, RowsForm>()
for (const [type, operation, hasExtra, isCompressed] of [
  [eventType.writeRowsV1, 'insert', false, false],
  [eventType.updateRowsV1, 'update', false, false],
  [eventType.deleteRowsV1, 'delete', false, false],
  [eventType.writeRows, 'insert', true, false],
  [eventType.updateRows, 'update', true, false],
  [eventType.deleteRows, 'delete', true, false],
  [eventType.writeRowsCompressedV1, 'insert', false, true],
  [eventType.updateRowsCompressedV1, 'update', false, true],
  [eventType.deleteRowsCompressedV1, 'delete', false, true],
  [eventType.writeRowsCompressed, 'insert', true, true],
  [eventType.updateRowsCompressed, 'update', true, true],
  [eventType.deleteRowsCompressed, 'delete', true, true],
] as const) {
  forms.set(type, { operation, hasExtra, isCompressed })
}

export function isRowsEvent(type: number): boolean {
  return forms.has(type)
}

/** The cursor stands behind the event's header; afterwards over the rows. */
export function readRowsHead(bytes: LogBytes, type: number): RowsHead {
  const form = forms.get(type)
  if (form === undefined) throw logInvalid(`an event of type ${type} has no rows`)
  const tableId = bytes.u48()
  const flags = bytes.u16()
  if (form.hasExtra) {
    const extraBytes = bytes.u16()
    if (extraBytes < 2) throw logInvalid(`extra data of rows says it has ${extraBytes} bytes`)
    bytes.take(extraBytes - 2)
  }
  const columnCount = bytes.packed()
  const bitmapBytes = (columnCount + 7) >>> 3
  const present = bytes.view(bitmapBytes)
  const presentAfter = form.operation === 'update' ? bytes.view(bitmapBytes) : present
  if (form.isCompressed) {
    const rows = inflateBody(bytes)
    bytes.set(rows, 0, rows.length)
  }
  return {
    tableId,
    operation: form.operation,
    columnCount,
    present,
    presentAfter,
    isStatementEnd: (flags & 1) !== 0,
  }
}

/** What is left under the cursor: MariaDB's form of a compressed body, also of statements. */
export function inflateBody(bytes: LogBytes): Buffer {
  const first = bytes.u8()
  const lengthBytes = first & 7
  if ((first & 0x80) === 0 || ((first >>> 4) & 7) !== 0 || lengthBytes < 1 || lengthBytes > 4) {
    throw logInvalid(`a compressed event begins with the byte ${first}`)
  }
  const length = bytes.buffer.readUIntBE(bytes.take(lengthBytes), lengthBytes)
  if (length > inflatedBytesMax) throw logInvalid(`a compressed event announces ${length} bytes`)
  return inflate(bytes.view(bytes.left), length, { isRaw: false })
}

export class RowLayout {
  readonly schema: TableSchema
  readonly #readers: readonly ColumnReader[]

  /**
   * The schema has the columns of the log, in its order, but for hidden ones at the end (see `SchemaTracker.resolve`), which are read and
   * left out. `place` is for messages.
   */
  constructor(table: LoggedTable, schema: TableSchema, place: string) {
    this.schema = schema
    if (schema.columns.length > table.columns.length) {
      throw new CdcError(
        'CDC_SCHEMA_UNKNOWN',
        `Rows of ${tableText(table)} have ${table.columns.length} columns at ${place}, and ${schema.columns.length} are known.`,
      )
    }
    this.#readers = table.columns.map((logged, i) => columnReader(logged, schema.columns[i] ?? hiddenColumn))
  }

  get columnCount(): number {
    return this.#readers.length
  }

  readRow(bytes: LogBytes, present: Buffer): Row {
    const readers = this.#readers
    const count = readers.length
    const row: ColumnValue[] = new Array(count)
    let nulls = bytes.take((countBits(present, count) + 7) >>> 3)
    const { buffer } = bytes
    let nullBit = 1
    for (let i = 0; i < count; i++) {
      if (((present[i >>> 3]! >>> (i & 7)) & 1) === 0) {
        row[i] = undefined
        continue
      }
      row[i] = (buffer[nulls]! & nullBit) !== 0 ? null : readers[i]!(bytes)
      nullBit <<= 1
      if (nullBit === 256) {
        nullBit = 1
        nulls++
      }
    }
    if (count > this.schema.columns.length) row.length = this.schema.columns.length
    return row
  }
}

/** MariaDB's hash of a unique key that is too long for an index. */
const hiddenColumn: Column = {
  name: 'DB_ROW_HASH',
  type: { kind: 'integer', native: 'bigint(20) unsigned', bits: 64, isUnsigned: true },
  isNullable: true,
}

/** Counts rows of tables whose values nobody wants. */
export class RowSkipper {
  readonly #sizes: readonly number[] | undefined

  constructor(table: LoggedTable) {
    const sizes: number[] = []
    for (const column of table.columns) {
      const size = columnSize(column)
      if (size !== undefined) sizes.push(size)
    }
    this.#sizes = sizes.length === table.columns.length ? sizes : undefined
  }

  /** Rows under the cursor, pairs counted as one; 1 where the table has columns of a size that the log does not tell. */
  count(bytes: LogBytes, head: RowsHead): number {
    if (this.#sizes === undefined) return 1
    if (this.#sizes.length !== head.columnCount) throw wrongCount(head.columnCount, this.#sizes.length)
    let rows = 0
    while (bytes.left > 0) {
      const start = bytes.at
      this.#skip(bytes, head.present, this.#sizes)
      if (head.operation === 'update') this.#skip(bytes, head.presentAfter, this.#sizes)
      if (bytes.at === start) throw logInvalid('rows have no columns')
      rows++
    }
    return rows
  }

  #skip(bytes: LogBytes, present: Buffer, sizes: readonly number[]): void {
    let nulls = bytes.take((countBits(present, sizes.length) + 7) >>> 3)
    let nullBit = 1
    for (let i = 0; i < sizes.length; i++) {
      if (((present[i >>> 3]! >>> (i & 7)) & 1) === 0) continue
      if ((bytes.buffer[nulls]! & nullBit) === 0) {
        const size = sizes[i]!
        bytes.take(size >= 0 ? size : bytes.uint(-size))
      }
      nullBit <<= 1
      if (nullBit === 256) {
        nullBit = 1
        nulls++
      }
    }
  }
}

/** Whether all columns are in the rows. */
export function isFull(present: Buffer, count: number): boolean {
  for (let i = 0; i < count; i++) if (((present[i >>> 3]! >>> (i & 7)) & 1) === 0) return false
  return true
}

/** Values that the log leaves out of the row after are those of the row before, where it has them. */
export function withKnown(after: Row, before: Row): Row {
  return after.map((value, i) => (value === undefined ? before[i] : value))
}

export function wrongCount(inRows: number, inMap: number): Error {
  return logInvalid(`rows have ${inRows} columns and their table map has ${inMap}`)
}

function countBits(bitmap: Buffer, count: number): number {
  let bits = 0
  for (let i = 0; i < count; i++) bits += (bitmap[i >>> 3]! >>> (i & 7)) & 1
  return bits
}
