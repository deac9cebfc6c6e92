/** Values of rows from parsed JSON and back, by type. Times are text in the form of SQL or of ISO 8601, as an option says. */
import {
  dayMs,
  daysFromCivil,
  daysInMonth,
  formatDate,
  formatDecimal,
  formatTime,
  parseDate,
  parseTime,
  type SqlType,
} from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { narrow } from '../row.ts'

export type TimestampStandard = 'SQL' | 'ISO-8601'

/** A value that does not suit its column. */
export class JsonValueError extends Error {
  override readonly name = 'JsonValueError'
}

/**
 * Thrown when JSON.parse has rounded a number whose digits matter: the record is then read again with its long numbers as
 * text (json.ts). It carries nothing, so one object serves all.
 */
export class LongNumber extends Error {
  override readonly name = 'LongNumber'
}
const longNumber = new LongNumber('a number has more digits than a double holds')

/** A number that JSON.parse may have rounded. */
function needsDigits(value: unknown): boolean {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return false
  return Number.isInteger(value) || String(value).length > 16
}

export type FromJson = (value: unknown) => SqlValue

/** The reader of one type. Throws JsonValueError. `undefined` (a missing field) is NULL. */
export function fromJson(type: SqlType): FromJson {
  const read = readerOf(type)
  return (value) => (value === null || value === undefined ? null : read(value))
}

function readerOf(type: SqlType): (value: unknown) => SqlValue {
  switch (type.kind) {
    case 'BOOLEAN':
      return (value) => {
        if (typeof value === 'boolean') return value
        const text = String(value).toLowerCase()
        return text === 'true' ? true : text === 'false' ? false : refuse(value, 'true or false')
      }
    case 'TINYINT':
      return integerReader(-128, 127, 'TINYINT')
    case 'SMALLINT':
      return integerReader(-32768, 32767, 'SMALLINT')
    case 'INTEGER':
      return integerReader(-2147483648, 2147483647, 'INT')
    case 'BIGINT':
      return (value) => {
        if (typeof value === 'number' && Number.isSafeInteger(value)) return value
        if (needsDigits(value)) throw longNumber
        const text = String(value).trim()
        if (!/^[+-]?\d+$/.test(text)) return refuse(value, 'a whole number')
        const wide = BigInt(text)
        return BigInt.asIntN(64, wide) === wide ? narrow(wide) : refuse(value, 'a whole number of 64 bits')
      }
    case 'REAL':
      return (value) => Math.fround(numberOf(value))
    case 'DOUBLE':
      return numberOf
    case 'DECIMAL':
      return (value) => {
        if (needsDigits(value)) throw longNumber
        return decimalOf(String(value).trim(), type.precision, type.scale, value)
      }
    case 'CHAR':
    case 'VARCHAR':
      return (value) => (typeof value === 'string' ? value : JSON.stringify(value))
    case 'BINARY':
    case 'VARBINARY':
      return (value) =>
        typeof value === 'string'
          ? new Uint8Array(Buffer.from(value, 'base64'))
          : refuse(value, 'base64 text')
    case 'DATE':
      return (value) => timeOf(parseDate(String(value)), value, 'a date yyyy-MM-dd')
    case 'TIME':
      return (value) => timeOf(parseTime(String(value).replace(/Z$/, '')), value, 'a time HH:mm:ss')
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (value) => timeOf(timestampOf(String(value)), value, 'a timestamp yyyy-MM-dd HH:mm:ss[.SSS]')
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return numberOf
    case 'ARRAY': {
      const element = fromJson(type.element)
      return (value) => (Array.isArray(value) ? value.map(element) : refuse(value, 'an array'))
    }
    case 'MAP': {
      const [key, element] = [fromJson(type.key), fromJson(type.value)]
      return (value) =>
        new Map(Object.entries(objectOf(value)).map(([name, each]) => [key(name), element(each)]))
    }
    case 'MULTISET': {
      const key = fromJson(type.element)
      return (value) =>
        new Map(Object.entries(objectOf(value)).map(([name, count]) => [key(name), numberOf(count)]))
    }
    case 'ROW': {
      const readers = type.fields.map((field) => fromJson(field.type))
      const names = type.fields.map((field) => field.name)
      return (value) => {
        const fields = objectOf(value)
        const row = new Array<SqlValue>(names.length)
        for (let i = 0; i < names.length; i++) row[i] = readers[i]!(fields[names[i]!])
        return row
      }
    }
    case 'NULL':
      return () => null
  }
}

function integerReader(min: number, max: number, name: string): (value: unknown) => SqlValue {
  return (value) => {
    const number = typeof value === 'number' ? value : typeof value === 'string' ? wholeOf(value) : Number.NaN
    if (Number.isInteger(number) && number >= min && number <= max) return number === 0 ? 0 : number
    return refuse(value, `a whole number of ${name}, ${min} to ${max}`)
  }
}

function wholeOf(text: string): number {
  return /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  return Number.isNaN(number) && String(value) !== 'NaN' ? refuse(value, 'a number') : number
}

