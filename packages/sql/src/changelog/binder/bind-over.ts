/**
 * OVER of a SELECT (spec 3.6): all windows of one SELECT are the same, in the order of one time attribute. ROW_NUMBER in
 * another order, or by window, becomes a rank without an end, which a filter on the number has to bound (bind-rank.ts).
 */
import type { SqlType } from '@millrace/values'
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import { codes } from '../../diagnostic/codes.ts'
import { rewrite } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { FrameClause, FunctionCall, Identifier, SortItem, WindowSpec } from '../../syntax/tree.ts'
import type { AggregateCall, ChangelogNode, OverNode } from '../plan.ts'
import { requireAppend } from './append-only.ts'
import { bindAggregateCall, sameAggregate, sameExprs } from './bind-aggregate-call.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { overPlaceholder, scalarPlaceholder } from './bind-group.ts'
import { ComputedColumns } from './computed-columns.ts'
import type { FlinkContext } from './context.ts'
import { checkHostAggregates } from './host-aggregates.ts'
import { makeOver, makeRank } from './nodes.ts'
import { stateTtl } from './settings.ts'
import { sortKey } from './sort-keys.ts'
import { timeAttribute } from './traits.ts'
import { bindLength, requireTimeAttribute } from './window-arguments.ts'

const bigint: SqlType = { kind: 'BIGINT' }

/** Why a ranking or analytic function is refused, and what stands for it. */
const refused: ReadonlyMap<string, string> = new Map([
  ['RANK', 'ties would have to be numbered again with every row. Use ROW_NUMBER'],
  ['DENSE_RANK', 'ties would have to be numbered again with every row. Use ROW_NUMBER'],
  ['PERCENT_RANK', 'it needs all rows of the partition, which never ends. Use ROW_NUMBER'],
  ['CUME_DIST', 'it needs all rows of the partition, which never ends. Use ROW_NUMBER'],
  ['NTILE', 'it needs all rows of the partition, which never ends. Use ROW_NUMBER'],
  ['LEAD', 'it looks at rows that have not come yet. Use LAG, with the roles of the rows exchanged'],
])

/** Calls that number or look back by rows, for which a frame has no meaning. */
const frameless = new Set(['ROW_NUMBER', 'LAG'])

type Frame = OverNode['frame']

interface BoundWindow {
  readonly partition: readonly Expr[]
  readonly order: readonly { readonly item: SortItem; readonly expr: Expr }[]
  readonly frame: Frame
  readonly span: Span
}

export class OverBuilder {
  readonly #context: FlinkContext
  readonly #named: ReadonlyMap<string, WindowSpec>
  readonly #env: ExpressionScope
  #window: BoundWindow | undefined
  /** The frame of the calls for which one has a meaning. */
  #frame: Frame | undefined
  readonly #calls: AggregateCall[] = []
  #width = 0

  /** `env`: rows, or groups of them, that the windows are over. */
  constructor(context: FlinkContext, env: ExpressionScope, named: ReadonlyMap<string, WindowSpec>) {
    this.#context = context
    this.#env = env
    this.#named = named
  }

  call(call: FunctionCall): Expr {
    const { diagnostics } = this.#context.base
    const name = call.name.name.toUpperCase()
    const reason = refused.get(name)
    if (reason !== undefined) {
      return diagnostics.fail(
        codes.notSupported,
        call.span,
        `${name} is not supported on streams: ${reason}.`,
      )
    }
    if (call.over === undefined) return diagnostics.fail(codes.misplacedAggregate, call.span, needsOver(name))
    const window = this.#bindWindow(call.over, call.span)
    this.#agree(window, name)
    const bound = this.#bindCall(name, call)
    let index = this.#calls.findIndex((each) => sameAggregate(each, bound))
    if (index < 0) index = this.#calls.push(bound) - 1
    return {
      kind: 'column',
      index: overPlaceholder + index,
      type: bound.type,
      nullable: bound.nullable,
      span: call.span,
    }
  }

