/** Values on their way out: from DuckDB's text, or JSON, to Postgres' text and binary forms. */
import { type PostgresType, types } from './postgres-types.ts'

export class FormatFault extends Error {}

/** `form`: how the value came (see LakeQuery's `values`). Throws FormatFault where a type has no binary form here. */
export function encodeValue(
  type: PostgresType,
  value: string,
  { form, format }: { readonly form: 'text' | 'json'; readonly format: number },
): Buffer {
  if (format === 1 && type.element !== undefined) return binaryArray(type.element, arrayItems(value))
  const text = postgresText(type, value, form)
  return format === 0 ? Buffer.from(text) : binaryValue(type, text)
}

/** The text that Postgres would send. */
export function postgresText(type: PostgresType, value: string, form: 'text' | 'json'): string {
  if (type.element !== undefined) return arrayText(type.element, value)
  if (type.oid === types.json.oid) return value
  const plain = form === 'json' && value.startsWith('"') ? String(JSON.parse(value)) : value
  if (type.oid === types.bool.oid) return plain === 'true' ? 't' : 'f'
  if (type.oid === types.bytea.oid) return `\\x${blobBytes(plain).toString('hex')}`
  if (type.oid === types.float4.oid || type.oid === types.float8.oid)
    return /^-?inf/.test(plain) ? plain.replace('inf', 'Infinity') : plain === 'nan' ? 'NaN' : plain
  if (type.oid === types.timestamptz.oid) return /[+-]\d\d(:\d\d)?$/.test(plain) ? plain : `${plain}+00`
  return plain
}

/** A list of plain values comes as a JSON array; numbers keep all their digits. Null values are null. */
function arrayItems(json: string): (string | null)[] {
  const tokens = json.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^",\s]+/g) ?? []
  return tokens.map((token) =>
    token === 'null' ? null : token.startsWith('"') ? String(JSON.parse(token)) : token,
  )
}

function arrayText(element: PostgresType, json: string): string {
  const parts = arrayItems(json).map((item) => {
    if (item === null) return 'NULL'
    const text = postgresText(element, item, 'text')
    return /^[^\s{}",\\]+$/.test(text) && text.toUpperCase() !== 'NULL'
      ? text
      : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  })
  return `{${parts.join(',')}}`
}

/** Dimensions, whether there are nulls, type of elements; of each dimension its length and first index; then the elements. */
function binaryArray(element: PostgresType, items: readonly (string | null)[]): Buffer {
  const head = Buffer.alloc(items.length === 0 ? 12 : 20)
  head.writeInt32BE(items.length === 0 ? 0 : 1, 0)
  head.writeInt32BE(items.includes(null) ? 1 : 0, 4)
  head.writeInt32BE(element.oid, 8)
  if (items.length > 0) {
    head.writeInt32BE(items.length, 12)
    head.writeInt32BE(1, 16)
  }
  const parts = items.flatMap((item) => {
    const value = item === null ? undefined : binaryValue(element, postgresText(element, item, 'text'))
    const length = filled(4, (bytes) => bytes.writeInt32BE(value === undefined ? -1 : value.length))
    return value === undefined ? [length] : [length, value]
  })
  return Buffer.concat([head, ...parts])
}

/** DuckDB prints bytes beyond ASCII, and the backslash, as \xHH. */
function blobBytes(text: string): Buffer {
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\' && text[i + 1] === 'x') {
      bytes.push(Number.parseInt(text.slice(i + 2, i + 4), 16))
      i += 3
    } else bytes.push(text.charCodeAt(i))
  }
  return Buffer.from(bytes)
}

