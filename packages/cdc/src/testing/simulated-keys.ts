/** Keys of a simulated database and their order. */
import type { ColumnValue, Row } from '../model/column-value.ts'
import type { Column, TableName, TableSchema } from '../model/table-schema.ts'
import type { KeyValues } from '../snapshot/table-reader.ts'
import { keyText } from '../source/key-values.ts'

/** Texts by a collation that knows no case and puts digits last: no order that anybody would guess. */
export function compareKeys(a: KeyValues, b: KeyValues): number {
  for (let i = 0; i < a.length; i++) {
    const left = collated(a[i])
    const right = collated(b[i])
    if (left < right) return -1
    if (left > right) return 1
  }
  return 0
}

function collated(value: ColumnValue): string | number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  return String(value)
    .toLowerCase()
    .replaceAll(/[0-9]/g, (digit) => `~${digit}`)
}

export function rowKey(schema: TableSchema, row: Row): string {
  const key = schema.key.map((index) => collated(row[index]))
  return `${nameKey(schema)}/${keyText(key.map(String))}`
}

export function nameKey({ schema, table }: TableName): string {
  return `${schema}.${table}`
}

export function column(
  name: string,
  kind: Column['type']['kind'],
  more: Partial<Column['type']> = {},
): Column {
  return { name, type: { kind, native: kind, ...more }, isNullable: true }
}
