/**
 * Which join two sides and a condition make (spec 3.7): a window join where both sides hold the same windows and the
 * condition says so, an interval join where it bounds the distance of their times, else a regular join.
 *
 * A regular join without any equality is allowed: all rows then share one key. Flink's documentation refuses such joins of
 * streams, its engine runs them in one task.
 */
import { codes } from '../../diagnostic/codes.ts'
import { canFail } from '../../expression/can-fail.ts'
import { conjuncts, mapColumns, some } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { ChangelogNode, JoinKind, TimeAttribute } from '../plan.ts'
import { boundRanks } from './bind-rank.ts'
import type { FlinkContext, InnerJoin, JoinInput } from './context.ts'
import { makeFilter, makeIntervalJoin, makeJoin, makeWindowJoin } from './nodes.ts'
import { sideOf, splitKeys } from './split-keys.ts'
import { timeBounds } from './time-bounds.ts'
import { sameWindows } from './traits.ts'

export interface JoinParts {
  readonly left: JoinInput
  readonly right: JoinInput
  readonly join: JoinKind
  /** All have to be true; over left columns, then right columns. */
  readonly conditions: readonly Expr[]
  /** NOT IN: unknown comparisons keep a row out. Anti joins only. */
  readonly nullAware?: boolean
  readonly span: Span
}

/** Functions that give another value each time; conditions with them stay where they were written. */
const volatile: ReadonlySet<string> = new Set(['RAND', 'RAND_INTEGER', 'UUID', 'CURRENT_WATERMARK'])

/** The join of two sides by conditions: inner, outer, semi or anti. */
export function joinNode(context: FlinkContext, parts: JoinParts): ChangelogNode {
  const nullAware = parts.nullAware ?? false
  const { join, span } = parts
  const { left, right, conditions } = nullAware ? parts : pushOneSided(context, parts)
  const width = left.node.schema.fields.length
  const window = sharedWindow(left.node, right.node, conditions)
  if (window !== undefined) {
    refuseUpdates(context, left.node, right.node, span, 'join of windows')
    return makeWindowJoin({
      left: left.node,
      right: right.node,
      join,
      condition: splitKeys(context.base, window.rest, width),
      leftEnd: window.leftEnd,
      rightEnd: window.rightEnd,
      time: window.time,
      nullAware,
      span,
    })
  }
  const bounds = nullAware ? undefined : timeBounds(context, left.node, right.node, conditions)
  if (bounds !== undefined) {
    refuseUpdates(context, left.node, right.node, span, 'join by an interval of time')
    const { leftTime, rightTime, lower, upper } = bounds
    return makeIntervalJoin({
      left: left.node,
      right: right.node,
      join,
      condition: splitKeys(context.base, bounds.rest, width),
      leftTime,
      rightTime,
      lower,
      upper,
      span,
    })
  }
  return makeJoin({
    left: left.node,
    right: right.node,
    join,
    condition: splitKeys(context.base, conditions, width),
    nullAware,
    leftTtl: left.ttl ?? 0,
    rightTtl: right.ttl ?? 0,
    span,
  })
}

/** An inner join that later conditions can still go into. `ttl`: of its rows where it is joined in turn. */
export function innerJoin(context: FlinkContext, parts: InnerJoin, ttl: number): JoinInput {
  const pushed = pushOneSided(context, { ...parts, join: 'inner' })
  const inner = { left: pushed.left, right: pushed.right, conditions: pushed.conditions, span: parts.span }
  return { node: joinNode(context, { ...inner, join: 'inner' }), inner, ttl }
}

/** Conditions of WHERE that may go into the joins of FROM. */
export function isAbsorbable(condition: Expr): boolean {
  return !some(condition, (part) => part.kind === 'call' && volatile.has(part.fn))
}

/** The side filtered by a condition over its columns. */
function filtered(context: FlinkContext, input: JoinInput, condition: Expr): JoinInput {
  const { inner } = input
  if (inner !== undefined)
    return innerJoin(context, { ...inner, conditions: [...inner.conditions, condition] }, input.ttl ?? 0)
  // A condition on ROW_NUMBER bounds it instead.
  const { node, rest } = boundRanks(context, input.node, [condition])
  return { ...input, node: rest.length === 0 ? node : makeFilter(node, condition, condition.span) }
}

/**
 * Conditions on one side alone go below the join where that changes nothing, so that fewer rows are kept: on either side
 * of an inner join, on the side that is padded with NULL of an outer one, on the right of a semi or anti join. What can
 * fail stays above, where fewer rows see it.
 */
function pushOneSided(
  context: FlinkContext,
  parts: JoinParts,
): { readonly left: JoinInput; readonly right: JoinInput; readonly conditions: readonly Expr[] } {
  const width = parts.left.node.schema.fields.length
  const intoLeft = parts.join === 'inner' || parts.join === 'right' || parts.join === 'semi'
  const intoRight = parts.join !== 'right' && parts.join !== 'full'
  const kept: Expr[] = []
  let { left, right } = parts
  for (const condition of parts.conditions.flatMap(conjuncts)) {
    if (condition.kind === 'literal' && condition.value === true) continue
    const side = sideOf(condition, width)
    // What reads a join below can go into it even if it can fail: there it meets pairs only.
    const into = side === 'left' ? left : right
    const movable = isAbsorbable(condition) && (into.inner !== undefined || !canFail(condition))
    if (movable && side === 'left' && intoLeft) left = filtered(context, left, condition)
    else if (movable && side === 'right' && intoRight)
      right = filtered(
        context,
        right,
        mapColumns(condition, (index) => index - width),
      )
    else kept.push(condition)
  }
  return { left, right, conditions: kept }
}

function sharedWindow(
  left: ChangelogNode,
  right: ChangelogNode,
  conditions: readonly Expr[],
):
  | {
      readonly leftEnd: number
      readonly rightEnd: number
      readonly time: TimeAttribute['kind']
      readonly rest: readonly Expr[]
    }
  | undefined {
  const [a, b] = [left.traits.window, right.traits.window]
  if (a?.start === undefined || a.end === undefined || b?.start === undefined || b.end === undefined)
    return undefined
  if (!sameWindows(a.spec, b.spec)) return undefined
  const width = left.schema.fields.length
  const equality = (x: number, y: number): Expr | undefined =>
    conditions.find(
      (condition) =>
        condition.kind === 'call' &&
        condition.fn === '=' &&
        condition.args.every((arg) => arg.kind === 'column') &&
        condition.args.some((arg) => arg.kind === 'column' && arg.index === x) &&
        condition.args.some((arg) => arg.kind === 'column' && arg.index === y + width),
    )
  const [starts, ends] = [equality(a.start, b.start), equality(a.end, b.end)]
  if (starts === undefined || ends === undefined) return undefined
  return {
    leftEnd: a.end,
    rightEnd: b.end,
    time: a.spec.time.kind,
    rest: conditions.filter((condition) => condition !== starts && condition !== ends),
  }
}

function refuseUpdates(
  context: FlinkContext,
  left: ChangelogNode,
  right: ChangelogNode,
  span: Span,
  what: string,
): void {
  const updating = [left, right].find((node) => node.traits.changes === 'retract')
  if (updating === undefined) return
  context.base.diagnostics.fail(
    codes.needsAppend,
    span,
    `a ${what} takes sides that only add rows, but one side changes its earlier rows. Cast its time to TIMESTAMP(3) to get a regular join, which keeps both sides.`,
    [{ span: updating.span, message: 'this side changes its rows' }],
  )
}
