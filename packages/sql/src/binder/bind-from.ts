/**
 * The sources of a query to a plan node and a scope: streams, views and subqueries as they are, reference tables by
 * lookup joins, two streams by windowed joins (spec 2.11).
 */

import type { Field, Schema } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import { cloneNodes, visitNodes } from '../expression/node-tools.ts'
import { splitJoin } from '../expression/split-join.ts'
import type { Expr, JoinKind, JoinWindow, PlanNode } from '../plan.ts'
import type { Span } from '../span.ts'
import { viewNodesMax } from '../syntax/limits.ts'
import type { FromItem, Identifier, JoinSource, Query } from '../syntax/tree.ts'
import { addTable, bindTableFrom, isTableSource } from './bind-table.ts'
import { bindTableFunction } from './bind-table-function.ts'
import { bindJoinWindow, type NamedWindows } from './bind-window.ts'
import type { BinderContext } from './context.ts'
import { inOrder } from './in-order.ts'
import { joinCondition, nullableFields, renamed, shifted } from './join-sources.ts'
import { rowtimeName, type Scope, type ScopeSource } from './scope.ts'
import { splitLookup } from './split-lookup.ts'

export type QueryRule = (query: Query) => PlanNode

function tableSide(context: BinderContext, from: FromItem): TableSide {
  const { plan, scope } = bindTableFrom(context, from)
  const { name, schema } = addTable(context, plan)
  return { kind: 'table', name, schema, scope, span: from.span }
}

interface StreamSide {
  readonly kind: 'stream'
  readonly node: PlanNode
  readonly scope: Scope
  readonly window: JoinWindow | undefined
  readonly span: Span
}
interface TableSide {
  readonly kind: 'table'
  readonly name: string
  readonly schema: Schema
  readonly scope: Scope
  readonly span: Span
}
type Side = StreamSide | TableSide

export function bindFrom(
  context: BinderContext,
  windows: NamedWindows,
  bindQuery: QueryRule,
  from: FromItem,
): { node: PlanNode; scope: Scope } {
  const side = bindSide(context, windows, bindQuery, from)
  if (side.kind === 'table' && context.derived?.some(({ name }) => name === side.name) === true) {
    // Rows of constants and of queries over tables come out once.
    const { schema, span } = side
    const sources = side.scope.sources.map((source) => ({ ...source, rowtime: rowtimeExpr(span) }))
    return {
      node: { kind: 'table-source', table: side.name, schema, span },
      scope: { ...side.scope, sources, rowtime: rowtimeExpr(span) },
    }
  }
  if (side.kind === 'table') {
    return context.diagnostics.fail(
      codes.tableAsStream,
      side.span,
      `${side.name.startsWith('$') ? 'these rows are a table' : `"${side.name}" is a reference table`}; a query needs a stream to run along. Join the table to a stream: FROM stream LEFT JOIN ... ON ....`,
    )
  }
  if (side.window !== undefined) {
    context.diagnostics.fail(
      codes.badWindow,
      side.span,
      'a window after a source has meaning in a join only. Remove it, or put it behind an aggregate: SUM(...) OVER (...).',
    )
  }
  return { node: side.node, scope: side.scope }
}

function bindSide(context: BinderContext, windows: NamedWindows, bindQuery: QueryRule, from: FromItem): Side {
  // Tables among themselves, and constants, are a table; a reference table alone stays what it is.
  if (from.kind !== 'named' && isTableSource(context, from)) return tableSide(context, from)
  if (from.kind === 'join') return bindJoin(context, windows, bindQuery, from)
  const window = from.over === undefined ? undefined : bindJoinWindow(context, windows, from.over)
  if (from.kind === 'derived') {
    return streamSide(context, {
      node: bindQuery(from.query),
      name: from.alias?.name,
      columns: from.columns,
      window,
      span: from.span,
    })
  }
  if (from.kind === 'function') {
    return streamSide(context, {
      node: bindTableFunction(context, bindQuery, from.call),
      name: from.alias?.name,
      columns: from.columns,
      window,
      span: from.span,
    })
  }
  if (from.kind !== 'named') {
    return context.diagnostics.fail(
      codes.notSupported,
      from.span,
      `${from.kind === 'match' ? 'MATCH_RECOGNIZE' : 'UNNEST'} is not part of KDA SQL. Use the Flink dialect for it.`,
    )
  }
  const name = from.name.at(-1)!
  const relation = context.relations.get(name.name)
  if (relation === undefined) return failUnknownRelation(context, name)
  const alias = from.alias?.name ?? name.name
  if (relation.kind === 'table') {
    if (window !== undefined)
      context.diagnostics.fail(
        codes.badWindow,
        from.span,
        `the reference table "${name.name}" takes no window. Remove OVER (...).`,
      )
    const source: ScopeSource = {
      name: alias,
      fields: renamed(context, relation.schema.fields, from.columns),
      offset: 0,
      rowtime: undefined,
      span: from.span,
    }
    return {
      kind: 'table',
      name: relation.name,
      schema: relation.schema,
      scope: scopeOf([source], undefined),
      span: from.span,
    }
  }
  const node: PlanNode =
    relation.kind === 'view'
      ? useView(context, relation.node, name)
      : { kind: 'scan', stream: relation.name, schema: relation.schema, span: from.span }
  const hidden = relation.kind === 'stream' ? relation.hidden : undefined
  return streamSide(context, { node, name: alias, columns: from.columns, window, span: from.span, hidden })
}

