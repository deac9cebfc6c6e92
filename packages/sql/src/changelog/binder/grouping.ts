/**
 * Grouping by columns: a window aggregation where the window's start and end are among the keys (spec 3.5), else a group
 * aggregation. The window function below is taken into the aggregation when nothing in between looks at its windows, so
 * that no row is ever multiplied by its windows.
 */
import { columnsOf, mapColumns } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { AggregateCall, ChangelogNode, WindowAggregateNode, WindowAssignNode } from '../plan.ts'
import type { FlinkContext } from './context.ts'
import { checkHostAggregates } from './host-aggregates.ts'
import { makeAggregate, makeExpand, makeFilter, makeProject, makeWindowAggregate } from './nodes.ts'
import { earlyFire, stateTtl } from './settings.ts'

/** The node and where its columns are: `keys[i]` of the i-th key asked for. */
export interface Grouped {
  readonly node: ChangelogNode
  readonly keys: readonly number[]
  readonly calls: readonly number[]
}

export interface GroupingParts {
  readonly input: ChangelogNode
  /** Columns of the input; those of its window may be among them. */
  readonly keys: readonly number[]
  readonly calls: readonly AggregateCall[]
  readonly span: Span
  /** ms; undefined: as the settings say. */
  readonly ttl?: number | undefined
}

type Property = WindowAggregateNode['properties'][number]

export function groupByColumns(context: FlinkContext, parts: GroupingParts): Grouped {
  const { input, keys, calls, span } = parts
  const { window } = input.traits
  const columns = window === undefined ? [] : [window, ...(window.others ?? [])]
  const held = (role: 'start' | 'end' | 'time'): number | undefined =>
    keys.find((key) => columns.some((each) => each[role] === key))
  const [start, end] = [held('start'), held('end')]
  if (window === undefined || start === undefined || end === undefined) {
    const distinct = [...new Set(keys)]
    const ttl = parts.ttl ?? stateTtl(context, span)
    const node = checkHostAggregates(context, makeAggregate({ input, keys: distinct, calls, ttl, span }))
    return {
      node,
      keys: keys.map((key) => distinct.indexOf(key)),
      calls: calls.map((_, i) => distinct.length + i),
    }
  }
  const { kind } = window.spec.time
  const propertyOf = (column: number): Property | undefined => {
    if (columns.some((each) => each.start === column)) return 'start'
    if (columns.some((each) => each.end === column)) return 'end'
    return columns.some((each) => each.time === column) ? kind : undefined
  }
  const plain = [...new Set(keys.filter((key) => propertyOf(key) === undefined))]
  const properties = [...new Set(keys.flatMap((key) => propertyOf(key) ?? []))]
  const early = earlyFire(context, span)
  const node =
    fusedWindow(input, plain, calls, properties, early, span) ??
    makeWindowAggregate({
      input,
      window: {
        kind: 'assigned',
        start,
        end,
        time: { column: held('time') ?? window.time ?? end, kind },
      },
      keys: plain,
      calls,
      properties,
      early,
      span,
    })
  checkHostAggregates(context, node)
  return {
    node,
    keys: keys.map((key) => {
      const property = propertyOf(key)
      return property === undefined
        ? plain.indexOf(key)
        : plain.length + calls.length + properties.indexOf(property)
    }),
    calls: calls.map((_, i) => plain.length + i),
  }
}

/** The aggregation over the input of the window function below; undefined where something else needs its columns. */
function fusedWindow(
  input: ChangelogNode,
  keys: readonly number[],
  calls: readonly AggregateCall[],
  properties: readonly Property[],
  early: number,
  span: Span,
): WindowAggregateNode | undefined {
  const bare = withoutWindow(input)
  if (bare === undefined) return undefined
  const { node, columns, assign } = bare
  const place = (column: number): number | undefined => columns[column]
  const mapped = keys.map(place)
  const all = (exprs: readonly Expr[]): boolean => exprs.every((expr) => readable(expr, columns))
  if (mapped.includes(undefined)) return undefined
  if (!calls.every((call) => all(call.args) && (call.filter === undefined || readable(call.filter, columns))))
    return undefined
  const moved = (expr: Expr): Expr => mapColumns(expr, (column) => columns[column]!)
  // Where the window's own columns have gone, only their number is known: the time is looked up again.
  const time = timeBelow(bare)
  if (time === undefined) return undefined
  const window = { ...assign.window, time: { ...assign.window.time, column: time } }
  if (window.kind === 'session') {
    const partition = window.partition.map((column) => bare.below.indexOf(column))
    // Sessions are those of the function's own keys; a finer grouping counts within them.
    const same =
      partition.length === mapped.length &&
      partition.every((column) => column >= 0 && mapped.includes(column))
    if (!same) return undefined
    return finish({ ...window, partition })
  }
  return finish(window)

  function finish(spec: typeof window): WindowAggregateNode {
    return makeWindowAggregate({
      input: node,
      window: spec,
      keys: mapped.flatMap((column) => column ?? []),
      calls: calls.map((call) => ({
        ...call,
        args: call.args.map(moved),
        filter: call.filter === undefined ? undefined : moved(call.filter),
      })),
      properties,
      early,
      span,
    })
  }
}

