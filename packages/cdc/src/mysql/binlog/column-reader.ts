/**
 * From a column's type in the log and in the schema to the function that reads its values. Made once for each table map that is new;
 * what it returns looks at nothing but the bytes. Where the log says what it can say (signedness, character set, labels) it is right, else
 * the schema is. Forms of values are those of `ColumnValue`; bytes are copies.
 */
import { CdcError } from '../../errors.ts'
import type { ColumnValue } from '../../model/column-value.ts'
import type { Column } from '../../model/table-schema.ts'
import { textDecoder } from './charset.ts'
import { binaryCollation, charsetOf } from './collations.ts'
import { decimalBytes, decimalReader } from './decimal.ts'
import { readJson } from './json.ts'
import { type LogBytes, logInvalid } from './log-bytes.ts'
import { columnCode, type LoggedColumn } from './logged-table.ts'
import { decompressValue, inet4Text, inet6Text, uuidText } from './mariadb-values.ts'
import {
  datetimeReader,
  mariadbOldDatetimeReader,
  mariadbOldTimeReader,
  mariadbOldTimestampReader,
  readDate,
  readOldDatetime,
  readOldTime,
  readOldTimestamp,
  timeReader,
  timestampReader,
} from './temporal.ts'

export type ColumnReader = (bytes: LogBytes) => ColumnValue

/** Errors: CDC_LOG_UNSUPPORTED for types and character sets that are not known, CDC_SCHEMA_UNKNOWN where labels or the like are missing. */
export function columnReader(logged: LoggedColumn, column: Column): ColumnReader {
  const { metadata } = logged
  const isUnsigned = logged.isUnsigned ?? column.type.isUnsigned ?? false
  switch (logged.code) {
    case columnCode.tiny:
      return isUnsigned ? (bytes) => bytes.u8() : (bytes) => (bytes.u8() << 24) >> 24
    case columnCode.short:
      return isUnsigned ? (bytes) => bytes.u16() : (bytes) => (bytes.u16() << 16) >> 16
    case columnCode.int24:
      return isUnsigned ? (bytes) => bytes.u24() : (bytes) => (bytes.u24() << 8) >> 8
    case columnCode.long:
      return isUnsigned ? (bytes) => bytes.u32() : (bytes) => bytes.u32() | 0
    case columnCode.longlong:
      return isUnsigned ? (bytes) => bytes.u64() : (bytes) => bytes.i64()
    case columnCode.float:
      return (bytes) => bytes.buffer.readFloatLE(bytes.take(4))
    case columnCode.double:
      return (bytes) => bytes.buffer.readDoubleLE(bytes.take(8))
    case columnCode.decimal:
      return decimalReader(metadata >>> 8, metadata & 0xff)
    case columnCode.year:
      return readYear
    case columnCode.date:
    case columnCode.newDate:
      return readDate
    case columnCode.time2:
      return timeReader(metadata)
    case columnCode.datetime2:
      return datetimeReader(metadata)
    case columnCode.timestamp2:
      return timestampReader(metadata)
    case columnCode.time:
      return oldTemporal(column, readOldTime, mariadbOldTimeReader)
    case columnCode.datetime:
      return oldTemporal(column, readOldDatetime, mariadbOldDatetimeReader)
    case columnCode.timestamp:
      return oldTemporal(column, readOldTimestamp, mariadbOldTimestampReader)
    case columnCode.bit:
      return bitReader(metadata)
    case columnCode.enum:
      return enumReader(metadata, labelsOf(logged, column))
    case columnCode.set:
      return setReader(metadata, labelsOf(logged, column))
    case columnCode.json:
      return (bytes) => readJson(bytes, bytes.uint(metadata))
    case columnCode.geometry:
    case columnCode.vector:
      return bytesReader((bytes) => bytes.uint(metadata))
    case columnCode.string:
      return stringReader(logged, column)
    case columnCode.varchar:
    case columnCode.varString:
    case columnCode.blob:
    case columnCode.tinyBlob:
    case columnCode.mediumBlob:
    case columnCode.longBlob:
      return textOrBytes(logged, column, lengthReader(logged))
    case columnCode.varcharCompressed:
    case columnCode.blobCompressed:
      return compressedReader(textOrBytes(logged, column, undefined), lengthReader(logged))
    default:
      throw new CdcError(
        'CDC_LOG_UNSUPPORTED',
        `Column ${column.name} has type ${logged.code} (${column.type.native}) in the log, which is not read. Leave its table out, or change its type.`,
      )
  }
}

