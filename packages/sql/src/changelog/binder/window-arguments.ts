/**
 * Arguments that window functions of both forms share: the time attribute and lengths of time.
 */
import { formatFlinkType } from '@millrace/values'
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import { codes } from '../../diagnostic/codes.ts'
import { foldExpression } from '../../expression/fold-expression.ts'
import type { Span } from '../../span.ts'
import type { Expression } from '../../syntax/tree.ts'
import type { ChangelogNode, TimeAttribute } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import type { FlinkContext } from './context.ts'
import { sessionZone } from './settings.ts'
import { timeAttribute } from './traits.ts'

const noColumns: ExpressionScope = {
  scope: { sources: [], rowtime: undefined, merged: new Map() },
  sink: undefined,
  clause: 'the arguments of a window function',
}

/** ms of a constant interval; `what` names the argument. */
export function bindLength(context: FlinkContext, expression: Expression, what: string, least = 1): number {
  const { diagnostics, functions } = context.base
  const expr = foldExpression(bindFlinkExpression(context, noColumns, expression), functions.scalar)
  if (expr.kind !== 'literal' || expr.type.kind !== 'INTERVAL_DAY' || typeof expr.value !== 'number') {
    return diagnostics.fail(
      codes.badWindow,
      expression.span,
      `${what} has to be a constant interval of days or shorter units. Write for example INTERVAL '10' MINUTE.`,
    )
  }
  if (expr.value >= least) return expr.value
  return diagnostics.fail(
    codes.badWindow,
    expression.span,
    `${what} is ${expr.value} ms; it has to be longer than nothing. Write for example INTERVAL '10' MINUTE.`,
  )
}

export function requireTimeAttribute(
  context: FlinkContext,
  node: ChangelogNode,
  column: number,
  what: string,
  span: Span,
): TimeAttribute {
  const time = timeAttribute(node.traits, column)
  if (time !== undefined) return time
  const { fields } = node.schema
  const field = fields[column]
  const others = node.traits.times.map((each) => `"${fields[each.column]?.name}"`)
  const advice =
    others.length > 0
      ? `Time attributes here: ${others.join(', ')}.`
      : 'Declare WATERMARK FOR the column in CREATE TABLE, or add a column p AS PROCTIME(); time attributes are lost by casts, arithmetic, plain grouping and regular joins.'
  return context.base.diagnostics.fail(
    codes.needsTimeAttribute,
    span,
    field === undefined
      ? `${what} needs a time attribute, not an expression. ${advice}`
      : `${what} needs a time attribute, but "${field.name}" is a plain ${formatFlinkType(field.type)} here. ${advice}`,
  )
}

/** The zone of windows over this column: instants are cut in local time, timestamps as they are written. */
export function windowZone(
  context: FlinkContext,
  node: ChangelogNode,
  time: TimeAttribute,
): string | undefined {
  return node.schema.fields[time.column]?.type.kind === 'TIMESTAMP_LTZ' ? sessionZone(context) : undefined
}

/** A window spec of checked lengths. `whole` of HOP and CUMULATE must be a multiple of `part`. */
export function checkMultiple(
  context: FlinkContext,
  name: 'HOP' | 'CUMULATE',
  part: number,
  whole: number,
  span: Span,
): void {
  if (whole % part === 0) return
  const word = name === 'HOP' ? 'slide' : 'step'
  context.base.diagnostics.fail(
    codes.badWindow,
    span,
    `the size of ${name} (${whole} ms) has to be a multiple of its ${word} (${part} ms). The ${word} comes first, then the size.`,
  )
}
