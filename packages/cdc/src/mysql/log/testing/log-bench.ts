/**
 * For tests of the log against a real server: a private one, sessions to it, and a reader of its log with a tracker that asks
 * INFORMATION_SCHEMA when a table is seen. Good for tables that do not change between their rows and the reading.
 */
import { type Clock, seededRandom, systemClock } from '@millrace/values'
import type { LogReader, LogTables } from '../../../log/log-reader.ts'
import type { LogEvent } from '../../../model/log-event.ts'
import type { Column, ColumnKind, TableName, TableSchema } from '../../../model/table-schema.ts'
import type { PrivateServer } from '../../../servers/private-server.ts'
import type { LoggedTable } from '../../binlog/logged-table.ts'
import { parseMysqlUrl } from '../../connection/mysql-address.ts'
import { connectMysql, type MysqlSession, openMysqlSession } from '../../connection/mysql-session.ts'
import { openMysqlLog } from '../mysql-log.ts'
import type { MysqlPosition } from '../mysql-position.ts'
import type { LoggedStatement, SchemaTracker } from '../schema-tracker.ts'

const never = new AbortController().signal

export interface LogBenchOptions {
  readonly isSelected?: (table: TableName) => boolean
  readonly clock?: Clock
  readonly seed?: number
  readonly serverId?: number
  /** In place of the server's own address: of a proxy before it. */
  readonly port?: number
  readonly warn?: (code: string, message: string) => void
}

export class LogBench implements AsyncDisposable {
  readonly server: PrivateServer
  readonly session: MysqlSession
  readonly family: 'mysql' | 'mariadb'
  /** Statements that trackers were told. */
  readonly statements: LoggedStatement[] = []
  #readers: LogReader[] = []

  static async open(server: PrivateServer): Promise<LogBench> {
    return new LogBench(server, await openMysqlSession(parseMysqlUrl(server.url), never))
  }

  private constructor(server: PrivateServer, session: MysqlSession) {
    this.server = server
    this.session = session
    this.family = server.kind === 'mariadb' ? 'mariadb' : 'mysql'
  }

  async run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.session.run(statement)
  }

  /** Where the log ends now. */
  async position(isByGtid = true): Promise<MysqlPosition> {
    const sql = this.family === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS'
    const [row] = await this.session.named(sql)
    const file = row?.get('file') ?? ''
    const offset = Number(row?.get('position'))
    if (!isByGtid) return { file, offset }
    const [gtids] = await this.session.texts(
      `SELECT CAST(${this.family === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos'} AS CHAR)`,
    )
    return { file, offset, gtids: gtids?.[0]?.replace(/\s/g, '') ?? '' }
  }

  log(start: MysqlPosition, options: LogBenchOptions = {}): LogReader {
    const address = parseMysqlUrl(this.server.url)
    const tables: LogTables = { isSelected: options.isSelected ?? (() => true), schemas: () => [] }
    const reader = openMysqlLog({
      family: this.family,
      start,
      tables,
      tracker: this.#tracker(),
      connect: (signal) =>
        connectMysql(options.port === undefined ? address : { ...address, port: options.port }, signal),
      name: 'the test server',
      clock: options.clock ?? systemClock,
      random: seededRandom(options.seed ?? 1),
      heartbeatMs: 50,
      ...(options.serverId === undefined ? {} : { serverId: options.serverId }),
      ...(options.warn === undefined ? {} : { warn: options.warn }),
    })
    this.#readers.push(reader)
    return reader
  }

  /** Everything up to the end of the log as it is now. */
  async readAll(start: MysqlPosition, options: LogBenchOptions = {}): Promise<LogEvent[]> {
    const log = this.log(start, options)
    const events: LogEvent[] = []
    for (let isDone = false; !isDone; ) {
      const batch = await log.read(1 << 20, never)
      events.push(...batch.events)
      isDone = batch.isCaughtUp
    }
    await log.close()
    return events
  }

  async schema(table: TableName): Promise<TableSchema> {
    const rows = await this.session.texts(
      `SELECT COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, CHARACTER_SET_NAME, DATETIME_PRECISION, COLUMN_KEY, IS_NULLABLE
       FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
      [table.schema, table.table],
    )
    const columns = rows.map((row): Column => {
      const [name, native, dataType, charset, digits, , isNullable] = row.map((cell) => cell ?? '')
      const labels = /^(?:enum|set)\((.*)\)$/is.exec(native!)?.[1]
      return {
        name: name!,
        isNullable: isNullable === 'YES',
        type: {
          kind: kindOf(dataType!),
          native: native!.toLowerCase(),
          isUnsigned: native!.includes('unsigned'),
          ...(charset === '' ? {} : { charset: charset! }),
          ...(digits === '' ? {} : { scale: Number(digits) }),
          ...(labels === undefined ? {} : { labels: readLabels(labels) }),
        },
      }
    })
    const key = rows.flatMap((row, i) => (row[5] === 'PRI' ? [i] : []))
    return { schema: table.schema, table: table.table, columns, key }
  }

  #tracker(): SchemaTracker {
    const known = new Map<string, TableSchema>()
    return {
      resolve: async (logged: LoggedTable) => {
        const name = `${logged.schema}.${logged.table}`
        const schema = known.get(name) ?? (await this.schema(logged))
        known.set(name, schema)
        return { schema, effects: [] }
      },
      apply: async (statement) => {
        this.statements.push(statement)
        const truncated = /^\s*TRUNCATE\s+(?:TABLE\s+)?`?(\w+)`?\.`?(\w+)`?/i.exec(statement.text)
        if (truncated === null) return []
        const table = { schema: truncated[1]!, table: truncated[2]! }
        return [{ kind: 'truncate', table: await this.schema(table) }]
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of this.#readers) await reader.close()
    this.session.destroy()
  }
}

function readLabels(text: string): string[] {
  return [...text.matchAll(/'((?:[^']|'')*)'/g)].map((match) => match[1]!.replaceAll("''", "'"))
}

function kindOf(dataType: string): ColumnKind {
  switch (dataType) {
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return 'bytes'
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return 'text'
    default:
      return 'other'
  }
}
