/**
 * INSERT INTO table and bare SELECT to sinks (spec 3.1, 3.9, 3.11). Columns are mapped by position, or by the list; types are
 * converted where Flink does so implicitly; NULL in a NOT NULL column is a failure of the row. A sink that takes new rows only
 * refuses a query that changes its rows.
 */
import type { SqlType } from '@millrace/values'
import { formatFlinkType } from '@millrace/values'
import { literal } from '../../binder/bind-literal.ts'
import { isFlinkIdentity, isImplicitlyCastable, literalFits } from '../../binder/flink-casts.ts'
import { castTo, makeCall } from '../../binder/make-call.ts'
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import { isLossless } from '../../expression/can-fail.ts'
import { isText } from '../../functions/index.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { InsertStatement, ValuesQuery } from '../../syntax/tree.ts'
import type { ChangelogNode, ProjectNode, Sink, TableColumnInfo, TableInfo } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { checkRanks } from './bind-rank.ts'
import type { FlinkContext } from './context.ts'
import { optionHints } from './hints.ts'
import { columnOf, makeFilter, makeProject, makeValues } from './nodes.ts'
import { scopeOf } from './scopes.ts'
import { isWritable, sinkChanges } from './table-options.ts'
import { describeUpdates, updatingNode } from './updating-node.ts'

/** Columns that INSERT writes: physical ones and metadata columns that are not virtual. */
export function writtenColumns(table: TableInfo): readonly TableColumnInfo[] {
  return table.columns.filter((column) => column.computed === undefined && column.metadata?.virtual !== true)
}

export function bindInsert(context: FlinkContext, insert: InsertStatement): Sink {
  const { diagnostics } = context.base
  if (insert.overwrite === true) {
    diagnostics.fail(
      codes.notSupported,
      insert.span,
      'INSERT OVERWRITE replaces what a table holds, which only a batch job can do. Write INSERT INTO.',
    )
  }
  const table = targetOf(context, insert)
  if (!isWritable(table.options)) {
    diagnostics.fail(
      codes.unknownTarget,
      insert.target.span,
      `\`${table.name}\` has the connector '${table.options.connector}', which makes its rows itself. Write to a table with another connector.`,
    )
  }
  const written = writtenColumns(table)
  const positions = positionsOf(context, insert, table, written)
  const { query } = insert
  const node =
    query.kind === 'values'
      ? bindRows(context, query, positions, written)
      : context.bind.query({ ...context, stateTtl: new Map() }, query)
  checkCount(context, insert, table, positions, node)
  return bindSink(context, { table, node, positions, span: insert.span, nameSpan: insert.target.span })
}

/** The rows of a query into a table. positions[i]: the written column that column i of the query goes to. */
export function bindSink(
  context: FlinkContext,
  parts: {
    readonly table: TableInfo
    readonly node: ChangelogNode
    readonly positions: readonly number[]
    readonly span: Span
    readonly nameSpan: Span
  },
): Sink {
  const { table, node, positions, span, nameSpan } = parts
  const { diagnostics } = context.base
  const written = writtenColumns(table)
  const exprs = written.map((column, position) => {
    const index = positions.indexOf(position)
    return diagnostics.attempt(() =>
      index < 0 ? missing(context, column, nameSpan) : assigned(context, node, index, column, nameSpan),
    )
  })
  const values = exprs.filter((expr) => expr !== undefined)
  if (values.length < exprs.length) diagnostics.abandon()
  const names = written.map((column) => column.name)
  const plan = makeProject(droppingNulls(context, node, positions, written), values, names, span)
  const key = table.primaryKey?.map((name) => names.indexOf(name))
  checkRanks(context, plan)
  checkChanges(context, table, plan, nameSpan)
  return { name: table.name, table, plan, key, materialize: needsMaterialize(context, plan, key), span }
}

function targetOf(context: FlinkContext, insert: InsertStatement): TableInfo {
  const { name, span } = insert.target
  const relation = context.relations.get(name)
  if (relation?.kind === 'table') {
    const options = optionHints(context, insert.hints)
    return options === undefined
      ? relation.table
      : { ...relation.table, options: { ...relation.table.options, ...options } }
  }
  if (context.faulty.has(name)) return context.base.diagnostics.abandon()
  const tables = [...context.relations.values()].flatMap((each) =>
    each.kind === 'table' ? [each.table.name] : [],
  )
  return context.base.diagnostics.fail(
    codes.unknownTarget,
    span,
    relation === undefined
      ? `there is no table \`${name}\`.${didYouMean(name, tables)} INSERT writes to a table made by CREATE TABLE before: ${tables.map((each) => `\`${each}\``).join(', ') || 'there is none yet'}.`
      : `\`${name}\` is a view and cannot be written to. INSERT writes to a table made by CREATE TABLE.`,
  )
}

