/**
 * GROUP BY of a SELECT (spec 3.5, 3.6): its keys, its aggregates, and the expressions above, which may read nothing but
 * these. Without GROUP BY it only collects that there are no aggregates.
 *
 * Select items are first bound over the row below, with placeholders (columns far beyond the row) for what the group will
 * add; `finish` replaces them, and every part that equals a key by the key's column.
 */
import type { SqlType } from '@millrace/values'
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import type { Scope } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { rewrite, sameExpr } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { Expression, FunctionCall, Identifier, SelectQuery } from '../../syntax/tree.ts'
import type { AggregateCall, ChangelogNode } from '../plan.ts'
import { bindAggregateCall, isNeverNull, sameAggregate } from './bind-aggregate-call.ts'
import { bindFlinkExpression, selectList } from './bind-flink-expression.ts'
import {
  bindAuxiliary,
  bindLegacyWindow,
  isLegacyWindow,
  type LegacyWindow,
  type WindowProperty,
} from './bind-legacy-window.ts'
import { ComputedColumns } from './computed-columns.ts'
import type { FlinkContext } from './context.ts'
import { type Grouped, groupByColumns } from './grouping.ts'
import { checkHostAggregates } from './host-aggregates.ts'
import { makeExpand, makeWindowAggregate } from './nodes.ts'
import { earlyFire } from './settings.ts'

const callPlaceholder = 1_000_000
const propertyPlaceholder = 2_000_000
const idPlaceholder = 2_900_000
/** Columns from here on belong to what is bound on top of the group. */
export const overPlaceholder = 3_000_000
export const scalarPlaceholder = 4_000_000

const bigint: SqlType = { kind: 'BIGINT' }

/** What a SELECT's list is bound against: rows as they are, or groups of them. */
export interface RowSource {
  readonly env: ExpressionScope
  close(): ChangelogNode
  /** The expression over the rows of `close`. */
  finish(expr: Expr): Expr
}

/** The rows of FROM and WHERE, not grouped. */
export function plainRows(context: FlinkContext, scope: Scope, node: ChangelogNode): RowSource {
  const env: ExpressionScope = { scope, sink: undefined, clause: selectList }
  const refuse = (expression: Expression): undefined => {
    if (expression.kind !== 'call') return
    refuseWindowCall(context, expression)
    bindAuxiliary(context, env, node, undefined, expression)
    if (groupingFunctions.has(expression.name.name.toUpperCase())) {
      context.base.diagnostics.fail(
        codes.misplacedAggregate,
        expression.span,
        `${expression.name.name} says which keys a grouping set has left out, and this SELECT has no GROUP BY. Add it, or leave ${expression.name.name} out.`,
      )
    }
  }
  return { env: { ...env, replace: refuse }, close: () => node, finish: (expr) => expr }
}

const groupingFunctions: ReadonlySet<string> = new Set(['GROUPING', 'GROUPING_ID', 'GROUP_ID'])

/** TUMBLE(ts, size) as a value. */
function refuseWindowCall(context: FlinkContext, call: FunctionCall): void {
  if (!isLegacyWindow(call)) return
  const name = call.name.name.toUpperCase()
  context.base.diagnostics.fail(
    codes.badWindow,
    call.span,
    `${name} stands in GROUP BY, or in FROM TABLE(...); it has no value of its own. Write ${name}_START or ${name}_END with the same arguments.`,
  )
}

export class GroupBuilder implements RowSource {
  readonly env: ExpressionScope
  readonly #context: FlinkContext
  readonly #input: ChangelogNode
  readonly #select: SelectQuery
  readonly #plain: ExpressionScope
  readonly #keys: Expr[] = []
  /** For each item of GROUP BY its key; undefined for the window. */
  readonly #items: (number | undefined)[] = []
  readonly #calls: AggregateCall[] = []
  readonly #properties: WindowProperty[] = []
  #window: LegacyWindow | undefined
  #idColumn = -1
  #propertyColumns: readonly number[] = []
  #grouped: Grouped | undefined

  constructor(context: FlinkContext, scope: Scope, input: ChangelogNode, select: SelectQuery) {
    this.#context = context
    this.#input = input
    this.#select = select
    this.#plain = { scope, sink: undefined, clause: 'GROUP BY' }
    for (const item of select.groupBy ?? []) this.#addKey(item)
    this.env = {
      scope,
      clause: selectList,
      sink: { aggregate: (call) => this.#aggregate(call) },
      replace: (expression) => this.#replace(expression),
    }
  }

  /** A name that only SELECT knows. */
  #refuseAlias(item: Expression): void {
    if (item.kind !== 'name' || item.parts.length !== 1) return
    const [{ name }] = item.parts as [Identifier] // As has just been asked.
    if (this.#input.schema.fields.some((field) => field.name === name)) return
    const behind = this.#select.items.find((each) => each.kind === 'item' && each.alias?.name === name)
    if (behind === undefined) return
    this.#context.base.diagnostics.fail(
      codes.notGrouped,
      item.span,
      `\`${name}\` is what SELECT calls an expression, but GROUP BY knows the columns of FROM only. Write the expression itself here, or select it in a subquery and group around it.`,
      [{ span: behind.span, message: `\`${name}\` stands for this` }],
    )
  }

