/**
 * CREATE TABLE to a TableInfo (spec 3.2): columns, watermark, primary key, options, and what LIKE takes over. AS query gives
 * the columns of a table that declares none; the caller inserts its rows.
 */

import { formatFlinkType } from '@millrace/values'
import { resolveType } from '../../binder/resolve-type.ts'
import { codes } from '../../diagnostic/codes.ts'
import { didYouMean } from '../../diagnostic/spelling.ts'
import type { Span } from '../../span.ts'
import { columnsMax } from '../../syntax/limits.ts'
import type { CreateTable, Identifier, TableColumn } from '../../syntax/tree.ts'
import type { ChangelogNode, TableColumnInfo, TableInfo } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { fieldOf } from './bind-table.ts'
import type { FlinkContext } from './context.ts'
import { scopeOf } from './scopes.ts'
import { type Inherited, inheritTable } from './table-like.ts'
import { checkOption } from './table-options.ts'

/** `text`: of the program, for the expressions as written. `query`: the bound query of AS. */
export function bindCreateTable(
  context: FlinkContext,
  statement: CreateTable,
  text: string,
  query: ChangelogNode | undefined,
): TableInfo {
  const { diagnostics } = context.base
  const inherited = statement.like === undefined ? undefined : inheritTable(context, statement)
  const columns = columnsOf(context, statement, text, inherited)
  // What the query gives and no column declares comes behind.
  for (const { name, type, nullable } of query?.schema.fields ?? [])
    if (!columns.some((column) => column.name === name))
      columns.push({ name, type, nullable, metadata: undefined, computed: undefined })
  if (columns.length > columnsMax) {
    diagnostics.fail(
      codes.tooManyColumns,
      statement.name.span,
      `the table has ${columns.length} columns; ${columnsMax} are allowed. Split it.`,
    )
  }
  const primaryKey = primaryKeyOf(context, statement, columns, inherited)
  const keyed = columns.map((column) =>
    primaryKey?.includes(column.name) === true ? { ...column, nullable: false } : column,
  )
  const watermark = watermarkOf(context, statement, keyed, text) ?? inherited?.watermark
  return {
    name: statement.name.name,
    temporary: statement.temporary,
    columns: keyed,
    primaryKey,
    ...(watermark === undefined ? {} : { watermark }),
    partitionedBy: partitionsOf(context, statement, keyed) ?? inherited?.partitionedBy ?? [],
    options: optionsOf(context, statement, inherited),
    comment: statement.comment,
  }
}

/** Columns of LIKE, then those that are declared. */
function columnsOf(
  context: FlinkContext,
  statement: CreateTable,
  text: string,
  inherited: Inherited | undefined,
): TableColumnInfo[] {
  const { diagnostics } = context.base
  const made = new Map<TableColumn, TableColumnInfo>()
  const keyNames = new Set(statement.primaryKey?.map((part) => part.name))
  const own: TableColumnInfo[] = []
  for (const column of statement.columns) {
    if (column.kind === 'computed') continue
    const info = plainColumn(context, column)
    const isKey = keyNames.has(info.name) || (column.kind === 'physical' && column.primaryKey)
    const keyed = isKey ? { ...info, nullable: false } : info
    made.set(column, keyed)
    own.push(keyed)
  }
  // Computed columns may read columns that are declared after them, so they come second.
  const replaced = (column: TableColumnInfo): boolean => own.some((each) => each.name === column.name)
  const columns = [...(inherited?.columns ?? [])]
  const delivered = [
    ...columns.filter((column) => column.computed === undefined && !replaced(column)),
    ...own,
  ]
  for (const column of statement.columns) {
    if (column.kind !== 'computed') continue
    const info = diagnostics.attempt(() => computedColumn(context, column, delivered, text))
    if (info !== undefined) made.set(column, info)
  }
  if (made.size < statement.columns.length) diagnostics.abandon()
  const spans = new Map<string, Span>()
  for (const column of statement.columns)
    addColumn(context, { columns, spans, inherited, info: made.get(column)!, span: column.name.span })
  return columns
}

