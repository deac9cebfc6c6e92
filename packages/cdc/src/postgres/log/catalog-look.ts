/**
 * A look at the catalog: which of the followed tables still are, what they look like, and which selected ones are new, together with the
 * place of the log that all of it is behind of. New tables are put into the publication before, so that everything after that place
 * is in the log.
 */
import type { LogTables } from '../../log/log-reader.ts'
import { type TableName, type TableSchema, tableText } from '../../model/table-schema.ts'
import { type Lsn, parseLsn } from '../pgoutput/lsn.ts'
import { type Catalog, type CatalogTable, tablesById, tablesByName } from '../schema/catalog-table.ts'
import { oidOf } from '../schema/schema-details.ts'
import { listTables } from '../schema/table-listing.ts'

export interface CatalogLook {
  readonly seen: readonly CatalogTable[]
  readonly lsn: Lsn
}

export interface LookOptions {
  readonly catalog: Catalog
  readonly tables: LogTables
  readonly known: readonly TableSchema[]
  /** Puts tables into the publication; gives those that are in it now. */
  publish(tables: readonly TableName[]): Promise<readonly TableName[]>
}

export async function lookAtCatalog({ catalog, tables, known, publish }: LookOptions): Promise<CatalogLook> {
  const ids = known.flatMap((schema) => oidOf(schema) ?? [])
  const still = await tablesById(catalog, ids)
  const followed = new Set([...still.map((table) => tableText(table.schema)), ...known.map(tableText)])
  const fresh = (await listTables(catalog)).filter(
    (table) => table.type === 'table' && !followed.has(tableText(table)) && tables.isSelected(table),
  )
  const published = fresh.length === 0 ? [] : await publish(fresh)
  const created = published.length === 0 ? [] : await tablesByName(catalog, published)
  return { seen: [...still, ...created], lsn: await flushedLsn(catalog) }
}

/** How far the log is on the server's disk, which is as far as it is sent. */
export async function flushedLsn({ sql }: Catalog): Promise<Lsn> {
  return (await logEnd(sql)).flushed
}

export interface LogEnd {
  readonly flushed: Lsn
  /** Written, but maybe not on disk: no commit that anybody can see is behind it. */
  readonly inserted: Lsn
  readonly timeUs: number
}

/** SQL of the two ends; a standby has replayed what it has. */
export const logEndSql =
  'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END AS flushed, ' +
  'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END AS inserted, ' +
  'floor(extract(epoch FROM clock_timestamp()) * 1000000)::int8 AS time'

export async function logEnd(sql: Catalog['sql']): Promise<LogEnd> {
  const [row] = await sql.rows(`SELECT ${logEndSql}`)
  const [flushed, inserted] = [parseLsn(row?.flushed ?? ''), parseLsn(row?.inserted ?? '')]
  return { flushed: flushed ?? 0n, inserted: inserted ?? 0n, timeUs: Number(row?.time) }
}
