/**
 * FROM items of a Flink query to nodes with the scope of their names: tables, views, WITH tables, subqueries, functions,
 * patterns and joins. Names in scope are case-sensitive; an alias hides the name of its table.
 */
import type { Field } from '@millrace/values'
import type { Scope, ScopeSource } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import type { Span } from '../../span.ts'
import type { FromItem, Identifier, JoinSource, NamedSource } from '../../syntax/tree.ts'
import type { ChangelogNode } from '../plan.ts'
import { bindCorrelate, isLateral } from './bind-correlate.ts'
import { bindJoin } from './bind-join.ts'
import { bindMatch } from './bind-match.ts'
import { bindQuery } from './bind-query.ts'
import { bindTable } from './bind-table.ts'
import { bindWindowFunction } from './bind-table-function.ts'
import { bindTemporalJoin } from './bind-temporal-join.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { optionHints } from './hints.ts'
import { makeValues } from './nodes.ts'
import { stateTtlOf } from './table-options.ts'

export function bindFrom(context: FlinkContext, from: FromItem): BoundFrom {
  if ('over' in from && from.over !== undefined) {
    return context.base.diagnostics.fail(
      codes.badWindow,
      from.span,
      'a window behind a source is not part of Flink SQL. Use TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL ...)), or bounds on both times in ON.',
    )
  }
  switch (from.kind) {
    case 'join':
      return bindJoinSource(context, from)
    case 'named':
      if (from.asOf !== undefined) {
        return context.base.diagnostics.fail(
          codes.badTemporalJoin,
          from.asOf.span,
          'FOR SYSTEM_TIME AS OF stands behind the right side of a join only. Write FROM a JOIN t FOR SYSTEM_TIME AS OF a.ts ON a.k = t.k.',
        )
      }
      return bindNamed(context, from)
    case 'derived':
      return named(
        context,
        bindQuery({ ...context, stateTtl: new Map() }, from.query),
        from.alias?.name,
        from.columns,
        from.span,
      )
    case 'match':
      return bindMatch(context, from)
    case 'function': {
      const window = bindWindowFunction(context, from, bindQuery)
      return window ?? bindCorrelate(context, oneRow(from.span), from, { join: 'inner', on: undefined })
    }
    case 'unnest':
      return bindCorrelate(context, oneRow(from.span), from, { join: 'inner', on: undefined })
  }
}

function bindJoinSource(context: FlinkContext, join: JoinSource): BoundFrom {
  const left = bindFrom(context, join.left)
  const { right } = join
  if (right.kind === 'named' && right.asOf !== undefined)
    return bindTemporalJoin(context, left, join, right, right.asOf)
  if (isLateral(context, right)) {
    if (join.join === 'RIGHT' || join.join === 'FULL') {
      return context.base.diagnostics.fail(
        codes.badJoin,
        join.span,
        `the right side is made anew from each left row, so it has no rows of its own for ${join.join} JOIN. Use CROSS JOIN or LEFT JOIN ... ON TRUE.`,
      )
    }
    const kind = join.join === 'LEFT' ? 'left' : 'inner'
    return bindCorrelate(context, left, right, { join: kind, on: join.on })
  }
  return bindJoin(context, left, bindFrom(context, right), join)
}

/** A table, a view or a WITH table by its name. */
export function bindNamed(context: FlinkContext, source: NamedSource): BoundFrom {
  const name = source.name.at(-1)!
  const node = relationNode(context, source, name)
  return named(context, node, source.alias?.name ?? name.name, source.columns, source.span)
}

function relationNode(context: FlinkContext, source: NamedSource, name: Identifier): ChangelogNode {
  const { diagnostics } = context.base
  const hints = optionHints(context, source.hints)
  if (source.name.length === 1) {
    for (let i = context.ctes.length - 1; i >= 0; i--) {
      const cte = context.ctes[i]!.get(name.name)
      if (cte !== undefined) return cte
    }
  }
  const relation = context.relations.get(name.name)
  if (relation === undefined) return failUnknown(context, name)
  if (relation.kind === 'table') return bindTable(context, relation.table, hints, source.span)
  if (hints !== undefined) {
    diagnostics.fail(
      codes.badOption,
      source.span,
      `\`${name.name}\` is a view and has no options. Put the OPTIONS hint behind the table inside the view.`,
    )
  }
  return relation.node
}

function failUnknown(context: FlinkContext, name: Identifier): never {
  const known = [...context.ctes.flatMap((level) => [...level.keys()]), ...context.relations.keys()]
  const otherCase = known.find((each) => each.toUpperCase() === name.name.toUpperCase())
  const advice =
    otherCase === undefined
      ? didYouMean(name.name, known)
      : ` Did you mean "${otherCase}"? Names count with their case.`
  return context.base.diagnostics.fail(
    codes.unknownRelation,
    name.span,
    `there is no table or view \`${name.name}\`.${advice} Known: ${known.map((each) => `\`${each}\``).join(', ') || 'none'}. A table has to be created before it is used.`,
  )
}

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

/** One row without columns: what a function alone in FROM is applied to. */
function oneRow(span: Span): BoundFrom {
  return { node: makeValues([[]], [], span), scope: scopeOf([]) }
}
