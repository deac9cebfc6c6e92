/**
 * Top-N and deduplication (spec 3.5, 3.6). ROW_NUMBER gives a rank without an end; conditions of an outer WHERE on the
 * number give it one, through projections, filters and joins in between. What it becomes:
 *   rank         any order; the number stays a column, which pruning removes if nothing reads it
 *   dedup        the first or last row by a time attribute
 *   window-rank  partitioned by the start and end of the window that the rows carry
 * `checkRanks` refuses what has no end after all.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { Expr } from '../../plan.ts'
import type { ChangelogNode, OverNode, RankNode, SortKey } from '../plan.ts'
import { requireAppend } from './append-only.ts'
import type { FlinkContext } from './context.ts'
import { inputsOf, makeDedup, makeRank, makeWindowRank, withInputs } from './nodes.ts'
import { stateTtl } from './settings.ts'
import { timeAttribute } from './traits.ts'

interface Range {
  readonly from: number
  readonly to: number
}

/** A numbering that a condition may bound: a rank without an end, or ROW_NUMBER in the order of time. */
type Numbering = RankNode | OverNode

/** Takes the conditions that bound a numbering out of `conjuncts`, and bounds it. */
export function boundRanks(
  context: FlinkContext,
  node: ChangelogNode,
  conjuncts: readonly Expr[],
): { readonly node: ChangelogNode; readonly rest: readonly Expr[] } {
  const rest: Expr[] = []
  const ranges = new Map<Numbering, Range>()
  for (const conjunct of conjuncts) {
    const bound = boundOf(conjunct)
    const target = bound === undefined ? undefined : numberingOf(node, bound.column)
    if (bound === undefined || target === undefined) {
      rest.push(conjunct)
      continue
    }
    const known = ranges.get(target) ?? { from: 1, to: Number.POSITIVE_INFINITY }
    ranges.set(target, { from: Math.max(known.from, bound.from), to: Math.min(known.to, bound.to) })
    // Nothing has number 0: the condition is kept, over one row for each partition.
    if (bound.to < Math.max(1, bound.from)) rest.push(conjunct)
  }
  let bounded = node
  for (const [target, range] of ranges) {
    const made = bind(context, target, range)
    if (made !== undefined) bounded = replaceNode(bounded, target, made)
    else rest.push(...conjuncts.filter((each) => isBoundOn(node, target, each)))
  }
  return { node: bounded, rest }
}

function isBoundOn(node: ChangelogNode, target: Numbering, conjunct: Expr): boolean {
  const bound = boundOf(conjunct)
  return bound !== undefined && numberingOf(node, bound.column) === target
}

/** The numbering whose number a column of the node is. */
function numberingOf(node: ChangelogNode, column: number): Numbering | undefined {
  switch (node.kind) {
    case 'project': {
      const expr = node.exprs[column]
      return expr?.kind === 'column' ? numberingOf(node.input, expr.index) : undefined
    }
    case 'filter':
      return numberingOf(node.input, column)
    case 'join':
    case 'interval-join':
    case 'temporal-join': {
      const width = node.left.schema.fields.length
      // Rows of a side that may be missing cannot be left out before the join.
      if (column < width)
        return node.join === 'right' || node.join === 'full' ? undefined : numberingOf(node.left, column)
      return node.join === 'inner' || node.join === 'right'
        ? numberingOf(node.right, column - width)
        : undefined
    }
    case 'rank': {
      const own = column === node.schema.fields.length - 1 && node.number
      return own && node.to === Number.POSITIVE_INFINITY ? node : undefined
    }
    case 'over': {
      const own = column === node.schema.fields.length - 1
      return own && node.calls.length === 1 && node.calls[0]!.fn === 'ROW_NUMBER' ? node : undefined
    }
    default:
      return undefined
  }
}

function bind(context: FlinkContext, target: Numbering, range: Range): ChangelogNode | undefined {
  const { input, partition, span } = target
  const from = Math.max(range.from, target.kind === 'rank' ? target.from : 1)
  const to = Math.max(from, range.to)
  if (to === Number.POSITIVE_INFINITY)
    return target.kind === 'over' ? undefined : makeRank({ ...target, from })
  const order: readonly SortKey[] =
    target.kind === 'rank'
      ? target.order
      : [{ column: target.time.column, descending: false, nullsLast: false }]
  const ttl = stateTtl(context, span)
  const { window } = input.traits
  if (
    window?.start !== undefined &&
    window.end !== undefined &&
    partition.includes(window.start) &&
    partition.includes(window.end)
  ) {
    requireAppend(context, input, 'Top-N within windows', span)
    const windowColumns = [window.start, window.end, window.time]
    return makeWindowRank({
      input,
      end: window.end,
      time: window.spec.time.kind,
      partition: partition.filter((column) => !windowColumns.includes(column)),
      order,
      latest: isLatest(input, order, to),
      from,
      to,
      number: true,
      span,
    })
  }
  const [key, second] = order
  const time = key === undefined ? undefined : timeAttribute(input.traits, key.column)
  if (to === 1 && time !== undefined && second === undefined && input.traits.changes === 'append') {
    return makeDedup({
      input,
      partition,
      time,
      keep: key!.descending ? 'last' : 'first',
      number: true,
      ttl,
      span,
    })
  }
  return makeRank({ input, partition, order, from, to, number: true, ttl, span })
}

