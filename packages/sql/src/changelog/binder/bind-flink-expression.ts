/**
 * Expressions of the Flink dialect: bindExpression of the shared binder over a Flink context.
 */
import { bindExpression, type ExpressionScope } from '../../binder/bind-expression.ts'
import type { Expr } from '../../plan.ts'
import type { Expression } from '../../syntax/tree.ts'
import type { FlinkContext } from './context.ts'

export function bindFlinkExpression(
  context: FlinkContext,
  env: ExpressionScope,
  expression: Expression,
): Expr {
  return bindExpression(context.base, env, expression)
}
