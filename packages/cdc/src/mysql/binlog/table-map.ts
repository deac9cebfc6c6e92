/**
 * The table map: the event before rows that says which table and which types of columns they have.
 *   table id u48 | flags u16 | schema: u8, name, 0 | table: u8, name, 0 | columns, packed | a type u8 for each
 *   | bytes of metadata, packed | metadata by type | a bit for each column that may be null | optional: (field u8, bytes packed, value)...
 * Bitmaps: of nullability low bits first, those of optional metadata high bits first.
 * The id holds for the file only, and is used again: the last map of an id is the one that rows mean.
 */

import { textDecoder } from './charset.ts'
import { charsetOf } from './collations.ts'
import { type LogBytes, logInvalid } from './log-bytes.ts'
import { columnCode, type LoggedColumn, type LoggedTable } from './logged-table.ts'

export interface TableMap {
  readonly id: number
  readonly table: LoggedTable
}

const optional = {
  signedness: 1,
  defaultCharset: 2,
  columnCharset: 3,
  columnName: 4,
  setLabels: 5,
  enumLabels: 6,
  geometryType: 7,
  primaryKey: 8,
  primaryKeyWithPrefix: 9,
  enumAndSetDefaultCharset: 10,
  enumAndSetColumnCharset: 11,
  columnVisibility: 12,
} as const

// No server has more columns; a damaged count must not become an allocation.
const columnsMax = 4096

/** The same columns while they are being read. */
type ColumnDraft = { -readonly [Member in keyof LoggedColumn]: LoggedColumn[Member] }

/** The cursor stands behind the event's header and ends before its checksum. */
export function readTableMap(bytes: LogBytes, family: 'mysql' | 'mariadb'): TableMap {
  const id = bytes.u48()
  bytes.take(2)
  const schema = readName(bytes)
  const table = readName(bytes)
  const count = bytes.packed()
  if (count > columnsMax) throw logInvalid(`the table map of ${schema}.${table} has ${count} columns`)
  const codes = bytes.view(count)
  const metadataEnd = inside(bytes, bytes.packed())
  const drafts: ColumnDraft[] = []
  for (const code of codes) drafts.push(readColumn(bytes, code))
  if (bytes.at !== metadataEnd) {
    throw logInvalid(
      `the table map of ${schema}.${table} has metadata of columns that do not fit their types`,
    )
  }
  const nullable = bytes.view((count + 7) >>> 3)
  for (let i = 0; i < count; i++) drafts[i]!.isNullable = ((nullable[i >>> 3]! >>> (i & 7)) & 1) === 1
  const said = readOptional(bytes, drafts, family)
  return {
    id,
    table: {
      schema,
      table,
      columns: drafts,
      // A complete map leaves the field out where there is no key.
      key: said.key ?? (said.hasNames ? [] : undefined),
      isComplete: said.hasNames,
    },
  }
}

function readName(bytes: LogBytes): string {
  const name = bytes.text(bytes.u8())
  bytes.take(1)
  return name
}

function inside(bytes: LogBytes, count: number): number {
  if (count > bytes.left)
    throw logInvalid(`${count} bytes are announced where ${bytes.left} are left in a table map`)
  return bytes.at + count
}

function readColumn(bytes: LogBytes, logged: number): ColumnDraft {
  let code = logged
  let metadata = 0
  switch (logged) {
    case columnCode.tinyBlob:
    case columnCode.mediumBlob:
    case columnCode.longBlob:
    case columnCode.blob:
    case columnCode.blobCompressed:
    case columnCode.geometry:
    case columnCode.json:
    case columnCode.vector:
      metadata = bytes.u8()
      if (metadata < 1 || metadata > 4)
        throw logInvalid(`a column has values with lengths of ${metadata} bytes`)
      break
    case columnCode.float:
    case columnCode.double:
    case columnCode.time2:
    case columnCode.datetime2:
    case columnCode.timestamp2:
      metadata = bytes.u8()
      break
    case columnCode.varchar:
    case columnCode.varString:
    case columnCode.varcharCompressed:
      metadata = bytes.u16()
      break
    case columnCode.decimal:
      metadata = bytes.u8() * 256
      metadata += bytes.u8()
      break
    case columnCode.bit:
      metadata = bytes.u8()
      metadata += bytes.u8() * 8
      break
    case columnCode.enum:
    case columnCode.set:
    case columnCode.string: {
      const first = bytes.u8()
      metadata = bytes.u8()
      if ((first & 0x30) === 0x30) {
        code = first
      } else {
        // Lengths above 255 have their two highest bits in the type, turned.
        code = first | 0x30
        metadata |= ((first & 0x30) ^ 0x30) << 4
      }
      if (code !== columnCode.string && code !== columnCode.enum && code !== columnCode.set) {
        throw logInvalid(`a column of characters says that it is of type ${code}`)
      }
      break
    }
  }
  return {
    code,
    metadata,
    isNullable: true,
    name: undefined,
    isUnsigned: undefined,
    collation: undefined,
    labels: undefined,
    geometryType: undefined,
    isVisible: undefined,
  }
}

function isNumeric({ code }: LoggedColumn): boolean {
  switch (code) {
    case columnCode.tiny:
    case columnCode.short:
    case columnCode.int24:
    case columnCode.long:
    case columnCode.longlong:
    case columnCode.decimal:
    case columnCode.float:
    case columnCode.double:
    case columnCode.year:
      return true
    default:
      return false
  }
}

