/**
 * Reads what a table holds, in chunks by its key. Each chunk is a transaction of its own (REPEATABLE READ, READ ONLY) in which the table
 * is locked against changes of its definition (ACCESS SHARE, as every query does), then described, then read by a cursor until the
 * chunk is full: rows, description and snapshot belong together. Values are read from the wire by the same code as the log's.
 *
 * The log passes a chunk when it has come to the end that the log had at the snapshot. Where the server has not yet written that to its
 * disk, it never might on an idle server; a message in the log without any effect (`nudge`) makes it.
 */
import type { Clock } from '@millrace/values'
import { CdcError } from '../../errors.ts'
import type { Row } from '../../model/column-value.ts'
import { type TableSchema, tableText } from '../../model/table-schema.ts'
import type { Chunk, ChunkView, KeyValues, TableReader } from '../../snapshot/table-reader.ts'
import type { PostgresAddress } from '../connection/postgres-address.ts'
import { connectPostgres } from '../connection/postgres-driver.ts'
import { answered, serverText, sqlState } from '../connection/postgres-error.ts'
import { WireConnection } from '../connection/wire-connection.ts'
import { lastRow } from '../connection/wire-rows.ts'
import { logEndSql } from '../log/catalog-look.ts'
import { parseLsn } from '../pgoutput/lsn.ts'
import { type Catalog, type CatalogTable, tablesById, tablesByName } from '../schema/catalog-table.ts'
import { oidOf } from '../schema/schema-details.ts'
import { readDataRow } from './data-row.ts'
import { atMostSql, fromClause, keyTexts, rowsSql } from './row-query.ts'
import { snapshotView } from './snapshot-view.ts'

export interface TableReaderOptions {
  readonly address: PostgresAddress
  readonly catalog: Catalog
  readonly connectTimeoutMs: number
  readonly clock: Clock
  /** Makes the server write its log out; see above. */
  nudge(): Promise<void>
}

interface Limits {
  readonly rowsMax: number
  readonly bytesMax: number
}

/** Rows of the first fetch, before anything is known of their size. */
const firstRows = 64
/** Keys of one comparison. */
const comparedKeysMax = 10_000

export class PostgresTableReader implements TableReader, AsyncDisposable {
  readonly #options: TableReaderOptions
  readonly #name: TableSchema
  #table: CatalogTable | undefined
  /** Whose keys are compared. */
  #compared: CatalogTable | undefined
  #wire: WireConnection | undefined
  /** Bytes of a row, as the last chunk had them. */
  #rowBytes: number | undefined

  constructor(schema: TableSchema, options: TableReaderOptions) {
    this.#name = schema
    this.#options = options
  }

