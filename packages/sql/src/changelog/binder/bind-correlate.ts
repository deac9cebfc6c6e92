/**
 * UNNEST and LATERAL TABLE(f(...)): what is made anew from each left row (spec 3.6). ARRAY<ROW> gives the fields of its rows
 * as columns, ARRAY and MULTISET of anything else one column, MAP a key and a value.
 */
import type { Field, SqlType } from '@millrace/values'
import { formatFlinkType } from '@millrace/values'
import { hostArguments } from '../../binder/bind-flink-forms.ts'
import { asCondition } from '../../binder/make-call.ts'
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import type { Expr } from '../../plan.ts'
import type { Expression, FromItem, FunctionSource, UnnestSource } from '../../syntax/tree.ts'
import type { CorrelateNode } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { moved, movedMerged } from './bind-join.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { makeCorrelate } from './nodes.ts'
import { renamedFields } from './scopes.ts'

/** Table functions that are applied to a table as a whole, not to a row. */
const windowFunctions: ReadonlySet<string> = new Set(['TUMBLE', 'HOP', 'CUMULATE', 'SESSION'])

export function isLateral(_context: FlinkContext, item: FromItem): item is FunctionSource | UnnestSource {
  return (
    item.kind === 'unnest' ||
    (item.kind === 'function' && !windowFunctions.has(item.call.name.name.toUpperCase()))
  )
}

export function bindCorrelate(
  context: FlinkContext,
  left: BoundFrom,
  item: FunctionSource | UnnestSource,
  how: { readonly join: 'inner' | 'left'; readonly on: Expression | undefined },
): BoundFrom {
  const { source, fields: made } =
    item.kind === 'unnest' ? unnest(context, left, item) : tableFunction(context, left, item)
  // A lone value is called by the alias itself: UNNEST(tags) AS tag.
  const named =
    item.kind === 'unnest' && item.columns === undefined && item.alias !== undefined && made.length === 1
      ? made.map((field) => ({ ...field, name: field.name === 'EXPR$0' ? item.alias!.name : field.name }))
      : made
  const fields = renamedFields(context, named, item.columns)
  const nullable = how.join === 'left'
  const start = left.node.schema.fields.length
  const sources = [
    ...left.scope.sources,
    ...moved(
      [{ name: item.alias?.name, fields, offset: 0, rowtime: undefined, span: item.span }],
      start,
      nullable,
    ),
  ]
  const scope = { sources, rowtime: undefined, merged: new Map(movedMerged(left.scope, 0, false)) }
  const node = makeCorrelate({
    input: left.node,
    join: how.join,
    source,
    fields,
    residual: residualOf(context, scope, how.on),
    span: item.span,
  })
  return { node, scope, ...(left.ttl === undefined ? {} : { ttl: left.ttl }) }
}

function residualOf(
  context: FlinkContext,
  scope: BoundFrom['scope'],
  on: Expression | undefined,
): Expr | undefined {
  if (on === undefined) return undefined
  const bound = bindFlinkExpression(context, { scope, sink: undefined, clause: 'ON' }, on)
  const condition = asCondition(context.base, bound, 'the ON condition')
  return condition.kind === 'literal' && condition.value === true ? undefined : condition
}

interface Made {
  readonly source: CorrelateNode['source']
  readonly fields: readonly Field[]
}

function unnest(context: FlinkContext, left: BoundFrom, item: UnnestSource): Made {
  const collection = bindFlinkExpression(
    context,
    { scope: left.scope, sink: undefined, clause: 'UNNEST' },
    item.expression,
  )
  const fields = elementFields(collection.type)
  if (fields === undefined) {
    return context.base.diagnostics.fail(
      codes.badArguments,
      item.expression.span,
      `UNNEST takes an ARRAY, MAP or MULTISET, not ${formatFlinkType(collection.type)}. Name a column of such a type.`,
    )
  }
  const counted: Field[] = item.ordinality
    ? [{ name: 'ORDINALITY', type: { kind: 'INTEGER' }, nullable: false }]
    : []
  return {
    source: { kind: 'unnest', collection, ordinality: item.ordinality },
    fields: [...fields, ...counted],
  }
}

/** An element may be NULL; then all of its fields are. */
function elementFields(type: SqlType): Field[] | undefined {
  if (type.kind === 'MAP')
    return [
      { name: 'KEY', type: type.key, nullable: true },
      { name: 'VALUE', type: type.value, nullable: true },
    ]
  if (type.kind !== 'ARRAY' && type.kind !== 'MULTISET') return undefined
  const { element } = type
  if (element.kind === 'ROW') return element.fields.map((field) => ({ ...field, nullable: true }))
  return [{ name: 'EXPR$0', type: element, nullable: true }]
}

function tableFunction(context: FlinkContext, left: BoundFrom, item: FunctionSource): Made {
  const { call } = item
  const host = context.hosts.get(call.name.name.toUpperCase())
  if (host?.kind !== 'table') {
    const known = [...context.hosts].flatMap(([name, each]) => (each.kind === 'table' ? [name] : []))
    return context.base.diagnostics.fail(
      codes.unknownFunction,
      call.span,
      host === undefined
        ? `there is no table function ${call.name.name}.${didYouMean(call.name.name, known)} Window functions are TUMBLE, HOP, CUMULATE and SESSION; table functions of the host: ${known.join(', ') || 'none'}.`
        : `${call.name.name} gives a value, not a table. Call it in the SELECT list.`,
    )
  }
  const env = { scope: left.scope, sink: undefined, clause: 'LATERAL TABLE' }
  const written = call.args === 'none' || call.args === 'star' ? [] : call.args
  const bound = written.map((arg) => bindFlinkExpression(context, env, arg))
  const args = hostArguments(context.base, host, bound, call.span)
  return {
    source: { kind: 'table-function', fn: host.name.toUpperCase(), args },
    fields: host.columns,
  }
}
