/**
 * Group windows of GROUP BY: TUMBLE(ts, size), HOP(ts, slide, size), SESSION(ts, gap), and the functions that read their
 * bounds, TUMBLE_START(ts, size) and the like, with the very same arguments (spec 3.5).
 */
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import { codes } from '../../diagnostic/codes.ts'
import type { Expression, FunctionCall } from '../../syntax/tree.ts'
import type { ChangelogNode, WindowAggregateNode, WindowSpec } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import type { FlinkContext } from './context.ts'
import { bindLength, checkMultiple, requireTimeAttribute, windowZone } from './window-arguments.ts'

type LegacyName = 'TUMBLE' | 'HOP' | 'SESSION'
export type WindowProperty = WindowAggregateNode['properties'][number]

/** The window of a GROUP BY; sessions get their partition when the keys are known. */
export interface LegacyWindow {
  readonly call: FunctionCall
  readonly name: LegacyName
  readonly spec: WindowSpec
}

const lengthsOf = { TUMBLE: ['size'], HOP: ['slide', 'size'], SESSION: ['gap'] } as const
const auxiliary = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/

function formOf(name: LegacyName): string {
  return `${name}(time, ${lengthsOf[name].join(', ')})`
}

export function isLegacyWindow(expression: Expression): expression is FunctionCall {
  return expression.kind === 'call' && Object.hasOwn(lengthsOf, expression.name.name.toUpperCase())
}

export function bindLegacyWindow(
  context: FlinkContext,
  env: ExpressionScope,
  node: ChangelogNode,
  call: FunctionCall,
): LegacyWindow {
  const name = call.name.name.toUpperCase() as LegacyName // As isLegacyWindow found.
  const { timeColumn, lengths } = argumentsOf(context, env, node, name, call)
  const time = requireTimeAttribute(context, node, timeColumn, `${name} in GROUP BY`, call.span)
  const common = { time, zone: windowZone(context, node, time) }
  const [first, second] = lengths
  switch (name) {
    case 'TUMBLE':
      return { call, name, spec: { kind: 'tumble', ...common, size: first!, offset: 0 } }
    case 'HOP':
      checkMultiple(context, 'HOP', first!, second!, call.span)
      return { call, name, spec: { kind: 'hop', ...common, slide: first!, size: second!, offset: 0 } }
    case 'SESSION':
      return { call, name, spec: { kind: 'session', ...common, gap: first!, partition: [] } }
  }
}

/** What an auxiliary call reads; undefined if the expression is none. */
export function bindAuxiliary(
  context: FlinkContext,
  env: ExpressionScope,
  node: ChangelogNode,
  window: LegacyWindow | undefined,
  expression: Expression,
): WindowProperty | undefined {
  if (expression.kind !== 'call') return undefined
  const match = auxiliary.exec(expression.name.name.toUpperCase())
  if (match === null) return undefined
  const { diagnostics } = context.base
  const called = match[0]
  const name = match[1] as LegacyName // By the pattern.
  const form = `${name}(${expressionText(lengthsOf[name])})`
  if (window === undefined || window.name !== name) {
    return diagnostics.fail(
      codes.badWindow,
      expression.span,
      `${called} reads a window of GROUP BY ${form}, which this SELECT does not have. Add it to GROUP BY, or use window_start and window_end of a window table function.`,
    )
  }
  const { timeColumn, lengths } = argumentsOf(context, env, node, name, expression)
  const { spec } = window
  const own =
    spec.kind === 'tumble'
      ? [spec.size]
      : spec.kind === 'hop'
        ? [spec.slide, spec.size]
        : spec.kind === 'session'
          ? [spec.gap]
          : []
  if (timeColumn !== spec.time.column || own.some((length, i) => length !== lengths[i])) {
    return diagnostics.fail(
      codes.badWindow,
      expression.span,
      `${called} has other arguments than ${name} in GROUP BY. Write the very same ones.`,
      [{ span: window.call.span, message: 'the window of GROUP BY' }],
    )
  }
  if (match[2] === 'START') return 'start'
  if (match[2] === 'END') return 'end'
  const property = match[2] === 'ROWTIME' ? 'rowtime' : 'proctime'
  if (property === spec.time.kind) return property
  return diagnostics.fail(
    codes.needsTimeAttribute,
    expression.span,
    `${called} does not fit a window over a ${spec.time.kind} attribute. Write ${name}_${spec.time.kind.toUpperCase()}.`,
  )
}

function expressionText(lengths: readonly string[]): string {
  return ['time', ...lengths].join(', ')
}

function argumentsOf(
  context: FlinkContext,
  env: ExpressionScope,
  node: ChangelogNode,
  name: LegacyName,
  call: FunctionCall,
): { timeColumn: number; lengths: readonly number[] } {
  const wanted = lengthsOf[name]
  const args = typeof call.args === 'string' ? [] : call.args
  if (args.length !== wanted.length + 1) {
    return context.base.diagnostics.fail(
      codes.badWindow,
      call.span,
      `${call.name.name} takes ${wanted.length + 1} arguments, not ${args.length}. Write ${formOf(name)}.`,
    )
  }
  const [timeArg, ...rest] = args
  const time = bindFlinkExpression(context, { ...env, sink: undefined, clause: 'GROUP BY' }, timeArg!)
  const lengths = rest.map((arg, i) => bindLength(context, arg, `the ${wanted[i]} of ${name}`))
  if (time.kind === 'column') return { timeColumn: time.index, lengths }
  // No column: the failure names the attributes there are.
  requireTimeAttribute(context, node, -1, `${name} in GROUP BY`, timeArg!.span)
  return { timeColumn: -1, lengths }
}
