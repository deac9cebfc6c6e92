/** What an app says of a sink into tables: options common to MySQL and Postgres, with their checks. */
import type { TableName } from '@millrace/cdc'
import type { StreamRecord } from '@millrace/runtime'
import { type Clock, didYouMean, parseJsonPath, type Random, ValueError } from '@millrace/values'
import { assertIntegerOption, ConnectError, shown } from '../errors.ts'
import type { ChangeFormat, SourceTable } from './change.ts'

export interface DatabaseSinkOptions {
  /** As of the sources: `mysql://user:password@host:3306/database`, `postgres://...`. Best from the environment. */
  readonly url: string
  /**
   * `table` or `schema.table`; or a function of the record, and of the table that a change comes from; undefined: the record writes
   * nothing. Default, of changes only: the table's own name, in the database of `url`.
   */
  readonly table?: string | ((record: StreamRecord, source: SourceTable | undefined) => string | undefined)
  /**
   * 'upsert' (default): a row takes the place of the one with its key; deletions delete. 'append': every row is inserted; deletions
   * and truncates write nothing.
   */
  readonly mode?: 'upsert' | 'append'
  /** Columns by which rows are told apart, with a unique index over them. Default: the table's primary key. */
  readonly key?: readonly string[]
  /** What the records are: rows, or changes in an envelope. Default 'row'. */
  readonly format?: ChangeFormat
  /**
   * Which columns are written: names of members, or for each column a path into the row (`$.user.id`) or a function of the record.
   * Default: all members of the row.
   */
  readonly columns?: readonly string[] | { readonly [column: string]: string | ColumnFunction }
  /** A member that the table has no column for. 'refuse' (default): the record is a dead letter. */
  readonly unknown?: 'refuse' | 'ignore'
  /**
   * What it means that a row lacks a column. 'keep': nothing, it is left as it is. 'null': it is null, as DMS leaves out what is null
   * and empty. Default 'null' of `dms`, else 'keep'.
   */
  readonly missing?: 'keep' | 'null'
  /** How values of binary columns are written. Default 'hex' of `dms`, else 'base64'. */
  readonly binary?: 'base64' | 'hex'
  /** Of `dms`: the member that holds the values before a change. Default 'before-image'. */
  readonly beforeImage?: string
  /** Of `flat`: how the names of the other members begin. Default '__'. */
  readonly prefix?: string
  /** Changes that empty a table. Default 'refuse', since they are right only where the stream has one shard and one lane. */
  readonly truncate?: 'apply' | 'refuse' | 'skip'
  /**
   * Keeps how far the records came in a table of the database, in the transaction that writes them: each is written exactly once,
   * rows that are appended too. It is made if it is missing.
   */
  readonly positions?: { readonly table: string }
  /** Connections at a time, 1 to 64. Default 4. */
  readonly connections?: number
  /** Bytes of one statement, at most; those of MySQL also obey its max_allowed_packet. Default 1 MiB. */
  readonly statementBytes?: number
  /** How long a statement may take before its connection is given up, ms. Default 60,000. */
  readonly statementTimeoutMs?: number
  /** A row that names another one which is not there (a foreign key) is tried again for so long, ms. Default 10,000. */
  readonly foreignKeyWaitMs?: number
  /**
   * Attempts in a row before a batch fails for a reason that may pass (the connection, a deadlock). Default: it is tried until the app
   * stops, since a batch that is given up is set aside though nothing is wrong with it.
   */
  readonly attemptsMax?: number
  readonly clock?: Clock
  readonly random?: Random
}

export type ColumnFunction = (record: StreamRecord) => unknown

/** Options with their defaults. */
export interface SinkSettings {
  readonly table: DatabaseSinkOptions['table']
  readonly mode: 'upsert' | 'append'
  readonly key: readonly string[] | undefined
  readonly format: ChangeFormat
  readonly columns: readonly ColumnSource[] | undefined
  readonly unknown: 'refuse' | 'ignore'
  readonly missing: 'keep' | 'null'
  readonly binary: 'base64' | 'hex'
  readonly beforeImage: string
  readonly prefix: string
  readonly truncate: 'apply' | 'refuse' | 'skip'
  readonly positions: TableName | undefined
  readonly connections: number
  readonly statementBytes: number
  readonly statementTimeoutMs: number
  readonly foreignKeyWaitMs: number
  readonly attemptsMax: number
}

export interface ColumnSource {
  readonly column: string
  /** Names of members from the row down. */
  readonly steps: readonly string[] | undefined
  readonly from: ColumnFunction | undefined
}

const known = [
  'url',
  'table',
  'mode',
  'key',
  'format',
  'columns',
  'unknown',
  'missing',
  'binary',
  'beforeImage',
  'prefix',
  'truncate',
  'positions',
  'connections',
  'statementBytes',
  'statementTimeoutMs',
  'foreignKeyWaitMs',
  'attemptsMax',
  'clock',
  'random',
] as const satisfies readonly (keyof DatabaseSinkOptions)[]

