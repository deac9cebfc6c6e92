/** What plain and grouped selects share: the items of the list, the time behind them, and the note on ORDER BY. */
import type { Expression, SelectItem, SelectQuery } from '../syntax/tree.ts'
import { column, item } from './build.ts'
import { type FlinkScope, timeColumnBeside } from './flink-scope.ts'
import type { KdaItem, QueryHost, TranslatedQuery, Wanted } from './query-parts.ts'

/** The query with the column of its time, if one is wanted and there. */
export function finished(
  query: SelectQuery,
  columns: readonly string[],
  time: FlinkScope['time'],
  wanted: Wanted,
): TranslatedQuery {
  if (!wanted.carriesTime || time === undefined) return { query, columns, time: undefined }
  const timeColumn = timeColumnBeside(columns)
  const items: SelectItem[] = [...query.items, item(time.attribute, timeColumn)]
  return {
    query: { ...query, items },
    columns,
    time: { column: timeColumn, shift: time.shift, joinAt: time.joinAt },
  }
}

export function isRowtime(expression: Expression): boolean {
  return (
    expression.kind === 'name' && expression.parts.length <= 2 && expression.parts.at(-1)!.name === 'ROWTIME'
  )
}

export function noteOrder(host: QueryHost, select: SelectQuery): void {
  const [first] = select.orderBy
  if (first === undefined || select.within !== undefined) return
  host.notes.differs(
    first.span,
    'ORDER BY',
    'Flink sorts a stream by its time attribute alone, so rows of one step keep the order in which they come.',
    'Sort where the rows are read, or number them with ROW_NUMBER in a window.',
  )
}

/** `*` and `source.*` multiplied out. */
export function expandItems(items: readonly SelectItem[], scope: FlinkScope): KdaItem[] {
  return items.flatMap((each, i): KdaItem[] => {
    if (each.kind === 'item') return [{ name: nameOf(each, i), expression: each.expression }]
    const { source } = each
    if (source !== undefined)
      return scope.sources
        .filter(({ alias }) => alias === source.name)
        .flatMap(({ alias, columns }) => columns.map((name) => ({ name, expression: column(alias, name) })))
    const shown = new Set<string>()
    return scope.sources.flatMap(({ alias, columns }) =>
      columns.flatMap((name): KdaItem[] => {
        if (!scope.merged.has(name)) return [{ name, expression: column(alias, name) }]
        if (shown.has(name)) return []
        shown.add(name)
        return [{ name, expression: column(name) }]
      }),
    )
  })
}

function nameOf(each: Extract<SelectItem, { kind: 'item' }>, index: number): string {
  if (each.alias !== undefined) return each.alias.name
  return each.expression.kind === 'name' ? each.expression.parts.at(-1)!.name : `EXPR$${index}`
}