/** Each use of a view is planned anew. */
function useView(context: BinderContext, node: PlanNode, name: Identifier): PlanNode {
  visitNodes(node, () => {
    context.viewNodes++
  })
  if (context.viewNodes > viewNodesMax) {
    return context.diagnostics.fail(
      codes.planTooLarge,
      name.span,
      `the views of this program stand for more than ${viewNodesMax} plan nodes together. Put a stream and a pump in the place of "${name.name}".`,
    )
  }
  return cloneNodes(node)
}

function streamSide(
  context: BinderContext,
  part: {
    node: PlanNode
    name: string | undefined
    columns: readonly Identifier[] | undefined
    window: JoinWindow | undefined
    span: Span
    hidden?: number | undefined
  },
): StreamSide {
  const all = part.node.schema.fields
  const visible = all.length - (part.hidden ?? 0)
  const fields = [...renamed(context, all.slice(0, visible), part.columns), ...all.slice(visible)]
  const source: ScopeSource = {
    hidden: part.hidden ?? 0,
    name: part.name,
    fields,
    offset: 0,
    rowtime: rowtimeExpr(part.span),
    span: part.span,
  }
  return {
    kind: 'stream',
    node: part.node,
    scope: scopeOf([source], rowtimeExpr(part.span)),
    window: part.window,
    span: part.span,
  }
}

function failUnknownRelation(context: BinderContext, name: Identifier): never {
  const known = [...context.relations.keys()]
  const otherCase = known.find((each) => each !== name.name && each.toUpperCase() === name.name.toUpperCase())
  const advice =
    otherCase === undefined
      ? didYouMean(name.name, known)
      : ` Did you mean "${otherCase}"? Names without quotes are read in upper case; write "${otherCase}" in double quotes.`
  const extra =
    name.name.toUpperCase() === 'ERROR_STREAM'
      ? ' The error stream can be an output, but a program cannot read it.'
      : ''
  return context.diagnostics.fail(
    codes.unknownRelation,
    name.span,
    `there is no stream, view or table "${name.name}".${advice}${extra} Known: ${known.map((each) => `"${each}"`).join(', ') || 'none'}. A stream has to be created before it is used.`,
  )
}

function bindJoin(
  context: BinderContext,
  windows: NamedWindows,
  bindQuery: QueryRule,
  join: JoinSource,
): StreamSide {
  const left = bindSide(context, windows, bindQuery, join.left)
  const right = bindSide(context, windows, bindQuery, join.right)
  if (left.kind === 'table' && right.kind === 'table') {
    return context.diagnostics.fail(
      codes.badJoin,
      join.span,
      'two reference tables cannot be joined with each other alone. Join each of them to a stream.',
    )
  }
  const kind = join.join === 'CROSS' ? 'inner' : lowerKind[join.join]
  if (left.kind === 'table') {
    // The stream leads; the table's columns come after it in the row, while `*` and names follow the text.
    if (right.kind === 'table') throw new Error('unreachable: refused above')
    return lookupJoin(context, join, { stream: right, table: left, kind: mirrored[kind], tableFirst: true })
  }
  if (right.kind === 'table')
    return lookupJoin(context, join, { stream: left, table: right, kind, tableFirst: false })
  return windowJoin(context, join, left, right, kind)
}

const lowerKind = { INNER: 'inner', LEFT: 'left', RIGHT: 'right', FULL: 'full' } as const
const mirrored: Record<JoinKind, JoinKind> = { inner: 'inner', left: 'right', right: 'left', full: 'full' }

