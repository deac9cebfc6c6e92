/**
 * The block `source` of Debezium's records, for the connectors of MySQL, MariaDB and Postgres, and its Connect schema. What this
 * reader does not know (the server's id, the thread, the statement, xmin) has the value that Debezium gives where it does not either.
 * `version` is the database's, `sequence` of Postgres the end of the commit and the change's number in it.
 */
import type { Transaction } from '../../model/log-event.ts'
import type { TableName } from '../../model/table-schema.ts'
import type { EnvelopeSource } from '../envelope.ts'
import { quote } from '../json-text.ts'
import type { ConnectField, ConnectSchema } from './connect-schema.ts'

export interface SourceMoment {
  readonly transaction: Transaction | undefined
  readonly order: number
  readonly isSnapshot: boolean
  readonly nowUs: number
}

/** The block's text for changes of one table; the constant pieces are made once. */
export function compileSource(
  source: EnvelopeSource,
  prefix: string,
  table: TableName,
): (moment: SourceMoment) => string {
  const connector = source.kind === 'postgres' ? 'postgresql' : source.kind
  const head = `{"version":${quote(source.version)},"connector":"${connector}","name":${quote(prefix)},"ts_ms":`
  const inner = source.kind === 'postgres' ? postgresSource(source, table) : mysqlSource(table)
  return (moment) => {
    const us = moment.transaction?.commitTimeUs ?? moment.nowUs
    return `${head}${Math.floor(us / 1000)},"snapshot":"${moment.isSnapshot}"${inner(moment, us)}}`
  }
}

type Inner = (moment: SourceMoment, us: number) => string

function mysqlSource({ schema, table }: TableName): Inner {
  const db = `,"db":${quote(schema)},"sequence":null,"ts_us":`
  const name = `,"table":${quote(table)},"server_id":0,"gtid":`
  return ({ transaction, order }, us) => {
    const place = transaction?.place ?? ''
    const colon = place.lastIndexOf(':')
    const file = colon < 0 ? place : place.slice(0, colon)
    const position = colon < 0 ? '0' : place.slice(colon + 1)
    const gtid = transaction === undefined || transaction.id === place ? 'null' : quote(transaction.id)
    return (
      `${db}${us},"ts_ns":${nanos(us)}${name}${gtid},"file":${quote(file)},"pos":${integer(position)},"row":${order}` +
      ',"thread":null,"query":null'
    )
  }
}

function postgresSource({ database }: EnvelopeSource, { schema, table }: TableName): Inner {
  const db = `,"db":${quote(database)},"sequence":`
  const name = `,"schema":${quote(schema)},"table":${quote(table)},"txId":`
  return ({ transaction, order }, us) => {
    const lsn = transaction === undefined ? undefined : lsnNumber(transaction.place)
    const sequence = lsn === undefined ? 'null' : quote(`["${lsn}","${order}"]`)
    return (
      `${db}${sequence},"ts_us":${us},"ts_ns":${nanos(us)}${name}${transaction?.number ?? 'null'}` +
      `,"lsn":${lsn ?? 'null'},"xmin":null`
    )
  }
}

/** `0/16B3748` as the number that Debezium writes. */
export function lsnNumber(place: string): string | undefined {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(place)
  if (match === null) return undefined
  return String(BigInt(`0x${match[1]}`) * 0x1_0000_0000n + BigInt(`0x${match[2]}`))
}

export function nanos(us: number): string {
  return us === 0 ? '0' : `${us}000`
}

function integer(text: string): string {
  return /^(0|[1-9]\d*)$/.test(text) ? text : '0'
}

export function sourceSchema({ kind }: EnvelopeSource): ConnectSchema {
  const field = (name: string, type: ConnectField['type'], optional = false): ConnectField => ({
    type,
    optional,
    field: name,
  })
  const common = [
    field('version', 'string'),
    field('connector', 'string'),
    field('name', 'string'),
    field('ts_ms', 'int64'),
    field('snapshot', 'string', true),
    field('db', 'string'),
    field('sequence', 'string', true),
    field('ts_us', 'int64', true),
    field('ts_ns', 'int64', true),
  ]
  const own =
    kind === 'postgres'
      ? [
          field('schema', 'string'),
          field('table', 'string'),
          field('txId', 'int64', true),
          field('lsn', 'int64', true),
          field('xmin', 'int64', true),
        ]
      : [
          field('table', 'string', true),
          field('server_id', 'int64'),
          field('gtid', 'string', true),
          field('file', 'string'),
          field('pos', 'int64'),
          field('row', 'int32'),
          field('thread', 'int64', true),
          field('query', 'string', true),
        ]
  const connector = kind === 'postgres' ? 'postgresql' : kind
  return { type: 'struct', name: `io.debezium.connector.${connector}.Source`, fields: [...common, ...own] }
}