  #bindCall(name: string, call: FunctionCall): AggregateCall {
    if (name !== 'ROW_NUMBER') return bindAggregateCall(this.#context, this.#argumentEnv(), call, 'over')
    if (typeof call.args === 'string' || call.args.length > 0) {
      this.#context.base.diagnostics.fail(
        codes.badArguments,
        call.span,
        'ROW_NUMBER takes no arguments. Write ROW_NUMBER() OVER (...).',
      )
    }
    const plain = { distinct: false, filter: undefined, type: bigint, nullable: false }
    return { fn: 'ROW_NUMBER', args: [], ...plain, span: call.span }
  }

  /** Inside a window aggregates of the group may stand, other windows may not. */
  #argumentEnv(): ExpressionScope {
    return { ...this.#env, clause: 'a window' }
  }

  #bindWindow(over: WindowSpec | Identifier, span: Span): BoundWindow {
    const { diagnostics } = this.#context.base
    const spec = this.#resolve(over)
    const bind = (expression: SortItem['expression']): Expr =>
      bindFlinkExpression(this.#context, this.#argumentEnv(), expression)
    const partition = spec.partitionBy.map(bind)
    const order = spec.orderBy.map((item) => ({ item, expr: bind(item.expression) }))
    if (order.length === 0) {
      diagnostics.fail(
        codes.badWindow,
        'kind' in over ? over.span : span,
        'OVER needs ORDER BY. Write OVER (PARTITION BY key ORDER BY time), with a time attribute.',
      )
    }
    return { partition, order, frame: this.#bindFrame(spec.frame), span }
  }

  #resolve(over: WindowSpec | Identifier): WindowSpec {
    if ('name' in over) return this.#byName(over)
    if (over.base === undefined) return over
    const base = this.#byName(over.base)
    return {
      ...over,
      partitionBy: over.partitionBy.length > 0 ? over.partitionBy : base.partitionBy,
      orderBy: over.orderBy.length > 0 ? over.orderBy : base.orderBy,
      frame: over.frame ?? base.frame,
    }
  }

  #byName(name: Identifier): WindowSpec {
    const found = this.#named.get(name.name)
    if (found !== undefined) return this.#resolve(found)
    const known = [...this.#named.keys()].join(', ') || 'none'
    return this.#context.base.diagnostics.fail(
      codes.unknownWindow,
      name.span,
      `the WINDOW clause declares no window "${name.name}". Declared: ${known}.`,
    )
  }

  #bindFrame(frame: FrameClause | undefined): Frame {
    if (frame === undefined) return { kind: 'range', preceding: Number.POSITIVE_INFINITY }
    const { diagnostics } = this.#context.base
    const kind = frame.unit === 'RANGE' ? 'range' : 'rows'
    if (frame.to.kind !== 'current-row') {
      diagnostics.fail(
        codes.badWindow,
        frame.span,
        'a frame ends at the current row; later rows have not come yet. Write BETWEEN ... PRECEDING AND CURRENT ROW.',
      )
    }
    const { from } = frame
    switch (from.kind) {
      case 'unbounded-preceding':
        return { kind, preceding: Number.POSITIVE_INFINITY }
      case 'current-row':
        return { kind, preceding: 0 }
      case 'preceding':
        return {
          kind,
          preceding:
            kind === 'range'
              ? bindLength(this.#context, from.offset, 'the length of a RANGE frame', 0)
              : this.#bindRows(from.offset),
        }
      default:
        return diagnostics.fail(
          codes.badWindow,
          frame.span,
          'a frame starts at or before the current row. Write BETWEEN ... PRECEDING AND CURRENT ROW.',
        )
    }
  }

  #bindRows(offset: SortItem['expression']): number {
    const count = offset.kind === 'number' ? Number(offset.text) : Number.NaN
    if (Number.isSafeInteger(count) && count >= 0) return count
    return this.#context.base.diagnostics.fail(
      codes.badWindow,
      offset.span,
      'the length of a ROWS frame has to be a constant whole number. Write for example ROWS BETWEEN 10 PRECEDING AND CURRENT ROW.',
    )
  }

  #agree(window: BoundWindow, name: string): void {
    const first = this.#window
    if (first === undefined) this.#window = window
    const order = (each: BoundWindow): readonly Expr[] => each.order.map((key) => key.expr)
    const directions = (each: BoundWindow): string =>
      each.order.map(({ item }) => `${item.descending} ${item.nulls}`).join()
    const same =
      first === undefined ||
      (sameExprs(first.partition, window.partition) &&
        sameExprs(order(first), order(window)) &&
        directions(first) === directions(window))
    const framed = !frameless.has(name)
    const sameFrame =
      !framed ||
      this.#frame === undefined ||
      (this.#frame.kind === window.frame.kind && this.#frame.preceding === window.frame.preceding)
    if (framed) this.#frame ??= window.frame
    if (same && sameFrame) return
    this.#context.base.diagnostics.fail(
      codes.badWindow,
      window.span,
      'all OVER windows of one SELECT have to be the same: PARTITION BY, ORDER BY and frame. Put this call into a SELECT of its own, around or below this one.',
      first === undefined ? [] : [{ span: first.span, message: 'the first window' }],
    )
  }

  /** The node over the rows that the windows are over; `finish` makes expressions fit to these. */
  close(input: ChangelogNode, finish: (expr: Expr) => Expr): ChangelogNode {
    const window = this.#window
    this.#width = input.schema.fields.length
    if (window === undefined) return input
    const columns = new ComputedColumns(input)
    const partition = [...new Set(window.partition.map((key) => columns.column(finish(key))))]
    const order = window.order.map(({ item, expr }) => sortKey(item, columns.column(finish(expr))))
    const node = columns.node
    this.#width = node.schema.fields.length
    const [first] = order
    const time = first === undefined ? undefined : timeAttribute(node.traits, first.column)
    const inTime = order.length === 1 && time !== undefined && !first!.descending
    const { start, end } = node.traits.window ?? { start: undefined, end: undefined }
    const byWindow = start !== undefined && end !== undefined && partition.includes(start)
    const numbersOnly = this.#calls.every((call) => call.fn === 'ROW_NUMBER')
    if (numbersOnly && (!inTime || byWindow || node.traits.changes === 'retract')) {
      return makeRank({
        input: node,
        partition,
        order,
        from: 1,
        to: Number.POSITIVE_INFINITY,
        number: true,
        ttl: stateTtl(this.#context, window.span),
        span: window.span,
      })
    }
    this.#checkOrder(node, window, order.length, first?.column ?? -1)
    requireAppend(this.#context, node, 'OVER', window.span)
    const over = makeOver({
      input: node,
      partition,
      time: time!, // checkOrder has left otherwise.
      frame: this.#frame ?? { kind: 'rows', preceding: Number.POSITIVE_INFINITY },
      calls: this.#calls.map((call) => ({
        ...call,
        args: call.args.map(finish),
        filter: call.filter === undefined ? undefined : finish(call.filter),
      })),
      span: window.span,
    })
    return checkHostAggregates(this.#context, over)
  }

  #checkOrder(node: ChangelogNode, window: BoundWindow, keys: number, column: number): void {
    const { item } = window.order[0]!
    requireTimeAttribute(this.#context, node, column, 'ORDER BY of OVER', item.expression.span)
    if (keys === 1 && !item.descending) return
    this.#context.base.diagnostics.fail(
      codes.badWindow,
      item.span,
      'OVER goes along one time attribute, ascending. Write ORDER BY with that column alone.',
    )
  }

  /** The expression over the rows of `close`. */
  finish(expr: Expr): Expr {
    return rewrite(expr, (part) =>
      part.kind === 'column' && part.index >= overPlaceholder && part.index < scalarPlaceholder
        ? { ...part, index: this.#width + part.index - overPlaceholder }
        : undefined,
    )
  }
}

function needsOver(name: string): string {
  return name === 'ROW_NUMBER' || name === 'LAG'
    ? `${name} needs OVER. Write ${name}(...) OVER (PARTITION BY key ORDER BY time).`
    : `${name} needs GROUP BY or OVER (...).`
}