/** For each column of the query, the index of its column among the written ones. */
function positionsOf(
  context: FlinkContext,
  insert: InsertStatement,
  table: TableInfo,
  written: readonly TableColumnInfo[],
): number[] {
  if (insert.columns === undefined) return written.map((_, i) => i)
  const positions: number[] = []
  for (const { name, span } of insert.columns) {
    const position = written.findIndex((column) => column.name === name)
    if (position < 0) {
      const column = table.columns.find((each) => each.name === name)
      const names = written.map((each) => each.name)
      const problem =
        column === undefined
          ? `\`${table.name}\` has no column \`${name}\`.${didYouMean(name, names)}`
          : `\`${name}\` is ${column.computed === undefined ? 'a virtual metadata column' : 'computed'} and cannot be written.`
      context.base.diagnostics.fail(
        codes.unknownInsertColumn,
        span,
        `${problem} Columns to write: ${names.join(', ')}.`,
      )
    }
    if (positions.includes(position))
      context.base.diagnostics.fail(
        codes.duplicateName,
        span,
        `the column \`${name}\` is named twice. Name it once.`,
      )
    positions.push(position)
  }
  return positions
}

function checkCount(
  context: FlinkContext,
  insert: InsertStatement,
  table: TableInfo,
  positions: readonly number[],
  node: ChangelogNode,
): void {
  const found = node.schema.fields.length
  if (found === positions.length) return
  const written = writtenColumns(table).map((column) => column.name)
  const list =
    insert.columns === undefined
      ? `\`${table.name}\` takes ${positions.length} (${written.join(', ')})`
      : `the list of columns names ${positions.length}`
  context.base.diagnostics.fail(
    codes.columnCount,
    insert.query.span,
    `the query gives ${found} column${found === 1 ? '' : 's'}, but ${list}. Give each column one expression; computed and virtual columns are left out.`,
  )
}

/** VALUES of an INSERT: each literal goes to the type of its column. */
function bindRows(
  context: FlinkContext,
  query: ValuesQuery,
  positions: readonly number[],
  written: readonly TableColumnInfo[],
): ChangelogNode {
  const env = { scope: scopeOf([]), sink: undefined, clause: 'VALUES' }
  const width = query.rows[0]?.length ?? 0
  const rows = query.rows.map((row) => {
    if (row.length !== width) {
      const at = row[0]?.span ?? query.span
      context.base.diagnostics.fail(
        codes.columnCount,
        at,
        `this row has ${row.length} values, the first one ${width}. Give all rows the same number.`,
      )
    }
    return row.map((value, i) => {
      const expr = bindFlinkExpression(context, env, value)
      const column = written[positions[i] ?? -1]
      return column === undefined ? expr : converted(context, expr, column)
    })
  })
  const fields = Array.from({ length: width }, (_, i) => {
    const column = written[positions[i] ?? -1]
    const type: SqlType = column?.type ?? rows[0]![i]!.type
    return { name: `EXPR$${i}`, type, nullable: rows.some((row) => row[i]!.nullable) }
  })
  return makeValues(rows, fields, query.span)
}

function missing(context: FlinkContext, column: TableColumnInfo, span: Span): Expr {
  if (column.nullable) return literal(null, column.type, span)
  return context.base.diagnostics.fail(
    codes.notNullMissing,
    span,
    `the column \`${column.name}\` is NOT NULL, but the INSERT gives it no value. Name it in the list and select a value for it.`,
  )
}

function assigned(
  context: FlinkContext,
  node: ChangelogNode,
  index: number,
  column: TableColumnInfo,
  nameSpan: Span,
): Expr {
  // The expression behind the column tells literals, and where to point at.
  const written = node.kind === 'project' ? node.exprs[index] : undefined
  const value = columnOf(node, index, written?.span ?? nameSpan)
  if (written?.kind === 'literal' && written.value === null && !column.nullable) {
    context.base.diagnostics.fail(
      codes.notNullMissing,
      written.span,
      `NULL goes to the column \`${column.name}\`, which is NOT NULL. Select a value for it.`,
    )
  }
  const expr = converted(context, value, column, written)
  if (!expr.nullable || column.nullable || notNullMode(context) === 'drop')
    return { ...expr, nullable: expr.nullable && column.nullable }
  return { kind: 'call', fn: 'ASSIGN', args: [expr], type: column.type, nullable: false, span: expr.span }
}

