/**
 * Bounds that a join condition sets between a time attribute of the left and one of the right side (spec 3.7):
 * lower <= right time - left time <= upper. A comparison counts if each of its sides is a time attribute plus or minus
 * constant intervals; both bounds have to be there.
 */
import { foldExpression } from '../../expression/fold-expression.ts'
import type { Expr } from '../../plan.ts'
import type { ChangelogNode, TimeAttribute } from '../plan.ts'
import type { FlinkContext } from './context.ts'

export interface TimeBounds {
  readonly leftTime: TimeAttribute
  readonly rightTime: TimeAttribute
  readonly lower: number
  readonly upper: number
  /** The conditions that the bounds do not stand for. */
  readonly rest: readonly Expr[]
}

type Comparison = '<' | '<=' | '>' | '>=' | '='
const mirrored: Record<Comparison, Comparison> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' }

/** A side of a comparison: a time attribute and the ms that are added to it. */
interface Instant {
  readonly side: 'left' | 'right'
  readonly time: TimeAttribute
  readonly shift: number
}
interface Bound {
  readonly leftTime: TimeAttribute
  readonly rightTime: TimeAttribute
  readonly lower: number
  readonly upper: number
}

export function timeBounds(
  context: FlinkContext,
  left: ChangelogNode,
  right: ChangelogNode,
  conditions: readonly Expr[],
): TimeBounds | undefined {
  const said = conditions.map((condition) => boundsOf(context, left, right, condition) ?? [])
  for (const first of said.flat()) {
    let [lower, upper] = [-Infinity, Infinity]
    for (const bound of said.flat()) {
      if (!samePair(first, bound)) continue
      lower = Math.max(lower, bound.lower)
      upper = Math.min(upper, bound.upper)
    }
    if (lower === -Infinity || upper === Infinity) continue
    // Comparisons of other pairs of times are ordinary conditions.
    const rest = conditions.filter((_, i) => !said[i]!.some((bound) => samePair(first, bound)))
    return { leftTime: first.leftTime, rightTime: first.rightTime, lower, upper, rest }
  }
  return undefined
}

function samePair(a: Bound, b: Bound): boolean {
  return a.leftTime.column === b.leftTime.column && a.rightTime.column === b.rightTime.column
}

/** What one condition says; a BETWEEN says two things. */
function boundsOf(
  context: FlinkContext,
  left: ChangelogNode,
  right: ChangelogNode,
  condition: Expr,
): readonly Bound[] | undefined {
  if (condition.kind !== 'call') return undefined
  const instant = (expr: Expr): Instant | undefined => instantOf(context, left, right, expr)
  const [first, second, third] = condition.args
  if (condition.fn === 'BETWEEN' && first !== undefined && second !== undefined && third !== undefined) {
    const above = boundOf('>=', instant(first), instant(second))
    const below = boundOf('<=', instant(first), instant(third))
    return above === undefined || below === undefined || !samePair(above, below) ? undefined : [above, below]
  }
  const op = condition.fn
  if (op !== '<' && op !== '<=' && op !== '>' && op !== '>=' && op !== '=') return undefined
  if (first === undefined || second === undefined) return undefined
  const bound = boundOf(op, instant(first), instant(second))
  return bound === undefined ? undefined : [bound]
}

function boundOf(op: Comparison, a: Instant | undefined, b: Instant | undefined): Bound | undefined {
  if (a === undefined || b === undefined || a.side === b.side || a.time.kind !== b.time.kind) return undefined
  const [x, y, how] = a.side === 'left' ? [a, b, op] : [b, a, mirrored[op]]
  // x + x.shift <= y + y.shift says y - x >= x.shift - y.shift; times are whole ms.
  const difference = x.shift - y.shift
  const lower = how === '<' ? difference + 1 : how === '<=' || how === '=' ? difference : -Infinity
  const upper = how === '>' ? difference - 1 : how === '>=' || how === '=' ? difference : Infinity
  return { leftTime: x.time, rightTime: y.time, lower, upper }
}

function instantOf(
  context: FlinkContext,
  left: ChangelogNode,
  right: ChangelogNode,
  expr: Expr,
): Instant | undefined {
  if (expr.kind === 'column') {
    const start = left.schema.fields.length
    const [side, node, column] =
      expr.index < start
        ? (['left', left, expr.index] as const)
        : (['right', right, expr.index - start] as const)
    const time = node.traits.times.find((each) => each.column === column)
    return time === undefined ? undefined : { side, time, shift: 0 }
  }
  if (expr.kind !== 'call' || (expr.fn !== '+' && expr.fn !== '-')) return undefined
  const [a, b] = expr.args
  if (a === undefined || b === undefined) return undefined
  const sign = expr.fn === '+' ? 1 : -1
  const [shiftA, shiftB] = [intervalOf(context, a), intervalOf(context, b)]
  const inner =
    shiftB !== undefined
      ? instantOf(context, left, right, a)
      : sign > 0 && shiftA !== undefined
        ? instantOf(context, left, right, b)
        : undefined
  const shift = shiftB ?? shiftA
  return inner === undefined || shift === undefined
    ? undefined
    : { ...inner, shift: inner.shift + sign * shift }
}

/** ms of a constant interval. */
function intervalOf(context: FlinkContext, expr: Expr): number | undefined {
  if (expr.type.kind !== 'INTERVAL_DAY') return undefined
  const folded = foldExpression(expr, context.base.functions.scalar)
  return folded.kind === 'literal' && typeof folded.value === 'number' ? folded.value : undefined
}
