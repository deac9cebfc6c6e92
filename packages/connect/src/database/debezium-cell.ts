/**
 * Values that Debezium writes in units and bytes: dates as days, times as milli-, micro- or nanoseconds, exact decimals as base64 of
 * their unscaled number. With schemas a field's type is known by its name. Without them it follows from the column, as Debezium's
 * default (`adaptive`) derives it: a time with up to 3 digits of a fraction comes in milliseconds, with more in microseconds; a
 * decimal has the column's scale. So without schemas the columns of both databases must be declared alike.
 */
import type { ColumnType } from '@millrace/cdc'
import type { FieldSchema } from './change.ts'
import { type JsonSlice, membersOf, rawText, stringText, typeOf } from './json-slice.ts'
import { decimalCell, scaledText } from './number-cell.ts'
import type { Cell } from './target-table.ts'
import { dateOfDays, instantCell, timeOfMicros } from './time-cell.ts'
import { Unfit } from './unfit.ts'

/** Undefined: it is written as elsewhere. */
export function debeziumCell(
  type: ColumnType,
  value: JsonSlice,
  schema: FieldSchema | undefined,
): Cell | undefined {
  const json = typeOf(value)
  switch (type.kind) {
    case 'date':
    case 'datetime':
    case 'instant':
    case 'time':
      return json === 'number' ? timeOf(type, rawText(value), schema) : undefined
    case 'decimal':
      return decimalOf(type, value, schema)
    case 'bits':
      return json === 'string' ? bitsOf(stringText(value), type) : undefined
    case 'geometry':
      return json === 'object' ? geometryOf(value) : undefined
    default:
      return undefined
  }
}

function timeOf(type: ColumnType, digits: string, schema: FieldSchema | undefined): string {
  if (!/^-?\d+$/.test(digits)) throw new Unfit(`${digits} is no whole number of time units.`)
  const count = BigInt(digits)
  const name = schema?.name ?? ''
  if (type.kind === 'date') {
    // Kafka Connect's Date and Debezium's are both days.
    return dateOfDays(Number(count))
  }
  const isMillis =
    name === '' ? type.kind !== 'time' && (type.scale ?? 6) <= 3 : /(\.Timestamp|\.Time)$/.test(name)
  const micros = isMillis ? count * 1000n : name.includes('Nano') ? nanosToMicros(count) : count
  return type.kind === 'time' ? timeOfMicros(micros, type) : instantCell(micros, type)
}

function nanosToMicros(nanos: bigint): bigint {
  if (nanos % 1000n === 0n) return nanos / 1000n
  throw new Unfit(`${nanos} nanoseconds are finer than a column can keep.`)
}

function decimalOf(type: ColumnType, value: JsonSlice, schema: FieldSchema | undefined): string | undefined {
  const json = typeOf(value)
  if (json === 'object') {
    // A decimal whose scale is its own: {"scale":2,"value":"base64"}.
    const members = membersOf(value)
    const [scale, bytes] = [members.get('scale'), members.get('value')]
    if (scale === undefined || bytes === undefined || typeOf(bytes) !== 'string') return undefined
    return decimalCell(scaledText(unscaledOf(stringText(bytes)), Number(rawText(scale))), type)
  }
  if (json !== 'string') return undefined
  const text = stringText(value)
  if (schema !== undefined && !schema.name.endsWith('.Decimal')) return undefined
  // By decimal.handling.mode=string it is digits; those could be base64 as well, but only with a point can base64 not be meant.
  if (schema === undefined && /[.]|^(NaN|-?Infinity)$/.test(text)) return undefined
  return decimalCell(scaledText(unscaledOf(text), schema?.scale ?? type.scale ?? 0), type)
}

/** Two's complement, the highest byte first. */
function unscaledOf(base64: string): bigint {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    throw new Unfit(`${JSON.stringify(base64.slice(0, 40))} is no decimal.`)
  const hex = Buffer.from(base64, 'base64').toString('hex')
  return BigInt.asIntN(hex.length * 4, BigInt(`0x${hex}`))
}

/** The lowest byte first. */
function bitsOf(base64: string, { bits }: ColumnType): string {
  const hex = Buffer.from(base64, 'base64').reverse().toString('hex')
  const digits = BigInt(`0x${hex || '0'}`).toString(2)
  return bits === undefined ? digits : digits.padStart(bits, '0')
}

/** As MySQL keeps it: the SRID in four bytes, the lowest first, and the WKB. */
function geometryOf(value: JsonSlice): Uint8Array | undefined {
  const members = membersOf(value)
  const wkb = members.get('wkb')
  if (wkb === undefined || typeOf(wkb) !== 'string') return undefined
  const srid = members.get('srid')
  const head = Buffer.alloc(4)
  if (srid !== undefined && typeOf(srid) === 'number') head.writeUInt32LE(Number(rawText(srid)))
  return Buffer.concat([head, Buffer.from(stringText(wkb), 'base64')])
}