function lookupJoin(
  context: BinderContext,
  join: JoinSource,
  sides: { stream: StreamSide; table: TableSide; kind: JoinKind; tableFirst: boolean },
): StreamSide {
  const { stream, table, kind, tableFirst } = sides
  if (kind === 'right' || kind === 'full') {
    return context.diagnostics.fail(
      codes.badJoin,
      join.span,
      `rows of the reference table "${table.name}" without a stream row cannot come out, because a stream never ends. Use an INNER join, or a LEFT join from the stream to the table.`,
    )
  }
  if (stream.window !== undefined) {
    context.diagnostics.fail(
      codes.badWindow,
      stream.span,
      'a join with a reference table looks at the current row only and takes no window. Remove OVER (...).',
    )
  }
  const start = stream.node.schema.fields.length
  const tableSources = shifted(table.scope, start, kind === 'left')
  const streamSources = stream.scope.sources
  const sources = tableFirst ? [...tableSources, ...streamSources] : [...streamSources, ...tableSources]
  const condition = joinCondition(
    context,
    join,
    tableFirst ? tableSources : streamSources,
    tableFirst ? streamSources : tableSources,
    scopeOf(sources, stream.scope.rowtime),
    kind,
  )
  const split = splitLookup(context, condition.on, start)
  const node: PlanNode = {
    kind: 'lookup-join',
    input: stream.node,
    table: table.name,
    tableSchema: table.schema,
    join: kind,
    ...split,
    schema: {
      fields: [...stream.node.schema.fields, ...nullableFields(table.schema.fields, kind === 'left')],
    },
    span: join.span,
  }
  const merged = new Map([...stream.scope.merged, ...condition.merged])
  return {
    kind: 'stream',
    node,
    scope: { ...scopeOf(sources, rowtimeExpr(join.span)), merged },
    window: undefined,
    span: join.span,
  }
}

function windowJoin(
  context: BinderContext,
  join: JoinSource,
  left: StreamSide,
  right: StreamSide,
  kind: JoinKind,
): StreamSide {
  if (left.window === undefined && right.window === undefined) {
    return context.diagnostics.fail(
      codes.unboundedJoin,
      join.span,
      "a join of two streams needs a window on at least one side, else no row could ever be forgotten. Write for example FROM a OVER (RANGE INTERVAL '1' MINUTE PRECEDING) JOIN b ON ....",
      [left, right].map((side) => ({ span: side.span, message: 'this side has no window' })),
    )
  }
  const timed = (side: StreamSide) => withRowtimes({ ...side, node: inOrder(side.node) })
  const [leftTimed, rightTimed] = [timed(left), timed(right)]
  const start = leftTimed.node.schema.fields.length
  const leftSources = shifted(leftTimed.scope, 0, kind === 'right' || kind === 'full')
  const rightSources = shifted(rightTimed.scope, start, kind === 'left' || kind === 'full')
  const sources = [...leftSources, ...rightSources]
  // ON is over the pair, which has no row time of its own before it is made.
  const condition = joinCondition(context, join, leftSources, rightSources, scopeOf(sources, undefined), kind)
  const node: PlanNode = {
    kind: 'window-join',
    left: leftTimed.node,
    right: rightTimed.node,
    leftWindow: left.window,
    rightWindow: right.window,
    join: kind,
    ...splitJoin(condition.on, start),
    schema: {
      fields: [
        ...nullableFields(leftTimed.node.schema.fields, kind === 'right' || kind === 'full'),
        ...nullableFields(rightTimed.node.schema.fields, kind === 'left' || kind === 'full'),
      ],
    },
    span: join.span,
  }
  return {
    kind: 'stream',
    node,
    scope: { ...scopeOf(sources, rowtimeExpr(join.span)), merged: condition.merged },
    window: undefined,
    span: join.span,
  }
}

/**
 * The pair has a row time of its own, so each side's row time becomes a column at its end, which `side.ROWTIME` then
 * means. The optimizer takes it away again where it is not read.
 */
export function withRowtimes<
  T extends { readonly node: PlanNode; readonly scope: Scope; readonly span: Span },
>(side: T): T {
  const { fields } = side.node.schema
  const exprs: Expr[] = fields.map((field, index) => ({
    kind: 'column',
    index,
    type: field.type,
    nullable: field.nullable,
    span: side.span,
  }))
  const all: Field[] = [...fields]
  const sources = side.scope.sources.map((source) => {
    if (source.rowtime === undefined || source.rowtime.kind === 'column') return source
    const column: Expr = {
      kind: 'column',
      index: all.length,
      type: source.rowtime.type,
      nullable: source.rowtime.nullable,
      span: source.span,
    }
    exprs.push(source.rowtime)
    all.push({ name: rowtimeName, type: source.rowtime.type, nullable: source.rowtime.nullable })
    return { ...source, rowtime: column }
  })
  const node: PlanNode = {
    kind: 'project',
    input: side.node,
    exprs,
    rowtime: undefined,
    schema: { fields: all },
    span: side.span,
  }
  return { ...side, node, scope: { ...side.scope, sources } }
}

function rowtimeExpr(span: Span): Expr {
  return { kind: 'rowtime', type: { kind: 'TIMESTAMP' }, nullable: false, span }
}

function scopeOf(sources: readonly ScopeSource[], rowtime: Expr | undefined): Scope {
  return { sources, rowtime, merged: new Map() }
}
