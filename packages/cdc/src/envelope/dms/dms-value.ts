/**
 * Values in the JSON of DMS, by the column's kind. A writer is made once for a column; it gives the JSON text, or undefined where
 * DMS has null though the database has a value (dates that no calendar has: `0000-00-00`).
 *
 *   integers                 digits; over 16 of them in scientific form without UseLargeIntegerValue, which keeps every digit too
 *   decimals, floats         digits; NaN and the infinities as strings
 *   booleans, MySQL's BIT(1) true, false
 *   wider BIT, bytes         "0x0a1b", without 0x by NoHexPrefix; Postgres' bits as their text
 *   dates and times          "2024-05-06", "2024-05-06T07:08:09.123Z" (wall times too: DMS marks them so without shifting), "07:08:09"
 *   JSON                     a string that holds the text
 *   everything else          a string; arrays in Postgres' form
 */
import type { DatabaseKind } from '../../database/database.ts'
import type { ColumnValue } from '../../model/column-value.ts'
import type { ColumnType } from '../../model/table-schema.ts'
import { hex, valueText } from '../../model/value-text.ts'
import { numberOrQuoted, quote, quotedIso } from '../json-text.ts'

export type Known = Exclude<ColumnValue, null | undefined>
export type DmsValueWriter = (value: Known) => string | undefined

export interface DmsValueOptions {
  readonly UseLargeIntegerValue: boolean
  readonly NoHexPrefix: boolean
}

export function dmsValueWriter(
  database: DatabaseKind,
  type: ColumnType,
  options: DmsValueOptions,
): DmsValueWriter {
  const prefix = options.NoHexPrefix ? '"' : '"0x'
  switch (type.kind) {
    case 'boolean':
      return String
    case 'integer':
      return options.UseLargeIntegerValue ? String : scientificOverSixteen
    case 'year':
      return String
    case 'decimal':
    case 'float':
      return (value) => numberOrQuoted(valueText(value, type))
    case 'date':
      return (value) => (isZeroDate(value) ? undefined : quote(String(value)))
    case 'datetime':
    case 'instant':
      return (value) => (isZeroDate(value) ? undefined : quotedIso(String(value)))
    case 'bits':
      if (database === 'postgres') return (value) => quote(String(value))
      if (type.bits === 1) return (value) => (value === '1' ? 'true' : 'false')
      return (value) => `${prefix}${hexOfBits(String(value))}"`
    case 'bytes':
    case 'geometry':
      return (value) =>
        value instanceof Uint8Array ? `${prefix}${hex(value)}"` : quote(valueText(value, type))
    case 'array':
    case 'time':
    case 'time-zoned':
    case 'text':
    case 'enum':
    case 'set':
    case 'uuid':
    case 'interval':
    case 'json':
    case 'other':
      return (value) => (typeof value === 'string' ? quote(value) : quote(valueText(value, type)))
  }
}

/** What `IncludeNullAndEmpty` calls empty. */
export function isEmpty(value: Known): boolean {
  return value === '' || (value instanceof Uint8Array && value.length === 0)
}

function scientificOverSixteen(value: Known): string {
  const text = String(value)
  const sign = text.startsWith('-') ? 1 : 0
  if (text.length - sign <= 16) return text
  const rest = text.slice(sign + 1).replace(/0+$/, '')
  return `${text.slice(0, sign + 1)}${rest === '' ? '' : `.${rest}`}e+${text.length - sign - 1}`
}

function isZeroDate(value: Known): boolean {
  return typeof value === 'string' && value.startsWith('0000-00-00')
}

/** The bits as bytes, filled with zeros before the first one. */
function hexOfBits(bits: string): string {
  const digits = Math.ceil(bits.length / 8) * 2
  return BigInt(`0b${bits || '0'}`)
    .toString(16)
    .padStart(digits, '0')
}
