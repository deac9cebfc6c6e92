/**
 * Window specifications to partitions and frames (spec 2.10), and to the windows of join sides (spec 2.11).
 * Frames end at the current row; RANGE counts milliseconds of row time, ROWS counts rows before the current one.
 */
import { codes } from '../diagnostic/codes.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import { foldExpression } from '../expression/fold-expression.ts'
import type { Expr, Frame, JoinWindow } from '../plan.ts'
import type { Span } from '../span.ts'
import type { FrameBound, FrameClause, Identifier, WindowSpec } from '../syntax/tree.ts'
import { bindExpression, type ExpressionScope } from './bind-expression.ts'
import type { BinderContext } from './context.ts'

export type NamedWindows = ReadonlyMap<string, WindowSpec>

export interface BoundWindow {
  readonly partition: readonly Expr[]
  readonly frame: Frame
}

/** Functions to which order means something; it can only be that of ROWTIME, which may be written for them. */
const positional: ReadonlySet<string> = new Set(['FIRST_VALUE', 'LAST_VALUE', 'NTH_VALUE', 'LAG'])

export function bindWindow(
  context: BinderContext,
  env: ExpressionScope,
  windows: NamedWindows,
  over: WindowSpec | Identifier,
  fn: string,
): BoundWindow {
  const spec = flatten(context, windows, over)
  for (const item of spec.orderBy) {
    const key = bindExpression(context, env, item.expression)
    if (key.kind !== 'rowtime' || item.descending || !positional.has(fn)) {
      context.diagnostics.fail(
        codes.badWindow,
        item.span,
        'a window over a stream is in the order of ROWTIME; no other ORDER BY is possible. Leave it out.',
      )
    }
  }
  const partition = spec.partitionBy.map((key) =>
    bindExpression(context, { ...env, sink: undefined, clause: 'PARTITION BY' }, key),
  )
  return { partition, frame: bindFrame(context, spec) }
}

/** The window of a join side: a frame without partition. */
export function bindJoinWindow(
  context: BinderContext,
  windows: NamedWindows,
  over: WindowSpec | Identifier,
): JoinWindow {
  const spec = flatten(context, windows, over)
  if (spec.partitionBy.length > 0) {
    context.diagnostics.fail(
      codes.badWindow,
      spec.span,
      'the window of a join side takes no PARTITION BY; rows meet by the ON condition. Leave it out.',
    )
  }
  if (
    spec.orderBy.some(
      (item) =>
        item.descending ||
        item.expression.kind !== 'name' ||
        item.expression.parts.at(-1)!.name !== 'ROWTIME',
    )
  ) {
    context.diagnostics.fail(
      codes.badWindow,
      spec.span,
      'the window of a join side is in the order of ROWTIME. Leave ORDER BY out.',
    )
  }
  const frame = bindFrame(context, spec)
  if (frame.preceding === Number.POSITIVE_INFINITY) {
    context.diagnostics.fail(
      codes.badWindow,
      spec.span,
      "a join side cannot keep all rows for ever. Give its window a size, for example RANGE INTERVAL '30' MINUTE PRECEDING.",
    )
  }
  return frame.kind === 'range'
    ? { kind: 'range', ms: frame.preceding }
    : { kind: 'rows', rows: frame.preceding }
}

/** The length of the windows of WINDOWED BY STAGGER (PARTITION BY ... RANGE INTERVAL ...) in ms. */
export function bindStaggerSize(context: BinderContext, spec: WindowSpec): number {
  const { frame } = spec
  const refuse = (span: Span, what: string): never =>
    context.diagnostics.fail(
      codes.badWindow,
      span,
      `${what} Write WINDOWED BY STAGGER (PARTITION BY key RANGE INTERVAL '1' MINUTE).`,
    )
  if (spec.base !== undefined) refuse(spec.base.span, 'a stagger window refines no other window.')
  if (spec.orderBy.length > 0) refuse(spec.orderBy[0]!.span, 'a stagger window takes no ORDER BY.')
  if (frame === undefined || frame.unit !== 'RANGE' || frame.from.kind !== 'preceding')
    return refuse(spec.span, 'a stagger window has a length of time.')
  const ms = constantMs(context, frame.from.offset, frame.span)
  return ms > 0 ? ms : refuse(frame.span, 'the length of a stagger window is more than 0.')
}

