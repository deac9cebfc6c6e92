/**
 * What the sources of a query have in common, over streams and over tables: names given by an alias, the condition of a
 * join with USING and NATURAL, and where the columns of a joined row stand.
 */
import type { Field } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import type { Expr, JoinKind } from '../plan.ts'
import type { Span } from '../span.ts'
import type { Identifier, JoinSource } from '../syntax/tree.ts'
import { bindExpression } from './bind-expression.ts'
import type { BinderContext } from './context.ts'
import { makeCall } from './make-call.ts'
import { rowFieldMark, type Scope, type ScopeSource, visibleFields } from './scope.ts'
import { checkJoinCondition } from './split-lookup.ts'

/** AS alias (a, b, ...). All fields of a row-valued column count as one. */
export function renamed(
  context: BinderContext,
  fields: readonly Field[],
  columns: readonly Identifier[] | undefined,
): readonly Field[] {
  if (columns === undefined) return fields
  const groups: string[] = []
  const groupOf = fields.map(({ name }, i) => {
    const [row, field] = name.split(rowFieldMark)
    const isNext = field !== undefined && i > 0 && fields[i - 1]!.name.startsWith(`${row}${rowFieldMark}`)
    if (!isNext) groups.push(name)
    return groups.length - 1
  })
  if (columns.length !== groups.length) {
    const span = { start: columns[0]!.span.start, end: columns.at(-1)!.span.end }
    return context.diagnostics.fail(
      codes.columnCount,
      span,
      `the alias names ${columns.length} columns, but the source has ${groups.length}. Name all of them or none.`,
    )
  }
  return fields.map((field, i) => {
    const { name } = columns[groupOf[i]!]!
    const [, part] = field.name.split(rowFieldMark)
    return { ...field, name: part === undefined ? name : `${name}${rowFieldMark}${part}` }
  })
}

export function joinCondition(
  context: BinderContext,
  join: JoinSource,
  leftSources: readonly ScopeSource[],
  rightSources: readonly ScopeSource[],
  scope: Scope,
  kind: JoinKind,
): { on: Expr | undefined; merged: Scope['merged'] } {
  if (join.on !== undefined) {
    const on = bindExpression(context, { scope, sink: undefined, clause: 'ON' }, join.on)
    return { on: checkJoinCondition(context, on), merged: new Map() }
  }
  const names = join.natural
    ? commonNames(leftSources, rightSources)
    : (join.using ?? []).map((column) => column.name)
  const merged = new Map<string, { expr: Expr; hidden: number }>()
  const equalities: Expr[] = []
  for (const [i, name] of names.entries()) {
    const span = join.using?.[i]?.span ?? join.span
    const [left, right] = [
      onlyColumn(context, leftSources, name, span),
      onlyColumn(context, rightSources, name, span),
    ]
    equalities.push(makeCall(context, '=', [left, right], span))
    const hidden = right.kind === 'column' ? right.index : -1
    const expr =
      kind === 'inner' || kind === 'left'
        ? left
        : kind === 'right'
          ? right
          : makeCall(context, 'COALESCE', [left, right], span)
    merged.set(name, { expr, hidden })
  }
  if (equalities.length === 0) return { on: undefined, merged }
  return {
    on: equalities.length === 1 ? equalities[0] : makeCall(context, 'AND', equalities, join.span),
    merged,
  }
}

function commonNames(left: readonly ScopeSource[], right: readonly ScopeSource[]): string[] {
  const names = new Set(right.flatMap((source) => visibleFields(source).map((field) => field.name)))
  return left
    .flatMap((source) => visibleFields(source).map((field) => field.name))
    .filter((name) => names.has(name))
}

function onlyColumn(context: BinderContext, sources: readonly ScopeSource[], name: string, span: Span): Expr {
  const found = sources.flatMap((source) =>
    source.fields.flatMap((field, i) => (field.name === name ? [{ source, field, i }] : [])),
  )
  const [first] = found
  if (first === undefined || found.length > 1) {
    const problem =
      first === undefined ? 'is no column of both sides' : 'is a column of several sources of one side'
    return context.diagnostics.fail(
      first === undefined ? codes.unknownColumn : codes.ambiguousColumn,
      span,
      `"${name}" ${problem}. Join with ON a.x = b.y instead.`,
    )
  }
  return {
    kind: 'column',
    index: first.source.offset + first.i,
    type: first.field.type,
    nullable: first.field.nullable,
    span,
  }
}

/** The sources of a side as they stand in the joined row, from column `start` on. */
export function shifted(scope: Scope, start: number, nullable: boolean): ScopeSource[] {
  return scope.sources.map((source) => ({
    ...source,
    offset: source.offset + start,
    fields: nullableFields(source.fields, nullable),
    rowtime:
      source.rowtime?.kind === 'column'
        ? {
            ...source.rowtime,
            index: source.rowtime.index + start,
            nullable: source.rowtime.nullable || nullable,
          }
        : source.rowtime,
  }))
}

export function nullableFields(fields: readonly Field[], nullable: boolean): readonly Field[] {
  return nullable ? fields.map((field) => (field.nullable ? field : { ...field, nullable: true })) : fields
}
