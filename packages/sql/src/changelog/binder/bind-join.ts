/** JOIN of two FROM items: its condition from ON, USING or NATURAL, and the scope of the joined row. */
import type { Field } from '@millrace/values'
import { asCondition, makeCall } from '../../binder/make-call.ts'
import type { Scope, ScopeSource } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { conjuncts } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { JoinSource } from '../../syntax/tree.ts'
import type { JoinKind } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { innerJoin, joinNode } from './join-nodes.ts'
import { stateTtlOf } from './table-options.ts'

const kinds = { INNER: 'inner', CROSS: 'inner', LEFT: 'left', RIGHT: 'right', FULL: 'full' } as const

export function bindJoin(
  context: FlinkContext,
  left: BoundFrom,
  right: BoundFrom,
  join: JoinSource,
): BoundFrom {
  const kind = kinds[join.join]
  const { scope, conditions } = bindCondition(context, left, right, join, kind)
  const ttl = stateTtlOf(context, join.span)
  const { span } = join
  if (kind === 'inner') return { scope, ...innerJoin(context, { left, right, conditions, span }, ttl) }
  return { scope, ttl, node: joinNode(context, { left, right, join: kind, conditions, span }) }
}

/** The condition of a join over both rows, in parts, and what names mean in the joined row. */
export function bindCondition(
  context: FlinkContext,
  left: Pick<BoundFrom, 'node' | 'scope'>,
  right: Pick<BoundFrom, 'scope'>,
  join: JoinSource,
  kind: Exclude<JoinKind, 'semi' | 'anti'>,
): { readonly scope: Scope; readonly conditions: readonly Expr[] } {
  const start = left.node.schema.fields.length
  const leftSources = moved(left.scope.sources, 0, kind === 'right' || kind === 'full')
  const rightSources = moved(right.scope.sources, start, kind === 'left' || kind === 'full')
  const merged = new Map([
    ...movedMerged(left.scope, 0, kind === 'right' || kind === 'full'),
    ...movedMerged(right.scope, start, kind === 'left' || kind === 'full'),
  ])
  // A name that both sides made one is ambiguous again.
  for (const name of left.scope.merged.keys()) if (right.scope.merged.has(name)) merged.delete(name)
  const scope: Scope = { sources: [...leftSources, ...rightSources], rowtime: undefined, merged }
  if (join.on !== undefined) {
    const on = bindFlinkExpression(context, { scope, sink: undefined, clause: 'ON' }, join.on)
    return { scope, conditions: conjuncts(asCondition(context.base, on, 'the ON condition')) }
  }
  const leftNames = namesIn(left.scope)
  const names: readonly { readonly name: string; readonly span: Span }[] = join.natural
    ? [...new Set(leftNames)]
        .filter((name) => namesIn(right.scope).includes(name))
        .map((name) => ({ name, span: join.span }))
    : (join.using ?? [])
  const conditions = names.map(({ name, span }): Expr => {
    const a = onlyColumn(context, { sources: leftSources, merged: left.scope.merged }, name, span)
    const b = onlyColumn(context, { sources: rightSources, merged: new Map() }, name, span)
    const expr = kind === 'right' ? b : kind === 'full' ? makeCall(context.base, 'COALESCE', [a, b], span) : a
    merged.set(name, { expr, hidden: b.kind === 'column' ? b.index : -1 })
    return makeCall(context.base, '=', [a, b], span)
  })
  return { scope, conditions }
}

function namesIn(scope: Scope): string[] {
  return scope.sources.flatMap((source) => source.fields.map((field) => field.name))
}

function onlyColumn(
  context: FlinkContext,
  scope: Pick<Scope, 'sources' | 'merged'>,
  name: string,
  span: Span,
): Expr {
  const merged = scope.merged.get(name)
  if (merged !== undefined) return { ...merged.expr, span }
  const found = scope.sources.flatMap((source) =>
    source.fields.flatMap((field, i) => (field.name === name ? [{ source, field, i }] : [])),
  )
  const [first] = found
  if (first === undefined || found.length > 1) {
    const problem =
      first === undefined ? 'is no column of both sides' : 'is a column of several sources of one side'
    return context.base.diagnostics.fail(
      first === undefined ? codes.unknownColumn : codes.ambiguousColumn,
      span,
      `"${name}" ${problem}. Join with ON a.x = b.y instead.`,
    )
  }
  const { source, field, i } = first
  return { kind: 'column', index: source.offset + i, type: field.type, nullable: field.nullable, span }
}

/** Sources as they stand in the joined row, from column `start` on. */
export function moved(sources: readonly ScopeSource[], start: number, nullable: boolean): ScopeSource[] {
  return sources.map((source) => ({
    ...source,
    offset: source.offset + start,
    fields: nullable ? source.fields.map(asNullable) : source.fields,
  }))
}

export function movedMerged(scope: Scope, start: number, nullable: boolean): [string, MergedColumn][] {
  return [...scope.merged].map(([name, { expr, hidden }]) => [
    name,
    { expr: shift(expr, start, nullable), hidden: hidden < 0 ? hidden : hidden + start },
  ])
}

type MergedColumn = Scope['merged'] extends ReadonlyMap<string, infer Column> ? Column : never

function shift(expr: Expr, start: number, nullable: boolean): Expr {
  const either = expr.nullable || nullable
  if (expr.kind === 'column') return { ...expr, index: expr.index + start, nullable: either }
  if (expr.kind !== 'call') return expr
  return { ...expr, args: expr.args.map((arg) => shift(arg, start, nullable)), nullable: either }
}

function asNullable(field: Field): Field {
  return field.nullable ? field : { ...field, nullable: true }
}