/** `sink`: for messages. Error: DATABASE_OPTION. */
export function readSinkOptions(sink: string, options: DatabaseSinkOptions): SinkSettings {
  const fail = (name: string, what: string): ConnectError =>
    new ConnectError('DATABASE_OPTION', `${sink}: "${name}" ${what}${/[.?]$/.test(what) ? '' : '.'}`)
  for (const name of Object.keys(options)) {
    // Names of any text are looked for among the known ones.
    if (!(known as readonly string[]).includes(name))
      throw fail(name, `is unknown. ${didYouMean(name, known)}`.trim())
  }
  const oneOf = <T extends string>(
    name: keyof DatabaseSinkOptions,
    allowed: readonly T[],
    byDefault: T,
  ): T => {
    const value = options[name] ?? byDefault
    const found = allowed.find((each) => each === value)
    if (found !== undefined) return found
    throw fail(
      name,
      `must be one of ${allowed.map((each) => `'${each}'`).join(', ')}, but is ${shown(value)}`,
    )
  }
  const integer = (name: keyof DatabaseSinkOptions, byDefault: number, min: number, max: number): number => {
    const value = options[name] ?? byDefault
    if (value === byDefault) return byDefault
    assertIntegerOption(sink, name, value, { min, max }, 'DATABASE_OPTION')
    return value
  }
  if (typeof options.url !== 'string') throw fail('url', 'must be the address of the database')
  const format = oneOf('format', ['row', 'dms', 'debezium', 'flat'], 'row')
  const { table, key, positions } = options
  if (table === undefined && format === 'row') throw fail('table', 'must be given, for example "orders"')
  if (table !== undefined && typeof table !== 'function') readTableName(table, (what) => fail('table', what))
  if (
    key !== undefined &&
    (!Array.isArray(key) || key.length === 0 || key.some((name) => typeof name !== 'string'))
  )
    throw fail('key', 'must be a list of column names')
  if (positions !== undefined && typeof positions.table !== 'string')
    throw fail('positions', 'must name a table, for example { table: "millrace_positions" }')
  const mode = oneOf('mode', ['upsert', 'append'], 'upsert')
  if (mode === 'append' && key !== undefined) throw fail('key', "has no meaning in mode 'append'")
  return {
    table,
    mode,
    key,
    format,
    columns: readColumns(options.columns, fail),
    unknown: oneOf('unknown', ['refuse', 'ignore'], 'refuse'),
    missing: oneOf('missing', ['keep', 'null'], format === 'dms' ? 'null' : 'keep'),
    binary: oneOf('binary', ['base64', 'hex'], format === 'dms' ? 'hex' : 'base64'),
    beforeImage: options.beforeImage ?? 'before-image',
    prefix: options.prefix ?? '__',
    truncate: oneOf('truncate', ['apply', 'refuse', 'skip'], 'refuse'),
    positions: positions && readTableName(positions.table, (what) => fail('positions', what)),
    connections: integer('connections', 4, 1, 64),
    statementBytes: integer('statementBytes', 1024 * 1024, 1024, 256 * 1024 * 1024),
    statementTimeoutMs: integer('statementTimeoutMs', 60_000, 100, 86_400_000),
    foreignKeyWaitMs: integer('foreignKeyWaitMs', 10_000, 0, 86_400_000),
    attemptsMax: integer('attemptsMax', Number.POSITIVE_INFINITY, 1, 1_000_000),
  }
}

/** `schema.table` or `table`; the schema is empty where none is named. */
export function readTableName(text: string, fail: (what: string) => Error): TableName {
  const parts = typeof text === 'string' ? text.split('.') : []
  const [first, second] = parts
  if (first === undefined || parts.length > 2 || parts.some((part) => part === ''))
    throw fail(`must be "table" or "schema.table", but is ${shown(text)}`)
  return second === undefined ? { schema: '', table: first } : { schema: first, table: second }
}

function readColumns(
  columns: DatabaseSinkOptions['columns'],
  fail: (name: string, what: string) => ConnectError,
): readonly ColumnSource[] | undefined {
  if (columns === undefined) return undefined
  if (Array.isArray(columns)) {
    // Array.isArray does not narrow readonly arrays.
    return (columns as readonly string[]).map((column) => ({ column, steps: [column], from: undefined }))
  }
  if (typeof columns !== 'object' || columns === null) throw fail('columns', 'must be a list or an object')
  return Object.entries(columns).map(([column, source]): ColumnSource => {
    if (typeof source === 'function') return { column, steps: undefined, from: source }
    const place = `columns.${column}`
    if (typeof source !== 'string') throw fail(place, 'must be a path such as "$.user.id", or a function')
    try {
      const { steps, element } = parseJsonPath(source)
      if (element !== undefined) throw fail(place, 'cannot take an array apart; name the whole array')
      return { column, steps, from: undefined }
    } catch (error) {
      if (error instanceof ValueError) throw fail(place, `is no path: ${error.message}`)
      throw error
    }
  })
}
