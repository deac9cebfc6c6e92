/**
 * a JOIN t FOR SYSTEM_TIME AS OF a.time (spec 3.7). By event time each left row meets the version of t at its own time: t
 * needs a key and a rowtime attribute. By processing time it meets t as it is: a table that can be asked by key is looked
 * up, any other with a key is followed.
 */
import { formatFlinkType } from '@millrace/values'
import { codes } from '../../diagnostic/codes.ts'
import { conjunction, substitute } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Expression, JoinSource, NamedSource } from '../../syntax/tree.ts'
import type { ChangelogNode, TableInfo, TimeAttribute } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { bindCondition } from './bind-join.ts'
import { bindNamed } from './bind-named.ts'
import { fieldOf, sourceColumns, tableColumnExprs } from './bind-table.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { columnsOfNode, makeLookupJoin, makeProject, makeTemporalJoin, namesOf } from './nodes.ts'
import { renamedFields, scopeOf } from './scopes.ts'
import { alike, equalSides, splitKeys } from './split-keys.ts'
import { isLookupTable } from './table-options.ts'

export function bindTemporalJoin(
  context: FlinkContext,
  left: BoundFrom,
  join: JoinSource,
  right: NamedSource,
  asOf: Expression,
): BoundFrom {
  const { diagnostics } = context.base
  if (join.join !== 'INNER' && join.join !== 'LEFT') {
    return diagnostics.fail(
      codes.badTemporalJoin,
      join.span,
      `a version of a table is looked for by left rows, so ${join.join} JOIN has no meaning. Use JOIN or LEFT JOIN with a condition in ON.`,
    )
  }
  const kind = join.join === 'LEFT' ? 'left' : 'inner'
  const time = timeOf(context, left, asOf)
  const relation = context.relations.get(right.name.at(-1)!.name)
  if (time.kind === 'proctime' && relation?.kind === 'table' && isLookupTable(relation.table.options))
    return bindLookup(context, left, join, right, relation.table, kind)
  const table = bindNamed(context, right)
  const { scope, conditions } = bindCondition(context, left, table, join, kind)
  const condition = splitKeys(context.base, conditions, left.node.schema.fields.length)
  const rightTime = time.kind === 'rowtime' ? versionTime(context, table.node, right) : undefined
  if (rightTime !== undefined) checkTimes(context, left.node, time, table.node, rightTime, asOf)
  const joinedBy = condition.rightKeys.flatMap((expr) => (expr.kind === 'column' ? [expr.index] : []))
  if (
    !table.node.traits.keys.some((key) => key.length > 0 && key.every((column) => joinedBy.includes(column)))
  )
    failKey(context, table.node, right, join)
  const node = makeTemporalJoin({
    left: left.node,
    right: rightTime === undefined ? table.node : versionsOf(table.node),
    join: kind,
    condition,
    leftTime: time,
    rightTime,
    span: join.span,
  })
  return { node, scope, ...(left.ttl === undefined ? {} : { ttl: left.ttl }) }
}

/** Changes by key are versions as they come; made complete, the end of a key would carry the time at which it began. */
function versionsOf(node: ChangelogNode): ChangelogNode {
  return node.kind === 'normalize' ? node.input : node
}

function timeOf(context: FlinkContext, left: BoundFrom, asOf: Expression): TimeAttribute {
  const bound = bindFlinkExpression(
    context,
    { scope: left.scope, sink: undefined, clause: 'FOR SYSTEM_TIME AS OF' },
    asOf,
  )
  const time =
    bound.kind === 'column' ? left.node.traits.times.find((each) => each.column === bound.index) : undefined
  if (time !== undefined) return time
  const names = left.node.traits.times.map((each) => left.node.schema.fields[each.column]!.name)
  return context.base.diagnostics.fail(
    codes.badTemporalJoin,
    asOf.span,
    `FOR SYSTEM_TIME AS OF takes a time attribute of the left side. ${names.length === 0 ? 'It has none: declare WATERMARK FOR a column of its table, or add a column p AS PROCTIME().' : `It has ${names.join(', ')}.`}`,
  )
}

function versionTime(context: FlinkContext, node: ChangelogNode, right: NamedSource): TimeAttribute {
  const time = node.traits.times.find((each) => each.kind === 'rowtime')
  if (time !== undefined) return time
  return context.base.diagnostics.fail(
    codes.badTemporalJoin,
    right.span,
    `\`${right.name.at(-1)!.name}\` has no time that tells its versions apart. Declare WATERMARK FOR one of its columns, or join by processing time.`,
  )
}

