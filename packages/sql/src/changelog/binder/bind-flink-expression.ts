/**
 * Expressions of the Flink dialect: bindExpression of the shared binder over a Flink context. Asynchronous functions of the
 * host may stand in select lists only, where hoist-async.ts takes them out of the row's way.
 */
import { bindExpression, type ExpressionScope } from '../../binder/bind-expression.ts'
import { codes } from '../../diagnostic/codes.ts'
import type { Expr } from '../../plan.ts'
import type { Expression } from '../../syntax/tree.ts'
import type { FlinkContext } from './context.ts'
import { hasAsyncCall } from './hoist-async.ts'

/** The clause of select lists, for messages. */
export const selectList = 'the select list'

/** `env.clause` is selectList for those; their binder has to call hoistAsync. */
export function bindFlinkExpression(
  context: FlinkContext,
  env: ExpressionScope,
  expression: Expression,
): Expr {
  const expr = bindExpression(context.base, env, expression)
  if (env.clause !== selectList && hasAsyncCall(context, expr)) {
    return context.base.diagnostics.fail(
      codes.notSupported,
      expr.span,
      `an asynchronous function cannot stand in ${env.clause}. Call it in the SELECT list of a subquery, and use its result here.`,
    )
  }
  return expr
}
