/**
 * From one JSON value to one cell: the coercion table of conversion (docs/parquet.md), compiled for a type. A reader is told what kind
 * of value stands where (kinds of JsonLocator), appends to the column and returns true, or appends nothing that counts and returns
 * false with lastRefusal() set; the caller then undoes the row. Values were scanned before: they are JSON.
 *
 * `isLenient` is the OpenX serde, which reads numbers and booleans in quotes; Hive's refuses them.
 */
import {
  fitsPrecision,
  found,
  parseDateBytes,
  parseDecimalBytes,
  parseDoubleBytes,
  readBase64,
  unescapeInto,
} from '@millrace/values'
import { addScaled } from '../parquet/append-value.ts'
import type {
  BooleanColumn,
  ColumnBuilder,
  DoubleColumn,
  FloatColumn,
  Int32Column,
  Int64Column,
  TextColumn,
} from '../parquet/column-builder.ts'
import type { DecimalColumn } from '../parquet/make-column.ts'
import type { LakeType } from '../schema/lake-type.ts'
import { padDate, wideMicros } from './micros.ts'
import { refuseValue } from './refusal.ts'
import type { TimestampReader } from './timestamp-formats.ts'

/** For strings the bytes are those between the quotes. The column is one that makeColumn made for the type. */
export type ReadCell = (
  column: ColumnBuilder,
  kind: number,
  b: Uint8Array,
  start: number,
  end: number,
) => boolean

export interface CellOptions {
  readonly isLenient: boolean
  readonly timestamps: TimestampReader
}

export type ScalarType = Exclude<LakeType, { kind: 'list' | 'map' | 'struct' }>

// The casts of columns below hold because makeColumn chose them by the same type.
export function compileScalar(type: ScalarType, path: string, options: CellOptions): ReadCell {
  if (type.kind === 'string') return readString
  const read = compileRead(type, path, options)
  return (column, kind, b, start, end) => {
    if (kind !== found.escaped) return read(column, kind, b, start, end)
    const text = Buffer.allocUnsafe(end - start)
    return read(column, found.string, text, 0, unescapeInto(b, start, end, text, 0))
  }
}

function compileRead(type: ScalarType, path: string, { isLenient, timestamps }: CellOptions): ReadCell {
  const refuse = (b: Uint8Array, start: number, end: number, allowed: string): false =>
    refuseValue(path, type, b, start, end, allowed)
  const isNumber = (kind: number): boolean =>
    kind === found.whole || kind === found.number || (kind === found.string && isLenient)
  switch (type.kind) {
    case 'boolean':
      return (column, kind, b, start, end) => {
        const value =
          kind === found.true
            ? 1
            : kind === found.false
              ? 0
              : kind === found.string && isLenient
                ? word(b, start, end)
                : -1
        if (value < 0) return refuse(b, start, end, 'true and false are allowed')
        ;(column as BooleanColumn).add(value === 1)
        return true
      }
    case 'int':
      return (column, kind, b, start, end) => {
        const value = kind === found.whole ? wholeNumber(b, start, end) : Number.NaN
        if (value >= -2147483648 && value <= 2147483647) {
          ;(column as Int32Column).addNumber(value)
          return true
        }
        const whole = isNumber(kind) ? parseDecimalBytes(b, start, end, 0, true) : 'malformed'
        if (typeof whole !== 'number' || whole < -2147483648 || whole > 2147483647)
          return refuse(b, start, end, 'whole numbers from -2147483648 to 2147483647 are allowed')
        ;(column as Int32Column).addNumber(whole)
        return true
      }
    case 'long':
      return (column, kind, b, start, end) => {
        const target = column as Int64Column
        const value = kind === found.whole ? wholeNumber(b, start, end) : Number.NaN
        if (!Number.isNaN(value)) {
          target.addNumber(value)
          return true
        }
        const whole = isNumber(kind) ? parseDecimalBytes(b, start, end, 0, true) : 'malformed'
        if (typeof whole === 'number') target.addNumber(whole)
        else if (typeof whole === 'bigint' && BigInt.asIntN(64, whole) === whole) target.addBig(whole)
        else return refuse(b, start, end, 'whole numbers of 64 bits are allowed')
        return true
      }
    case 'float':
    case 'double': {
      const isFloat = type.kind === 'float'
      return (column, kind, b, start, end) => {
        let value = isNumber(kind) ? parseDoubleBytes(b, start, end) : Number.NaN
        if (isFloat) value = Math.fround(value)
        if (!Number.isFinite(value)) {
          const special = kind === found.string && isLenient ? specialNumber(b, start, end) : undefined
          if (special === undefined) return refuse(b, start, end, 'numbers that the type has are allowed')
          value = special
        }
        ;(column as FloatColumn | DoubleColumn).addNumber(value)
        return true
      }
    }
    case 'decimal': {
      const { precision, scale } = type
      return (column, kind, b, start, end) => {
        const value = isNumber(kind) ? parseDecimalBytes(b, start, end, scale, false) : 'malformed'
        if (typeof value === 'string' || !fitsPrecision(value, precision))
          return refuse(b, start, end, `numbers of ${precision - scale} digits before the point are allowed`)
        addScaled(column as DecimalColumn, value)
        return true
      }
    }
    case 'binary':
      return (column, kind, b, start, end) => {
        const source = Buffer.from(b.buffer, b.byteOffset, b.byteLength)
        const target = Buffer.allocUnsafe(Math.ceil((end - start) / 4) * 3)
        const size = kind === found.string ? readBase64(source, start, end, target, 0) : -1
        if (size < 0) return refuse(b, start, end, 'bytes are allowed as text in base64')
        ;(column as TextColumn).addBytes(target, 0, size)
        return true
      }
    case 'date':
      return (column, kind, b, start, end) => {
        const days = kind === found.string ? daysOf(b, start, end) : Number.NaN
        if (Number.isNaN(days)) return refuse(b, start, end, 'text like 2026-11-21 is allowed')
        ;(column as Int32Column).addNumber(days)
        return true
      }
    case 'time':
      return (column, kind, b, start, end) => {
        const micros = kind === found.string ? microsOfDay(b, start, end) : Number.NaN
        if (Number.isNaN(micros)) return refuse(b, start, end, 'text like 18:30:00.25 is allowed')
        ;(column as Int64Column).addNumber(micros)
        return true
      }
    case 'timestamp':
    case 'timestamptz':
      return (column, kind, b, start, end) => {
        const isText = kind === found.string
        const micros =
          isText || kind === found.whole || kind === found.number
            ? timestamps(b, start, end, isText)
            : Number.NaN
        if (!Number.isNaN(micros)) {
          ;(column as Int64Column).addNumber(micros)
          return true
        }
        const wide = isText || kind === found.whole || kind === found.number ? wideMicros() : null
        if (wide === null)
          return refuse(
            b,
            start,
            end,
            'a time of the years 1 to 9999 in one of the forms of the delivery is allowed',
          )
        ;(column as Int64Column).addBig(wide)
        return true
      }
    default:
      throw new Error(`no reader for ${type.kind}`)
  }
}

