/** All tables and views that the account may see, without the server's own, temporary and unlogged ones. */
import type { TableListing } from '../../database/database.ts'
import type { Catalog } from './catalog-table.ts'

export async function listTables({
  sql,
  version,
}: Pick<Catalog, 'sql' | 'version'>): Promise<readonly TableListing[]> {
  // Before Postgres 13, the log knows partitions only; since then they are told of as the table that they are parts of.
  const partitions = version >= 130_000 ? 'NOT c.relispartition' : "c.relkind <> 'p'"
  const rows = await sql.rows(
    `SELECT n.nspname, c.relname, c.relkind IN ('v', 'm') AS is_view
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence = 'p' AND ${partitions}
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND has_schema_privilege(n.oid, 'USAGE')
     ORDER BY n.nspname, c.relname`,
  )
  return rows.map((row) => ({
    schema: row.nspname ?? '',
    table: row.relname ?? '',
    type: row.is_view === 't' ? 'view' : 'table',
  }))
}
