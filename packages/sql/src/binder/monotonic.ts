/**
 * Which grouping expressions grow with the row time (spec 2.7, 2.8), and when their next step begins.
 *
 * The expressions understood are built from ROWTIME by FLOOR, CEIL, STEP, plus or minus a constant interval, the interval
 * since a constant time, and division of that by a whole number. For such an expression e and its value v at some row, the next step begins at the earliest row time t with e(t) > v. It is found
 * by taking e apart from the outside:
 *
 *   firstAfter(ROWTIME, v)    = v + 1 ms             atLeast(ROWTIME, w)    = w
 *   firstAfter(FLOOR f, v)    = atLeast(f, v + unit) atLeast(FLOOR f, w)    = atLeast(f, CEIL w)
 *   firstAfter(STEP f, v)     = atLeast(f, v + size) atLeast(STEP f, w)     = atLeast(f, STEP(w - 1 ms) + size)
 *   firstAfter(CEIL f, v)     = firstAfter(f, v)     atLeast(CEIL f, w)     = firstAfter(f, FLOOR(w - 1 ms))
 *   firstAfter(f + c, v)      = firstAfter(f, v - c) atLeast(f + c, w)      = atLeast(f, w - c)
 *   firstAfter((f - c) u, v)  = atLeast(f, c + v + u)  atLeast((f - c) u, w) = atLeast(f, c + CEIL w), u in ms for SECOND
 *   firstAfter(f / n, v)      = atLeast(f, (v + 1 ms) * n)  atLeast(f / n, w) = atLeast(f, w * n)
 * The last two hold for times after c, and c is not after 1970.
 *
 * Example: FLOOR(ROWTIME TO MINUTE) at 22:49:00 gives 22:50:00.
 */
import { rewrite, sizeOf, some, substitute } from '../expression/expr-tools.ts'
import { isIntegerKind } from '../functions/types.ts'
import type { CallExpr, Expr, PlanNode } from '../plan.ts'
import { literal } from './bind-literal.ts'
import type { BinderContext } from './context.ts'
import { makeCall } from './make-call.ts'

const sizeMax = 1000

/** The expression over the row time alone, seen through subqueries; undefined if it depends on anything else. */
export function overRowtime(expr: Expr, input: PlanNode): Expr | undefined {
  let [current, node] = [expr, input]
  for (;;) {
    if (!some(current, (part) => part.kind === 'column'))
      return some(current, (part) => part.kind === 'rowtime') ? current : undefined
    if (node.kind === 'filter') node = node.input
    else if (node.kind === 'project') {
      // A column that was made the row time is the row time from there on; below, ROWTIME is another one.
      const { rowtime, exprs } = node
      if (rowtime !== undefined) return undefined
      current = substitute(current, exprs)
      // Nothing that grows in steps is this large; and each subquery might double it.
      if (sizeOf(current, sizeMax) >= sizeMax) return undefined
      node = node.input
    } else if (node.kind === 'over' || node.kind === 'lookup-join') {
      // Their rows are those of the input with more columns behind, at the same times.
      const width = node.input.schema.fields.length
      if (some(current, (part) => part.kind === 'column' && part.index >= width)) return undefined
      node = node.input
    } else if (node.kind === 'rows' && keepsTimes.has(node.operator.kind)) {
      const { args, passed } = node
      if (some(current, (part) => part.kind === 'column' && part.index >= passed)) return undefined
      current = substitute(current, args)
      node = node.input
    } else return undefined
  }
}

/** Row operators whose rows are those of the input, at the same times. */
export const keepsTimes: ReadonlySet<string> = new Set([
  'in-order',
  'distinct',
  'random-cut-forest',
  'hotspots',
])

/**
 * Whether and how rows of `input` can be sorted with `key` first: it is an expression that grows with the row time, or the
 * time key of a group. `nextStep` is over a row whose first column is the key's value; undefined for the row time itself.
 */
export function leadingOrder(
  context: BinderContext,
  key: Expr,
  input: PlanNode,
): { readonly nextStep: Expr | undefined } | undefined {
  const value: Expr = { kind: 'column', index: 0, type: key.type, nullable: key.nullable, span: key.span }
  const overTime = overRowtime(key, input)
  if (overTime !== undefined) {
    if (!isMonotonic(overTime) || key.type.kind !== 'TIMESTAMP') return undefined
    return { nextStep: overTime.kind === 'rowtime' ? undefined : nextStep(context, overTime, value) }
  }
  let [current, node] = [key, input]
  while (current.kind === 'column' && (node.kind === 'filter' || node.kind === 'project')) {
    if (node.kind === 'project') {
      if (node.rowtime !== undefined) return undefined
      current = node.exprs[current.index]!
    }
    node = node.input
  }
  if (current.kind !== 'column' || node.kind !== 'group' || current.index !== node.timeKey) return undefined
  return { nextStep: substituteColumns(node.nextStep, value) }
}

