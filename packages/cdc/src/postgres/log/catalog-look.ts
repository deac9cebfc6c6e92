/**
 * A look at the catalog: which of the followed tables still are and what they look like, together with the place of the log that all of
 * it stands before. And how far the log is. New tables are not looked for: they are not in the publication, so who wants them
 * prepares them first.
 */
import type { TableSchema } from '../../model/table-schema.ts'
import { type Lsn, parseLsn } from '../pgoutput/lsn.ts'
import { type Catalog, type CatalogTable, tablesById } from '../schema/catalog-table.ts'
import { oidOf } from '../schema/schema-details.ts'

export interface CatalogLook {
  /** OIDs that were looked for. */
  readonly asked: ReadonlySet<number>
  readonly seen: readonly CatalogTable[]
  readonly lsn: Lsn
}

export async function lookAtCatalog(catalog: Catalog, known: readonly TableSchema[]): Promise<CatalogLook> {
  const oids = known.flatMap((schema) => oidOf(schema) ?? [])
  // Labels of enums may be new.
  catalog.types.forget()
  const seen = await tablesById(catalog, oids)
  const { flushed } = await logEnd(catalog.sql)
  return { asked: new Set(oids), seen, lsn: flushed }
}

export interface LogEnd {
  readonly flushed: Lsn
  /** Written, but maybe not on disk: no commit that anybody can see is behind it. */
  readonly inserted: Lsn
  readonly timeUs: number
  readonly isStandby: boolean
}

/** SQL of the two ends; a standby has replayed what it has. */
export const logEndSql =
  'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END AS flushed, ' +
  'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END AS inserted, ' +
  'floor(extract(epoch FROM clock_timestamp()) * 1000000)::int8 AS time'

export async function logEnd(sql: Catalog['sql']): Promise<LogEnd> {
  const [row] = await sql.rows(`SELECT ${logEndSql}, pg_is_in_recovery() AS is_standby`)
  const [flushed, inserted] = [parseLsn(row?.flushed ?? ''), parseLsn(row?.inserted ?? '')]
  return {
    flushed: flushed ?? 0n,
    inserted: inserted ?? 0n,
    timeUs: Number(row?.time),
    isStandby: row?.is_standby === 't',
  }
}
