/** What readers should give for values that were written: one plain form for comparison, and literals of DuckDB's SQL. */
import { literal } from '../../duck/open-duck.ts'
import { duckTypeText } from '../../schema/duck-type.ts'
import type { LakeType } from '../../schema/lake-type.ts'

/** The value in a form that `toEqual` compares: integers as bigint, bytes as hex, decimals as text with all digits. */
export function plainValue(type: LakeType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'int':
    case 'long':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return BigInt(value as number | bigint)
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'decimal':
      return scaledDigits(String(value), type.scale)
    case 'list':
      return (value as unknown[]).map((element) => plainValue(type.element, element))
    case 'map':
      return sorted(
        (value as [unknown, unknown][]).map(([key, other]) => [String(key), plainValue(type.value, other)]),
      )
    case 'struct':
      return type.fields.map((field, i) => plainValue(field.type, (value as unknown[])[i]))
    default:
      return value
  }
}

/** As digits of the scaled integer. */
export function scaledDigits(text: string, scale: number): bigint {
  const negative = text.startsWith('-')
  const [whole = '', fraction = ''] = (negative ? text.slice(1) : text).split('.')
  const scaled = BigInt(whole + fraction.padEnd(scale, '0'))
  return negative ? -scaled : scaled
}

/** Parsers for hyparquet that lose nothing: raw integers instead of dates with milliseconds. */
export const exactParsers = {
  timestampFromMicroseconds: (micros: bigint) => micros,
  dateFromDays: (days: number) => days,
}

/**
 * What hyparquet gives, in the plain form. Its decimals are read as the integers or bytes that they are stored as (`withoutDecimals`).
 * Its maps are objects.
 */
export function hyparquetValue(type: LakeType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'int':
    case 'long':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return BigInt(value as number | bigint)
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'decimal':
      return value instanceof Uint8Array
        ? BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex')}`))
        : BigInt(value as number | bigint)
    case 'list':
      return (value as unknown[]).map((element) => hyparquetValue(type.element, element))
    case 'map':
      return sorted(Object.entries(value).map(([key, other]) => [key, hyparquetValue(type.value, other)]))
    case 'struct':
      return type.fields.map((field) =>
        hyparquetValue(field.type, (value as Record<string, unknown>)[field.name]),
      )
    default:
      return value
  }
}

/** Metadata in which decimals are plain integers and bytes, since the reader makes floats of them. */
export function withoutDecimals<
  T extends { schema: { converted_type?: string | undefined; logical_type?: unknown }[] },
>(metadata: T): T {
  for (const element of metadata.schema) {
    if (element.converted_type !== 'DECIMAL') continue
    delete element.converted_type
    delete element.logical_type
  }
  return metadata
}

function sorted(entries: [string, unknown][]): [string, unknown][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** An expression of DuckDB with the value, of exactly the type. */
export function duckText(type: LakeType, value: unknown): string {
  return `CAST(${inner(type, value)} AS ${duckTypeText(type)})`
}

function inner(type: LakeType, value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  switch (type.kind) {
    case 'string':
      return literal(String(value))
    case 'binary':
      return `from_hex('${Buffer.from(value as Uint8Array).toString('hex')}')`
    case 'float':
    case 'double':
      return `'${String(value)}'`
    case 'decimal':
      return `'${String(value)}'`
    case 'date':
      return `(DATE '1970-01-01' + ${String(value)})`
    case 'time':
      return `(TIME '00:00:00' + to_microseconds(${String(value)}))`
    case 'timestamp':
    case 'timestamptz':
      return type.kind === 'timestamp'
        ? `make_timestamp(${String(value)}::BIGINT)`
        : `make_timestamptz(${String(value)}::BIGINT)`
    case 'list':
      return `[${(value as unknown[]).map((element) => duckText(type.element, element)).join(', ')}]`
    case 'map':
      return (value as unknown[]).length === 0
        ? 'MAP {}'
        : `MAP {${(value as [unknown, unknown][]).map(([key, other]) => `${duckText(type.key, key)}: ${duckText(type.value, other)}`).join(', ')}}`
    case 'struct':
      return `row(${type.fields.map((field, i) => duckText(field.type, (value as unknown[])[i])).join(', ')})`
    default:
      return String(value)
  }
}