/** Whether this is the last row by time, not some Top-1. */
function isLatest(input: ChangelogNode, order: readonly SortKey[], to: number): boolean {
  const [key, second] = order
  return to === 1 && second === undefined && key?.descending === true && isTimeOfWindow(input, key.column)
}

/** The window function's own column of time is none any more behind it, but rows still go by it. */
function isTimeOfWindow(node: ChangelogNode, column: number): boolean {
  if (timeAttribute(node.traits, column) !== undefined) return true
  switch (node.kind) {
    case 'project': {
      const expr = node.exprs[column]
      return expr?.kind === 'column' && isTimeOfWindow(node.input, expr.index)
    }
    case 'filter':
      return isTimeOfWindow(node.input, column)
    case 'window-assign':
      return column === node.window.time.column
    default:
      return false
  }
}

function replaceNode(node: ChangelogNode, target: ChangelogNode, made: ChangelogNode): ChangelogNode {
  if (node === target) return made
  return withInputs(
    node,
    inputsOf(node).map((input) => replaceNode(input, target, made)),
  )
}

/** Refuses numberings that no condition has bounded; called for each whole plan. */
export function checkRanks(context: FlinkContext, node: ChangelogNode): void {
  const seen = new Set<ChangelogNode>()
  let unbounded = false
  const check = (each: ChangelogNode): void => {
    if (seen.has(each)) return
    seen.add(each)
    if (each.kind === 'rank' && each.to === Number.POSITIVE_INFINITY) {
      unbounded = true
      context.base.diagnostics.report(
        codes.badRank,
        each.span,
        'ROW_NUMBER in this order would renumber all rows with every row that comes. Select it in a subquery under a name such as rn, and bound it around it with WHERE rn <= 10, or order by a time attribute alone.',
      )
    }
    for (const input of inputsOf(each)) check(input)
  }
  check(node)
  if (unbounded) context.base.diagnostics.abandon()
}

/** column <= 3, 3 >= column, column = 1, column BETWEEN 2 AND 4: whole constants. */
function boundOf(expr: Expr): ({ readonly column: number } & Range) | undefined {
  if (expr.kind !== 'call') return undefined
  const [first, second, third] = expr.args
  if (first === undefined || second === undefined) return undefined
  if (expr.fn === 'BETWEEN') {
    const [column, from, to] = [columnOf(first), wholeOf(second), third && wholeOf(third)]
    return column === undefined || from === undefined || to === undefined
      ? undefined
      : { column, from: Math.max(1, from), to }
  }
  const column = columnOf(first)
  if (column !== undefined) return rangeOf(column, expr.fn, wholeOf(second))
  const turned = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' }[expr.fn]
  const other = columnOf(second)
  return other === undefined || turned === undefined ? undefined : rangeOf(other, turned, wholeOf(first))
}

function rangeOf(
  column: number,
  op: string,
  value: number | undefined,
): ({ readonly column: number } & Range) | undefined {
  if (value === undefined) return undefined
  const all = Number.POSITIVE_INFINITY
  switch (op) {
    case '=':
      return { column, from: Math.max(1, value), to: value }
    case '<':
      return { column, from: 1, to: value - 1 }
    case '<=':
      return { column, from: 1, to: value }
    case '>':
      return { column, from: Math.max(1, value + 1), to: all }
    case '>=':
      return { column, from: Math.max(1, value), to: all }
    default:
      return undefined
  }
}

/** The column, also under a cast that comparing with a constant has put around it. */
function columnOf(expr: Expr): number | undefined {
  if (expr.kind === 'column') return expr.index
  const [inner] = expr.kind === 'call' && expr.fn === 'CAST' ? expr.args : []
  const isWhole = inner?.type.kind === 'BIGINT' && ['BIGINT', 'DECIMAL', 'DOUBLE'].includes(expr.type.kind)
  return isWhole ? columnOf(inner) : undefined
}

function wholeOf(expr: Expr): number | undefined {
  if (expr.kind === 'call' && expr.fn === 'CAST') return wholeOf(expr.args[0]!)
  if (expr.kind !== 'literal' || !['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'].includes(expr.type.kind))
    return undefined
  const value = Number(expr.value)
  return Number.isSafeInteger(value) ? value : undefined
}