/** Bytes of a value; below zero: of the length in front of it. Undefined: only the schema knows, or nobody. */
export function columnSize({ code, metadata }: LoggedColumn): number | undefined {
  switch (code) {
    case columnCode.tiny:
    case columnCode.year:
      return 1
    case columnCode.short:
      return 2
    case columnCode.int24:
    case columnCode.date:
    case columnCode.newDate:
      return 3
    case columnCode.long:
      return 4
    case columnCode.longlong:
      return 8
    case columnCode.float:
    case columnCode.double:
    case columnCode.enum:
    case columnCode.set:
      return metadata
    case columnCode.decimal:
      return decimalBytes(metadata >>> 8, metadata & 0xff)
    case columnCode.time2:
      return 3 + ((metadata + 1) >>> 1)
    case columnCode.datetime2:
      return 5 + ((metadata + 1) >>> 1)
    case columnCode.timestamp2:
      return 4 + ((metadata + 1) >>> 1)
    case columnCode.bit:
      return (metadata + 7) >>> 3
    case columnCode.json:
    case columnCode.geometry:
    case columnCode.vector:
    case columnCode.blob:
    case columnCode.tinyBlob:
    case columnCode.mediumBlob:
    case columnCode.longBlob:
    case columnCode.blobCompressed:
      return -metadata
    case columnCode.string:
    case columnCode.varchar:
    case columnCode.varString:
    case columnCode.varcharCompressed:
      return metadata > 255 ? -2 : -1
    default:
      return undefined
  }
}

function lengthReader({ code, metadata }: LoggedColumn): (bytes: LogBytes) => number {
  switch (code) {
    case columnCode.string:
    case columnCode.varchar:
    case columnCode.varString:
    case columnCode.varcharCompressed:
      return metadata > 255 ? (bytes) => bytes.u16() : (bytes) => bytes.u8()
    default:
      return (bytes) => bytes.uint(metadata)
  }
}

function readYear(bytes: LogBytes): number {
  const year = bytes.u8()
  return year === 0 ? 0 : year + 1900
}

/** Only MariaDB has fractions in these, and only the schema says so. */
function oldTemporal(
  column: Column,
  plain: ColumnReader,
  make: (digits: number) => ColumnReader,
): ColumnReader {
  const digits = column.type.scale ?? 0
  return digits === 0 ? plain : make(digits)
}

function bitReader(bits: number): ColumnReader {
  const size = (bits + 7) >>> 3
  return (bytes) => {
    const at = bytes.take(size)
    let text = ''
    for (let i = 0; i < size; i++) text += bytes.buffer[at + i]!.toString(2).padStart(8, '0')
    return text.slice(size * 8 - bits)
  }
}

function labelsOf(logged: LoggedColumn, column: Column): readonly string[] {
  const labels = logged.labels ?? column.type.labels
  if (labels !== undefined) return labels
  throw new CdcError(
    'CDC_SCHEMA_UNKNOWN',
    `The labels of column ${column.name} (${column.type.native}) are not known.`,
  )
}

function enumReader(width: number, labels: readonly string[]): ColumnReader {
  if (width !== 1 && width !== 2) throw logInvalid(`an enum has values of ${width} bytes`)
  return (bytes) => {
    const index = bytes.uint(width)
    // 0 is what the server stores for a value that is none of the labels.
    if (index === 0) return ''
    return labels[index - 1] ?? unknownLabel(`number ${index}`, labels)
  }
}