/** `expr` reads one column only, which becomes `value`. */
function substituteColumns(expr: Expr, value: Expr): Expr {
  return rewrite(expr, (part) => (part.kind === 'column' ? value : undefined))
}

/** What SELECT DISTINCT accepts as growing (spec 2.7): it never falls, though its steps need not be known. */
export function grows(expr: Expr, input: PlanNode): boolean {
  if (expr.kind === 'rowtime') return true
  if (expr.kind === 'column') {
    if (leadsGroup(expr, input) || growsWithRows(expr, input)) return true
    const overTime = overRowtime(expr, input)
    return overTime !== undefined && isGrowing(overTime)
  }
  if (isGrowing(expr) || growsWithRows(expr, input)) return true
  const overTime = overRowtime(expr, input)
  return overTime !== undefined && isGrowing(overTime)
}

/**
 * Whether an expression never falls, seen through subqueries, because it is built from ROWTIME or from what MONOTONIC
 * promises. Its steps need not be known; other clocks do not count, since they do not move with the rows.
 */
export function growsWithRows(expr: Expr, input: PlanNode): boolean {
  let [current, node] = [expr, input]
  for (;;) {
    if (some(current, isRowClock) && isGrowing(current)) return true
    if (node.kind === 'filter') node = node.input
    else if (node.kind === 'project') {
      // Below an override ROWTIME is another time.
      if (node.rowtime !== undefined && some(current, (part) => part.kind === 'rowtime')) return false
      current = substitute(current, node.exprs)
      if (sizeOf(current, sizeMax) >= sizeMax) return false
      node = node.input
    } else if (node.kind === 'rows' && keepsTimes.has(node.operator.kind)) {
      const { args, passed } = node
      if (some(current, (part) => part.kind === 'column' && part.index >= passed)) return false
      current = substitute(current, args)
      node = node.input
    } else return false
  }
}

function isRowClock(part: Expr): boolean {
  return part.kind === 'rowtime' || (part.kind === 'call' && part.fn === 'MONOTONIC')
}

/** A column that is the time key of a group below. */
function leadsGroup(column: Expr, input: PlanNode): boolean {
  let [current, node] = [column, input]
  for (;;) {
    if (current.kind !== 'column') return false
    if (node.kind === 'group') return current.index === node.timeKey
    if (node.kind === 'filter') node = node.input
    else if (node.kind === 'project') {
      current = node.exprs[current.index]!
      node = node.input
    } else return false
  }
}

const clocks: ReadonlySet<string> = new Set([
  'CURRENT_ROW_TIMESTAMP',
  'CURRENT_TIMESTAMP',
  'LOCALTIMESTAMP',
  'CURRENT_DATE',
])

function isGrowing(expr: Expr): boolean {
  if (expr.kind === 'rowtime') return true
  if (expr.kind !== 'call') return false
  const [first, second] = expr.args
  const isConstant = (part: Expr | undefined): boolean => part?.kind === 'literal' && part.value !== null
  switch (expr.fn) {
    case 'MONOTONIC':
      return true
    case 'FLOOR_TIME':
    case 'CEIL_TIME':
    case 'FLOOR':
    case 'CEIL':
    case 'UNIX_TIMESTAMP':
    case 'TO_TIMESTAMP':
      return isGrowing(first!)
    case 'STEP':
    case 'STEP_TIME':
    case 'TEMPORAL_DIFF':
    case '-':
      return isGrowing(first!) && isConstant(second)
    case '+':
      return (isGrowing(first!) && isConstant(second)) || (isGrowing(second!) && isConstant(first))
    case '*':
    case '/':
      return isGrowing(first!) && second?.kind === 'literal' && Number(second.value) > 0
    default:
      return clocks.has(expr.fn)
  }
}

export function isMonotonic(expr: Expr): boolean {
  if (expr.kind === 'rowtime') return true
  if (expr.kind !== 'call') return false
  const [first, second] = expr.args
  switch (expr.fn) {
    case 'FLOOR_TIME':
    case 'CEIL_TIME':
    case 'MONOTONIC':
      return isMonotonic(first!)
    case 'STEP_TIME':
      return isMonotonic(first!) && isConstantInterval(second!)
    case 'TEMPORAL_DIFF':
      return (
        isMonotonic(first!) &&
        second?.kind === 'literal' &&
        second.type.kind === 'TIMESTAMP' &&
        Number(second.value ?? 1) <= 0 &&
        differenceUnit(expr) in unitMs
      )
    case '/':
      return isMonotonic(first!) && first!.type.kind === 'INTERVAL_DAY' && isWholeNumber(second!)
    case '-':
      return isMonotonic(first!) && isConstantDays(second!)
    case '+':
      return (
        (isMonotonic(first!) && isConstantDays(second!)) || (isMonotonic(second!) && isConstantDays(first!))
      )
    default:
      return false
  }
}

/** The first instant of the step after the one whose value is `value`; `key` is monotonic. */
export function nextStep(context: BinderContext, key: Expr, value: Expr): Expr {
  return firstAfter(context, key, value)
}