interface Bare {
  /** The chain without the window function. */
  readonly node: ChangelogNode
  /** Where each column of the chain is in `node`; undefined for those of the window. */
  readonly columns: readonly (number | undefined)[]
  /** For each column of `node` the column of the window function's input that it passes on; -1 if computed. */
  readonly below: readonly number[]
  readonly assign: WindowAssignNode
}

function timeBelow(bare: Bare): number | undefined {
  const column = bare.below.indexOf(bare.assign.window.time.column)
  return column < 0 ? undefined : column
}

/** The chain of filters, projections and grouping sets above a window function, over the function's input. */
function withoutWindow(node: ChangelogNode): Bare | undefined {
  if (node.kind === 'window-assign') {
    const width = node.input.schema.fields.length
    const plain = Array.from({ length: width }, (_, i) => i)
    return {
      node: node.input,
      columns: [...plain, undefined, undefined, undefined],
      below: plain,
      assign: node,
    }
  }
  if (node.kind !== 'filter' && node.kind !== 'project' && node.kind !== 'expand') return undefined
  const bare = withoutWindow(node.input)
  if (bare === undefined) return undefined
  const { columns } = bare
  const moved = (expr: Expr): Expr => mapColumns(expr, (column) => columns[column]!)
  if (node.kind === 'filter') {
    if (!readable(node.predicate, columns) || !keepsSessions(node.predicate, columns, bare)) return undefined
    return { ...bare, node: makeFilter(bare.node, moved(node.predicate), node.span) }
  }
  if (node.kind === 'expand') {
    const keys = node.keys.map((key) => columns[key])
    if (keys.includes(undefined)) return undefined
    const place = (column: number): number => columns[column]! // Every set holds columns out of `keys`.
    const expanded = makeExpand({
      input: bare.node,
      keys: node.keys.map(place),
      sets: node.sets.map((set) => set.map(place)),
      span: node.span,
    })
    const below = bare.below.map((column, i) => (expanded.keys.includes(i) ? -1 : column))
    return { ...bare, node: expanded, columns: [...columns, below.length], below: [...below, -1] }
  }
  const exprs: Expr[] = []
  const names: string[] = []
  const below: number[] = []
  const places: (number | undefined)[] = []
  for (const [i, expr] of node.exprs.entries()) {
    if (expr.kind === 'column' && columns[expr.index] === undefined) {
      places.push(undefined)
      continue
    }
    // A value computed from a window is there only once the window is known.
    if (!readable(expr, columns)) return undefined
    const own = moved(expr)
    places.push(exprs.push(own) - 1)
    names.push(node.schema.fields[i]!.name)
    below.push(own.kind === 'column' ? bare.below[own.index]! : -1)
  }
  // The time and the keys of sessions must reach the aggregation, also where the projection leaves them out.
  const { window } = bare.assign
  const wanted = [window.time.column, ...(window.kind === 'session' ? window.partition : [])]
  for (const column of wanted) {
    if (below.includes(column)) continue
    const from = bare.below.indexOf(column)
    if (from < 0) return undefined
    const field = bare.node.schema.fields[from]!
    exprs.push({ kind: 'column', index: from, type: field.type, nullable: field.nullable, span: node.span })
    names.push(field.name)
    below.push(column)
  }
  return {
    node: makeProject(bare.node, exprs, names, node.span),
    columns: places,
    below,
    assign: bare.assign,
  }
}

/** A session is made by all rows of its key, also by those that a filter takes out afterwards. */
function keepsSessions(predicate: Expr, columns: readonly (number | undefined)[], bare: Bare): boolean {
  const { window } = bare.assign
  if (window.kind !== 'session') return true
  return [...columnsOf(predicate)].every((column) => {
    const from = bare.below[columns[column] ?? -1]
    return from !== undefined && window.partition.includes(from)
  })
}

function readable(expr: Expr, columns: readonly (number | undefined)[]): boolean {
  return [...columnsOf(expr)].every((column) => columns[column] !== undefined)
}
