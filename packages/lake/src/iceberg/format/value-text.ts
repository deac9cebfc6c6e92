/**
 * Single values from what others have: text as DuckDB prints it (statistics of Parquet files), and the plain values of rows that are
 * given to the Parquet writer. DuckDB's forms: `2026-11-21`, `0044-03-15 (BC)`, `12:30:00.5`, `2026-11-21 12:30:00+00`,
 * `\xDE\xADtext`, `nan`, `inf`.
 */
import { civilFromDays, daysFromCivil } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import type { SingleValue } from '../table-port.ts'
import { type ValueType, valueTypeText } from './value-type.ts'

const dayMicros = 86_400_000_000n
const intMin = -0x8000_0000
const intMax = 0x7fff_ffff
const longBits = 64

/** Undefined where the text is no value of the type, or one without a place in the order (`infinity` of dates). */
export function valueOfText(type: ValueType, text: string): SingleValue | undefined {
  switch (type.kind) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'int':
      return integerIn(text, intMin, intMax)
    case 'long':
      return longOf(text)
    case 'float':
      return mapped(doubleOf(text), Math.fround)
    case 'double':
      return doubleOf(text)
    case 'string':
      return text
    case 'date':
      return daysOf(text)
    case 'time':
      return microsOfDay(text)
    case 'timestamp':
    case 'timestamptz':
      return microsOf(text)
    case 'decimal':
      return unscaledOf(text, type.scale)
    case 'binary':
    case 'fixed':
      return bytesOf(text)
    case 'uuid':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
        ? new Uint8Array(Buffer.from(text.replaceAll('-', ''), 'hex'))
        : undefined
  }
}

/**
 * Of a value as the Parquet writer takes it: numbers for whole types, text for decimals, numbers of microseconds for times.
 * Error: ICEBERG_PARTITION_INVALID.
 */
export function valueOfPlain(type: ValueType, value: unknown): SingleValue | null {
  if (value === null || value === undefined) return null
  const single = singleOf(type, value)
  if (single !== undefined) return single
  throw new LakeError(
    'ICEBERG_PARTITION_INVALID',
    `${shown(value)} is no value of the type ${valueTypeText(type)}.`,
  )
}

function singleOf(type: ValueType, value: unknown): SingleValue | undefined {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'int':
    case 'date': {
      const number = typeof value === 'bigint' ? Number(value) : value
      return typeof number === 'number' && Number.isInteger(number) && number >= intMin && number <= intMax
        ? number
        : undefined
    }
    case 'float':
      return typeof value === 'number' ? Math.fround(value) : undefined
    case 'double':
      return typeof value === 'number' ? value : undefined
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz': {
      const big = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
      return typeof big === 'bigint' && BigInt.asIntN(longBits, big) === big ? big : undefined
    }
    case 'string':
      return typeof value === 'string' ? value : undefined
    case 'decimal':
      return typeof value === 'string' || typeof value === 'number'
        ? unscaledOf(String(value), type.scale)
        : undefined
    case 'binary':
    case 'fixed':
    case 'uuid':
      return value instanceof Uint8Array ? value : undefined
  }
}

/**
 * Text of a value for DuckDB to cast to the type: `2026-11-21 10:00:00`, `12.50`, `\xDE`. What `valueOfText` reads gives the value again.
 */
export function textOfValue(type: ValueType, value: SingleValue): string {
  switch (type.kind) {
    case 'date':
      return dateText(value as number)
    case 'time':
      return timeText(value as bigint)
    case 'timestamp':
    case 'timestamptz': {
      const micros = value as bigint
      const day = floorDiv(micros, dayMicros)
      const zone = type.kind === 'timestamptz' ? '+00' : ''
      return timestampText(dateText(Number(day)), timeText(micros - day * dayMicros), zone)
    }
    case 'decimal':
      return decimalText(value as bigint, type.scale)
    case 'binary':
    case 'fixed':
      return Array.from(
        value as Uint8Array,
        (byte) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`,
      ).join('')
    case 'uuid': {
      const hex = Buffer.from(value as Uint8Array).toString('hex')
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
        '-',
      )
    }
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}

export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

export function dateText(days: number): string {
  const { year, month, day } = civilFromDays(days)
  const rest = `-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
  return year > 0
    ? `${String(year).padStart(4, '0')}${rest}`
    : `${String(1 - year).padStart(4, '0')}${rest} (BC)`
}

function timestampText(date: string, time: string, zone: string): string {
  const bc = date.endsWith(' (BC)')
  return `${bc ? date.slice(0, -5) : date} ${time}${zone}${bc ? ' (BC)' : ''}`
}

function timeText(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n)
  const fraction = Number(micros % 1_000_000n)
  const two = (n: number) => String(n).padStart(2, '0')
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

function integerIn(text: string, min: number, max: number): number | undefined {
  if (!/^-?\d{1,10}$/.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? value : undefined
}

function longOf(text: string): bigint | undefined {
  if (!/^-?\d{1,19}$/.test(text)) return undefined
  const value = BigInt(text)
  return BigInt.asIntN(longBits, value) === value ? value : undefined
}

function doubleOf(text: string): number | undefined {
  const word = text.toLowerCase()
  if (word === 'nan' || word === '-nan') return Number.NaN
  if (word === 'inf' || word === 'infinity') return Number.POSITIVE_INFINITY
  if (word === '-inf' || word === '-infinity') return Number.NEGATIVE_INFINITY
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(word) ? Number(text) : undefined
}

function mapped(value: number | undefined, map: (value: number) => number): number | undefined {
  return value === undefined ? undefined : map(value)
}

function daysOf(text: string): number | undefined {
  const parts = /^(\d{4,7})-(\d\d)-(\d\d)( \(BC\))?$/.exec(text)
  if (parts === null) return undefined
  const year = Number(parts[1])
  return daysFromCivil(parts[4] === undefined ? year : 1 - year, Number(parts[2]), Number(parts[3]))
}

function microsOfDay(text: string): bigint | undefined {
  const parts = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text)
  if (parts === null) return undefined
  const seconds = Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3])
  return BigInt(seconds) * 1_000_000n + BigInt((parts[4] ?? '').padEnd(6, '0'))
}

function microsOf(text: string): bigint | undefined {
  const parts = /^(\S+)[ T](\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?:Z|\+00(?::?00)?)?( \(BC\))?$/.exec(text)
  if (parts === null) return undefined
  const days = daysOf(parts[1]! + (parts[3] ?? ''))
  const micros = microsOfDay(parts[2]!)
  return days === undefined || micros === undefined ? undefined : BigInt(days) * dayMicros + micros
}

/** More digits behind the point than the scale has must be zeros. */
function unscaledOf(text: string, scale: number): bigint | undefined {
  const parts = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text)
  if (parts === null || (parts[2] === '' && (parts[3] ?? '') === '')) return undefined
  const fraction = parts[3] ?? ''
  if (/[^0]/.test(fraction.slice(scale))) return undefined
  const digits = BigInt(`${parts[2]}${fraction.slice(0, scale).padEnd(scale, '0')}` || '0')
  return parts[1] === '-' ? -digits : digits
}

function bytesOf(text: string): Uint8Array | undefined {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x5c) {
      const hex = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(i, i + 4))
      if (hex === null) return undefined
      bytes.push(Number.parseInt(hex[1]!, 16))
      i += 3
    } else if (code < 0x80) bytes.push(code)
    else return undefined
  }
  return Uint8Array.from(bytes)
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
