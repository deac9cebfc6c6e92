/**
 * Queries of KDA SQL to Flink SQL (spec 2.7, 2.10, 2.16, 4): plain selects with sliding windows here, GROUP BY and DISTINCT in
 * translate-group.ts, sources in translate-from.ts. `*` is multiplied out, since rows of Flink carry their time as a column.
 */
import type { Expression, FromItem, Query, SelectItem, SelectQuery } from '../syntax/tree.ts'
import { column, select as makeSelect, named, unionAll } from './build.ts'
import type { FlinkScope } from './flink-scope.ts'
import { OverWindows } from './over-windows.ts'
import { type QueryHost, selectList, type TranslatedQuery, type Wanted, windowsOf } from './query-parts.ts'
import { expandItems, finished, isRowtime, noteOrder } from './select-parts.ts'
import { ExpressionTranslator } from './translate-expression.ts'
import { type FlinkFrom, type FromTools, sourceOf, translateFrom } from './translate-from.ts'
import { translateGroup } from './translate-group.ts'
import { mapTree, someNode } from './tree-map.ts'

/** Inside a statement: all columns, and the time. */
const everything: Wanted = { shape: undefined, carriesTime: true }

export function translateQuery(host: QueryHost, query: Query, wanted: Wanted): TranslatedQuery {
  switch (query.kind) {
    case 'select':
      return translateSelect(host, query, wanted)
    case 'set':
      return translateUnion(
        host,
        query.branches.map((branch) => translateQuery(host, branch, wanted)),
        query.span,
      )
    case 'values':
      return {
        query: { ...query, rows: query.rows.map((row) => row.map((each) => constant(host, each))) },
        columns: [],
        time: undefined,
      }
    default:
      return host.notes.fail(query.span, 'WITH', 'It is no part of KDA SQL.', 'Use a view.')
  }
}

/** Branches of UNION ALL, or writers of one stream. Their times have to lie alike beside their attributes. */
export function translateUnion(
  host: QueryHost,
  branches: readonly TranslatedQuery[],
  span: { readonly start: number; readonly end: number },
): TranslatedQuery {
  const first = branches[0]!
  const { time } = first
  const carried = branches.every((branch) => branch.time !== undefined)
  if (time !== undefined && branches.some((branch) => branch.time?.shift !== time.shift))
    host.notes.differs(
      span,
      'union of streams with windows and without',
      'The rows of windows carry a time that is 1 ms less than in KDA SQL, and a union has one time for all.',
      'Nothing to do if no window downstream ends exactly at their time.',
    )
  return {
    query: unionAll(branches.map((branch) => branch.query)),
    columns: first.columns,
    time:
      carried && time !== undefined
        ? { ...time, joinAt: branches.find((branch) => branch.time?.joinAt !== undefined)?.time?.joinAt }
        : undefined,
  }
}

function constant(host: QueryHost, expression: Expression): Expression {
  const scope: FlinkScope = {
    sources: [],
    types: undefined,
    time: undefined,
    rowtime: undefined,
    merged: new Map(),
  }
  return new ExpressionTranslator(host, { scope }).translate(expression)
}

function translateSelect(host: QueryHost, select: SelectQuery, wanted: Wanted): TranslatedQuery {
  if (select.stagger !== undefined)
    return host.notes.fail(
      select.stagger.span,
      'WINDOWED BY STAGGER',
      'Flink has no window that a key opens with its first row; TUMBLE is aligned to the clock, and SESSION grows with every row.',
      'Use TUMBLE if aligned windows will do, or a process function.',
    )
  const { from } = select
  if (from === undefined)
    return host.notes.fail(select.span, 'SELECT without FROM', 'It has no stream to run along.', 'Add FROM.')
  const tools: FromTools = {
    host,
    windows: windowsOf(select),
    types: host.types.scopeOf(select),
    query: (query) => translateQuery(host, query, everything),
  }
  if (select.distinct || select.groupBy !== undefined) return translateGroup(tools, select, from, wanted)
  return translatePlain(tools, select, from, wanted)
}

function translatePlain(
  tools: FromTools,
  select: SelectQuery,
  from: FromItem,
  wanted: Wanted,
): TranslatedQuery {
  const { host } = tools
  noteOrder(host, select)
  const listed = listedItems(select)
  const override = overrideOf(select)
  const source =
    override === undefined ? translateFrom(tools, from) : byEventTime(tools, from, select, override)
  const { scope } = source
  const windows = new OverWindows(tools, scope)
  const translator = new ExpressionTranslator(host, {
    scope:
      override === undefined
        ? scope
        : { ...scope, rowtime: new ExpressionTranslator(host, { scope }).translate(override) },
    replace: (part) => windows.replace(translator, part),
  })
  const items = expandItems(listed, scope)
  const where =
    select.where === undefined ? undefined : new ExpressionTranslator(host, { scope }).translate(select.where)
  const body = windows.nested(translator, select, source, where)
  const made = selectList(items, wanted.shape, translator)
  return finished(makeSelect({ items: made.items, ...body }), made.columns, scope.time, wanted)
}

/** Without the item that sets the row time. */
function listedItems(select: SelectQuery): readonly SelectItem[] {
  const last = timeItem(select)
  return select.items.filter((each) => each !== last)
}

function timeItem(select: SelectQuery): Extract<SelectItem, { kind: 'item' }> | undefined {
  return select.items.findLast(
    (each): each is Extract<SelectItem, { kind: 'item' }> =>
      each.kind === 'item' && each.alias?.name === 'ROWTIME',
  )
}

/** What the row time is set to, where it is not the row time itself. */
function overrideOf(select: SelectQuery): Expression | undefined {
  const expression = timeItem(select)?.expression
  return expression === undefined || isRowtime(expression) ? undefined : expression
}

/** `expr AS ROWTIME`: the input table follows that time; further inside nothing in Flink can change the time. */
function byEventTime(tools: FromTools, from: FromItem, select: SelectQuery, override: Expression): FlinkFrom {
  const { host } = tools
  const plain = translateFrom(tools, from)
  const timeless: FlinkFrom = { ...plain, scope: { ...plain.scope, time: undefined } }
  if (from.kind !== 'named' || someNode(override, isRowtime)) return timeless
  const name = from.name.at(-1)!.name
  const delay = select.within === undefined ? 0 : (host.types.milliseconds(select.within) ?? 0)
  const bare = new ExpressionTranslator(host, { scope: plain.scope }).translate(unqualified(override))
  const relation = host.inputByEventTime(name, { expression: bare, delay })
  if (relation?.time === undefined) return timeless
  host.notes.differs(
    override.span,
    select.within === undefined ? 'event time as ROWTIME' : 'ORDER BY ... WITHIN',
    select.within === undefined
      ? 'KDA SQL drops a late row where it enters the stream; in Flink each operator that follows decides for itself.'
      : 'When a row comes out, and whether one exactly at the limit is late, is not the same.',
    'Nothing to do if times come in order.',
  )
  const alias = from.alias?.name ?? name
  const source = { ...sourceOf(relation, alias), time: plain.scope.sources[0]!.time }
  return {
    from: named(relation.name, alias === relation.name ? undefined : alias),
    scope: {
      ...plain.scope,
      sources: [source],
      time: { attribute: column(alias, relation.time.column), shift: relation.time.shift },
    },
  }
}

/** Inside CREATE TABLE columns have no source in front. */
function unqualified(expression: Expression): Expression {
  return mapTree(expression, (part) =>
    part.kind === 'name' ? { ...part, parts: part.parts.slice(-1) } : undefined,
  )
}
