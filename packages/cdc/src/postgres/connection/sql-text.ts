/** Names and texts inside of statements. `standard_conforming_strings` is on in every session, so a backslash is a backslash. */
import type { TableName } from '../../model/table-schema.ts'

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function qualified({ schema, table }: TableName): string {
  return `${identifier(schema)}.${identifier(table)}`
}