function plainColumn(
  context: FlinkContext,
  column: Exclude<TableColumn, { kind: 'computed' }>,
): TableColumnInfo {
  const { diagnostics } = context.base
  const type = resolveType(column.type, diagnostics, 'flink')
  const notNull = column.kind === 'physical' ? column.notNull : column.type.notNull === true
  const metadata =
    column.kind === 'metadata' ? { key: column.key ?? column.name.name, virtual: column.virtual } : undefined
  return {
    name: column.name.name,
    type,
    nullable: !(notNull || column.type.notNull === true),
    metadata,
    computed: undefined,
    ...(column.comment === undefined ? {} : { comment: column.comment }),
  }
}

function computedColumn(
  context: FlinkContext,
  column: Extract<TableColumn, { kind: 'computed' }>,
  delivered: readonly TableColumnInfo[],
  text: string,
): TableColumnInfo {
  const scope = scopeOf([
    { name: undefined, fields: delivered.map(fieldOf), offset: 0, rowtime: undefined, span: column.span },
  ])
  const expr = bindFlinkExpression(
    context,
    { scope, sink: undefined, clause: `the computed column ${column.name.name}` },
    column.expression,
  )
  if (expr.type.kind === 'NULL') {
    return context.base.diagnostics.fail(
      codes.untypedNull,
      expr.span,
      `the type of \`${column.name.name}\` cannot be told from NULL. Write CAST(NULL AS type).`,
    )
  }
  return {
    name: column.name.name,
    type: expr.type,
    nullable: expr.nullable,
    metadata: undefined,
    computed: expr,
    text: text.slice(column.expression.span.start, column.expression.span.end),
    ...(column.comment === undefined ? {} : { comment: column.comment }),
  }
}

function addColumn(
  context: FlinkContext,
  to: {
    readonly columns: TableColumnInfo[]
    readonly spans: Map<string, Span>
    readonly inherited: Inherited | undefined
    readonly info: TableColumnInfo
    readonly span: Span
  },
): void {
  const { columns, spans, inherited, info, span } = to
  const first = spans.get(info.name)
  const place = columns.findIndex((column) => column.name === info.name)
  if (first !== undefined) {
    context.base.diagnostics.report(
      codes.duplicateName,
      span,
      `the column \`${info.name}\` is declared twice. Rename one of them.`,
      [{ span: first, message: 'the first declaration' }],
    )
    return
  }
  spans.set(info.name, span)
  if (place < 0) {
    columns.push(info)
    return
  }
  if (inherited?.mayReplace(columns[place]!, info) === true) {
    columns[place] = info
    return
  }
  context.base.diagnostics.report(
    codes.duplicateName,
    span,
    `the column \`${info.name}\` comes from the LIKE clause already. Leave it out, or write OVERWRITING GENERATED (or METADATA) to replace a computed (or metadata) column.`,
  )
}

function primaryKeyOf(
  context: FlinkContext,
  statement: CreateTable,
  columns: readonly TableColumnInfo[],
  inherited: Inherited | undefined,
): readonly string[] | undefined {
  const { diagnostics } = context.base
  const marked = statement.columns.flatMap((column) =>
    column.kind === 'physical' && column.primaryKey ? [column.name] : [],
  )
  if (marked.length + (statement.primaryKey === undefined ? 0 : 1) > 1) {
    diagnostics.fail(
      codes.badPrimaryKey,
      (statement.primaryKey?.[0] ?? marked[1]!).span,
      'the table declares more than one primary key. Name all columns of the key in one PRIMARY KEY (a, b) NOT ENFORCED.',
    )
  }
  const key: readonly Identifier[] = statement.primaryKey ?? marked
  if (key.length === 0) return inherited?.primaryKey
  if (inherited?.primaryKey !== undefined) {
    diagnostics.fail(
      codes.badPrimaryKey,
      key[0]!.span,
      'the table has a primary key from the LIKE clause already. Write EXCLUDING CONSTRAINTS there to set another.',
    )
  }
  for (const [i, part] of key.entries()) {
    const column = findColumn(context, columns, part, 'PRIMARY KEY')
    if (key.findIndex((each) => each.name === part.name) < i)
      diagnostics.fail(codes.badPrimaryKey, part.span, `the key names \`${part.name}\` twice. Name it once.`)
    if (column.computed !== undefined || column.metadata?.virtual === true)
      diagnostics.fail(
        codes.badPrimaryKey,
        part.span,
        `\`${part.name}\` is ${column.computed === undefined ? 'a virtual metadata column' : 'computed'} and cannot be in a primary key. Use physical columns.`,
      )
  }
  return key.map((part) => part.name)
}

