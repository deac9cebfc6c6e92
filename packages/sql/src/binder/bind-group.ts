/**
 * Builds the GROUP node of a SELECT (spec 2.8): its keys with the one that grows with time, its calls, and the expressions
 * above it, which may read nothing but keys and aggregates. WINDOWED BY STAGGER (spec 2.9) is the same with windows that
 * each key opens for itself, so it needs no key that grows.
 *
 * Select items are first bound over the row below, with placeholders for aggregates and for the operator ROWTIME; `finish`
 * then replaces every part that equals a key by the key's column.
 */
import type { Field } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { rewrite, sameExpr, some } from '../expression/expr-tools.ts'
import { foldExpression } from '../expression/fold-expression.ts'
import type { AggregateCall, Expr, PlanNode } from '../plan.ts'
import type { FunctionCall, SelectQuery } from '../syntax/tree.ts'
import { bindAggregate, sameCall } from './bind-aggregate.ts'
import { type AggregateSink, bindExpression } from './bind-expression.ts'
import { literal } from './bind-literal.ts'
import { bindStaggerSize } from './bind-window.ts'
import { type BinderContext, subqueryPlaceholder } from './context.ts'
import { growsWithRows, isMonotonic, nextStep, overRowtime } from './monotonic.ts'
import type { Scope } from './scope.ts'

const aggregatePlaceholder = 1_000_000
const rowtimePlaceholder = 2_000_000

export class GroupBuilder implements AggregateSink {
  readonly selectScope: Scope
  readonly #context: BinderContext
  readonly #scope: Scope
  readonly #input: PlanNode
  readonly #select: SelectQuery
  readonly #keys: readonly Expr[]
  /** Undefined for stagger windows, which have a length instead. */
  readonly #step: { readonly timeKey: number; readonly nextStep: Expr } | undefined
  readonly #staggerMs: number
  readonly #calls: AggregateCall[] = []

