/**
 * One aggregate call of the tree to an AggregateCall of the plan: its function, its typed arguments, its options.
 */
import { codes } from '../diagnostic/codes.ts'
import { sameExpr } from '../expression/expr-tools.ts'
import type { AggregateCall, Expr } from '../plan.ts'
import type { FunctionCall } from '../syntax/tree.ts'
import { bindExpression } from './bind-expression.ts'
import type { BinderContext } from './context.ts'
import { argumentType, failArguments, failUnknownFunction, fitArguments } from './make-call.ts'
import type { Scope } from './scope.ts'

export type AggregatePlace = 'group' | 'over'

export function bindAggregate(
  context: BinderContext,
  scope: Scope,
  call: FunctionCall,
  place: AggregatePlace,
): AggregateCall {
  const name = call.name.name
  const fn = context.functions.aggregate(name)
  if (fn === undefined) return failUnknownFunction(context, name, call.span)
  const refuse = (message: string): never => context.diagnostics.fail(codes.badArguments, call.span, message)
  if (place === 'group' && !fn.inGroup)
    refuse(`${fn.name} needs a window. Write ${fn.name}(...) OVER (ROWS n PRECEDING) or with RANGE.`)
  if (place === 'over' && !fn.inOver) refuse(`${fn.name} is not available with OVER. Use it with GROUP BY.`)
  if (call.filter !== undefined) {
    context.diagnostics.fail(
      codes.notSupported,
      call.span,
      `FILTER is not part of this dialect. Write ${fn.name}(CASE WHEN condition THEN value END).`,
    )
  }
  if (call.distinct && fn.name === 'COUNT') {
    context.diagnostics.fail(
      codes.notSupported,
      call.span,
      'COUNT(DISTINCT ...) is not part of this dialect. Group by the column in one stream, and count its rows in the next.',
    )
  }
  if (call.distinct && (place !== 'over' || (fn.name !== 'SUM' && fn.name !== 'AVG'))) {
    const meaningless = ['MIN', 'MAX'].includes(fn.name)
    context.diagnostics.fail(
      codes.notSupported,
      call.span,
      meaningless
        ? `DISTINCT changes nothing in ${fn.name}. Leave it out.`
        : `${fn.name}(DISTINCT ...) is available with OVER for SUM and AVG only. Leave DISTINCT out.`,
    )
  }
  if (call.nulls !== undefined && !fn.takesIgnoreNulls)
    refuse(`${fn.name} skips NULLs anyway and takes no ${call.nulls} NULLS. Leave it out.`)
  if (call.args === 'star' && fn.name !== 'COUNT')
    refuse(`only COUNT takes *. Write ${fn.forms.join(' or ')}.`)
  const args =
    typeof call.args === 'string'
      ? []
      : call.args.map((arg) =>
          bindExpression(context, { scope, sink: undefined, clause: `the arguments of ${fn.name}` }, arg),
        )
  if (fn.name === 'COUNT' && args.length === 0 && call.args !== 'star')
    refuse('COUNT needs an argument. Write COUNT(*) or COUNT(value).')
  if (fn.name === 'EXP_AVG' && args.length === 2 && scope.rowtime !== undefined)
    args.push({ ...scope.rowtime, span: call.span })
  const inferred = fn.infer(args.map(argumentType))
  if (typeof inferred === 'string') return failArguments(context, inferred, fn.forms, call.span)
  return {
    fn: fn.name,
    args: fitArguments(context, args, inferred),
    distinct: call.distinct,
    ignoreNulls: call.nulls === 'IGNORE',
    type: inferred.type,
    nullable: inferred.nullable,
    span: call.span,
  }
}

export function sameCall(a: AggregateCall, b: AggregateCall): boolean {
  return (
    a.fn === b.fn && a.distinct === b.distinct && a.ignoreNulls === b.ignoreNulls && sameList(a.args, b.args)
  )
}

export function sameList(a: readonly Expr[], b: readonly Expr[]): boolean {
  return a.length === b.length && a.every((expr, i) => sameExpr(expr, b[i]!))
}
