/** The text of a CREATE TABLE that would take a record: a start for whoever has to write the right one. */
import type { TableName } from '@millrace/cdc'
import type { Change } from './change.ts'
import { type JsonSlice, rawText, stringText, typeOf } from './json-slice.ts'
import type { SqlDialect } from './sql-dialect.ts'

export function createTableText(
  { identifier, qualified, typeNames }: SqlDialect,
  table: TableName,
  change: Change | undefined,
  key: readonly string[] | undefined,
): string {
  const row = change === undefined || change.kind === 'truncate' ? new Map<string, JsonSlice>() : change.row
  const names = [...new Set([...(key ?? []), ...row.keys()])]
  const keyNames = key ?? (names.includes('id') ? ['id'] : names.slice(0, 1))
  const typeName = (name: string): string => {
    const value = row.get(name)
    const isKey = keyNames.includes(name)
    switch (value && typeOf(value)) {
      case 'boolean':
        return typeNames.boolean
      case 'number':
        return /^-?\d+$/.test(rawText(value!)) ? typeNames.integer : typeNames.decimal
      case 'object':
      case 'array':
        return typeNames.json
      case 'string': {
        const text = stringText(value!)
        if (/^\d{4}-\d\d-\d\d$/.test(text)) return typeNames.date
        if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text)) return typeNames.time
        return isKey ? typeNames.keyText : typeNames.text
      }
      default:
        return isKey ? typeNames.keyText : typeNames.text
    }
  }
  const lines = names.map(
    (name) => `  ${identifier(name)} ${typeName(name)}${keyNames.includes(name) ? ' NOT NULL' : ''}`,
  )
  if (keyNames.length > 0) lines.push(`  PRIMARY KEY (${keyNames.map(identifier).join(', ')})`)
  return `CREATE TABLE ${qualified(table)} (\n${lines.join(',\n')}\n);`
}
