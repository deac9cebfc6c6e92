/**
 * Builds the OVER node of a SELECT: each distinct window once, each distinct call in it once. While the select list is
 * being bound, a call is stood for by a column far beyond the row (`placeholder`); once all is bound, `close` makes the node
 * and `finish` puts in the real indexes.
 */
import type { Field } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { rewrite } from '../expression/expr-tools.ts'
import type { AggregateCall, Expr, PlanNode } from '../plan.ts'
import type { FunctionCall } from '../syntax/tree.ts'
import { bindAggregate, sameCall, sameList } from './bind-aggregate.ts'
import type { AggregateSink } from './bind-expression.ts'
import { type BoundWindow, bindWindow, type NamedWindows } from './bind-window.ts'
import { type BinderContext, subqueryPlaceholder } from './context.ts'
import { inOrder } from './in-order.ts'
import type { Scope } from './scope.ts'

const placeholder = 1_000_000

export class OverBuilder implements AggregateSink {
  readonly selectScope: Scope
  readonly #context: BinderContext
  readonly #input: PlanNode
  readonly #named: NamedWindows
  readonly #windows: (BoundWindow & { calls: { call: AggregateCall; id: number }[] })[] = []
  #calls = 0
  /** Column of each call by its number; known once the node is made. */
  #columns: readonly number[] = []

  constructor(context: BinderContext, scope: Scope, input: PlanNode, named: NamedWindows) {
    this.#context = context
    this.selectScope = scope
    this.#input = input
    this.#named = named
  }

  aggregate(call: FunctionCall): Expr {
    if (call.over === undefined) {
      return this.#context.diagnostics.fail(
        codes.misplacedAggregate,
        call.span,
        `${call.name.name} needs GROUP BY or OVER (...).`,
      )
    }
    const env = { scope: this.selectScope, sink: undefined, clause: 'a window' }
    const { partition, frame } = bindWindow(this.#context, env, this.#named, call.over, call.name.name)
    const bound = bindAggregate(this.#context, this.selectScope, call, 'over')
    let window = this.#windows.find(
      (each) =>
        each.frame.kind === frame.kind &&
        each.frame.preceding === frame.preceding &&
        sameList(each.partition, partition),
    )
    if (window === undefined) {
      window = { partition, frame, calls: [] }
      this.#windows.push(window)
    }
    let entry = window.calls.find((each) => sameCall(each.call, bound))
    if (entry === undefined) {
      entry = { call: bound, id: this.#calls++ }
      window.calls.push(entry)
    }
    return {
      kind: 'column',
      index: placeholder + entry.id,
      type: bound.type,
      nullable: bound.nullable,
      span: call.span,
    }
  }

  /** The node over the input, when all expressions of the SELECT are bound. */
  close(): PlanNode {
    const input = this.#input
    if (this.#windows.length === 0) return input
    const fields: Field[] = [...input.schema.fields]
    const columns: number[] = []
    for (const window of this.#windows) {
      for (const { call, id } of window.calls) {
        columns[id] = fields.length
        fields.push({ name: `${call.fn}$${id}`, type: call.type, nullable: call.nullable })
      }
    }
    this.#columns = columns
    const windows = this.#windows.map(({ partition, frame, calls }) => ({
      partition,
      frame,
      calls: calls.map(({ call }) => call),
    }))
    return { kind: 'over', input: inOrder(input), windows, schema: { fields }, span: input.span }
  }

  /** The expression over the row of `close`. */
  finish(expr: Expr): Expr {
    return rewrite(expr, (part) =>
      part.kind === 'column' && part.index >= placeholder && part.index < subqueryPlaceholder
        ? { ...part, index: this.#columns[part.index - placeholder]! }
        : undefined,
    )
  }
}
