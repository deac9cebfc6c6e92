/** What can stand at a place of a statement over the lake: tables after FROM and JOIN, columns of the tables that it names, words. */
import type { CompleteAnswer, Completion } from '../../../../../src/protocol/notebook.ts'
import { sqlName } from '../lake-text.ts'
import type { KnownColumn } from './table-columns.ts'

export interface KnownTable {
  readonly database: string
  readonly name: string
}

const words =
  'SELECT,FROM,WHERE,GROUP BY,ORDER BY,LIMIT,JOIN,LEFT JOIN,USING,ON,AS,AND,OR,NOT,IN,BETWEEN,LIKE,IS NULL,CASE,WHEN,THEN,ELSE,END,DISTINCT,HAVING,QUALIFY,WITH,UNION ALL,OVER,PARTITION BY,DESCRIBE,SUMMARIZE,PIVOT'.split(
    ',',
  )
const functions =
  'count,sum,avg,min,max,round,coalesce,date_trunc,date_part,strftime,now,quantile_cont,median,arg_max,arg_min,list,string_agg,lower,upper,length,row_number,lag,lead'.split(
    ',',
  )
/** Tables of one statement whose columns are asked for. */
const namedMax = 8

/** Those that the statement names, as far as their names stand in its text. */
export function namedTables(tables: readonly KnownTable[], text: string): readonly KnownTable[] {
  const found = tables.filter(({ name }) =>
    new RegExp(`(?:^|[^\\w])${name.replace(/[^\w]/g, '\\$&')}(?:$|[^\\w])`, 'i').test(text),
  )
  return found.slice(0, namedMax)
}

export async function complete(
  tables: readonly KnownTable[],
  columnsOf: (table: KnownTable) => Promise<readonly KnownColumn[]>,
  text: string,
  position: number,
): Promise<CompleteAnswer | undefined> {
  const before = text.slice(0, position)
  const [typed = ''] = /[\w."]*$/.exec(before) ?? []
  const from = position - typed.length
  const isTable = /\b(?:from|join|describe|summarize)\s+$/i.test(text.slice(0, from))
  const options = isTable
    ? tables.map(
        ({ database, name }): Completion => ({
          label: sqlName(database, name),
          kind: 'table',
          detail: database === 'app' ? 'table of the app' : database,
        }),
      )
    : [
        ...(await columnOptions(namedTables(tables, text), columnsOf)),
        ...functions.map((name): Completion => ({ label: name, kind: 'function' })),
        ...words.map((word): Completion => ({ label: word, kind: 'keyword' })),
      ]
  const wanted = typed.toLowerCase()
  const found = options.filter(({ label }) => label.toLowerCase().startsWith(wanted))
  // Two tables may have a column of one name.
  const distinct = [...new Map(found.map((option) => [option.label, option])).values()]
  return distinct.length === 0 ? undefined : { from, options: distinct }
}

async function columnOptions(
  tables: readonly KnownTable[],
  columnsOf: (table: KnownTable) => Promise<readonly KnownColumn[]>,
): Promise<Completion[]> {
  const found = await Promise.all(
    tables.map(async (table) => {
      try {
        return (await columnsOf(table)).map(
          ({ name, type }): Completion => ({
            label: name,
            kind: 'column',
            detail: `${type} of ${table.name}`,
          }),
        )
      } catch {
        // A view that cannot be computed has no columns to offer; the query says what is wrong with it.
        return []
      }
    }),
  )
  return found.flat()
}
