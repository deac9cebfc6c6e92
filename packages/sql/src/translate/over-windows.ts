/**
 * Sliding windows (spec 2.10, 4). All OVER calls of one SELECT of Flink share a window; those of KDA SQL need not. The calls of
 * all windows but the last are therefore computed in subqueries, one around the other: each row passes through all of them
 * with its time, so the answer is that of one SELECT.
 */
import type {
  Expression,
  FrameClause,
  FromItem,
  FunctionCall,
  SelectItem,
  SelectQuery,
  WindowSpec,
} from '../syntax/tree.ts'
import { column, derived, interval, item, select as makeSelect, nowhere } from './build.ts'
import { type FlinkScope, noteTimeOfJoin } from './flink-scope.ts'
import { resolveWindow } from './query-parts.ts'
import type { ExpressionTranslator } from './translate-expression.ts'
import type { FlinkFrom, FromTools } from './translate-from.ts'
import { translateCall } from './translate-function.ts'
import { mapTree, shapeOf } from './tree-map.ts'

type OverCall = FunctionCall & { readonly over: NonNullable<FunctionCall['over']> }

export class OverWindows {
  readonly #tools: FromTools
  readonly #scope: FlinkScope
  /** Columns of calls that a subquery has computed, by the shape of the call. */
  readonly #computed = new Map<string, Expression>()

  constructor(tools: FromTools, scope: FlinkScope) {
    this.#tools = tools
    this.#scope = scope
  }

  /** What stands for a call in the select list. */
  replace(translator: ExpressionTranslator, part: Expression): Expression | undefined {
    if (!isOver(part)) return undefined
    return this.#computed.get(shapeOf(part)) ?? this.#call(translator, part)
  }

  /**
   * The source with the calls of all windows but the last as further columns. With such subqueries the condition stands
   * inside the first.
   */
  nested(
    translator: ExpressionTranslator,
    select: SelectQuery,
    source: FlinkFrom,
    where: Expression | undefined,
  ): { readonly from: FromItem; readonly where: Expression | undefined } {
    const groups = this.#groups(select)
    if (groups.length < 2) return { from: source.from, where }
    const [only, ...others] = this.#scope.sources
    if (only === undefined || others.length > 0)
      return this.#tools.host.notes.fail(
        select.span,
        'several windows over a join',
        'All OVER calls of one SELECT have to share their window in Flink, and a join has no one name to put around it.',
        'Write the join into a stream of its own.',
      )
    let [from, condition] = [source.from, where]
    const columns = [...only.columns]
    for (const calls of groups.slice(0, -1)) {
      const items: SelectItem[] = [{ kind: 'star', source: undefined, span: nowhere }]
      const made: [string, string][] = []
      for (const call of calls) {
        let name = `OVER_${this.#computed.size + made.length + 1}`
        while (columns.includes(name)) name += '_'
        columns.push(name)
        items.push(item(this.#call(translator, call), name))
        made.push([shapeOf(call), name])
      }
      from = derived(makeSelect({ items, from, where: condition }), only.alias)
      condition = undefined
      for (const [shape, name] of made) this.#computed.set(shape, column(only.alias, name))
    }
    return { from, where: condition }
  }

  /** Different calls of the select list, together where they share a window. */
  #groups(select: SelectQuery): OverCall[][] {
    const groups = new Map<string, OverCall[]>()
    const seen = new Set<string>()
    mapTree(select.items, (part) => {
      if (!isOver(part)) return part.kind === 'subquery' ? part : undefined
      const shape = shapeOf(part)
      if (!seen.has(shape)) {
        seen.add(shape)
        const { partitionBy, frame } = resolveWindow(this.#tools.windows, part.over)
        const window = shapeOf([partitionBy, frame])
        groups.set(window, [...(groups.get(window) ?? []), part])
      }
      return part
    })
    return [...groups.values()]
  }

  #call(translator: ExpressionTranslator, call: OverCall): Expression {
    const over = this.#window(translator, call)
    return translator.exact(call, translateCall(translator, { ...call, over }))
  }

  #window(translator: ExpressionTranslator, call: OverCall): WindowSpec {
    const { host, windows } = this.#tools
    const spec = resolveWindow(windows, call.over)
    const { time } = this.#scope
    if (time === undefined)
      return host.notes.fail(
        call.span,
        'OVER',
        'No time attribute of Flink reaches this place.',
        'Make the event time a column of the input table, with a watermark on it.',
      )
    noteTimeOfJoin(host.notes, time)
    return {
      kind: 'window',
      base: undefined,
      partitionBy: spec.partitionBy.map((key) => translator.translate(key)),
      orderBy: [{ expression: time.attribute, descending: false, span: nowhere }],
      frame: this.#frame(spec),
      span: nowhere,
    }
  }

  /** Without end the frame counts rows, since KDA SQL goes row by row where Flink takes equal times together. */
  #frame({ frame, span }: WindowSpec): FrameClause {
    const to = { kind: 'current-row' } as const
    if (frame === undefined || frame.from.kind === 'unbounded-preceding')
      return { unit: 'ROWS', from: { kind: 'unbounded-preceding' }, to, span: nowhere }
    if (frame.unit === 'ROWS') return { ...frame, to, span: nowhere }
    const { host } = this.#tools
    host.notes.differs(
      span,
      'RANGE window',
      'Rows of equal ROWTIME all see each other in Flink, where KDA SQL goes in the order of arrival; and results come with the watermark rather than at once.',
      'Nothing to do if times are distinct within a partition.',
    )
    const ms = frame.from.kind === 'preceding' ? host.types.milliseconds(frame.from.offset) : 0
    return { unit: 'RANGE', from: { kind: 'preceding', offset: interval(ms ?? 0) }, to, span: nowhere }
  }
}

function isOver(part: Expression): part is OverCall {
  return part.kind === 'call' && part.over !== undefined
}
