/** What SHOW, DESCRIBE, SET and EXPLAIN answer: small tables of text, with the columns that Flink's client shows. */
import { formatFlinkType } from '@millrace/values'
import type { Span } from '../../span.ts'
import type { TableColumnInfo, TableInfo } from '../plan.ts'
import type { FlinkRelation } from './context.ts'

export interface FlinkReply {
  /** Of the statement. */
  readonly span: Span
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

type Answer = Omit<FlinkReply, 'span'>

export function listReply(column: string, names: Iterable<string>): Answer {
  return { columns: [column], rows: [...names].sort().map((name) => [name]) }
}

export function settingsReply(settings: ReadonlyMap<string, string>): Answer {
  return { columns: ['key', 'value'], rows: [...settings].sort(([a], [b]) => (a < b ? -1 : 1)) }
}

export function describeReply(relation: FlinkRelation): Answer {
  const columns = ['name', 'type', 'null', 'key', 'extras', 'watermark']
  if (relation.kind === 'view')
    return {
      columns,
      rows: relation.node.schema.fields.map((field) => [
        field.name,
        formatFlinkType(field.type),
        truth(field.nullable),
        null,
        null,
        null,
      ]),
    }
  const { table } = relation
  return { columns, rows: table.columns.map((column) => describeColumn(table, column)) }
}

function describeColumn(table: TableInfo, column: TableColumnInfo): (string | null)[] {
  const isKey = table.primaryKey?.includes(column.name) === true
  const { watermark } = table
  const isRowtime = watermark?.column === column.name
  const { metadata } = column
  return [
    column.name,
    `${formatFlinkType(column.type)}${isRowtime ? ' *ROWTIME*' : isProctime(column) ? ' *PROCTIME*' : ''}`,
    truth(column.nullable),
    isKey ? `PRI(${table.primaryKey!.join(', ')})` : null,
    column.computed !== undefined
      ? `AS ${column.text ?? ''}`
      : metadata === undefined
        ? null
        : metadataText(column, metadata),
    isRowtime ? (watermark?.text ?? null) : null,
  ]
}

function isProctime(column: TableColumnInfo): boolean {
  return column.computed?.kind === 'call' && column.computed.fn === 'PROCTIME'
}

function truth(value: boolean): string {
  return value ? 'TRUE' : 'FALSE'
}

function metadataText(column: TableColumnInfo, metadata: NonNullable<TableColumnInfo['metadata']>): string {
  const from = metadata.key === column.name ? '' : ` FROM ${text(metadata.key)}`
  return `METADATA${from}${metadata.virtual ? ' VIRTUAL' : ''}`
}

/** A statement that makes the table or view again. */
export function createText(relation: FlinkRelation): string {
  if (relation.kind === 'view') {
    const columns = relation.node.schema.fields.map((field) => name(field.name)).join(', ')
    return `CREATE ${relation.temporary ? 'TEMPORARY ' : ''}VIEW ${name(relation.name)} (${columns}) AS\n${relation.text}`
  }
  const { table } = relation
  const lines = table.columns.map((column) => {
    const comment = column.comment === undefined ? '' : ` COMMENT ${text(column.comment)}`
    if (column.computed !== undefined) return `${name(column.name)} AS ${column.text ?? ''}${comment}`
    const type = `${formatFlinkType(column.type)}${column.nullable ? '' : ' NOT NULL'}`
    const metadata = column.metadata === undefined ? '' : ` ${metadataText(column, column.metadata)}`
    return `${name(column.name)} ${type}${metadata}${comment}`
  })
  if (table.watermark !== undefined)
    lines.push(`WATERMARK FOR ${name(table.watermark.column)} AS ${table.watermark.text}`)
  if (table.primaryKey !== undefined)
    lines.push(`PRIMARY KEY (${table.primaryKey.map(name).join(', ')}) NOT ENFORCED`)
  const options = Object.entries(table.options).map(([key, value]) => `  ${text(key)} = ${text(value)}`)
  return [
    `CREATE ${table.temporary ? 'TEMPORARY ' : ''}TABLE ${name(table.name)} (`,
    lines.map((line) => `  ${line}`).join(',\n'),
    ')',
    ...(table.comment === undefined ? [] : [`COMMENT ${text(table.comment)}`]),
    ...(table.partitionedBy.length === 0
      ? []
      : [`PARTITIONED BY (${table.partitionedBy.map(name).join(', ')})`]),
    ...(options.length === 0 ? [] : ['WITH (', options.join(',\n'), ')']),
  ].join('\n')
}

function name(value: string): string {
  return `\`${value.replaceAll('`', '``')}\``
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
