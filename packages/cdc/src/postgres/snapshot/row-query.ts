/** Statements that read a table in the order of its key. */
import type { ColumnType } from '../../model/table-schema.ts'
import type { KeyValues } from '../../snapshot/table-reader.ts'
import { identifier, literal, qualified } from '../connection/sql-text.ts'
import type { CatalogTable } from '../schema/catalog-table.ts'
import { valueText } from '../values/value-text.ts'

/** Rows of a partitioned table are in its partitions; those of tables that inherit from another are told of as their own. */
export function fromClause({
  schema,
  isPartitioned,
}: Pick<CatalogTable, 'schema' | 'isPartitioned'>): string {
  return `${isPartitioned ? '' : 'ONLY '}${qualified(schema)}`
}

/** All rows behind `after`, without an end: to be read by a cursor. */
export function rowsSql(table: CatalogTable, after: KeyValues | undefined): string {
  const { columns, key } = table.schema
  const conditions: string[] = []
  if (table.rowFilter !== undefined) conditions.push(`(${table.rowFilter})`)
  if (after !== undefined && key.length > 0) {
    // Texts without a type take the column's, and its collation: the comparison is that of the index.
    const values = key.map((index, i) => keyLiteral(after[i], columns[index]!.type))
    const names = key.map((index) => identifier(columns[index]!.name))
    conditions.push(`(${names.join(', ')}) > (${values.join(', ')})`)
  }
  const list = columns.map((column) => identifier(column.name)).join(', ')
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  const order =
    key.length === 0 ? '' : ` ORDER BY ${key.map((index) => identifier(columns[index]!.name)).join(', ')}`
  return `SELECT ${list} FROM ${fromClause(table)}${where}${order}`
}

/**
 * One row for each key, in their order: whether it stands at the bound or before. Parameters: the bound, then the keys' values, as a list
 * of texts for each column.
 */
export function atMostSql({ schema, columns }: CatalogTable): string {
  const parts = schema.key.map((index) => columns[index]!)
  const typed = (text: string, { sqlType, collation }: CatalogTable['columns'][number]) =>
    `(${text})::${sqlType}${collation === undefined ? '' : ` COLLATE ${collation}`}`
  const bound = parts.map((part, i) => typed(`($1::text[])[${i + 1}]`, part))
  const key = parts.map((part, i) => typed(`k.c${i}`, part))
  const names = parts.map((_, i) => `c${i}`).join(', ')
  const lists = parts.map((_, i) => `$${i + 2}::text[]`).join(', ')
  return `SELECT (${key.join(', ')}) <= (${bound.join(', ')}) AS at_most FROM unnest(${lists}) WITH ORDINALITY AS k(${names}, n) ORDER BY n`
}

/** Texts of a key's values, in key order. */
export function keyTexts({ schema }: CatalogTable, key: KeyValues): (string | null)[] {
  return schema.key.map((index, i) => valueText(key[i], schema.columns[index]!.type))
}

function keyLiteral(value: KeyValues[number], type: ColumnType): string {
  const text = valueText(value, type)
  return text === null ? 'NULL' : literal(text)
}