function isCharacter({ code }: LoggedColumn): boolean {
  switch (code) {
    case columnCode.string:
    case columnCode.varString:
    case columnCode.varchar:
    case columnCode.blob:
    case columnCode.tinyBlob:
    case columnCode.mediumBlob:
    case columnCode.longBlob:
    case columnCode.blobCompressed:
    case columnCode.varcharCompressed:
    case columnCode.vector:
      return true
    default:
      return false
  }
}

function isLabelled({ code }: LoggedColumn): boolean {
  return code === columnCode.enum || code === columnCode.set
}

interface Said {
  key: number[] | undefined
  hasNames: boolean
}

function readOptional(bytes: LogBytes, columns: ColumnDraft[], family: 'mysql' | 'mariadb'): Said {
  // MariaDB gives geometries a character set too.
  const hasCharset = (column: LoggedColumn) =>
    isCharacter(column) || (family === 'mariadb' && column.code === columnCode.geometry)
  const said: Said = { key: undefined, hasNames: false }
  const mapEnd = bytes.end
  const labels: { columns: ColumnDraft[]; raw: Buffer[][] }[] = []
  while (bytes.at < mapEnd) {
    const field = bytes.u8()
    const fieldEnd = inside(bytes, bytes.packed())
    bytes.end = fieldEnd
    switch (field) {
      case optional.signedness:
        readBits(bytes, columns.filter(isNumeric), (column, bit) => {
          column.isUnsigned = bit
        })
        break
      case optional.defaultCharset:
        readDefaultCharset(bytes, columns.filter(hasCharset))
        break
      case optional.columnCharset:
        readEach(bytes, columns.filter(hasCharset), (column) => {
          column.collation = bytes.packed()
        })
        break
      case optional.columnName:
        readEach(bytes, columns, (column) => {
          column.name = bytes.text(bytes.packed())
        })
        said.hasNames = true
        break
      case optional.setLabels:
      case optional.enumLabels: {
        const code = field === optional.setLabels ? columnCode.set : columnCode.enum
        const raw: Buffer[][] = []
        const labelled = columns.filter((column) => column.code === code)
        readEach(bytes, labelled, () => raw.push(readLabels(bytes)))
        labels.push({ columns: labelled, raw })
        break
      }
      case optional.geometryType:
        readEach(
          bytes,
          columns.filter((column) => column.code === columnCode.geometry),
          (column) => {
            column.geometryType = bytes.packed()
          },
        )
        break
      case optional.primaryKey:
      case optional.primaryKeyWithPrefix:
        said.key = []
        while (bytes.left > 0) {
          const index = bytes.packed()
          if (index >= columns.length) throw logInvalid(`a key has column ${index} of ${columns.length}`)
          said.key.push(index)
          if (field === optional.primaryKeyWithPrefix) bytes.packed()
        }
        break
      case optional.enumAndSetDefaultCharset:
        readDefaultCharset(bytes, columns.filter(isLabelled))
        break
      case optional.enumAndSetColumnCharset:
        readEach(bytes, columns.filter(isLabelled), (column) => {
          column.collation = bytes.packed()
        })
        break
      case optional.columnVisibility:
        readBits(bytes, columns, (column, bit) => {
          column.isVisible = bit
        })
        break
      // Fields of newer servers are said to be skipped.
    }
    bytes.at = fieldEnd
    bytes.end = mapEnd
  }
  // Their character set may stand behind them.
  for (const { columns: labelled, raw } of labels) {
    labelled.forEach((column, i) => {
      column.labels = decodeLabels(raw[i]!, column.collation)
    })
  }
  return said
}

function readBits(
  bytes: LogBytes,
  columns: ColumnDraft[],
  set: (column: ColumnDraft, bit: boolean) => void,
): void {
  const bits = bytes.view((columns.length + 7) >>> 3)
  columns.forEach((column, i) => {
    set(column, ((bits[i >>> 3]! << (i & 7)) & 0x80) !== 0)
  })
}

function readEach(bytes: LogBytes, columns: ColumnDraft[], read: (column: ColumnDraft) => void): void {
  for (const column of columns) read(column)
  if (bytes.left > 0) throw logInvalid('a field of a table map has more entries than it has columns')
}

/** The collation of most, then pairs (which of these columns, its collation) of the others. */
function readDefaultCharset(bytes: LogBytes, columns: ColumnDraft[]): void {
  const usual = bytes.packed()
  for (const column of columns) column.collation = usual
  while (bytes.left > 0) {
    const column = columns[bytes.packed()]
    const collation = bytes.packed()
    if (column === undefined) throw logInvalid('a table map has a character set of a column that is none')
    column.collation = collation
  }
}

function readLabels(bytes: LogBytes): Buffer[] {
  const labels: Buffer[] = []
  // Each takes a byte at least, so that damaged counts end with the field.
  for (let count = bytes.packed(); count > 0; count--) labels.push(bytes.view(bytes.packed()))
  return labels
}

/** `binary` labels exist (ENUM ... CHARACTER SET binary); they are read as UTF-8 for want of better. */
function decodeLabels(raw: Buffer[], collation: number | undefined): string[] | undefined {
  const charset = collation === undefined ? 'utf8mb4' : (charsetOf(collation) ?? 'utf8mb4')
  const decode = textDecoder(charset === 'binary' ? 'utf8mb4' : charset)
  return decode && raw.map((label) => decode(label, 0, label.length))
}