/** `expr` in the column's type. `behind`: the expression that a column stands for. */
function converted(context: FlinkContext, expr: Expr, column: TableColumnInfo, behind: Expr = expr): Expr {
  const { type } = column
  if (expr.type.kind === 'NULL') return literal(null, type, expr.span)
  if (!isImplicitlyCastable(expr.type, type) && !literalFits(behind, type)) {
    return context.base.diagnostics.fail(
      codes.columnType,
      expr.span,
      `this value goes to the column \`${column.name}\` of type ${formatFlinkType(type)}, and ${formatFlinkType(expr.type)} is not converted to it implicitly. Write CAST(... AS ${formatFlinkType(type)}).`,
    )
  }
  // Flink leaves the length of text to the sink unless it is told to enforce it.
  const enforced = context.settings.get('table.exec.sink.type-length-enforcer')?.toUpperCase() ?? 'IGNORE'
  const sized = (isText(expr.type) && isText(type)) || (isBinary(expr.type) && isBinary(type))
  if (sized && enforced === 'IGNORE') return { ...expr, type }
  if (sized && enforced === 'THROW' && !isFlinkIdentity(expr.type, type))
    return { kind: 'call', fn: 'ASSIGN', args: [expr], type, nullable: expr.nullable, span: expr.span }
  return isFlinkIdentity(expr.type, type) ? { ...expr, type } : castTo(context.base, expr, type)
}

function isBinary(type: SqlType): boolean {
  return type.kind === 'BINARY' || type.kind === 'VARBINARY'
}

function notNullMode(context: FlinkContext): 'error' | 'drop' {
  const mode = context.settings.get('table.exec.sink.not-null-enforcer')?.toUpperCase()
  return mode === 'DROP' ? 'drop' : 'error'
}

/** With the setting DROP, rows with NULL in a NOT NULL column are passed over in silence. */
function droppingNulls(
  context: FlinkContext,
  node: ChangelogNode,
  positions: readonly number[],
  written: readonly TableColumnInfo[],
): ChangelogNode {
  if (notNullMode(context) !== 'drop') return node
  const tests = positions.flatMap((position, index) => {
    const value = columnOf(node, index, node.span)
    return !written[position]!.nullable && value.nullable
      ? [makeCall(context.base, 'IS NOT NULL', [value], node.span)]
      : []
  })
  if (tests.length === 0) return node
  const all = tests.length === 1 ? tests[0]! : makeCall(context.base, 'AND', tests, node.span)
  return makeFilter(node, all, node.span)
}

function checkChanges(context: FlinkContext, table: TableInfo, plan: ChangelogNode, span: Span): void {
  const { diagnostics } = context.base
  const takes = sinkChanges(table)
  if (takes === 'upsert' && table.primaryKey === undefined) {
    diagnostics.fail(
      codes.badPrimaryKey,
      span,
      `\`${table.name}\` takes changes by key, but it declares none. Add PRIMARY KEY (...) NOT ENFORCED to CREATE TABLE.`,
    )
  }
  if (takes !== 'append' || plan.traits.changes === 'append') return
  const node = updatingNode(plan)
  diagnostics.fail(
    codes.updatesRefused,
    span,
    `\`${table.name}\` takes new rows only, but the query changes rows that it has put out: ${describeUpdates(node)}. Write to a table with a PRIMARY KEY and a connector that takes updates, or compute final results by windows.`,
    [{ span: node.span, message: 'the changes come from here' }],
  )
}

/**
 * A sink by key needs the rows of one key in order and the last of them kept, unless the query tells its own rows apart by
 * no more than the sink's key. The query's keys are followed through conversions that keep different values apart.
 */
function needsMaterialize(
  context: FlinkContext,
  plan: ProjectNode,
  key: readonly number[] | undefined,
): boolean {
  const mode = context.settings.get('table.exec.sink.upsert-materialize')?.toUpperCase() ?? 'AUTO'
  if (key === undefined || mode === 'NONE') return false
  if (mode === 'FORCE') return true
  const { changes, keys } = plan.input.traits
  const inKey = new Set(key.map((position) => columnBehind(plan.exprs[position]!)))
  return changes === 'retract' && !keys.some((each) => each.every((column) => inKey.has(column)))
}

/** The column that an expression holds in another form. */
function columnBehind(expr: Expr): number | undefined {
  if (expr.kind === 'column') return expr.index
  if (expr.kind !== 'call' || (expr.fn !== 'ASSIGN' && expr.fn !== 'CAST')) return undefined
  const value = expr.args[0]!
  return expr.fn === 'ASSIGN' || isLossless(value.type, expr.type) ? columnBehind(value) : undefined
}
