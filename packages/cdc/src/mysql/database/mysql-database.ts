/** MySQL and MariaDB behind the port of a database: its questions over one session, its log and its tables over sessions of their own. */
import { randomUUID } from 'node:crypto'
import { seededRandom } from '@millrace/values'
import type { Database, DatabaseContext, Finding, LogHealth, TableListing } from '../../database/database.ts'
import type { LogPosition, LogReader, LogTables } from '../../log/log-reader.ts'
import type { TableName, TableSchema } from '../../model/table-schema.ts'
import type { TableReader } from '../../snapshot/table-reader.ts'
import { checkServer } from '../check/check-server.ts'
import { checkTables } from '../check/check-tables.ts'
import type { ControlSession } from '../connection/control-session.ts'
import type { MysqlServers } from '../connection/mysql-servers.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'
import { mysqlSchemaTracker } from '../ddl/mysql-schema-tracker.ts'
import { openMysqlLog } from '../log/mysql-log.ts'
import {
  compareMysqlPositions,
  mysqlPositionText,
  parseMysqlPosition,
  readMysqlPosition,
} from '../log/mysql-position.ts'
import { toTableSchema } from '../schema/mysql-table.ts'
import { listTables, readTables } from '../schema/read-tables.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { readLogEnd } from '../snapshot/log-place.ts'
import { openMysqlTable } from '../snapshot/mysql-table-reader.ts'
import { LogFiles } from './log-files.ts'
import { logHealth } from './log-health.ts'
import { positionAtTime } from './position-at-time.ts'

export interface MysqlDatabaseParts {
  readonly servers: MysqlServers
  readonly control: ControlSession
  readonly facts: ServerFacts
  readonly context: DatabaseContext
  readonly serverId: number | undefined
}

export class MysqlDatabase implements Database {
  readonly kind: 'mysql' | 'mariadb'
  readonly name: string
  readonly version: string
  readonly database = ''
  readonly #parts: MysqlDatabaseParts
  readonly #files: LogFiles

  constructor(parts: MysqlDatabaseParts) {
    this.#parts = parts
    this.kind = parts.facts.family
    this.name = parts.servers.name
    this.version = parts.facts.version
    this.#files = new LogFiles(parts.servers, parts.facts)
  }

  async check(tables: readonly TableName[]): Promise<readonly Finding[]> {
    const { facts, serverId, servers } = this.#parts
    const options = { serverId, hasFailover: servers.hasFailover }
    return this.#ask(async (session) => [
      ...(await checkServer(session, facts, tables, options)),
      ...(await checkTables(session, facts, tables)),
    ])
  }

  tables(): Promise<readonly TableListing[]> {
    return this.#ask((session) => listTables(session, this.#signal))
  }

  async schemas(tables: readonly TableName[]): Promise<readonly TableSchema[]> {
    const read = await this.#ask((session) => readTables(session, this.#parts.facts, tables, this.#signal))
    return read.map(toTableSchema)
  }

  /** A log is there for everybody who may read it: nothing is to be made. */
  async prepare(): Promise<void> {}

  currentPosition(): Promise<LogPosition> {
    return this.#ask((session) => readLogEnd(session, this.#parts.facts, this.#signal))
  }

  positionAtTime(timeMs: number): Promise<LogPosition | undefined> {
    return this.#ask((session) =>
      positionAtTime(session, this.#parts.facts, this.#files, timeMs, this.#signal),
    )
  }

  parsePosition(text: string): LogPosition {
    return parseMysqlPosition(this.kind, text)
  }

  positionText(position: LogPosition): string {
    return mysqlPositionText(readMysqlPosition(position))
  }

  comparePositions(a: LogPosition, b: LogPosition): number | undefined {
    return compareMysqlPositions(this.kind, readMysqlPosition(a), readMysqlPosition(b))
  }

  async openLog(start: LogPosition, tables: LogTables): Promise<LogReader> {
    const { servers, facts, context, serverId } = this.#parts
    return openMysqlLog({
      family: facts.family,
      start: readMysqlPosition(start),
      tables,
      tracker: mysqlSchemaTracker({
        tables,
        facts,
        readTables: (names) => this.#ask((session) => readTables(session, facts, names, this.#signal)),
        schemaCollation: (schema) => this.#ask((session) => schemaCollation(session, schema)),
        warn: context.warn.bind(context),
      }),
      connect: (signal) => servers.connect(signal),
      name: this.name,
      clock: context.clock,
      random: seededRandom(randomUUID()),
      ...(serverId === undefined ? {} : { serverId }),
      warn: context.warn.bind(context),
    })
  }

  openTable(schema: TableSchema): Promise<TableReader & AsyncDisposable> {
    const { servers, facts, context } = this.#parts
    const options = {
      open: (signal: AbortSignal) => servers.openSession(signal),
      clock: context.clock,
      hasFailover: servers.hasFailover,
    }
    return openMysqlTable(schema, facts, options, this.#signal)
  }

  health(position: LogPosition): Promise<LogHealth> {
    const at = readMysqlPosition(position)
    const { context, facts } = this.#parts
    return this.#ask((session) =>
      logHealth(session, facts, this.#files, at, context.clock.now(), this.#signal),
    )
  }

  /** The server itself says where an idle log stands (`heartbeatMs` of the reader); the account need not write. */
  async heartbeat(): Promise<void> {}

  async close(): Promise<void> {
    await this.#parts.control.close()
  }

  get #signal(): AbortSignal {
    return this.#parts.control.signal
  }

  #ask<T>(question: (session: MysqlSession) => Promise<T>): Promise<T> {
    return this.#parts.control.ask(question)
  }
}

async function schemaCollation(session: MysqlSession, schema: string): Promise<string | undefined> {
  const [row] = await session.texts(
    'SELECT DEFAULT_COLLATION_NAME FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = ?',
    [schema],
  )
  return row?.[0] ?? undefined
}
