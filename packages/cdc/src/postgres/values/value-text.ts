/** From a `ColumnValue` back to a text that Postgres reads as the same value: for keys, which go into statements. */
import type { ColumnValue } from '../../model/column-value.ts'
import type { ColumnKind, ColumnType } from '../../model/table-schema.ts'

/** The inside of a literal; null: NULL. */
export function valueText(value: ColumnValue, type: ColumnType): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
    return type.kind === ('geometry' satisfies ColumnKind) ? hex : `\\x${hex}`
  }
  if (Array.isArray(value)) return arrayText(value, type.element ?? type)
  // UTC was left out; before Christ it stands in front of the era.
  if (type.kind === 'instant') {
    const text = String(value)
    if (text.endsWith('infinity')) return text
    return text.endsWith(' BC') ? `${text.slice(0, -3)}+00 BC` : `${text}+00`
  }
  return String(value)
}

function arrayText(values: readonly ColumnValue[], element: ColumnType): string {
  const parts = values.map((value) => {
    if (Array.isArray(value)) return arrayText(value, element)
    const text = valueText(value, element)
    return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(',')}}`
}
