/**
 * One aggregate call of Flink SQL to an AggregateCall of the plan: its function, or one of the host, its typed arguments,
 * DISTINCT and FILTER.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import {
  argumentType,
  asCondition,
  castTo,
  failArguments,
  failUnknownFunction,
  fitArguments,
} from '../../binder/make-call.ts'
import { codes } from '../../diagnostic/codes.ts'
import { sameExpr } from '../../expression/expr-tools.ts'
import { lookupFlinkAggregate } from '../../functions/flink-aggregates.ts'
import { sameType } from '../../functions/index.ts'
import type { HostAggregate } from '../../host-function.ts'
import type { Expr } from '../../plan.ts'
import type { FunctionCall } from '../../syntax/tree.ts'
import type { AggregateCall } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import type { FlinkContext } from './context.ts'

/** Aggregates that have a value even of no rows. */
const neverNull: ReadonlySet<string> = new Set(['COUNT', 'APPROX_COUNT_DISTINCT', 'COLLECT'])

export function isNeverNull(fn: string): boolean {
  return neverNull.has(fn) || fn.startsWith('JSON_')
}

/** `env`: the row that the arguments are over; aggregates inside the arguments are refused. */
export function bindAggregateCall(
  context: FlinkContext,
  env: ExpressionScope,
  call: FunctionCall,
  place: 'group' | 'over' | 'match',
): AggregateCall {
  const name = call.name.name.toUpperCase()
  const { diagnostics } = context.base
  if (call.nulls !== undefined) {
    diagnostics.fail(
      codes.notSupported,
      call.span,
      `${name} takes no ${call.nulls} NULLS in Flink SQL. Leave it out, or filter with FILTER (WHERE value IS NOT NULL).`,
    )
  }
  const inner = { ...env, sink: undefined, clause: `the arguments of ${name}` }
  if (call.args === 'star' && name !== 'COUNT')
    diagnostics.fail(codes.badArguments, call.span, `only COUNT takes *. Write ${name}(value).`)
  const args =
    typeof call.args === 'string' ? [] : call.args.map((arg) => bindFlinkExpression(context, inner, arg))
  if (name === 'COUNT' && args.length === 0 && call.args !== 'star')
    diagnostics.fail(
      codes.badArguments,
      call.span,
      'COUNT needs an argument. Write COUNT(*) or COUNT(value).',
    )
  if (call.distinct && args.length === 0)
    diagnostics.fail(codes.badArguments, call.span, `${name}(DISTINCT ...) needs an argument.`)
  const filter =
    call.filter === undefined
      ? undefined
      : asCondition(
          context.base,
          bindFlinkExpression(context, { ...inner, clause: 'FILTER' }, call.filter),
          'the FILTER condition',
        )
  const typed = typeCall(context, name, args, call, place)
  return { ...typed, distinct: call.distinct, filter, span: call.span }
}

type TypedCall = Pick<AggregateCall, 'fn' | 'args' | 'type' | 'nullable'>

function typeCall(
  context: FlinkContext,
  name: string,
  args: readonly Expr[],
  call: FunctionCall,
  place: 'group' | 'over' | 'match',
): TypedCall {
  const host = context.hosts.get(name)
  if (host?.kind === 'aggregate') return hostCall(context, host, args, call)
  const fn = lookupFlinkAggregate(name)
  if (fn === undefined) return failUnknownFunction(context.base, name, call.span)
  const fits = place === 'over' ? fn.inOver : fn.inGroup
  if (!fits) {
    context.base.diagnostics.fail(
      codes.misplacedAggregate,
      call.span,
      place === 'over'
        ? `${fn.name} is not available with OVER. Use it with GROUP BY.`
        : `${fn.name} needs a window. Write ${fn.name}(...) OVER (PARTITION BY ... ORDER BY time).`,
    )
  }
  const inferred = fn.infer(args.map(argumentType))
  if (typeof inferred === 'string') return failArguments(context.base, inferred, fn.forms, call.span)
  return {
    fn: fn.name,
    args: fitArguments(context.base, args, inferred),
    type: inferred.type,
    nullable: inferred.nullable || (call.filter !== undefined && !isNeverNull(fn.name)),
  }
}

function hostCall(
  context: FlinkContext,
  host: HostAggregate,
  args: readonly Expr[],
  call: FunctionCall,
): TypedCall {
  const { parameters } = host
  const wanted = (i: number): SqlType | undefined =>
    parameters?.[host.variadic === true ? Math.min(i, parameters.length - 1) : i]
  const enough = host.variadic === true ? args.length >= (parameters?.length ?? 0) - 1 : undefined
  if (parameters !== undefined && !(enough ?? args.length === parameters.length)) {
    return failArguments(
      context.base,
      `${host.name} takes ${parameters.length} arguments, not ${args.length}`,
      [`${host.name}(${parameters.map(formatFlinkType).join(', ')})`],
      call.span,
    )
  }
  const typed = args.map((arg, i) => {
    const type = wanted(i)
    return type === undefined || sameType(arg.type, type) ? arg : castTo(context.base, arg, type)
  })
  return { fn: host.name.toUpperCase(), args: typed, type: host.returns, nullable: true }
}

export function sameAggregate(a: AggregateCall, b: AggregateCall): boolean {
  return (
    a.fn === b.fn &&
    a.distinct === b.distinct &&
    sameType(a.type, b.type) &&
    sameExprs(a.args, b.args) &&
    (a.filter === undefined || b.filter === undefined ? a.filter === b.filter : sameExpr(a.filter, b.filter))
  )
}

export function sameExprs(a: readonly Expr[], b: readonly Expr[]): boolean {
  return a.length === b.length && a.every((expr, i) => sameExpr(expr, b[i]!))
}