  #addKey(item: Expression): void {
    if (isLegacyWindow(item)) {
      if (this.#window !== undefined) {
        this.#context.base.diagnostics.fail(
          codes.badWindow,
          item.span,
          'GROUP BY may hold one window. Group by the second one in an outer query, on the ROWTIME of the first.',
          [{ span: this.#window.call.span, message: 'the first window' }],
        )
      }
      this.#window = bindLegacyWindow(this.#context, this.#plain, this.#input, item)
      this.#items.push(undefined)
      return
    }
    this.#refuseAlias(item)
    const key = bindFlinkExpression(this.#context, this.#plain, item)
    if (item.kind === 'number') {
      this.#context.base.diagnostics.fail(
        codes.notGrouped,
        item.span,
        `GROUP BY ${item.text} would group by the number, not by a select item. Write the expression itself.`,
      )
    }
    let index = this.#keys.findIndex((each) => sameExpr(each, key))
    if (index < 0) index = this.#keys.push(key) - 1
    this.#items.push(index)
  }

  #aggregate(call: FunctionCall): Expr {
    if (call.over !== undefined) {
      return this.#context.base.diagnostics.fail(
        codes.misplacedAggregate,
        call.span,
        `${call.name.name} OVER cannot stand inside HAVING or another aggregate. Compute it in a subquery.`,
      )
    }
    const bound = bindAggregateCall(this.#context, { ...this.#plain, clause: 'an aggregate' }, call, 'group')
    let index = this.#calls.findIndex((each) => sameAggregate(each, bound))
    if (index < 0) index = this.#calls.push(this.#emptyable(bound)) - 1
    const { type, nullable } = this.#calls[index]!
    return { kind: 'column', index: callPlaceholder + index, type, nullable, span: call.span }
  }

  /** A group without keys may lose all its rows again. */
  #emptyable(call: AggregateCall): AggregateCall {
    return this.#keys.length > 0 || this.#window !== undefined || isNeverNull(call.fn)
      ? call
      : { ...call, nullable: true }
  }

  #replace(expression: Expression): Expr | undefined {
    if (expression.kind !== 'call') return undefined
    refuseWindowCall(this.#context, expression)
    const property = bindAuxiliary(this.#context, this.#plain, this.#input, this.#window, expression)
    if (property !== undefined) return this.#property(property, expression.span)
    const name = expression.name.name.toUpperCase()
    if (name === 'GROUPING' || name === 'GROUPING_ID') return this.#groupingId(expression)
    if (name === 'GROUP_ID') return bigintLiteral(0n, expression.span)
    return undefined
  }

  #property(property: WindowProperty, span: Span): Expr {
    let index = this.#properties.indexOf(property)
    if (index < 0) index = this.#properties.push(property) - 1
    const time = this.#input.schema.fields[this.#window!.spec.time.column]! // Auxiliaries need the window.
    const type: SqlType =
      property === 'start' || property === 'end' ? { kind: 'TIMESTAMP', precision: 3 } : time.type
    return { kind: 'column', index: propertyPlaceholder + index, type, nullable: false, span }
  }

  /** GROUPING(a, b): a bit for each argument, 1 where the grouping set leaves it out, the last argument's bit first. */
  #groupingId(call: FunctionCall): Expr {
    const { diagnostics } = this.#context.base
    const args = typeof call.args === 'string' ? [] : call.args
    if (args.length === 0) {
      diagnostics.fail(codes.badArguments, call.span, `${call.name.name} takes expressions of GROUP BY.`)
    }
    const keys = args.map((arg) => {
      const expr = bindFlinkExpression(this.#context, this.#plain, arg)
      const key = this.#keys.findIndex((each) => sameExpr(each, expr))
      if (key >= 0) return key
      return diagnostics.fail(
        codes.notGrouped,
        arg.span,
        `the argument of ${call.name.name} is no expression of GROUP BY. Add it to GROUP BY, or ask for one that is there.`,
      )
    })
    const sets = this.#sets()
    if (sets === undefined) return bigintLiteral(0n, call.span)
    const shared = this.#setKeys()
    const id: Expr = { kind: 'column', index: idPlaceholder, type: bigint, nullable: false, span: call.span }
    const branches = sets.flatMap((set) => {
      const bits = keys.reduce((value, key) => value * 2n + (set.includes(key) ? 0n : 1n), 0n)
      const own = shared.reduce((value, key) => value * 2n + (set.includes(key) ? 0n : 1n), 0n)
      const when: Expr = {
        kind: 'call',
        fn: '=',
        args: [id, bigintLiteral(own, call.span)],
        type: { kind: 'BOOLEAN' },
        nullable: false,
        span: call.span,
      }
      return [when, bigintLiteral(bits, call.span)]
    })
    const args2 = [...branches, bigintLiteral(0n, call.span)]
    return { kind: 'call', fn: 'CASE', args: args2, type: bigint, nullable: false, span: call.span }
  }

  /** Grouping sets as keys; the window, which every set must hold, is left out. */
  #sets(): readonly (readonly number[])[] | undefined {
    const { groupingSets } = this.#select
    if (groupingSets === undefined) return undefined
    const seen = new Set<string>()
    return groupingSets
      .map((set) => [...new Set(set.flatMap((item) => this.#items[item] ?? []))].sort((a, b) => a - b))
      .filter((set) => {
        const text = set.join()
        if (seen.has(text)) return false
        seen.add(text)
        return true
      })
  }

  /** Keys that some set leaves out and the window does not own: these are what the grouping id is over. */
  #setKeys(): readonly number[] {
    const { window } = this.#input.traits
    const windowColumns = window === undefined ? [] : [window.start, window.end, window.time]
    const sets = this.#sets() ?? []
    return this.#keys.flatMap((key, i) =>
      key.kind === 'column' && windowColumns.includes(key.index) && sets.every((set) => set.includes(i))
        ? []
        : [i],
    )
  }

  close(): ChangelogNode {
    const { span } = this.#select
    const columns = new ComputedColumns(this.#input)
    const sets = this.#sets()
    const setKeys = sets === undefined ? [] : this.#setKeys()
    // Aggregates must see the value that a grouping set leaves out, so its NULL goes to a copy.
    const keys = this.#keys.map((key, i) => (setKeys.includes(i) ? columns.copy(key) : columns.column(key)))
    let input = columns.node
    if (sets !== undefined) {
      input = makeExpand({
        input,
        keys: setKeys.map((key) => keys[key]!),
        sets: sets.map((set) => set.filter((key) => setKeys.includes(key)).map((key) => keys[key]!)),
        span,
      })
    }
    const idKey = sets === undefined ? [] : [input.schema.fields.length - 1]
    if (this.#window !== undefined) return this.#closeLegacy(input, [...keys, ...idKey], this.#window)
    const ttl = this.#hintedTtl()
    const grouped = groupByColumns(this.#context, {
      input,
      keys: [...keys, ...idKey],
      calls: this.#calls,
      span,
      ttl,
    })
    this.#settle(grouped, [])
    return grouped.node
  }

  #closeLegacy(input: ChangelogNode, keys: readonly number[], window: LegacyWindow): ChangelogNode {
    const { span } = this.#select
    const distinct = [...new Set(keys)]
    const spec = window.spec.kind === 'session' ? { ...window.spec, partition: distinct } : window.spec
    const node = makeWindowAggregate({
      input,
      window: spec,
      keys: distinct,
      calls: this.#calls,
      properties: this.#properties,
      early: earlyFire(this.#context, span),
      span,
    })
    checkHostAggregates(this.#context, node)
    const first = distinct.length + this.#calls.length
    const grouped: Grouped = {
      node,
      keys: keys.map((key) => distinct.indexOf(key)),
      calls: this.#calls.map((_, i) => distinct.length + i),
    }
    this.#settle(
      grouped,
      this.#properties.map((_, i) => first + i),
    )
    return node
  }

  #settle(grouped: Grouped, propertyColumns: readonly number[]): void {
    this.#grouped = grouped
    this.#idColumn = grouped.keys[this.#keys.length] ?? -1
    this.#propertyColumns = propertyColumns
  }

  /** STATE_TTL('t' = '1d') for the only source of the query. */
  #hintedTtl(): number | undefined {
    const [source, second] = this.#plain.scope.sources
    if (source === undefined || second !== undefined) return undefined
    return source.name === undefined ? undefined : this.#context.stateTtl?.get(source.name)
  }

  finish(expr: Expr): Expr {
    const grouped = this.#grouped!
    const { fields } = grouped.node.schema
    return rewrite(expr, (part) => {
      const { span } = part
      const at = (index: number): Expr => {
        const field = fields[index]!
        return { kind: 'column', index, type: field.type, nullable: field.nullable, span }
      }
      const key = this.#keys.findIndex((each) => sameExpr(each, part))
      if (key >= 0) return at(grouped.keys[key]!)
      if (part.kind !== 'column' || part.index >= overPlaceholder) return undefined
      if (part.index === idPlaceholder) return at(this.#idColumn)
      if (part.index >= propertyPlaceholder)
        return at(this.#propertyColumns[part.index - propertyPlaceholder]!)
      if (part.index >= callPlaceholder) return at(grouped.calls[part.index - callPlaceholder]!)
      return this.#failNotGrouped(part.index, span)
    })
  }

  #failNotGrouped(column: number, span: Span): never {
    const name = this.#input.schema.fields[column]?.name ?? '?'
    return this.#context.base.diagnostics.fail(
      codes.notGrouped,
      span,
      `"${name}" is neither in GROUP BY nor inside an aggregate. Add it to GROUP BY, or write for example MAX(${name}) or LAST_VALUE(${name}).`,
      this.#keys.map((key) => ({ span: key.span, message: 'GROUP BY has this expression' })),
    )
  }
}

function bigintLiteral(value: bigint, span: Span): Expr {
  return { kind: 'literal', value, type: bigint, nullable: false, span }
}