/** From Postgres' text. Times count from 2000-01-01. */
function binaryValue(type: PostgresType, text: string): Buffer {
  switch (type.oid) {
    case types.bool.oid:
      return Buffer.of(text === 't' ? 1 : 0)
    case types.int2.oid:
      return filled(2, (bytes) => bytes.writeInt16BE(Number(text)))
    case types.int4.oid:
      return filled(4, (bytes) => bytes.writeInt32BE(Number(text)))
    case types.oid.oid:
      return filled(4, (bytes) => bytes.writeUInt32BE(Number(text)))
    case types.int8.oid:
      return filled(8, (bytes) => bytes.writeBigInt64BE(BigInt(text)))
    case types.float4.oid:
      return filled(4, (bytes) => bytes.writeFloatBE(Number(text)))
    case types.float8.oid:
      return filled(8, (bytes) => bytes.writeDoubleBE(Number(text)))
    case types.text.oid:
    case types.varchar.oid:
    case types.json.oid:
      return Buffer.from(text)
    case types.bytea.oid:
      return Buffer.from(text.slice(2), 'hex')
    case types.uuid.oid:
      return Buffer.from(text.replaceAll('-', ''), 'hex')
    case types.date.oid:
      return filled(4, (bytes) => bytes.writeInt32BE(Number(microsOf(`${text} 00:00:00`) / dayMicros)))
    case types.time.oid:
      return filled(8, (bytes) => bytes.writeBigInt64BE(timeMicros(text)))
    case types.timestamp.oid:
    case types.timestamptz.oid:
      return filled(8, (bytes) => bytes.writeBigInt64BE(microsOf(text)))
    case types.numeric.oid:
      return binaryNumeric(text)
    default:
      throw noBinary(type)
  }
}

function noBinary({ name }: PostgresType): FormatFault {
  return new FormatFault(`values of type ${name} are sent as text only`)
}

function filled(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length)
  write(bytes)
  return bytes
}

const dayMicros = 86_400_000_000n
/** Of 2000-01-01, from 1970. */
const epochMicros = 946_684_800_000_000n

/** `2026-11-21 10:00:00.123456`, with or without a zone of whole minutes, from 2000-01-01. */
function microsOf(text: string): bigint {
  if (text.startsWith('infinity')) return 2n ** 63n - 1n
  if (text.startsWith('-infinity')) return -(2n ** 63n)
  const match =
    /^(\d{4,6})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:([+-])(\d\d)(?::(\d\d))?)?( \(BC\))?$/.exec(
      text,
    )
  if (match === null) throw new FormatFault(`"${text}" is no time that has a binary form here`)
  const [, year = '', month, day, time = '', sign, hours = '0', minutes = '0', before] = match
  const date = new Date(0)
  date.setUTCFullYear(before === undefined ? Number(year) : 1 - Number(year), Number(month) - 1, Number(day))
  const zone = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  return BigInt(date.getTime()) * 1000n + timeMicros(time) - BigInt(zone) * 60_000_000n - epochMicros
}

function timeMicros(text: string): bigint {
  const [hours = '0', minutes = '0', seconds = '0'] = text.split(':')
  const [whole = '0', fraction = ''] = seconds.split('.')
  const micros = (Number(hours) * 3600 + Number(minutes) * 60 + Number(whole)) * 1_000_000
  return BigInt(micros + Number(fraction.padEnd(6, '0').slice(0, 6)))
}

/** Groups of four decimal digits: count, weight of the first, sign, digits after the point, groups. */
function binaryNumeric(text: string): Buffer {
  const isNegative = text.startsWith('-')
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.')
  const before = whole.replace(/^0+/, '')
  const padded = before.padStart(Math.ceil(before.length / 4) * 4, '0')
  const groups = `${padded}${fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0')}`.match(/.{4}/g) ?? []
  let weight = padded.length / 4 - 1
  while (groups[0] === '0000') {
    groups.shift()
    weight--
  }
  while (groups.at(-1) === '0000') groups.pop()
  const bytes = Buffer.alloc(8 + groups.length * 2)
  bytes.writeInt16BE(groups.length, 0)
  bytes.writeInt16BE(groups.length === 0 ? 0 : weight, 2)
  bytes.writeUInt16BE(isNegative && groups.length > 0 ? 0x4000 : 0, 4)
  bytes.writeInt16BE(fraction.length, 6)
  for (const [i, group] of groups.entries()) bytes.writeInt16BE(Number(group), 8 + i * 2)
  return bytes
}
