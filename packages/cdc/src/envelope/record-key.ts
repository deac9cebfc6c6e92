/**
 * Texts of partition keys: 1 to 256 characters. Longer ones keep their beginning and end in a hash of the whole, so that equal keys
 * stay equal and different ones different.
 */
import { createHash } from 'node:crypto'
import type { Row } from '../model/column-value.ts'
import type { TableSchema } from '../model/table-schema.ts'
import { valueText } from '../model/value-text.ts'

export const keyCharactersMax = 256
const hashCharacters = 32

/** Characters as streams count them: code points. A UTF-16 unit is at most one. */
export function keyWithinLimit(text: string, whenEmpty: string): string {
  if (text.length === 0) return keyWithinLimit(whenEmpty, '-')
  if (text.length <= keyCharactersMax) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, hashCharacters)
  return `${text.slice(0, keyCharactersMax - hashCharacters - 1).replace(/[\ud800-\udbff]$/, '')}#${hash}`
}

/** Values of the key's columns, joined by dots. Empty for a table without a key. */
export function keyText(schema: TableSchema): (row: Row) => string {
  const columns = schema.key.map((index) => ({ index, type: schema.columns[index]!.type }))
  const textAt = ({ index, type }: (typeof columns)[number], row: Row) => {
    const value = row[index]
    return value === null || value === undefined ? 'null' : valueText(value, type)
  }
  const [first] = columns
  if (first !== undefined && columns.length === 1) return (row) => textAt(first, row)
  return (row) => columns.map((column) => textAt(column, row)).join('.')
}

/** Whether an update gave the row another key. Unknown values before mean that the log saw no need to tell them: the same key. */
export function changesKey(schema: TableSchema, before: Row | undefined, after: Row | undefined): boolean {
  if (before === undefined || after === undefined) return false
  for (const index of schema.key) {
    const old = before[index]
    if (old !== undefined && !sameValue(old, after[index])) return true
  }
  return false
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b || typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  return a.every((item, i) => sameValue(item, b[i]))
}
