/** A private Postgres for the tests of one file, a client on it, and a reader of its log that collects what comes. */
import { type Clock, systemClock } from '@millrace/values'
import pg from 'pg'
import type { Database } from '../../database/database.ts'
import type { LogPosition, LogReader, LogTables } from '../../log/log-reader.ts'
import type { LogEvent } from '../../model/log-event.ts'
import type { TableName, TableSchema } from '../../model/table-schema.ts'
import { embeddedPostgres } from '../../servers/embedded-postgres.ts'
import { findPostgresServer, privatePostgres } from '../../servers/private-postgres.ts'
import type { PrivateServer } from '../../servers/private-server.ts'
import { openPostgres } from '../open-postgres.ts'
import type { PostgresOptions } from '../postgres-options.ts'

/** MILLRACE_POSTGRES=embedded: the newer one out of an npm package. */
const isEmbedded = process.env.MILLRACE_POSTGRES === 'embedded'

export const isPostgresInstalled = isEmbedded || (await findPostgresServer()) !== undefined

export class PostgresFixture implements AsyncDisposable {
  readonly server: PrivateServer
  readonly sql: pg.Client
  readonly warnings: string[] = []
  readonly control = new AbortController()
  readonly #opened: { close(): Promise<void> }[] = []

  private constructor(server: PrivateServer, sql: pg.Client) {
    this.server = server
    this.sql = sql
  }

  static async start(
    settings: { readonly [name: string]: string } = {},
    directory?: string,
  ): Promise<PostgresFixture> {
    const server = await (isEmbedded ? embeddedPostgres : privatePostgres)({
      settings,
      ...(directory !== undefined && { directory }),
    })
    const sql = new pg.Client({ connectionString: server.url })
    sql.on('error', () => {})
    await sql.connect()
    return new PostgresFixture(server, sql)
  }

  async open(
    options: PostgresOptions & { readonly url?: string } = {},
    catalogMs = 50,
    clock: Clock = systemClock,
  ): Promise<Database> {
    const database = await openPostgres(
      { url: this.server.url, ...options },
      {
        clock,
        signal: this.control.signal,
        warn: (code, message) => this.warnings.push(`${code} ${message}`),
      },
      { catalogMs },
    )
    this.#opened.push(database)
    return database
  }

  /** A follower of the tables as they are now. */
  async follow(
    database: Database,
    tables: readonly TableName[],
    isSelected: (table: TableName) => boolean = () => true,
  ): Promise<Follower> {
    await database.prepare(tables)
    const start = await database.currentPosition()
    return this.followFrom(database, start, { isSelected, schemas: await database.schemas(tables) })
  }

  async followFrom(
    database: Database,
    start: LogPosition,
    tables: { isSelected(table: TableName): boolean; readonly schemas: readonly TableSchema[] },
  ): Promise<Follower> {
    const logTables: LogTables = {
      isSelected: (table) => tables.isSelected(table),
      schemas: () => tables.schemas,
    }
    const follower = new Follower(await database.openLog(start, logTables), start)
    this.#opened.push(follower)
    return follower
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.abort()
    for (const opened of this.#opened.reverse()) await opened.close().catch(() => {})
    await this.sql.end().catch(() => {})
    await this.server[Symbol.asyncDispose]()
  }
}

/** Far beyond any wait of a test: it only ends a hanging one. */
const patienceMs = 60_000

export class Follower {
  readonly log: LogReader
  readonly events: LogEvent[] = []
  /** After everything in `events`. */
  position: LogPosition

  constructor(log: LogReader, start: LogPosition) {
    this.log = log
    this.position = start
  }

  /** Reads on until the events are enough. */
  async until(
    isEnough: (events: readonly LogEvent[]) => boolean,
    maxBytes = 1_000_000,
  ): Promise<readonly LogEvent[]> {
    const signal = AbortSignal.timeout(patienceMs)
    while (!isEnough(this.events)) {
      const batch = await this.log.read(maxBytes, signal)
      if (signal.aborted) throw new Error(`waited in vain; events so far: ${this.events.length}`)
      this.events.push(...batch.events)
      this.position = batch.position
      this.log.acknowledge(batch.position)
    }
    return this.events
  }

  close(): Promise<void> {
    return this.log.close()
  }
}
