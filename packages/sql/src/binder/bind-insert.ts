/**
 * INSERT INTO target [(columns)] query (spec 2.6): which expression goes to which column, and the conversion to its type.
 * The plan ends in a projection onto exactly the target's columns. Columns that are not named become NULL. Without a list
 * of columns the mapping is by position; aliases are ignored.
 */
import type { Field } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import { castProblem, isIdentityCast, typeText } from '../functions/index.ts'
import type { Expr, PlanNode } from '../plan.ts'
import type { InsertStatement } from '../syntax/tree.ts'
import { literal } from './bind-literal.ts'
import { bindQuery, outputColumn } from './bind-query.ts'
import type { BinderContext, Relation } from './context.ts'
import { rowtimeName } from './scope.ts'

type Stream = Extract<Relation, { kind: 'stream' }>

export function bindInsert(
  context: BinderContext,
  written: InsertStatement,
): { target: Stream; plan: PlanNode } {
  const target = targetOf(context, written)
  const insert = withRowtimeItem(written, target)
  const { fields } = target.schema
  const positions = positionsOf(context, insert, target)
  const query = bindQuery(
    context,
    insert.query,
    positions.map((position) => fields[position]?.type),
  )
  checkCount(context, insert, target, positions, query)
  const exprs: Expr[] = []
  for (const [position, field] of fields.entries()) {
    const index = positions.indexOf(position)
    const expr = context.diagnostics.attempt(() =>
      index < 0
        ? missing(context, insert, target, position)
        : assign(context, outputColumn(query, index), field, target, position),
    )
    if (expr !== undefined) exprs.push(expr)
  }
  if (exprs.length < fields.length) context.diagnostics.abandon()
  return {
    target,
    plan: {
      kind: 'project',
      input: query,
      exprs,
      rowtime: undefined,
      schema: target.schema,
      span: insert.span,
    },
  }
}

function targetOf(context: BinderContext, insert: InsertStatement): Stream {
  const { name, span } = insert.target
  const relation = context.relations.get(name)
  if (relation?.kind === 'stream' && relation.origin === 'declared') return relation
  const declared = [...context.relations.values()].flatMap((each) =>
    each.kind === 'stream' && each.origin === 'declared' ? [each.name] : [],
  )
  const reason =
    relation === undefined
      ? `there is no stream "${name}".${didYouMean(name, declared)}`
      : `"${name}" is ${relation.kind === 'stream' ? 'an input stream, which is fed from outside' : relation.kind === 'table' ? 'a reference table, which is loaded from outside' : 'a view'}.`
  return context.diagnostics.fail(
    codes.unknownTarget,
    span,
    `${reason} INSERT writes to a stream made by CREATE STREAM before: ${declared.map((each) => `"${each}"`).join(', ') || 'there is none yet'}.`,
  )
}

/**
 * INSERT INTO s (ROWTIME, a) SELECT STREAM t, x: what goes to ROWTIME, which every stream has and none declares, is the same
 * as `t AS ROWTIME`. Both may be written together.
 */
function withRowtimeItem(insert: InsertStatement, target: Stream): InsertStatement {
  const { columns, query } = insert
  const at = columns?.findIndex(({ name }) => name === rowtimeName) ?? -1
  if (columns === undefined || at < 0 || query.kind !== 'select') return insert
  if (target.schema.fields.some(({ name }) => name === rowtimeName)) return insert
  const { items } = query
  const item = items[at]
  if (items.length !== columns.length || items.some(({ kind }) => kind === 'star')) return insert
  if (item?.kind !== 'item') return insert
  const alias = { ...(item.alias ?? { span: item.span }), name: rowtimeName, quoted: false }
  return {
    ...insert,
    columns: columns.filter((_, i) => i !== at),
    query: { ...query, items: items.map((each, i) => (i === at ? { ...item, alias } : each)) },
  }
}

/** For each expression of the query, the index of its column in the target. */
function positionsOf(context: BinderContext, insert: InsertStatement, target: Stream): number[] {
  const { fields } = target.schema
  if (insert.columns === undefined) return fields.map((_, i) => i)
  const positions: number[] = []
  for (const column of insert.columns) {
    const position = fields.findIndex((field) => field.name === column.name)
    if (position < 0) {
      const names = fields.map((field) => field.name)
      context.diagnostics.fail(
        codes.unknownInsertColumn,
        column.span,
        `"${target.name}" has no column "${column.name}".${didYouMean(column.name, names)} It has ${names.map((name) => `"${name}"`).join(', ')}.`,
        [declaration(target)],
      )
    }
    if (positions.includes(position)) {
      context.diagnostics.fail(
        codes.duplicateName,
        column.span,
        `the column "${column.name}" is named twice. Name it once.`,
      )
    }
    positions.push(position)
  }
  return positions
}

function checkCount(
  context: BinderContext,
  insert: InsertStatement,
  target: Stream,
  positions: readonly number[],
  query: PlanNode,
): void {
  const found = query.schema.fields.length
  if (found === positions.length) return
  const list =
    insert.columns === undefined ? `the stream "${target.name}" declares` : 'the list of columns names'
  const extra = found > positions.length ? outputColumn(query, positions.length).span : insert.query.span
  const note =
    insert.columns === undefined
      ? declaration(target)
      : {
          span: { start: insert.columns[0]!.span.start, end: insert.columns.at(-1)!.span.end },
          message: 'the list of columns',
        }
  context.diagnostics.fail(
    codes.columnCount,
    extra,
    `the query gives ${found} columns, but ${list} ${positions.length}. Give each column one expression; what is aliased ROWTIME does not count.`,
    [note],
  )
}

function missing(context: BinderContext, insert: InsertStatement, target: Stream, position: number): Expr {
  const field = target.schema.fields[position]!
  if (!field.nullable) {
    return context.diagnostics.fail(
      codes.notNullMissing,
      insert.target.span,
      `the column "${field.name}" is NOT NULL, but the INSERT gives it no value. Name it in the list and select a value for it.`,
      [columnDeclaration(target, position)],
    )
  }
  return literal(null, field.type, insert.target.span)
}

function assign(context: BinderContext, expr: Expr, field: Field, target: Stream, position: number): Expr {
  // A column whose type is faulty has been reported where it is declared.
  if (field.type.kind === 'NULL') return literal(null, field.type, expr.span)
  const problem = castProblem('ASSIGN', expr.type, field.type)
  if (problem !== undefined) {
    return context.diagnostics.fail(
      codes.columnType,
      expr.span,
      `this value goes to the column "${field.name}": ${problem}.`,
      [columnDeclaration(target, position)],
    )
  }
  if (expr.type.kind === 'NULL') return literal(null, field.type, expr.span)
  const mayBeNull = expr.nullable && !field.nullable
  if (!mayBeNull && isIdentityCast(expr.type, field.type)) return expr
  return {
    kind: 'call',
    fn: 'ASSIGN',
    args: [expr],
    type: field.type,
    nullable: field.nullable && expr.nullable,
    span: expr.span,
  }
}

function declaration(target: Stream): { span: Stream['span']; message: string } {
  return { span: target.span, message: `"${target.name}" is declared here` }
}

function columnDeclaration(target: Stream, position: number): { span: Stream['span']; message: string } {
  const field = target.schema.fields[position]!
  return {
    span: target.columnSpans[position] ?? target.span,
    message: `"${field.name}" is declared ${typeText(field.type)}${field.nullable ? '' : ' NOT NULL'} here`,
  }
}