  constructor(context: BinderContext, scope: Scope, input: PlanNode, select: SelectQuery) {
    this.#context = context
    this.#scope = scope
    this.#input = input
    this.#select = select
    const rowtime: Expr | undefined =
      scope.rowtime === undefined
        ? undefined
        : { ...scope.rowtime, kind: 'column', index: rowtimePlaceholder }
    this.selectScope = { ...scope, rowtime }
    const { stagger } = select
    const env = { scope, sink: undefined, clause: stagger === undefined ? 'GROUP BY' : 'PARTITION BY' }
    this.#keys = (stagger?.partitionBy ?? select.groupBy ?? []).map((key) =>
      foldExpression(bindExpression(context, env, key), context.functions.scalar),
    )
    this.#staggerMs = stagger === undefined ? 0 : bindStaggerSize(context, stagger)
    if (stagger !== undefined && select.groupBy !== undefined) {
      context.diagnostics.fail(
        codes.badWindow,
        stagger.span,
        'WINDOWED BY STAGGER stands in the place of GROUP BY. Move the expressions of GROUP BY into its PARTITION BY.',
      )
    }
    this.#step = stagger === undefined ? this.#findStep() : undefined
  }

  #findStep(): { timeKey: number; nextStep: Expr } {
    const context = this.#context
    const { index, overTime } = this.#findTimeKey()
    const key = this.#keys[index]!
    // A promise instead of a time, or steps of unknown length: when the next one begins is known only when it comes.
    if (overTime === undefined)
      return { timeKey: index, nextStep: literal(null, { kind: 'TIMESTAMP' }, key.span) }
    const value: Expr = { kind: 'column', index, type: key.type, nullable: key.nullable, span: key.span }
    return {
      timeKey: index,
      nextStep: foldExpression(nextStep(context, overTime, value), context.functions.scalar),
    }
  }

  /** The key whose changes end the groups, as an expression of ROWTIME if its steps are known. */
  #findTimeKey(): { index: number; overTime: Expr | undefined } {
    const { diagnostics } = this.#context
    const advice =
      "Add for example FLOOR(s.ROWTIME TO MINUTE) or STEP(s.ROWTIME BY INTERVAL '10' SECOND) to GROUP BY."
    if (this.#select.groupBy === undefined) {
      return diagnostics.fail(
        codes.notMonotonic,
        this.#select.span,
        `aggregates over a whole stream never end. ${advice} For a running value write the aggregate with OVER (...).`,
      )
    }
    const timed = this.#keys.flatMap((key, index) => {
      const overTime = overRowtime(key, this.#input)
      return overTime === undefined ? [] : [{ index, overTime, key }]
    })
    // A column of a subquery that was made of ROWTIME may be one of several keys; ROWTIME itself stands there once.
    const [first, second] = timed.filter(({ key }) => some(key, (part) => part.kind === 'rowtime'))
    if (first !== undefined && second !== undefined) {
      return diagnostics.fail(
        codes.severalTimeKeys,
        second.key.span,
        'GROUP BY may hold one expression of ROWTIME. Keep the coarser one, and derive the other from it in the select list.',
        [{ span: first.key.span, message: 'the first expression of ROWTIME' }],
      )
    }
    const inSteps = [...(first === undefined ? [] : [first]), ...timed].find(
      ({ key, overTime }) => isTime(key) && isMonotonic(overTime),
    )
    if (inSteps !== undefined) return inSteps
    const growing = this.#keys.findIndex((key) => growsWithRows(key, this.#input))
    if (growing >= 0) return { index: growing, overTime: undefined }
    if (timed[0] !== undefined) {
      return diagnostics.fail(
        codes.notMonotonic,
        timed[0].key.span,
        'this expression of ROWTIME does not grow with it. Use FLOOR, CEIL or STEP of ROWTIME, plus or minus a constant interval.',
      )
    }
    const span = { start: this.#keys[0]!.span.start, end: this.#keys.at(-1)!.span.end }
    return diagnostics.fail(
      codes.notMonotonic,
      span,
      `no expression of GROUP BY grows with ROWTIME, so no group would ever be complete. ${advice}`,
    )
  }

  aggregate(call: FunctionCall): Expr {
    if (call.over !== undefined) {
      return this.#context.diagnostics.fail(
        codes.notSupported,
        call.span,
        'OVER cannot stand in a SELECT with GROUP BY. Put the GROUP BY into a subquery, or into a stream of its own, and the OVER outside.',
      )
    }
    const bound = bindAggregate(this.#context, this.#scope, call, 'group')
    let index = this.#calls.findIndex((each) => sameCall(each, bound))
    if (index < 0) index = this.#calls.push(bound) - 1
    return {
      kind: 'column',
      index: aggregatePlaceholder + index,
      type: bound.type,
      nullable: bound.nullable,
      span: call.span,
    }
  }

  /** The node, when all expressions of the SELECT are bound. */
  close(): PlanNode {
    const keyFields = this.#keys.map(
      (key, i): Field => ({ name: `KEY$${i}`, type: key.type, nullable: key.nullable }),
    )
    const callFields = this.#calls.map(
      (call, i): Field => ({ name: `${call.fn}$${i}`, type: call.type, nullable: call.nullable }),
    )
    const schema = { fields: [...keyFields, ...callFields] }
    const { span } = this.#select
    if (this.#step !== undefined)
      return {
        kind: 'group',
        input: this.#input,
        keys: this.#keys,
        ...this.#step,
        calls: this.#calls,
        schema,
        span,
      }
    const args = [...this.#keys]
    const calls = this.#calls.map((call) => ({
      ...call,
      args: call.args.map((arg): Expr => {
        const index = args.push(arg) - 1
        return { kind: 'column', index, type: arg.type, nullable: arg.nullable, span: arg.span }
      }),
    }))
    return {
      kind: 'rows',
      input: this.#input,
      args,
      passed: 0,
      operator: { kind: 'stagger', ms: this.#staggerMs, keys: this.#keys.length, calls },
      schema,
      span,
    }
  }

  /** The expression over the row of `close`. */
  finish(expr: Expr): Expr {
    // Keys were folded, so what is to be found equal to them is folded too.
    const folded = foldExpression(expr, this.#context.functions.scalar)
    return rewrite(folded, (part) => {
      const overInput = withRowtime(part)
      const key = this.#keys.findIndex((each) => sameExpr(each, overInput))
      if (key >= 0)
        return { kind: 'column', index: key, type: part.type, nullable: part.nullable, span: part.span }
      const derived = this.#step === undefined ? undefined : coarser(part, this.#keys[this.#step.timeKey]!)
      if (derived !== undefined) {
        const { type, nullable } = this.#keys[this.#step!.timeKey]!
        const time: Expr = { kind: 'column', index: this.#step!.timeKey, type, nullable, span: part.span }
        return { ...derived, args: derived.args.map((arg) => (arg.kind === 'rowtime' ? time : arg)) }
      }
      if (part.kind === 'rowtime') return this.#failNotGrouped(part, 'the ROWTIME of an input row')
      if (part.kind !== 'column') return undefined
      if (part.index >= subqueryPlaceholder) return part
      // ROWTIME alone is the time of the row that comes out of the group.
      if (part.index === rowtimePlaceholder)
        return { kind: 'rowtime', type: part.type, nullable: false, span: part.span }
      if (part.index >= aggregatePlaceholder)
        return { ...part, index: this.#keys.length + part.index - aggregatePlaceholder }
      return this.#failNotGrouped(part, `"${this.#input.schema.fields[part.index]?.name ?? '?'}"`)
    })
  }

  get #clause(): string {
    return this.#step === undefined ? 'PARTITION BY' : 'GROUP BY'
  }

  #failNotGrouped(part: Expr, what: string): never {
    return this.#context.diagnostics.fail(
      codes.notGrouped,
      part.span,
      `${what} is neither in ${this.#clause} nor inside an aggregate. Add it to ${this.#clause}, or write for example MAX(...) or LAST_VALUE(...).`,
      this.#keys.map((key) => ({ span: key.span, message: `${this.#clause} has this expression` })),
    )
  }
}

