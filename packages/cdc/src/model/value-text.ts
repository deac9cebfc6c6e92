/**
 * A value of a column as plain text, without quotes: for partition keys, templates, filters and conversions. Numbers keep their
 * digits, bytes are `0x` and hex, arrays have Postgres' form `{1,NULL,"a b"}`.
 */
import type { ColumnValue } from './column-value.ts'
import type { ColumnType } from './table-schema.ts'

export function valueText(value: Exclude<ColumnValue, null | undefined>, type: ColumnType): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return type.kind === 'float' ? floatText(value, type.bits) : String(value)
  if (value instanceof Uint8Array) return `0x${hex(value)}`
  if (typeof value === 'object') return arrayText(value, type.element ?? type)
  return String(value)
}

/**
 * The shortest digits that read back as this float. A float of 32 bits that came as binary is the nearest double of it
 * (0.1 is 0.10000000149011612): of that the digits of its own precision are written.
 */
export function floatText(value: number, bits: number | undefined): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  if (bits !== 32 || !Number.isFinite(value) || Math.fround(value) !== value) return String(value)
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Postgres' text of an array (its page "Arrays", section on input and output): quotes where an element needs them. */
function arrayText(values: readonly ColumnValue[], element: ColumnType): string {
  const parts = values.map((value) => {
    if (value === null || value === undefined) return 'NULL'
    if (typeof value === 'object' && !(value instanceof Uint8Array)) return arrayText(value, element)
    const text = valueText(value, element)
    return /^$|^null$|[{}",\\\s]/i.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text
  })
  return `{${parts.join(',')}}`
}
