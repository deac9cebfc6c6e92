/** What can stand at a place of a statement over the lake: tables after FROM and JOIN, columns of the tables that it names, words. */
import type { CatalogAnswer } from '../../../../../src/protocol/lake.ts'
import type { CompleteAnswer, Completion } from '../../../../../src/protocol/notebook.ts'
import { sqlName } from '../lake-text.ts'

export interface KnownTable {
  readonly database: string
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

const words = [
  'SELECT',
  'FROM',
  'WHERE',
  'GROUP BY',
  'ORDER BY',
  'LIMIT',
  'JOIN',
  'LEFT JOIN',
  'USING',
  'ON',
  'AS',
  'AND',
  'OR',
  'NOT',
  'IN',
  'BETWEEN',
  'LIKE',
  'IS NULL',
  'CASE',
  'WHEN',
  'THEN',
  'ELSE',
  'END',
  'DISTINCT',
  'HAVING',
  'QUALIFY',
  'WITH',
  'UNION ALL',
  'OVER',
  'PARTITION BY',
  'DESCRIBE',
  'SUMMARIZE',
  'PIVOT',
] // prettier-ignore
const functions = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'round',
  'coalesce',
  'date_trunc',
  'date_part',
  'strftime',
  'now',
  'quantile_cont',
  'median',
  'arg_max',
  'arg_min',
  'list',
  'string_agg',
  'lower',
  'upper',
  'length',
  'row_number',
  'lag',
  'lead',
]

/** Tables as the catalog has them; those of deliveries say their columns, others are asked for when they are chosen. */
export function tablesOf(catalog: CatalogAnswer | undefined): KnownTable[] {
  return (catalog?.databases ?? []).flatMap((database) =>
    [...database.tables, ...database.views].map(({ name }) => ({
      database: database.name,
      name,
      columns: [],
    })),
  )
}

/** Names are folded to lower case, as DuckDB finds them. */
export function complete(
  tables: readonly KnownTable[],
  text: string,
  position: number,
): CompleteAnswer | undefined {
  const before = text.slice(0, position)
  const [typed = ''] = /[\w.]*$/.exec(before) ?? []
  const from = position - typed.length
  const isTable = /\b(?:from|join|describe|summarize)\s+$/i.test(text.slice(0, from))
  const wanted = typed.toLowerCase()
  const named = tables.filter(({ database, name }) => {
    const pattern = database === 'default' ? name : `(?:${database}\\.)?${name}`
    return new RegExp(`\\b${pattern}\\b`, 'i').test(text)
  })
  const options: Completion[] = isTable
    ? tables.map(({ database, name }) => ({
        label: sqlName(database, name),
        kind: 'table',
        detail: database,
      }))
    : [
        ...named.flatMap(({ name, columns }) =>
          columns.map(
            (column): Completion => ({
              label: column.name,
              kind: 'column',
              detail: `${column.type} of ${name}`,
            }),
          ),
        ),
        ...functions.map((name): Completion => ({ label: name, kind: 'function' })),
        ...words.map((word): Completion => ({ label: word, kind: 'keyword' })),
      ]
  const found = options.filter(({ label }) => label.toLowerCase().startsWith(wanted))
  return found.length === 0 ? undefined : { from, options: dedupe(found) }
}

function dedupe(options: readonly Completion[]): Completion[] {
  return [...new Map(options.map((option) => [option.label, option])).values()]
}