  async readChunk(after: KeyValues | undefined, limits: Limits, signal: AbortSignal): Promise<Chunk> {
    const wire = await this.#connection()
    try {
      const { table, view } = await this.#begin(wire, signal)
      await wire.run(`DECLARE c NO SCROLL CURSOR FOR ${rowsSql(table, after)}`, ignore, signal)
      const { rows, isEnd } = await this.#fetch(wire, table, limits, signal)
      await wire.run('COMMIT', ignore, signal)
      const { key } = table.schema
      const final = rows.at(-1)
      return {
        schema: table.schema,
        rows,
        last: isEnd || final === undefined ? undefined : key.map((index) => final[index]),
        view,
      }
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async *readWhole(limits: Limits, signal: AbortSignal): AsyncIterable<Chunk> {
    const wire = await this.#connection()
    try {
      const { table, view } = await this.#begin(wire, signal)
      await wire.run(`DECLARE c NO SCROLL CURSOR FOR ${rowsSql(table, undefined)}`, ignore, signal)
      for (;;) {
        const { rows, isEnd } = await this.#fetch(wire, table, limits, signal)
        yield { schema: table.schema, rows, last: undefined, view }
        if (isEnd) break
      }
      await wire.run('COMMIT', ignore, signal)
    } catch (error) {
      throw this.#failed(error)
    } finally {
      // Who stops in between leaves a transaction open.
      if (this.#wire === wire) this.#drop()
    }
  }

  async areAtMost(
    keys: readonly KeyValues[],
    bound: KeyValues,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    const { address, catalog } = this.#options
    this.#compared ??= await this.#describeByNumber()
    const table = this.#compared
    const sql = atMostSql(table)
    const limit = keyTexts(table, bound)
    const out: boolean[] = []
    for (let from = 0; from < keys.length && !signal.aborted; from += comparedKeysMax) {
      const part = keys.slice(from, from + comparedKeysMax).map((key) => keyTexts(table, key))
      const lists = limit.map((_, i) => part.map((texts) => texts[i]))
      const rows = await answered(address.name, 'to compare keys', catalog.sql.rows(sql, [limit, ...lists]))
      out.push(...rows.map((row) => row.at_most === 't'))
    }
    return out
  }

  async estimateRows(): Promise<number | undefined> {
    const { address, catalog } = this.#options
    // Of a partitioned table, all partitions; -1 (before Postgres 14: 0 of no pages) stands for never counted.
    const counting = catalog.sql.rows(
      `SELECT sum(c.reltuples)::text AS rows, bool_or(c.reltuples < 0 OR c.reltuples = 0 AND c.relpages = 0
         AND pg_relation_size(c.oid) > 0) AS is_unknown
       FROM pg_class c WHERE c.relkind = 'r' AND c.oid IN (
         SELECT to_regclass($1)::oid UNION SELECT relid::oid FROM pg_partition_tree(to_regclass($1)))`,
      [fromClause({ schema: this.#name, isPartitioned: true })],
    )
    const [row] = await answered(address.name, 'to estimate rows', counting)
    if (row?.rows == null || row.is_unknown === 't') return undefined
    return Math.round(Number(row.rows))
  }

  /** Begins the transaction of a chunk. */
  async #begin(wire: WireConnection, signal: AbortSignal): Promise<{ table: CatalogTable; view: ChunkView }> {
    const { catalog } = this.#options
    let table = this.#table ?? (await this.#describe())
    const snapshot = catalog.version >= 130_000 ? 'pg_current_snapshot()' : 'txid_current_snapshot()'
    for (;;) {
      // The lock comes first: a snapshot is taken by the first query.
      const [seen, flushed, inserted, standby] = await lastRow(
        wire,
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE ${fromClause(table)} IN ACCESS SHARE MODE;
         SELECT s.seen, e.flushed, e.inserted, pg_is_in_recovery()
         FROM (SELECT ${snapshot}::text AS seen) AS s, LATERAL (SELECT ${logEndSql}) AS e`,
        signal,
      )
      // Described by another connection, but under our lock.
      const now = await this.#describe()
      if (now.oid !== table.oid || now.isPartitioned !== table.isPartitioned) {
        // Another table has taken the name: the lock is on the old one.
        await wire.run('ROLLBACK', ignore, signal)
        table = now
        continue
      }
      this.#table = now
      const end = parseLsn(inserted ?? '') ?? 0n
      if (end > (parseLsn(flushed ?? '') ?? 0n)) await this.#options.nudge()
      return { table: now, view: snapshotView(seen ?? '', { end, isStandby: standby === 't' }) }
    }
  }

  async #describe(): Promise<CatalogTable> {
    const { address, catalog } = this.#options
    const describing = tablesByName(catalog, [this.#name])
    const [table] = await answered(address.name, 'to describe a table', describing)
    if (table === undefined) {
      throw new CdcError(
        'CDC_TABLE_MISSING',
        `Table ${tableText(this.#name)} does not exist, or the account may not see it.`,
      )
    }
    return table
  }

  /** Keys come from the log, which is behind: the table may have another name by now. Throws where it has another key, or none. */
  async #describeByNumber(): Promise<CatalogTable> {
    const { address, catalog } = this.#options
    const given = this.#name
    const oid = oidOf(given)
    if (oid === undefined) return this.#describe()
    const [table] = await answered(address.name, 'to describe a table', tablesById(catalog, [oid]))
    const keyOf = ({ key, columns }: TableSchema) => key.map((index) => columns[index]?.type.kind).join()
    if (table !== undefined && keyOf(table.schema) === keyOf(given)) return table
    throw new CdcError(
      'CDC_TABLE_MISSING',
      `Table ${tableText(given)} ${table === undefined ? 'does not exist any more' : 'has another key now'}.`,
    )
  }

  async #fetch(
    wire: WireConnection,
    table: CatalogTable,
    { rowsMax, bytesMax }: Limits,
    signal: AbortSignal,
  ): Promise<{ rows: Row[]; isEnd: boolean }> {
    const rows: Row[] = []
    const { schema } = table
    const reads = table.columns.map((column) => column.read)
    let bytes = 0
    for (;;) {
      const left = rowsMax - rows.length
      const byBytes =
        this.#rowBytes === undefined ? firstRows : Math.floor((bytesMax - bytes) / this.#rowBytes)
      const count = Math.max(1, Math.min(left, byBytes))
      const before = rows.length
      const bytesBefore = bytes
      await wire.run(
        `FETCH ${count} FROM c`,
        () => {
          bytes += wire.end - wire.start
          rows.push(readDataRow(wire, schema, reads))
        },
        signal,
      )
      const got = rows.length - before
      if (got > 0) this.#rowBytes = Math.max(1, (bytes - bytesBefore) / got)
      if (got < count) return { rows, isEnd: true }
      if (rows.length >= rowsMax || bytes + (this.#rowBytes ?? 0) > bytesMax) return { rows, isEnd: false }
    }
  }

  async #connection(): Promise<WireConnection> {
    if (this.#wire === undefined || this.#wire.isLost) {
      const { address, connectTimeoutMs } = this.#options
      const client = await connectPostgres(address, { timeoutMs: connectTimeoutMs })
      await client.query('SET statement_timeout = 0')
      this.#wire = new WireConnection(client)
    }
    return this.#wire
  }

  /** The connection may have a transaction half done: it is not used again. */
  #failed(error: unknown): unknown {
    this.#drop()
    switch (sqlState(error)) {
      case '42501':
        return new CdcError(
          'CDC_PREREQUISITE',
          `Table ${tableText(this.#name)} cannot be read: ${serverText(error)}. Run: GRANT SELECT ON ${fromClause({ schema: this.#name, isPartitioned: true })} TO the_account;`,
          { cause: error },
        )
      case '42P01':
        return new CdcError('CDC_TABLE_MISSING', `Table ${tableText(this.#name)} does not exist any more.`, {
          cause: error,
        })
      default:
        return error instanceof CdcError
          ? error
          : new CdcError(
              'CDC_CONNECT',
              `Reading table ${tableText(this.#name)} broke off: ${serverText(error)}.`,
              {
                cause: error,
              },
            )
    }
  }

  #drop(): void {
    this.#wire?.close()
    this.#wire = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop()
  }
}

const ignore = () => {}
