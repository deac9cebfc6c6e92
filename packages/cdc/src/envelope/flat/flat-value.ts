/**
 * Values of flat records: numbers with their digits (NaN and the infinities as strings), booleans, MySQL's BIT(1) and Postgres'
 * bit(1) as booleans, wider ones as a string of 0 and 1, JSON as JSON, arrays as arrays, bytes in base64, points in time as ISO in
 * UTC with a Z, all else as the database's text (wall times among it: `2024-05-06 07:08:09`).
 */
import type { ColumnValue } from '../../model/column-value.ts'
import type { ColumnType } from '../../model/table-schema.ts'
import { valueText } from '../../model/value-text.ts'
import { embedJson, numberOrQuoted, quote, quotedIso } from '../json-text.ts'

export type FlatValueWriter = (value: Exclude<ColumnValue, null | undefined>) => string

export function flatValueWriter(type: ColumnType): FlatValueWriter {
  switch (type.kind) {
    case 'boolean':
    case 'integer':
    case 'year':
      return String
    case 'decimal':
    case 'float':
      return (value) => numberOrQuoted(valueText(value, type))
    case 'bits':
      return type.bits === 1 ? (value) => String(value === '1') : (value) => quote(String(value))
    case 'json':
      return (value) => embedJson(valueText(value, type))
    case 'bytes':
    case 'geometry':
      return (value) => (value instanceof Uint8Array ? `"${base64(value)}"` : quote(valueText(value, type)))
    case 'instant':
      return (value) => quotedIso(String(value))
    case 'array':
      return arrayWriter(type)
    case 'text':
    case 'enum':
    case 'set':
    case 'uuid':
    case 'date':
    case 'time':
    case 'time-zoned':
    case 'datetime':
    case 'interval':
    case 'other':
      return (value) => (typeof value === 'string' ? quote(value) : quote(valueText(value, type)))
  }
}

function arrayWriter(type: ColumnType): FlatValueWriter {
  if (type.element === undefined) return (value) => quote(valueText(value, type))
  const element = flatValueWriter(type.element)
  const write = (value: ColumnValue): string => {
    if (value === null || value === undefined) return 'null'
    return Array.isArray(value) ? `[${value.map(write).join(',')}]` : element(value)
  }
  return write
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