function setReader(width: number, labels: readonly string[]): ColumnReader {
  if (width < 1 || (width > 4 && width !== 8)) throw logInvalid(`a set has values of ${width} bytes`)
  return (bytes) => {
    const low = bytes.uint(Math.min(width, 4))
    const high = width === 8 ? bytes.u32() : 0
    let text = ''
    for (let i = 0; i < width * 8; i++) {
      if ((((i < 32 ? low : high) >>> (i & 31)) & 1) === 0) continue
      const label = labels[i] ?? unknownLabel(`number ${i + 1}`, labels)
      text = text === '' ? label : `${text},${label}`
    }
    return text
  }
}

function unknownLabel(which: string, labels: readonly string[]): never {
  throw new CdcError(
    'CDC_SCHEMA_UNKNOWN',
    `The log has label ${which} of a column that is known with ${labels.length} labels.`,
  )
}

/** CHAR and BINARY, and MariaDB's types that look like BINARY. Fill behind the value is not logged. */
function stringReader(logged: LoggedColumn, column: Column): ColumnReader {
  const { metadata } = logged
  const length = lengthReader(logged)
  const format = fixedFormats[column.type.native]
  if (format !== undefined && metadata === format.size) {
    return (bytes) => format.text(padded(bytes, length(bytes), metadata))
  }
  const charset = charsetOfColumn(logged, column)
  if (charset !== 'binary') return textReader(charset, column, length)
  return (bytes) => {
    const whole = new Uint8Array(metadata)
    copyInto(whole, bytes, length(bytes))
    return whole
  }
}

const fixedFormats: {
  readonly [native: string]: { readonly size: number; readonly text: (bytes: Buffer) => string } | undefined
} = {
  uuid: { size: 16, text: uuidText },
  inet6: { size: 16, text: inet6Text },
  inet4: { size: 4, text: inet4Text },
}

function padded(bytes: LogBytes, count: number, size: number): Buffer {
  const whole = Buffer.alloc(size)
  copyInto(whole, bytes, count)
  return whole
}

function copyInto(whole: Uint8Array, bytes: LogBytes, count: number): void {
  if (count > whole.length) throw logInvalid(`a value has ${count} bytes in a column of ${whole.length}`)
  const at = bytes.take(count)
  whole.set(bytes.buffer.subarray(at, at + count))
}

/** Without `length`: the value is all that the cursor stands over. */
function textOrBytes(
  logged: LoggedColumn,
  column: Column,
  length: ((bytes: LogBytes) => number) | undefined,
): ColumnReader {
  const charset = charsetOfColumn(logged, column)
  const count = length ?? ((bytes: LogBytes) => bytes.left)
  return charset === 'binary' ? bytesReader(count) : textReader(charset, column, count)
}

function charsetOfColumn(logged: LoggedColumn, column: Column): string {
  if (logged.collation === binaryCollation) return 'binary'
  if (logged.collation !== undefined) {
    const charset = charsetOf(logged.collation)
    if (charset !== undefined) return charset
  }
  if (column.type.charset !== undefined) return column.type.charset
  if (column.type.kind === 'bytes') return 'binary'
  // JSON of MariaDB is text in this set; so is every text whose set nobody said.
  return 'utf8mb4'
}

function textReader(charset: string, column: Column, length: (bytes: LogBytes) => number): ColumnReader {
  const decode = textDecoder(charset)
  if (decode === undefined) {
    throw new CdcError(
      'CDC_LOG_UNSUPPORTED',
      `Column ${column.name} has the character set ${charset}, which is not read. Leave its table out, or convert it to utf8mb4.`,
    )
  }
  return (bytes) => {
    const count = length(bytes)
    const at = bytes.take(count)
    return decode(bytes.buffer, at, at + count)
  }
}

function bytesReader(length: (bytes: LogBytes) => number): ColumnReader {
  return (bytes) => {
    const count = length(bytes)
    const at = bytes.take(count)
    const copy = new Uint8Array(count)
    copy.set(bytes.buffer.subarray(at, at + count))
    return copy
  }
}

function compressedReader(read: ColumnReader, length: (bytes: LogBytes) => number): ColumnReader {
  return (bytes) => {
    const { buffer, end } = bytes
    const value = decompressValue(bytes.view(length(bytes)))
    const next = bytes.at
    const result = read(bytes.set(value, 0, value.length))
    bytes.set(buffer, next, end)
    return result
  }
}