/** A constant interval in ms that is not negative, for example that of ORDER BY ... WITHIN. */
export function constantMilliseconds(
  context: BinderContext,
  expression: Parameters<typeof bindExpression>[2],
  what: string,
): number {
  const folded = foldExpression(bindExpression(context, noColumns, expression), context.functions.scalar)
  if (folded.kind === 'literal' && folded.type.kind === 'INTERVAL_DAY' && typeof folded.value === 'number')
    if (folded.value >= 0) return folded.value
  return context.diagnostics.fail(
    codes.badArguments,
    expression.span,
    `${what} is a constant interval of days or less that is not negative. Write for example INTERVAL '30' SECOND.`,
  )
}

/** Follows names of the WINDOW clause; a window may refine a named one. */
function flatten(
  context: BinderContext,
  windows: NamedWindows,
  over: WindowSpec | Identifier,
  seen: readonly string[] = [],
): WindowSpec {
  if (!('kind' in over)) {
    const named = windows.get(over.name)
    if (named === undefined || seen.includes(over.name)) {
      return context.diagnostics.fail(
        codes.unknownWindow,
        over.span,
        `the WINDOW clause declares no window "${over.name}".${didYouMean(over.name, windows.keys())} Add WINDOW ${over.name} AS (...), or write the window in parentheses.`,
      )
    }
    return flatten(context, windows, named, [...seen, over.name])
  }
  if (over.base === undefined) return over
  const base = flatten(context, windows, over.base, seen)
  return {
    ...over,
    base: undefined,
    partitionBy: over.partitionBy.length > 0 ? over.partitionBy : base.partitionBy,
    orderBy: over.orderBy.length > 0 ? over.orderBy : base.orderBy,
    frame: over.frame ?? base.frame,
  }
}

function bindFrame(context: BinderContext, spec: WindowSpec): Frame {
  const { frame } = spec
  if (frame === undefined) return { kind: 'rows', preceding: Number.POSITIVE_INFINITY }
  const kind = frame.unit === 'RANGE' ? 'range' : 'rows'
  if (frame.to.kind !== 'current-row') {
    return context.diagnostics.fail(
      codes.badWindow,
      frame.span,
      'a window over a stream ends at the current row, because later rows are not known yet. Write BETWEEN ... PRECEDING AND CURRENT ROW.',
    )
  }
  return { kind, preceding: boundSize(context, frame, frame.from) }
}

function boundSize(context: BinderContext, frame: FrameClause, bound: FrameBound): number {
  switch (bound.kind) {
    case 'unbounded-preceding':
      return Number.POSITIVE_INFINITY
    case 'current-row':
      return 0
    case 'preceding':
      return frame.unit === 'RANGE'
        ? constantMs(context, bound.offset, frame.span)
        : constantRows(context, bound.offset, frame.span)
    default:
      return context.diagnostics.fail(
        codes.badWindow,
        frame.span,
        'a window over a stream starts at or before the current row. Write ... PRECEDING.',
      )
  }
}

const noColumns: ExpressionScope = {
  scope: { sources: [], rowtime: undefined, merged: new Map() },
  sink: undefined,
  clause: 'a window size',
}

function constantMs(
  context: BinderContext,
  offset: Parameters<typeof bindExpression>[2],
  span: Span,
): number {
  const folded = foldExpression(bindExpression(context, noColumns, offset), context.functions.scalar)
  if (
    folded.kind === 'literal' &&
    folded.type.kind === 'INTERVAL_DAY' &&
    typeof folded.value === 'number' &&
    folded.value >= 0
  )
    return folded.value
  if (folded.type.kind === 'INTERVAL_MONTH') {
    return context.diagnostics.fail(
      codes.badWindow,
      span,
      "months and years have no fixed length. Write days, for example RANGE INTERVAL '30' DAY PRECEDING.",
    )
  }
  return context.diagnostics.fail(
    codes.badWindow,
    span,
    "the size of a RANGE window is a constant interval that is not negative. Write for example RANGE INTERVAL '30' MINUTE PRECEDING.",
  )
}

function constantRows(
  context: BinderContext,
  offset: Parameters<typeof bindExpression>[2],
  span: Span,
): number {
  const folded = foldExpression(bindExpression(context, noColumns, offset), context.functions.scalar)
  if (
    folded.kind === 'literal' &&
    folded.type.kind === 'INTEGER' &&
    typeof folded.value === 'number' &&
    folded.value >= 0
  )
    return folded.value
  return context.diagnostics.fail(
    codes.badWindow,
    span,
    'the size of a ROWS window is a constant number of rows from 0 to 2147483647. Write for example ROWS 10 PRECEDING.',
  )
}
