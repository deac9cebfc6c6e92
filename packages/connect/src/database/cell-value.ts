/**
 * A value of JSON as a value for a column, by the column's type: digits stay as they are, bytes are decoded, times get the form that
 * databases read. What fits no type is refused here (Unfit); what only the database knows (ranges, lengths, labels of an enum,
 * foreign keys) is left to it.
 *
 * The formats of changes write some types each in its own way: bytes as hexadecimal digits (DMS) or base64, JSON as JSON (flat, plain
 * rows) or as a string with the text, times as numbers of units (Debezium).
 */
import type { ColumnType } from '@millrace/cdc'
import type { ChangeFormat, FieldSchema } from './change.ts'
import { debeziumCell } from './debezium-cell.ts'
import { elementsOf, type JsonSlice, rawText, stringText, typeOf } from './json-slice.ts'
import { decimalCell, floatCell, integerCell } from './number-cell.ts'
import type { Cell } from './target-table.ts'
import { dateCell, timeCell, timestampCell } from './time-cell.ts'
import { Unfit } from './unfit.ts'

export interface CellRules {
  readonly format: ChangeFormat
  /** How binary values are written. */
  readonly binary: 'base64' | 'hex'
}

/** Throws Unfit. */
export function cellOf(type: ColumnType, value: JsonSlice, rules: CellRules, schema?: FieldSchema): Cell {
  const json = typeOf(value)
  if (json === 'null') return null
  if (rules.format === 'debezium') {
    const cell = debeziumCell(type, value, schema)
    if (cell !== undefined) return cell
  }
  switch (type.kind) {
    case 'json':
      return jsonCell(value, rules.format)
    case 'array':
      if (json === 'array') return arrayText(type, value, rules)
      break
    case 'boolean':
      return booleanCell(scalarText(value))
    case 'bits':
      if (json === 'boolean') return rawText(value) === 'true' ? '1' : '0'
      return bitsCell(scalarText(value), type, rules.binary)
    case 'integer':
    case 'year':
      if (json === 'boolean') return rawText(value) === 'true' ? '1' : '0'
      return integerCell(scalarText(value))
    case 'decimal':
      return decimalCell(scalarText(value), type)
    case 'float':
      return floatCell(scalarText(value))
    case 'bytes':
    case 'geometry':
      return bytesCell(scalarText(value), rules.binary)
    case 'date':
      return dateCell(scalarText(value))
    case 'datetime':
    case 'instant':
      return timestampCell(scalarText(value), type)
    case 'time':
    case 'time-zoned':
      return timeCell(scalarText(value), type)
    case 'set':
      if (json === 'array') return elementsOf(value).map(scalarText).join(',')
      break
    case 'text':
    case 'enum':
    case 'uuid':
    case 'interval':
    case 'other':
      break
  }
  // A column of text takes everything: an object as its JSON.
  return json === 'object' || json === 'array' ? rawText(value) : scalarText(value)
}

/** Of a string its text, of numbers and booleans the JSON. */
function scalarText(value: JsonSlice): string {
  const json = typeOf(value)
  if (json === 'string') return stringText(value)
  if (json === 'object' || json === 'array') {
    throw new Unfit(`An ${json} cannot stand in this column: ${rawText(value).slice(0, 40)}.`)
  }
  return rawText(value)
}

/** The envelopes of DMS and Debezium hold the text of a JSON column in a string. */
function jsonCell(value: JsonSlice, format: ChangeFormat): string {
  const isText = typeOf(value) === 'string' && (format === 'dms' || format === 'debezium')
  return isText ? stringText(value) : rawText(value)
}

function booleanCell(text: string): string {
  if (/^(true|t|1|yes|on)$/i.test(text)) return '1'
  if (/^(false|f|0|no|off)$/i.test(text)) return '0'
  throw new Unfit(`${JSON.stringify(text.slice(0, 40))} is neither true nor false.`)
}

/** From `0` and `1`; or from hexadecimal digits as DMS writes MySQL's, as many as the bytes have, with `0x` or without it. */
function bitsCell(text: string, { bits, native }: ColumnType, binary: 'base64' | 'hex'): string {
  const isBits = /^[01]*$/.test(text)
  if (isBits && text.length === bits) return text
  const isBare = binary === 'hex' && bits !== undefined && text.length === 2 * Math.ceil(bits / 8)
  if (isBare ? /^[0-9a-f]+$/i.test(text) : /^0x[0-9a-f]+$/i.test(text)) {
    const digits = BigInt(isBare ? `0x${text}` : text).toString(2)
    return bits === undefined ? digits : digits.padStart(bits, '0')
  }
  if (isBits) return text
  throw new Unfit(`${JSON.stringify(text.slice(0, 40))} is no value of ${native}. Write its bits, "0101".`)
}

function bytesCell(text: string, binary: 'base64' | 'hex'): Uint8Array {
  if (binary === 'hex') {
    const digits = /^0x/i.test(text) ? text.slice(2) : text
    if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex')
    throw new Unfit(
      `${JSON.stringify(text.slice(0, 40))} is no pairs of hexadecimal digits. See the option "binary".`,
    )
  }
  // With or without padding, of both alphabets.
  const digits = text.replace(/=+$/, '')
  if (/^[A-Za-z0-9+/_-]*$/.test(digits) && digits.length % 4 !== 1) return Buffer.from(digits, 'base64')
  throw new Unfit(`${JSON.stringify(text.slice(0, 40))} is no base64. See the option "binary".`)
}

/** In Postgres' form: `{1,NULL,"a b"}`. */
function arrayText(type: ColumnType, value: JsonSlice, rules: CellRules): string {
  const element = type.element ?? { kind: 'other', native: 'text' }
  const parts = elementsOf(value).map((item) => {
    if (typeOf(item) === 'array' && element.kind !== 'json') return arrayText(type, item, rules)
    const cell = cellOf(element, item, rules)
    if (cell === null) return 'NULL'
    return quoteElement(typeof cell === 'string' ? cell : `\\x${Buffer.from(cell).toString('hex')}`)
  })
  return `{${parts.join(',')}}`
}

export function quoteElement(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