function isTime({ type }: Expr): boolean {
  return type.kind === 'TIMESTAMP' || type.kind === 'INTERVAL_DAY'
}

/** Inside a key ROWTIME is the input row's, however it is written. */
function withRowtime(expr: Expr): Expr {
  if (!some(expr, (part) => part.kind === 'column' && part.index === rowtimePlaceholder)) return expr
  return rewrite(expr, (part) =>
    part.kind === 'column' && part.index === rowtimePlaceholder
      ? { kind: 'rowtime', type: part.type, nullable: false, span: part.span }
      : undefined,
  )
}

const unitMs: Readonly<Record<string, number>> = {
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  MONTH: 86_400_000,
  QUARTER: 86_400_000,
  YEAR: 86_400_000,
}

const calendar: ReadonlySet<unknown> = new Set(['MONTH', 'QUARTER', 'YEAR'])

/**
 * A part of the input row's time that the step tells too: FLOOR, STEP or EXTRACT of ROWTIME in units that hold whole steps.
 * Months and years hold whole days. EXTRACT(SECOND) tells milliseconds, which no step does.
 */
function coarser(part: Expr, key: Expr): Extract<Expr, { kind: 'call' }> | undefined {
  if (part.kind !== 'call') return undefined
  // Months differ in length, so they tell nothing of shorter steps.
  const isCalendar =
    key.kind === 'call' && key.args.some((arg) => arg.kind === 'literal' && calendar.has(arg.value))
  const step = isCalendar ? undefined : sizeOfStep(key)
  const size = sizeOfStep(part)
  return step !== undefined && size !== undefined && size % step === 0 ? part : undefined
}

function sizeOfStep(expr: Expr): number | undefined {
  if (expr.kind !== 'call') return undefined
  const isExtract = expr.fn === 'EXTRACT'
  if (!isExtract && expr.fn !== 'FLOOR_TIME' && expr.fn !== 'STEP_TIME') return undefined
  const [time, size] = isExtract ? [expr.args[1], expr.args[0]] : expr.args
  if (time?.kind !== 'rowtime' || size?.kind !== 'literal') return undefined
  if (typeof size.value === 'string')
    return isExtract && size.value === 'SECOND' ? undefined : unitMs[size.value]
  return size.type.kind === 'INTERVAL_DAY' && typeof size.value === 'number' ? size.value : undefined
}
