/** A Postgres as a database that changes are captured from: puts the parts of this folder together behind the port. */
import type { Database, DatabaseContext, Finding, LogHealth, TableListing } from '../database/database.ts'
import { CdcError } from '../errors.ts'
import type { LogPosition, LogReader, LogTables } from '../log/log-reader.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { TableReader } from '../snapshot/table-reader.ts'
import { checkServer } from './check/check-server.ts'
import { checkTables } from './check/check-tables.ts'
import type { PostgresAddress } from './connection/postgres-address.ts'
import { answered } from './connection/postgres-error.ts'
import { SqlSession } from './connection/sql-session.ts'
import { literal } from './connection/sql-text.ts'
import { logEnd } from './log/catalog-look.ts'
import { openPostgresLog } from './log/postgres-log-reader.ts'
import { comparePostgresPositions, positionFromJson, positionToJson } from './log/postgres-position.ts'
import { lsnText, parseLsn } from './pgoutput/lsn.ts'
import { type Catalog, tablesByName } from './schema/catalog-table.ts'
import { listTables } from './schema/table-listing.ts'
import { preparePublication, prepareSlot, type SlotSettings } from './slot/prepare.ts'
import { slotState } from './slot/slot-state.ts'
import { waitForWriters } from './slot/wait-for-writers.ts'
import { PostgresTableReader } from './snapshot/postgres-table-reader.ts'

export interface DatabaseParts {
  readonly address: PostgresAddress
  readonly catalog: Catalog
  readonly settings: SlotSettings
  readonly context: DatabaseContext
  readonly serverVersion: string
  /** Identifier of the cluster; undefined where the account may not know it. */
  readonly system: string | undefined
  readonly connectTimeoutMs: number
  readonly catalogMs: number
}

export class PostgresDatabase implements Database {
  readonly kind = 'postgres'
  readonly name: string
  readonly version: string
  readonly database: string
  readonly #parts: DatabaseParts
  readonly #sql: SqlSession
  /** The account may write messages to the log. */
  #mayEmit = true

  constructor(parts: DatabaseParts) {
    this.name = parts.address.name
    this.version = parts.serverVersion
    this.database = parts.address.database
    this.#parts = parts
    this.#sql = parts.catalog.sql
  }

  async check(tables: readonly TableName[]): Promise<readonly Finding[]> {
    const { catalog, settings } = this.#parts
    const check = async () => {
      const { findings, rights } = await checkServer(this.#sql, settings)
      return [...findings, ...(await checkTables(catalog, settings, tables, rights))]
    }
    return answered(this.name, 'to be checked', check())
  }

  tables(): Promise<readonly TableListing[]> {
    return answered(this.name, 'to list its tables', listTables(this.#parts.catalog))
  }

  async schemas(tables: readonly TableName[]): Promise<readonly TableSchema[]> {
    const found = await answered(this.name, 'to describe tables', tablesByName(this.#parts.catalog, tables))
    return found.map((table) => table.schema)
  }

  prepare(tables: readonly TableName[]): Promise<void> {
    return answered(this.name, 'to be prepared', this.#prepare(tables))
  }

  async #prepare(tables: readonly TableName[]): Promise<void> {
    const { address, settings, context, connectTimeoutMs } = this.#parts
    const slot = await slotState(this.#sql, settings.slot)
    const added = await preparePublication(this.#sql, settings, tables)
    // A slot that is made now waits for all that is open; with an older one, the writers of added tables are to be waited for.
    if (slot !== undefined && added.length > 0) await waitForWriters(this.#sql, added, context)
    // Making a slot waits for open transactions, however long they take.
    const patient = new SqlSession(address, { connectMs: connectTimeoutMs, statementMs: 0 })
    const stop = () => void patient.close()
    context.signal.addEventListener('abort', stop, { once: true })
    try {
      await prepareSlot(patient, settings, context)
    } finally {
      context.signal.removeEventListener('abort', stop)
      await patient.close()
    }
  }

  async currentPosition(): Promise<LogPosition> {
    // What is on disk, for only that is sure to come back after a crash of the server.
    const { flushed } = await answered(this.name, 'to say where its log ends', logEnd(this.#sql))
    return positionToJson({
      lsn: flushed,
      inside: undefined,
      system: this.#parts.system,
      timeline: undefined,
    })
  }

  /** Postgres' log has no index by time. */
  async positionAtTime(): Promise<undefined> {
    return undefined
  }

  parsePosition(text: string): LogPosition {
    const lsn = parseLsn(text.trim())
    if (lsn === undefined) {
      throw new CdcError(
        'CDC_POSITION',
        `${JSON.stringify(text)} is no position in the log of a Postgres: write an LSN such as 16/B374D848, as SELECT pg_current_wal_lsn() gives it.`,
      )
    }
    return positionToJson({ lsn, inside: undefined, system: undefined, timeline: undefined })
  }

  positionText(position: LogPosition): string {
    const { lsn, inside } = positionFromJson(position)
    return inside === undefined ? lsnText(lsn) : `${lsnText(inside.commit)}+${inside.taken}`
  }

  comparePositions(a: LogPosition, b: LogPosition): number | undefined {
    const [left, right] = [positionFromJson(a), positionFromJson(b)]
    const isSame = left.system === undefined || right.system === undefined || left.system === right.system
    return isSame ? comparePostgresPositions(left, right) : undefined
  }

  openLog(start: LogPosition, tables: LogTables): Promise<LogReader> {
    const { address, catalog, settings, context, connectTimeoutMs, catalogMs } = this.#parts
    const { slot, publication } = settings
    const opening = openPostgresLog(start, {
      stream: { address, slot, publication, connectTimeoutMs, clock: context.clock },
      catalog,
      context,
      tables,
      catalogMs,
    })
    return answered(this.name, 'to open its log', opening)
  }

  async openTable(schema: TableSchema): Promise<TableReader & AsyncDisposable> {
    const { address, catalog, context, connectTimeoutMs } = this.#parts
    return new PostgresTableReader(schema, {
      address,
      catalog,
      connectTimeoutMs,
      clock: context.clock,
      nudge: () => this.heartbeat(),
    })
  }

  async health(): Promise<LogHealth> {
    const { settings } = this.#parts
    const slot = await answered(this.name, 'to describe its slot', slotState(this.#sql, settings.slot))
    const kept = slot?.keptBytes
    return {
      behindBytes: kept,
      keptBytesMax: kept === undefined || slot?.safeBytes === undefined ? undefined : kept + slot.safeBytes,
      expiresInMs: undefined,
      slotStatus: slot === undefined ? 'missing' : slot.invalidation === undefined ? slot.walStatus : 'lost',
    }
  }

  /**
   * A message in the log that no table shows: its commit makes the server write its log to disk, so that it can be sent. Anybody may,
   * unless the right was taken away; a standby cannot.
   */
  async heartbeat(): Promise<void> {
    if (!this.#mayEmit) return
    try {
      await this.#sql.rows(
        `SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_logical_emit_message(true, ${literal('millrace')}, '') END`,
      )
    } catch (error) {
      if (error instanceof CdcError) return
      this.#mayEmit = false
    }
  }

  close(): Promise<void> {
    return this.#sql.close()
  }
}
