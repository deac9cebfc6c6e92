/**
 * Sources of FROM: streams, subqueries and table functions as relations with a time attribute; joins of two streams by
 * windows as interval joins; reference tables as lookup joins (spec 2.11, 4).
 *
 * a OVER (RANGE i) JOIN b OVER (RANGE j): a row of a waits i for b, a row of b waits j for a, so b's time lies between a's
 * less j and a's plus i. A side without a window waits for nothing.
 */
import type { Expression, FromItem, JoinSource } from '../syntax/tree.ts'
import {
  and,
  binary,
  call,
  column,
  derived,
  id,
  isNull,
  item,
  named,
  nowhere,
  plusMs,
  select,
} from './build.ts'
import { type FlinkScope, type FlinkSource, noteTimeOfJoin, scopeOfSource } from './flink-scope.ts'
import type { TypeScope } from './kda-types.ts'
import type { FlinkRelation, NamedWindows, QueryHost, TranslatedQuery } from './query-parts.ts'
import { resolveWindow } from './query-parts.ts'
import { translateTableFunction } from './table-function.ts'
import { ExpressionTranslator } from './translate-expression.ts'

export interface FlinkFrom {
  readonly from: FromItem
  readonly scope: FlinkScope
}

export interface FromTools {
  readonly host: QueryHost
  readonly windows: NamedWindows
  readonly types: TypeScope | undefined
  query(query: Extract<FromItem, { kind: 'derived' }>['query']): TranslatedQuery
}

const processingTime = 'PROC_TIME'

interface Side extends FlinkFrom {
  /** ms of its window; undefined without one. */
  readonly window: number | undefined
}

export function translateFrom(tools: FromTools, from: FromItem): FlinkFrom {
  return side(tools, from, false)
}

/** A source that is one relation by name, which windows need; other sources become a view of their own. */
export function relationOf(
  tools: FromTools,
  from: FromItem,
): { readonly relation: FlinkRelation; readonly source: FlinkSource } | undefined {
  if (from.kind === 'named') {
    const name = from.name.at(-1)!.name
    const relation = tools.host.relation(name)
    return relation === undefined
      ? undefined
      : { relation, source: sourceOf(relation, from.alias?.name ?? name) }
  }
  if (from.kind !== 'derived' && from.kind !== 'function') return undefined
  const made =
    from.kind === 'derived'
      ? tools.query(from.query)
      : translateTableFunction(tools.host, (query) => tools.query(query), from.call)
  const relation = tools.host.helperView(from.alias?.name ?? 'SUBQUERY', made)
  return { relation, source: sourceOf(relation, from.alias?.name) }
}

export function sourceOf(relation: FlinkRelation, alias: string | undefined): FlinkSource {
  const { columns, time, isTable } = relation
  return { alias, columns, time, isTable }
}

function side(tools: FromTools, from: FromItem, needsProcessingTime: boolean): Side {
  if (from.kind === 'join') return joined(tools, from, needsProcessingTime)
  const window = windowOf(tools, from)
  if (from.kind === 'named') return { ...namedSide(tools, from, needsProcessingTime), window }
  if (from.kind !== 'derived' && from.kind !== 'function')
    return tools.host.notes.fail(from.span, 'source', 'It is no source of KDA SQL.', 'Remove it.')
  const made =
    from.kind === 'derived'
      ? tools.query(from.query)
      : translateTableFunction(tools.host, (query) => tools.query(query), from.call)
  const alias = from.alias?.name
  const columns = from.columns?.map(({ name }) => name) ?? made.columns
  const inner = needsProcessingTime
    ? withProcessingTime(derived(made.query, undefined), alias)
    : derived(made.query, alias)
  const names =
    from.columns === undefined
      ? undefined
      : [...columns, ...(made.time === undefined ? [] : [made.time.column])]
  const source: FlinkSource = { alias, columns, time: made.time, isTable: false }
  const item_ = names === undefined || inner.kind !== 'derived' ? inner : { ...inner, columns: names.map(id) }
  return { from: item_, scope: scopeOfSource(source, tools.types), window }
}

function namedSide(
  tools: FromTools,
  from: Extract<FromItem, { kind: 'named' }>,
  needsProcessingTime: boolean,
): FlinkFrom {
  const name = from.name.at(-1)!
  const relation = tools.host.relation(name.name)
  if (relation === undefined)
    return tools.host.notes.fail(
      from.span,
      `"${name.name}"`,
      'Nothing in the program writes this stream.',
      'Name it among the inputs.',
    )
  const alias = from.alias?.name ?? name.name
  const plain = named(relation.name, alias === relation.name ? undefined : alias)
  const source = sourceOf(relation, alias)
  const made =
    needsProcessingTime && !relation.isTable
      ? withProcessingTime(named(relation.name, undefined), alias)
      : plain
  return { from: made, scope: scopeOfSource(source, tools.types) }
}

