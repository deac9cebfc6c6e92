/** For tests of MySQL and MariaDB as databases: private servers of each kind that is installed, and the database behind its port. */
import { systemClock } from '@millrace/values'
import type { Database, DatabaseContext } from '../../database/database.ts'
import type { LogReader } from '../../log/log-reader.ts'
import type { LogEvent } from '../../model/log-event.ts'
import type { TableName, TableSchema } from '../../model/table-schema.ts'
import { findMariaDb, privateMariaDb } from '../../servers/private-mariadb.ts'
import { findMySql, privateMySql } from '../../servers/private-mysql.ts'
import type { PrivateServer, PrivateServerOptions } from '../../servers/private-server.ts'
import type { CdcOptions } from '../../source/cdc-options.ts'
import { parseMysqlUrl } from '../connection/mysql-address.ts'
import { type MysqlSession, openMysqlSession } from '../connection/mysql-session.ts'
import { openMysql } from '../database/open-mysql.ts'
import type { MysqlOptions } from '../mysql-options.ts'

export const never: AbortSignal = new AbortController().signal

export interface ServerKind {
  readonly name: 'MariaDB' | 'MySQL'
  readonly isInstalled: boolean
  readonly start: (options?: PrivateServerOptions) => Promise<PrivateServer>
}

const mariaDb: ServerKind = {
  name: 'MariaDB',
  isInstalled: (await findMariaDb()) !== undefined,
  start: privateMariaDb,
}
const mySql: ServerKind = {
  name: 'MySQL',
  isInstalled: (await findMySql()) !== undefined,
  start: privateMySql,
}

/** Wherever it is installed. */
export const everyKind: readonly ServerKind[] = [mariaDb, mySql]

/** MySQL by night only: it takes seconds to start. */
export const serverKinds: readonly ServerKind[] = [
  mariaDb,
  { ...mySql, isInstalled: process.env.MILLRACE_NIGHTLY !== undefined && mySql.isInstalled },
]

export class MysqlBench implements AsyncDisposable {
  readonly server: PrivateServer
  /** With an account that may do everything, for the tests' own statements. */
  readonly session: MysqlSession
  readonly database: Database
  readonly warnings: string[]

  private constructor(server: PrivateServer, session: MysqlSession, database: Database, warnings: string[]) {
    this.server = server
    this.session = session
    this.database = database
    this.warnings = warnings
  }

  static async start(kind: ServerKind, options: PrivateServerOptions = {}): Promise<MysqlBench> {
    const server = await kind.start(options)
    try {
      const session = await openMysqlSession(parseMysqlUrl(server.url), never)
      const warnings: string[] = []
      const database = await openDatabase({ url: server.url }, warnings)
      return new MysqlBench(server, session, database, warnings)
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  async run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.session.run(statement)
  }

  async schema(name: TableName): Promise<TableSchema> {
    const [schema] = await this.database.schemas([name])
    if (schema === undefined) throw new Error(`there is no table ${name.schema}.${name.table}`)
    return schema
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close()
    await this.session.close()
    await this.server.stop()
  }
}

export function openDatabase(options: CdcOptions & MysqlOptions, warnings: string[] = []): Promise<Database> {
  const context: DatabaseContext = {
    clock: systemClock,
    signal: never,
    warn: (code, message) => warnings.push(`${code} ${message}`),
  }
  return openMysql(options, context)
}

/** Events up to where the log ends. */
export async function readToEnd(log: LogReader): Promise<LogEvent[]> {
  const events: LogEvent[] = []
  for (;;) {
    const batch = await log.read(1 << 20, never)
    events.push(...batch.events)
    if (batch.isCaughtUp) return events
  }
}