function firstAfter(context: BinderContext, expr: Expr, value: Expr): Expr {
  if (expr.kind !== 'call') return plus(context, value, millisecond(value))
  const [first] = expr.args
  switch (expr.fn) {
    case 'FLOOR_TIME':
      return atLeast(context, first!, plus(context, value, unitInterval(expr)))
    case 'STEP_TIME':
      return atLeast(context, first!, plus(context, value, expr.args[1]!))
    case 'CEIL_TIME':
    case 'MONOTONIC':
      return firstAfter(context, first!, value)
    case 'TEMPORAL_DIFF':
      return atLeast(context, first!, plus(context, plus(context, expr.args[1]!, value), unitOf(expr)))
    case '/':
      return atLeast(context, first!, times(context, plus(context, value, millisecond(value)), expr))
    default: {
      const { inner, shift } = shiftOf(expr)
      return firstAfter(context, inner, unshift(context, expr, value, shift))
    }
  }
}

function atLeast(context: BinderContext, expr: Expr, bound: Expr): Expr {
  if (expr.kind !== 'call') return bound
  const [first] = expr.args
  const before = (): Expr => makeCall(context, '-', [bound, millisecond(bound)], bound.span)
  switch (expr.fn) {
    case 'FLOOR_TIME':
      return atLeast(context, first!, makeCall(context, 'CEIL_TIME', [bound, expr.args[1]!], bound.span))
    case 'STEP_TIME':
      return atLeast(
        context,
        first!,
        plus(context, makeCall(context, 'STEP_TIME', [before(), expr.args[1]!], bound.span), expr.args[1]!),
      )
    case 'CEIL_TIME':
      return firstAfter(
        context,
        first!,
        makeCall(context, 'FLOOR_TIME', [before(), expr.args[1]!], bound.span),
      )
    case 'MONOTONIC':
      return atLeast(context, first!, bound)
    case 'TEMPORAL_DIFF': {
      const whole =
        differenceUnit(expr) === 'SECOND'
          ? bound
          : makeCall(context, 'CEIL_TIME', [bound, expr.args[2]!], bound.span)
      return atLeast(context, first!, plus(context, expr.args[1]!, whole))
    }
    case '/':
      return atLeast(context, first!, times(context, bound, expr))
    default: {
      const { inner, shift } = shiftOf(expr)
      return atLeast(context, inner, unshift(context, expr, bound, shift))
    }
  }
}

/** t + c, c + t or t - c. */
function shiftOf(expr: CallExpr): { inner: Expr; shift: Expr } {
  const [a, b] = expr.args
  return isConstantDays(b!) ? { inner: a!, shift: b! } : { inner: b!, shift: a! }
}

function unshift(context: BinderContext, expr: CallExpr, value: Expr, shift: Expr): Expr {
  return makeCall(context, expr.fn === '+' ? '-' : '+', [value, shift], value.span)
}

/** The interval before it was divided. */
function times(context: BinderContext, interval: Expr, division: CallExpr): Expr {
  return makeCall(context, '*', [interval, division.args[1]!], interval.span)
}

function differenceUnit(call: CallExpr): string {
  const unit = call.args[2]
  return unit?.kind === 'literal' ? String(unit.value) : ''
}

/** A difference in seconds keeps its fraction. */
function unitOf(difference: CallExpr): Expr {
  const unit = differenceUnit(difference)
  return literal(unit === 'SECOND' ? 1 : unitMs[unit]!, { kind: 'INTERVAL_DAY' }, difference.span)
}

function isWholeNumber(expr: Expr): boolean {
  return expr.kind === 'literal' && isIntegerKind(expr.type.kind) && Number(expr.value) > 0
}

function plus(context: BinderContext, value: Expr, interval: Expr): Expr {
  return makeCall(context, '+', [value, interval], value.span)
}

function millisecond(near: Expr): Expr {
  return literal(1, { kind: 'INTERVAL_DAY' }, near.span)
}

const unitMs: Readonly<Record<string, number>> = {
  WEEK: 604_800_000,
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
}
const unitMonths: Readonly<Record<string, number>> = { YEAR: 12, QUARTER: 3, MONTH: 1 }

function unitInterval(call: CallExpr): Expr {
  const unit = call.args[1]!
  const name = unit.kind === 'literal' && typeof unit.value === 'string' ? unit.value : ''
  const months = unitMonths[name]
  return months === undefined
    ? literal(unitMs[name] ?? 1, { kind: 'INTERVAL_DAY' }, call.span)
    : literal(months, { kind: 'INTERVAL_MONTH' }, call.span)
}

/** Months vary in length, so only days and shorter can be taken off a time and put on again. */
function isConstantDays(expr: Expr): boolean {
  return isConstantInterval(expr) && expr.type.kind === 'INTERVAL_DAY'
}

function isConstantInterval(expr: Expr): boolean {
  return (
    expr.kind === 'literal' &&
    (expr.type.kind === 'INTERVAL_DAY' || expr.type.kind === 'INTERVAL_MONTH') &&
    expr.value !== null
  )
}