function withProcessingTime(from: FromItem, alias: string | undefined): FromItem {
  const query = select({
    items: [{ kind: 'star', source: undefined, span: nowhere }, item(call('PROCTIME', []), processingTime)],
    from,
  })
  return derived(query, alias)
}

function windowOf(tools: FromTools, from: Exclude<FromItem, JoinSource>): number | undefined {
  if (from.over === undefined) return undefined
  const { frame, span } = resolveWindow(tools.windows, from.over)
  if (frame?.unit === 'ROWS')
    return tools.host.notes.fail(
      span,
      'ROWS window of a join side',
      'An interval join of Flink keeps rows by their time, not by their number.',
      'Use a RANGE window that holds about as many rows.',
    )
  const offset = frame?.from.kind === 'preceding' ? frame.from.offset : undefined
  return offset === undefined ? 0 : (tools.host.types.milliseconds(offset) ?? 0)
}

function holdsTable(tools: FromTools, from: FromItem): boolean {
  if (from.kind === 'join') return holdsTable(tools, from.left) || holdsTable(tools, from.right)
  return from.kind === 'named' && tools.host.relation(from.name.at(-1)!.name)?.isTable === true
}

function isTable(tools: FromTools, from: FromItem): boolean {
  return from.kind === 'named' && holdsTable(tools, from)
}

function joined(tools: FromTools, written: JoinSource, needsProcessingTime: boolean): Side {
  const join = { ...written, left: aliased(written.left), right: aliased(written.right) }
  if (isTable(tools, join.left) || isTable(tools, join.right)) return lookup(tools, join)
  return interval(tools, join, needsProcessingTime)
}

/** Columns that both sides have need a name in front; the place in the text makes one that nothing else has. */
function aliased(from: FromItem): FromItem {
  const bare = (from.kind === 'derived' || from.kind === 'function') && from.alias === undefined
  return bare ? { ...from, alias: id(`SUBQUERY_${from.span.start}`) } : from
}

function mirrored(join: JoinSource['join']): JoinSource['join'] {
  return join === 'LEFT' ? 'RIGHT' : join === 'RIGHT' ? 'LEFT' : join
}

/** A reference table on either side; the stream leads. */
function lookup(tools: FromTools, join: JoinSource): Side {
  const { notes } = tools.host
  const swapped = isTable(tools, join.left)
  const [streamFrom, tableFrom] = swapped ? [join.right, join.left] : [join.left, join.right]
  const kind = swapped ? mirrored(join.join) : join.join
  notes.differs(
    tableFrom.span,
    'join with a reference table',
    'Flink asks the table for each row and may keep answers for a while, where KDA SQL loads it once and again when told to.',
    'Choose the cache of the connector by how often the table changes.',
  )
  if (kind === 'RIGHT' || kind === 'FULL')
    return notes.fail(
      join.span,
      `${kind} JOIN that keeps rows of a reference table`,
      'A lookup join of Flink keeps unmatched rows of the stream only.',
      'Turn the join around if the stream is meant.',
    )
  const stream = side(tools, streamFrom, true)
  // A side that is a table has a name; see `isTable`.
  const table = tableFrom as Extract<FromItem, { kind: 'named' }>
  const name = table.name.at(-1)!.name
  const alias = table.alias?.name ?? name
  const relation = tools.host.relation(name)!
  const leader = stream.scope.sources[0]!
  const tableItem = named(relation.name, alias, { asOf: column(leader.alias, processingTime) })
  const source = sourceOf(relation, alias)
  const sources = swapped ? [source, ...stream.scope.sources] : [...stream.scope.sources, source]
  const scope = mergedScope(join, { ...stream.scope, sources }, kind)
  const condition = conditionOf(tools, join, scope)
  return {
    from: {
      kind: 'join',
      join: condition === undefined ? 'CROSS' : kind === 'LEFT' ? 'LEFT' : 'INNER',
      natural: false,
      left: stream.from,
      right: tableItem,
      on: condition,
      using: undefined,
      span: nowhere,
    },
    scope,
    window: undefined,
  }
}