/** Text as it is; of anything else the JSON that stands there. */
const readString: ReadCell = (column, kind, b, start, end) => {
  if (kind !== found.escaped) {
    ;(column as TextColumn).addBytes(b, start, end)
    return true
  }
  const text = Buffer.allocUnsafe(end - start)
  ;(column as TextColumn).addBytes(text, 0, unescapeInto(b, start, end, text, 0))
  return true
}

/** Digits with an optional '-', at most 15 of them; NaN for more. */
function wholeNumber(b: Uint8Array, start: number, end: number): number {
  const isNegative = b[start] === 45
  let p = isNegative ? start + 1 : start
  if (end - p > 15) return Number.NaN
  let value = 0
  for (; p < end; p++) value = value * 10 + (b[p]! - 48)
  // Never -0.
  return isNegative ? 0 - value : value
}

/** 1 for true, 0 for false, -1 for anything else; letter case does not count. */
function word(b: Uint8Array, start: number, end: number): number {
  if (end - start > 5) return -1
  const text = Buffer.from(b.buffer, b.byteOffset + start, end - start)
    .toString('latin1')
    .toLowerCase()
  return text === 'true' ? 1 : text === 'false' ? 0 : -1
}

/** As Java's Double.parseDouble has them. */
function specialNumber(b: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > 9) return undefined
  const text = Buffer.from(b.buffer, b.byteOffset + start, end - start).toString('latin1')
  if (text === 'NaN') return Number.NaN
  if (text === 'Infinity') return Number.POSITIVE_INFINITY
  return text === '-Infinity' ? Number.NEGATIVE_INFINITY : undefined
}

function daysOf(b: Uint8Array, start: number, end: number): number {
  const days = parseDateBytes(b, start, end)
  if (!Number.isNaN(days)) return days
  const padded = padDate(b, start, end)
  return padded === undefined ? Number.NaN : parseDateBytes(padded, 0, padded.length)
}

function microsOfDay(b: Uint8Array, start: number, end: number): number {
  if (end - start > 18) return Number.NaN
  const text = Buffer.from(b.buffer, b.byteOffset + start, end - start).toString('latin1')
  const match = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?$/.exec(text)
  if (match === null) return Number.NaN
  const [, hours, minutes, seconds, fraction = ''] = match
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6))
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1e6 + micros
}