const timePrecisionMax = 3

function watermarkOf(
  context: FlinkContext,
  statement: CreateTable,
  columns: readonly TableColumnInfo[],
  text: string,
): TableInfo['watermark'] {
  const { watermark } = statement
  if (watermark === undefined) return undefined
  const { diagnostics } = context.base
  const [name, field] = watermark.column
  if (field !== undefined || name === undefined) {
    return diagnostics.fail(
      codes.badWatermark,
      watermark.span,
      `a watermark is set for a column of the table, not for a field inside one. Add a computed column: ts AS ${watermark.column.map((part) => part.name).join('.')}, and WATERMARK FOR ts.`,
    )
  }
  const column = findColumn(context, columns, name, 'WATERMARK')
  const { type } = column
  if (
    (type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ') ||
    (type.precision ?? timePrecisionMax) > timePrecisionMax
  ) {
    const way =
      type.kind === 'BIGINT'
        ? `TO_TIMESTAMP_LTZ(${name.name}, 3)`
        : type.kind === 'CHAR' || type.kind === 'VARCHAR'
          ? `TO_TIMESTAMP(${name.name})`
          : `CAST(${name.name} AS TIMESTAMP(3))`
    return diagnostics.fail(
      codes.badWatermark,
      name.span,
      `\`${name.name}\` is ${formatFlinkType(type)}; event time is TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3. Declare it so, or add a computed column ts AS ${way}.`,
    )
  }
  const scope = scopeOf([
    { name: undefined, fields: columns.map(fieldOf), offset: 0, rowtime: undefined, span: watermark.span },
  ])
  const env = { scope, sink: undefined, clause: 'WATERMARK' }
  const expr = bindFlinkExpression(context, env, watermark.expression)
  if (expr.type.kind !== type.kind) {
    return diagnostics.fail(
      codes.badWatermark,
      watermark.expression.span,
      `the watermark of \`${name.name}\` has to be ${formatFlinkType(type)} like the column, not ${formatFlinkType(expr.type)}. Write for example ${name.name} - INTERVAL '5' SECOND.`,
    )
  }
  const { start, end } = watermark.expression.span
  return { column: name.name, expr, text: text.slice(start, end) }
}

function partitionsOf(
  context: FlinkContext,
  statement: CreateTable,
  columns: readonly TableColumnInfo[],
): readonly string[] | undefined {
  if (statement.partitionedBy.length === 0) return undefined
  return statement.partitionedBy.map((name) => findColumn(context, columns, name, 'PARTITIONED BY').name)
}

function optionsOf(
  context: FlinkContext,
  statement: CreateTable,
  inherited: Inherited | undefined,
): Readonly<Record<string, string>> {
  const options: Record<string, string> = { ...inherited?.options }
  const seen = new Set<string>()
  for (const { name, value, span } of statement.options) {
    if (seen.has(name))
      context.base.diagnostics.report(
        codes.duplicateName,
        span,
        `the option '${name}' is set twice. Set it once.`,
      )
    if (inherited !== undefined && !inherited.overwritesOptions && Object.hasOwn(inherited.options, name))
      context.base.diagnostics.report(
        codes.duplicateName,
        span,
        `the option '${name}' comes from the LIKE clause already. Write OVERWRITING OPTIONS there to replace it.`,
      )
    checkOption(context, name, value, span)
    seen.add(name)
    options[name] = value
  }
  return options
}

function findColumn(
  context: FlinkContext,
  columns: readonly TableColumnInfo[],
  name: Identifier,
  clause: string,
): TableColumnInfo {
  const column = columns.find((each) => each.name === name.name)
  if (column !== undefined) return column
  const names = columns.map((each) => each.name)
  const otherCase = names.find((each) => each.toUpperCase() === name.name.toUpperCase())
  return context.base.diagnostics.fail(
    codes.unknownColumn,
    name.span,
    `${clause} names \`${name.name}\`, which is no column of the table.${otherCase === undefined ? didYouMean(name.name, names) : ` Did you mean "${otherCase}"? Names count with their case.`} Columns: ${names.join(', ') || 'none'}.`,
  )
}