/** TIMESTAMP is read as written, TIMESTAMP_LTZ is an instant: the two have no order among each other. */
function checkTimes(
  context: FlinkContext,
  left: ChangelogNode,
  time: TimeAttribute,
  right: ChangelogNode,
  version: TimeAttribute,
  asOf: Expression,
): void {
  const [a, b] = [left.schema.fields[time.column]!, right.schema.fields[version.column]!]
  if (a.type.kind === b.type.kind) return
  context.base.diagnostics.fail(
    codes.badTemporalJoin,
    asOf.span,
    `the times have different types: ${a.name} is ${formatFlinkType(a.type)}, ${b.name} of the table is ${formatFlinkType(b.type)}. Declare both as TIMESTAMP_LTZ(3), or both as TIMESTAMP(3).`,
  )
}

function failKey(context: FlinkContext, node: ChangelogNode, right: NamedSource, join: JoinSource): never {
  const name = right.name.at(-1)!.name
  const keys = node.traits.keys.filter((key) => key.length > 0)
  const shown = keys.map((key) => `(${key.map((column) => node.schema.fields[column]!.name).join(', ')})`)
  return context.base.diagnostics.fail(
    codes.badTemporalJoin,
    keys.length === 0 ? right.span : (join.on?.span ?? join.span),
    keys.length === 0
      ? `\`${name}\` has no key by which its versions are told. Declare PRIMARY KEY (...) NOT ENFORCED, or join a view of the last row by key (ROW_NUMBER ... = 1).`
      : `the condition has to set the whole key of \`${name}\` equal to something of the left side; its key is ${shown.join(' or ')}.`,
  )
}

/** Computed columns of the table are computed behind the lookup, and put in place in what its condition reads. */
function bindLookup(
  context: FlinkContext,
  left: BoundFrom,
  join: JoinSource,
  right: NamedSource,
  table: TableInfo,
  kind: 'inner' | 'left',
): BoundFrom {
  const { span } = join
  const fields = renamedFields(context, table.columns.map(fieldOf), right.columns)
  const name = right.alias?.name ?? table.name
  const tableScope = scopeOf([{ name, fields, offset: 0, rowtime: undefined, span: right.span }])
  const { scope, conditions } = bindCondition(context, left, { scope: tableScope }, join, kind)
  const start = left.node.schema.fields.length
  const leftColumns = columnsOfNode(left.node, span)
  const columns = tableColumnExprs(table, right.span).map((expr) => overJoined(expr, start))
  const delivered = sourceColumns(table)
  const inputKeys: Expr[] = []
  const tableKeys: number[] = []
  const rest: Expr[] = []
  for (const each of conditions) {
    const condition = substitute(each, [...leftColumns, ...columns])
    const sides = equalSides(condition, start)
    const keys = sides?.right.kind === 'column' ? alike(context.base, sides.left, sides.right) : undefined
    if (keys === undefined || keys.right.kind !== 'column') rest.push(condition)
    else {
      inputKeys.push(keys.left)
      tableKeys.push(keys.right.index - start)
    }
  }
  if (tableKeys.length === 0) {
    return context.base.diagnostics.fail(
      codes.badTemporalJoin,
      join.on?.span ?? span,
      `\`${table.name}\` is asked by key, so the condition has to set a column of it equal to something of the left side.`,
    )
  }
  const lookup = makeLookupJoin({
    input: left.node,
    table: table.name,
    tableSchema: { fields: delivered.map(fieldOf) },
    join: kind,
    inputKeys,
    tableKeys,
    residual: conjunction(rest),
    span,
  })
  const ttl = left.ttl === undefined ? {} : { ttl: left.ttl }
  if (delivered.length === table.columns.length) return { node: lookup, scope, ...ttl }
  const nullable = kind === 'left'
  const exprs = [
    ...columnsOfNode(lookup, span).slice(0, start),
    ...columns.map((expr) => (nullable ? { ...expr, nullable: true } : expr)),
  ]
  const names = [...namesOf(left.node), ...fields.map((field) => field.name)]
  return { node: makeProject(lookup, exprs, names, span), scope, ...ttl }
}

/** An expression over the table's row as one over the joined row. */
function overJoined(expr: Expr, start: number): Expr {
  if (expr.kind === 'column') return { ...expr, index: expr.index + start }
  if (expr.kind !== 'call') return expr
  return { ...expr, args: expr.args.map((arg) => overJoined(arg, start)) }
}
