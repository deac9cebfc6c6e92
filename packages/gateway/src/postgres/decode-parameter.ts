/** Values of parameters on their way in: Postgres' binary forms to text that DuckDB casts to what the place asks for. */
import { FormatFault } from './encode-value.ts'
import { type PostgresType, types } from './postgres-types.ts'

/** Throws FormatFault where a type has no binary form here, or the bytes are none of it. */
export function decodeParameter(type: PostgresType, bytes: Buffer, format: number): string {
  if (format === 0) return textParameter(type, bytes.toString('utf8'))
  if (type.length > 0 && bytes.length !== type.length)
    throw new FormatFault(`a value of type ${type.name} has ${type.length} bytes, not ${bytes.length}`)
  switch (type.oid) {
    case types.bool.oid:
      return bytes[0] === 0 ? 'false' : 'true'
    case types.int2.oid:
      return String(bytes.readInt16BE(0))
    case types.int4.oid:
      return String(bytes.readInt32BE(0))
    case types.oid.oid:
      return String(bytes.readUInt32BE(0))
    case types.int8.oid:
      return String(bytes.readBigInt64BE(0))
    case types.float4.oid:
      return String(bytes.readFloatBE(0))
    case types.float8.oid:
      return String(bytes.readDoubleBE(0))
    case types.text.oid:
    case types.varchar.oid:
    case types.json.oid:
      return bytes.toString('utf8')
    case types.bytea.oid:
      return blobText(bytes)
    case types.uuid.oid:
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    case types.numeric.oid:
      return numericText(bytes)
    case types.time.oid:
      return dateText(bytes.readBigInt64BE(0)).slice(11)
    case types.date.oid:
      return dateText(BigInt(bytes.readInt32BE(0)) * 86_400_000_000n).slice(0, 10)
    case types.timestamp.oid:
      return dateText(bytes.readBigInt64BE(0))
    case types.timestamptz.oid:
      return `${dateText(bytes.readBigInt64BE(0))}+00`
    default:
      throw new FormatFault(`values of type ${type.name} are taken as text only`)
  }
}

/** Postgres' own texts that DuckDB reads otherwise. */
function textParameter(type: PostgresType, text: string): string {
  if (type.oid !== types.bytea.oid || !text.startsWith('\\x')) return text
  return blobText(Buffer.from(text.slice(2), 'hex'))
}

function blobText(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

/** Groups of four decimal digits, as encode-value.ts writes them. */
function numericText(bytes: Buffer): string {
  if (bytes.length < 8 || bytes.length !== 8 + bytes.readUInt16BE(0) * 2)
    throw new FormatFault('the bytes of a numeric are cut off')
  const [weight, sign, scale] = [bytes.readInt16BE(2), bytes.readUInt16BE(4), bytes.readUInt16BE(6)]
  if (sign !== 0 && sign !== 0x4000) return sign === 0xc000 ? 'nan' : sign === 0xd000 ? 'inf' : '-inf'
  const group = (place: number): string => {
    const index = weight - place
    const isThere = index >= 0 && index < (bytes.length - 8) / 2
    return isThere ? String(bytes.readUInt16BE(8 + index * 2)).padStart(4, '0') : '0000'
  }
  let whole = ''
  for (let place = Math.max(weight, 0); place >= 0; place--) whole += group(place)
  let fraction = ''
  for (let place = -1; fraction.length < scale; place--) fraction += group(place)
  const digits = `${sign === 0 ? '' : '-'}${whole.replace(/^0+(?=\d)/, '')}`
  return scale === 0 ? digits : `${digits}.${fraction.slice(0, scale)}`
}

/** From microseconds since 2000-01-01. */
function dateText(micros: bigint): string {
  const all = micros + 946_684_800_000_000n
  const rest = ((all % 1000n) + 1000n) % 1000n
  const date = new Date(Number((all - rest) / 1000n))
  if (Number.isNaN(date.getTime())) throw new FormatFault('a time beyond what can be read')
  return date.toISOString().replace('T', ' ').replace('Z', String(rest).padStart(3, '0'))
}