/** Rounded half up to the scale; NULL if it then does not fit, as DECIMAL results do. */
function decimalOf(text: string, precision: number, scale: number, value: unknown): SqlValue {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null || `${match[2]}${match[3] ?? ''}` === '') return refuse(value, 'a number')
  const exponent = Number(match[4] ?? 0)
  if (Math.abs(exponent) > 400) return refuse(value, 'a number of a sensible size')
  const digits = `${match[2]}${match[3] ?? ''}`
  const shift = scale + exponent - (match[3]?.length ?? 0)
  let size: bigint
  if (shift >= 0) size = BigInt(digits) * 10n ** BigInt(shift)
  else {
    const divisor = 10n ** BigInt(-shift)
    size = (BigInt(digits) + divisor / 2n) / divisor
  }
  if (size >= 10n ** BigInt(precision)) return null
  return narrow(match[1] === '-' ? -size : size)
}

function timeOf(time: number, value: unknown, allowed: string): number {
  return Number.isNaN(time) ? refuse(value, allowed) : time
}

/** 'T' or a blank between date and time, seconds and fraction may be missing, 'Z' may follow. NaN if it is none. */
function timestampOf(text: string): number {
  const plain = plainTimestamp(text)
  if (plain !== undefined) return plain
  const match = /^(\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(\.\d{1,9})?)?Z?$/.exec(text.trim())
  if (match === null) return Number.NaN
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0))
  if (!(month! >= 1 && month! <= 12 && day! >= 1 && day! <= daysInMonth(year!, month!))) return Number.NaN
  if (!(hour! < 24 && minute! < 60 && second! < 60)) return Number.NaN
  const fraction = match[7] === undefined ? 0 : Math.floor(Number(`0${match[7]}`) * 1000 + 1e-9)
  const seconds = (hour! * 60 + minute!) * 60 + second!
  return daysFromCivil(year!, month!, day!) * dayMs + seconds * 1000 + fraction
}

/** yyyy-MM-dd HH:mm:ss.SSS, the form that almost every record has, digit by digit; undefined for any other. */
function plainTimestamp(text: string): number | undefined {
  if (text.length !== 23) return undefined
  const separator = text.charCodeAt(10)
  if (separator !== 32 && separator !== 84) return undefined
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':' || text[19] !== '.')
    return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  const hour = digits(text, 11, 13)
  const minute = digits(text, 14, 16)
  const second = digits(text, 17, 19)
  const millisecond = digits(text, 20, 23)
  // Anything unusual, and what is out of range, goes the long way.
  if (
    !(year > 0 && month > 0 && month <= 12 && day > 0 && day <= 28 && hour < 24 && minute < 60 && second < 60)
  )
    return undefined
  if (!(millisecond >= 0)) return undefined
  return daysFromCivil(year, month, day) * dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond
}

/** NaN if a character is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(value, 'an object')
  return value as Record<string, unknown> // An object that is no array.
}

function refuse(value: unknown, allowed: string): never {
  const shown = JSON.stringify(value) ?? String(value)
  throw new JsonValueError(`${shown.slice(0, 60)} is not ${allowed}`)
}

export interface ToJsonOptions {
  readonly timestamps: TimestampStandard
}

/** What JSON.stringify writes for a value; DECIMAL and wide BIGINT come as RawNumber text. */
export function toJson(value: SqlValue, type: SqlType, options: ToJsonOptions): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'DECIMAL':
      return formatDecimal(value as number | bigint, type.scale)
    case 'CHAR':
    case 'VARCHAR':
      return JSON.stringify(value)
    case 'BINARY':
    case 'VARBINARY':
      return `"${Buffer.from(value as Uint8Array).toString('base64')}"`
    case 'DATE':
      return `"${formatDate(Number(value))}"`
    case 'TIME':
      return `"${formatTime(Number(value))}"`
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `"${timestampText(Number(value), type.precision ?? 3, options.timestamps)}${type.kind === 'TIMESTAMP_LTZ' ? 'Z' : ''}"`
    case 'ARRAY':
      return `[${(value as readonly SqlValue[]).map((each) => toJson(each, type.element, options)).join(',')}]`
    case 'ROW':
      return `{${type.fields
        .map(
          (field, i) =>
            `${JSON.stringify(field.name)}:${toJson((value as readonly SqlValue[])[i]!, field.type, options)}`,
        )
        .join(',')}}`
    case 'MAP':
    case 'MULTISET': {
      const [key, element] =
        type.kind === 'MAP' ? [type.key, type.value] : [type.element, { kind: 'INTEGER' } as const]
      const entries = [...(value as ReadonlyMap<SqlValue, SqlValue>)]
      return `{${entries
        .map(([name, each]) => `${keyText(toJson(name, key, options))}:${toJson(each, element, options)}`)
        .join(',')}}`
    }
    case 'REAL':
    case 'DOUBLE':
      return Number.isFinite(value) ? String(value) : `"${value}"`
    default:
      return String(value)
  }
}

/** Names of JSON fields are text. */
function keyText(json: string): string {
  return json.startsWith('"') ? json : JSON.stringify(json)
}

/** `precision` digits of the second, without trailing zeros beyond it; none for 0. */
export function timestampText(ms: number, precision: number, standard: TimestampStandard): string {
  const iso = new Date(ms).toISOString()
  const whole = iso.slice(0, iso.length - 5)
  const fraction = precision === 0 ? '' : iso.slice(-5, -1).slice(0, precision + 1)
  const text = `${whole}${/^\.0*$/.test(fraction) ? '' : fraction}`
  return standard === 'SQL' ? text.replace('T', ' ') : text
}
