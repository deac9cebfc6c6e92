/**
 * Queries of KDA SQL to Flink SQL (spec 2.7, 2.10, 2.16, 4): plain selects with sliding windows here, GROUP BY and DISTINCT in
 * translate-group.ts, sources in translate-from.ts. `*` is multiplied out, since rows of Flink carry their time as a column.
 */
import type {
  Expression,
  FrameClause,
  FromItem,
  FunctionCall,
  Query,
  SelectItem,
  SelectQuery,
  WindowSpec,
} from '../syntax/tree.ts'
import { column, interval, item, select as makeSelect, named, nowhere, unionAll } from './build.ts'
import { type FlinkScope, timeColumnBeside } from './flink-scope.ts'
import {
  type KdaItem,
  type QueryHost,
  resolveWindow,
  selectList,
  type TranslatedQuery,
  type Wanted,
  windowsOf,
} from './query-parts.ts'
import { ExpressionTranslator } from './translate-expression.ts'
import { type FlinkFrom, type FromTools, sourceOf, translateFrom } from './translate-from.ts'
import { translateCall } from './translate-function.ts'
import { translateGroup } from './translate-group.ts'
import { mapTree, shapeOf, someNode } from './tree-map.ts'

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
    time: carried ? time : undefined,
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
  const made = selectList(items, wanted.shape, translator)
  const where =
    select.where === undefined ? undefined : new ExpressionTranslator(host, { scope }).translate(select.where)
  return finished(
    makeSelect({ items: made.items, from: source.from, where }),
    made.columns,
    scope.time,
    wanted,
  )
}

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
  return { query: { ...query, items }, columns, time: { column: timeColumn, shift: time.shift } }
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

export function isRowtime(expression: Expression): boolean {
  return (
    expression.kind === 'name' && expression.parts.length <= 2 && expression.parts.at(-1)!.name === 'ROWTIME'
  )
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

/** Sliding windows of one SELECT: all calls have to share one in Flink. */
class OverWindows {
  readonly #tools: FromTools
  readonly #scope: FlinkScope
  #first: string | undefined

  constructor(tools: FromTools, scope: FlinkScope) {
    this.#tools = tools
    this.#scope = scope
  }

  replace(translator: ExpressionTranslator, part: Expression): Expression | undefined {
    if (part.kind !== 'call' || part.over === undefined) return undefined
    const over = this.#window(translator, part, part.over)
    return translator.exact(part, translateCall(translator, { ...part, over }))
  }

  #window(
    translator: ExpressionTranslator,
    call: FunctionCall,
    over: NonNullable<FunctionCall['over']>,
  ): WindowSpec {
    const { host, windows } = this.#tools
    const spec = resolveWindow(windows, over)
    const shape = shapeOf([spec.partitionBy, spec.frame])
    this.#first ??= shape
    if (shape !== this.#first)
      host.notes.none(
        spec.span,
        'several windows in one SELECT',
        'All OVER calls of one SELECT have to share their window in Flink.',
        'Put each window into a SELECT of its own, one around the other.',
      )
    const { time } = this.#scope
    if (time === undefined)
      return host.notes.fail(
        call.span,
        'OVER',
        'No time attribute of Flink reaches this place.',
        'Make the event time a column of the input table, with a watermark on it.',
      )
    return {
      kind: 'window',
      base: undefined,
      partitionBy: spec.partitionBy.map((key) => translator.translate(key)),
      orderBy: [{ expression: time.attribute, descending: false, span: nowhere }],
      frame: this.#frame(spec),
      span: nowhere,
    }
  }

  /** Without end the frame counts rows, since KDA SQL goes row by row where Flink takes equal times together. */
  #frame({ frame, span }: WindowSpec): FrameClause {
    const to = { kind: 'current-row' } as const
    if (frame === undefined || frame.from.kind === 'unbounded-preceding')
      return { unit: 'ROWS', from: { kind: 'unbounded-preceding' }, to, span: nowhere }
    if (frame.unit === 'ROWS') return { ...frame, to, span: nowhere }
    const { host } = this.#tools
    host.notes.differs(
      span,
      'RANGE window',
      'Rows of equal ROWTIME all see each other in Flink, where KDA SQL goes in the order of arrival; and results come with the watermark rather than at once.',
      'Nothing to do if times are distinct within a partition.',
    )
    const ms = frame.from.kind === 'preceding' ? host.types.milliseconds(frame.from.offset) : 0
    return { unit: 'RANGE', from: { kind: 'preceding', offset: interval(ms ?? 0) }, to, span: nowhere }
  }
}
