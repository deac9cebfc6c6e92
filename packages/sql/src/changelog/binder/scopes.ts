/** Nodes as sources of a scope: what their columns are called. */
import type { Field } from '@millrace/values'
import type { Scope, ScopeSource } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import type { Span } from '../../span.ts'
import type { Identifier } from '../../syntax/tree.ts'
import type { ChangelogNode } from '../plan.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { stateTtlOf } from './table-options.ts'

/** A node as one source of a scope. `columns`: AS alias (a, b, ...). */
export function named(
  context: FlinkContext,
  node: ChangelogNode,
  name: string | undefined,
  columns: readonly Identifier[] | undefined,
  span: Span,
): BoundFrom {
  const fields = renamedFields(context, node.schema.fields, columns)
  const ttl = (name === undefined ? undefined : context.stateTtl?.get(name)) ?? stateTtlOf(context, span)
  return { node, scope: scopeOf([{ name, fields, offset: 0, rowtime: undefined, span }]), ttl }
}

export function renamedFields(
  context: FlinkContext,
  fields: readonly Field[],
  columns: readonly Identifier[] | undefined,
): readonly Field[] {
  if (columns === undefined) return fields
  if (columns.length !== fields.length) {
    const span = { start: columns[0]!.span.start, end: columns.at(-1)!.span.end }
    return context.base.diagnostics.fail(
      codes.columnCount,
      span,
      `the alias names ${columns.length} columns, but the source has ${fields.length}: ${fields.map((field) => field.name).join(', ')}. Name all of them or none.`,
    )
  }
  return fields.map((field, i) => ({ ...field, name: columns[i]!.name }))
}

export function scopeOf(sources: readonly ScopeSource[]): Scope {
  return { sources, rowtime: undefined, merged: new Map() }
}
