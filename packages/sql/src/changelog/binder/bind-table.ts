/**
 * A table in FROM: source -> computed columns -> watermark -> complete changelog. The computed columns come before the
 * changelog is completed, so that what is retracted is what was put out, even where a function gives another value each time.
 * A program reads a table once: uses with the same options share their nodes.
 */
import type { Field } from '@millrace/values'
import { codes } from '../../diagnostic/codes.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { ChangelogNode, TableColumnInfo, TableInfo } from '../plan.ts'
import type { FlinkContext } from './context.ts'
import { makeNormalize, makeProject, makeSource, makeWatermark } from './nodes.ts'
import { durationOf, durationSetting, isReadable, sourceChanges } from './table-options.ts'

export function fieldOf(column: TableColumnInfo): Field {
  return { name: column.name, type: column.type, nullable: column.nullable }
}

/** Columns that the connector delivers: physical and metadata columns. */
export function sourceColumns(table: TableInfo): readonly TableColumnInfo[] {
  return table.columns.filter((column) => column.computed === undefined)
}

export function columnIndex(table: TableInfo, name: string): number {
  return table.columns.findIndex((column) => column.name === name)
}

/** All columns of a table as expressions over what its connector delivers. */
export function tableColumnExprs(table: TableInfo, span: Span): Expr[] {
  let index = 0
  return table.columns.map((column): Expr => {
    if (column.computed !== undefined) return column.computed
    return { kind: 'column', index: index++, type: column.type, nullable: column.nullable, span }
  })
}

/** `hints`: what OPTIONS hints set for this use. */
export function bindTable(
  context: FlinkContext,
  table: TableInfo,
  hints: Readonly<Record<string, string>> | undefined,
  span: Span,
): ChangelogNode {
  const options = hints === undefined ? table.options : { ...table.options, ...hints }
  const key = `${table.name} ${hints === undefined ? '' : JSON.stringify(Object.entries(options).sort())}`
  const known = context.sources.get(key)
  if (known !== undefined) return known
  const node = makeTable(context, { ...table, options }, hints !== undefined, span)
  context.sources.set(key, node)
  return node
}

function makeTable(context: FlinkContext, table: TableInfo, hinted: boolean, span: Span): ChangelogNode {
  const { options } = table
  if (!isReadable(options)) {
    return context.base.diagnostics.fail(
      codes.badOption,
      span,
      `\`${table.name}\` has the connector '${options.connector}', which only writes. Read the table or query that fills it.`,
    )
  }
  const changes = sourceChanges(options)
  const primaryKey = table.primaryKey?.map((name) => columnIndex(table, name))
  if (changes === 'upsert' && primaryKey === undefined) {
    return context.base.diagnostics.fail(
      codes.badPrimaryKey,
      span,
      `the changes of \`${table.name}\` come by key, but it declares none. Add PRIMARY KEY (...) NOT ENFORCED to CREATE TABLE.`,
    )
  }
  const delivered = sourceColumns(table)
  const source = makeSource(
    table.name,
    { fields: delivered.map(fieldOf) },
    {
      changes: changes === 'append' ? 'append' : 'retract',
      keys:
        table.primaryKey === undefined
          ? []
          : [table.primaryKey.map((name) => delivered.findIndex((column) => column.name === name))],
    },
    span,
  )
  let node: ChangelogNode = hinted ? { ...source, options } : source
  if (delivered.length < table.columns.length) {
    const names = table.columns.map((column) => column.name)
    node = makeProject(node, tableColumnExprs(table, span), names, span)
  }
  if (table.watermark !== undefined) {
    node = makeWatermark({
      input: node,
      table: table.name,
      column: columnIndex(table, table.watermark.column),
      watermark: table.watermark.expr,
      idleTimeout: idleTimeoutOf(context, table, span),
      span,
    })
  }
  return changes === 'upsert' ? makeNormalize({ input: node, key: primaryKey ?? [], span }) : node
}

function idleTimeoutOf(context: FlinkContext, table: TableInfo, span: Span): number {
  const key = 'scan.watermark.idle-timeout'
  const own = table.options[key]
  if (own !== undefined) return durationOf(context, key, own, span)
  return durationSetting(context, 'table.exec.source.idle-timeout', 0, span)
}