function interval(tools: FromTools, join: JoinSource, needsProcessingTime: boolean): Side {
  const { notes } = tools.host
  const left = side(tools, join.left, needsProcessingTime)
  const right = side(tools, join.right, false)
  const [leftTime, rightTime] = [left.scope.time, right.scope.time]
  if (leftTime === undefined || rightTime === undefined)
    return notes.fail(
      join.span,
      'windowed join',
      'No time attribute of Flink reaches one of its sides.',
      'Make the event time a column of the input table, with a watermark on it.',
    )
  if (left.window === undefined && right.window === undefined)
    return notes.fail(
      join.span,
      'join without a window',
      'A side of the join is a join itself, and its rows have no window of their own.',
      'Write the inner join into a stream of its own, and give it a window.',
    )
  if (left.window === undefined || right.window === undefined)
    notes.differs(
      join.span,
      'join with a window on one side',
      'Rows of equal time meet in Flink in any order, where KDA SQL needs the row of the windowed side to be there first.',
      'Nothing to do if times are distinct.',
    )
  for (const time of [leftTime, rightTime]) noteTimeOfJoin(notes, time)
  const shift = leftTime.shift - rightTime.shift
  const bounds: Expression = {
    kind: 'between',
    operand: rightTime.attribute,
    negated: false,
    symmetric: false,
    low: plusMs(leftTime.attribute, shift - (right.window ?? 0)),
    high: plusMs(leftTime.attribute, shift + (left.window ?? 0)),
    span: nowhere,
  }
  const kind = join.join
  if (kind !== 'INNER' && kind !== 'CROSS')
    notes.differs(
      join.span,
      `${kind} JOIN with windows`,
      'An unmatched row comes out when the watermark says that no match can come, and windows over the result take it at its own time rather than at the end of its window.',
      'Nothing to do if no window follows.',
    )
  const sources = [...left.scope.sources, ...right.scope.sources]
  const scope = mergedScope(
    join,
    {
      sources,
      types: tools.types,
      time: resultTime(join, left, right),
      rowtime: resultRowtime(join, left, right),
      merged: new Map([...left.scope.merged, ...right.scope.merged]),
    },
    kind,
  )
  const condition = conditionOf(tools, join, scope)
  return {
    from: {
      kind: 'join',
      join: kind === 'CROSS' ? 'INNER' : kind,
      natural: false,
      left: left.from,
      right: right.from,
      // The bounds are always there.
      on: and([condition, bounds]),
      using: undefined,
      span: nowhere,
    },
    scope,
    window: undefined,
  }
}

/** The attribute of the later row where that is always the same side, and else the left one's. */
function resultTime(join: JoinSource, left: Side, right: Side): FlinkScope['time'] {
  const inner = join.join === 'INNER' || join.join === 'CROSS'
  if (inner && left.window === undefined) return left.scope.time
  if (inner && right.window === undefined) return right.scope.time
  const time = join.join === 'RIGHT' ? right.scope.time : left.scope.time
  return join.join === 'FULL' || time === undefined ? undefined : { ...time, joinAt: join.span }
}

/** The later of the two times; of an unmatched row the end of its own window, which is its own time without one. */
function resultRowtime({ join }: JoinSource, left: Side, right: Side): Expression | undefined {
  const [a, b] = [left.scope.rowtime, right.scope.rowtime]
  if (a === undefined || b === undefined) return undefined
  const branches = [{ when: binary('>=', a, b), result: a }]
  if (join === 'LEFT' || join === 'FULL')
    branches.unshift({ when: isNull(b), result: plusMs(a, left.window ?? 0) })
  if (join === 'RIGHT' || join === 'FULL')
    branches.unshift({ when: isNull(a), result: plusMs(b, right.window ?? 0) })
  return { kind: 'case', operand: undefined, branches, otherwise: b, span: nowhere }
}

/** Columns that USING or NATURAL make one. */
function mergedScope(join: JoinSource, scope: FlinkScope, kind: string): FlinkScope {
  const [first, ...others] = scope.sources
  const last = others.at(-1)
  if (first === undefined || last === undefined) return scope
  const names =
    join.using?.map(({ name }) => name) ??
    (join.natural ? first.columns.filter((name) => last.columns.includes(name)) : [])
  if (names.length === 0) return scope
  const merged = new Map(scope.merged)
  for (const name of names) {
    const [a, b] = [column(first.alias, name), column(last.alias, name)]
    merged.set(name, kind === 'RIGHT' ? b : kind === 'FULL' ? call('COALESCE', [a, b]) : a)
  }
  return { ...scope, merged }
}

function conditionOf(tools: FromTools, join: JoinSource, scope: FlinkScope): Expression | undefined {
  if (join.on !== undefined) return new ExpressionTranslator(tools.host, { scope }).translate(join.on)
  const [first] = scope.sources
  const last = scope.sources.at(-1)
  const names =
    join.using?.map(({ name }) => name) ??
    (join.natural && first !== undefined && last !== undefined
      ? first.columns.filter((name) => last.columns.includes(name))
      : [])
  return and(names.map((name) => binary('=', column(first?.alias, name), column(last?.alias, name))))
}
