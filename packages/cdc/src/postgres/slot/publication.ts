/** The publication: which tables the log tells of. */
import type { TableName } from '../../model/table-schema.ts'
import { tableText } from '../../model/table-schema.ts'
import type { SqlSession } from '../connection/sql-session.ts'
import { identifier, qualified } from '../connection/sql-text.ts'

export interface PublicationState {
  readonly isForAllTables: boolean
  /** Changes of partitions are told as changes of the partitioned table. */
  readonly isViaRoot: boolean
  /** Kinds of changes that it leaves out. */
  readonly missingKinds: readonly string[]
  /** `schema.table` of all that it tells of. */
  readonly tables: ReadonlySet<string>
}

/** Undefined: there is none of this name. */
export async function publicationState(sql: SqlSession, name: string): Promise<PublicationState | undefined> {
  const [row] = await sql.rows(
    `SELECT to_jsonb(p)::text AS publication,
       (SELECT json_agg(json_build_object('schema', t.schemaname, 'table', t.tablename))::text
        FROM pg_publication_tables t WHERE t.pubname = p.pubname) AS tables
     FROM pg_publication p WHERE p.pubname = $1`,
    [name],
  )
  if (row?.publication == null) return undefined
  // Made by to_jsonb and json_agg of the catalog's rows.
  const catalog = JSON.parse(row.publication) as { readonly [column: string]: unknown }
  const tables = JSON.parse(row.tables ?? '[]') as readonly TableName[]
  const kinds = { insert: 'pubinsert', update: 'pubupdate', delete: 'pubdelete', truncate: 'pubtruncate' }
  return {
    isForAllTables: catalog.puballtables === true,
    isViaRoot: catalog.pubviaroot === true,
    missingKinds: Object.entries(kinds).flatMap(([kind, column]) =>
      catalog[column] === false ? [kind] : [],
    ),
    tables: new Set(tables.map(tableText)),
  }
}

/** The statement that makes a publication for these tables. Without tables, one that has none yet. */
export function createPublicationSql(name: string, tables: readonly TableName[], version: number): string {
  const list = tables.length === 0 ? '' : ` FOR TABLE ${tables.map(qualified).join(', ')}`
  const viaRoot = version >= 130_000 ? ' WITH (publish_via_partition_root = true)' : ''
  return `CREATE PUBLICATION ${identifier(name)}${list}${viaRoot}`
}

export function addTablesSql(name: string, tables: readonly TableName[]): string {
  return `ALTER PUBLICATION ${identifier(name)} ADD TABLE ${tables.map(qualified).join(', ')}`
}
