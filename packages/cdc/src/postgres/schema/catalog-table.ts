/**
 * What the catalog of a Postgres says of tables, as they are now: columns that the log has (no generated ones, none that the publication
 * leaves out), the key by which rows are told apart, and what reading needs beside the schema.
 */

import type { Column, TableName, TableSchema } from '../../model/table-schema.ts'
import type { SqlRow, SqlSession } from '../connection/sql-session.ts'
import type { ReadValue } from '../values/read-value.ts'
import type { TypeRegistry } from '../values/type-registry.ts'
import { schemaDetails } from './schema-details.ts'

export interface CatalogTable {
  readonly schema: TableSchema
  readonly oid: number
  /** A partitioned table, whose rows are in its partitions. */
  readonly isPartitioned: boolean
  /** `p` permanent, `u` unlogged, `t` temporary. */
  readonly persistence: string
  /** REPLICA IDENTITY: `d` default, `n` nothing, `f` full, `i` an index. */
  readonly identity: string
  readonly hasPrimaryKey: boolean
  /** SQL of the publication's row filter. */
  readonly rowFilter: string | undefined
  /** Of each column: how its text is read, and its type and collation in SQL. */
  readonly columns: readonly CatalogColumn[]
}

export interface CatalogColumn {
  readonly read: ReadValue
  /** Base type of a domain. */
  readonly sqlType: string
  /** Quoted; undefined: the type has none. */
  readonly collation: string | undefined
}

/** As the query below makes it. */
interface AttributeJson {
  readonly id: number
  readonly name: string
  readonly type: number
  readonly modifier: number
  readonly notNull: boolean
  readonly collation: string | null
}

export interface Catalog {
  readonly sql: SqlSession
  readonly types: TypeRegistry
  readonly publication: string
  /** `server_version_num`. */
  readonly version: number
}

export function tablesByName(
  catalog: Catalog,
  tables: readonly TableName[],
): Promise<readonly CatalogTable[]> {
  return describe(
    catalog,
    '(n.nspname::text, c.relname::text) IN (SELECT * FROM unnest($1::text[], $2::text[]))',
    [tables.map((table) => table.schema), tables.map((table) => table.table)],
  )
}

export function tablesById(catalog: Catalog, oids: readonly number[]): Promise<readonly CatalogTable[]> {
  return describe(catalog, 'c.oid = ANY($1::oid[])', [oids])
}

async function describe(
  catalog: Catalog,
  condition: string,
  values: readonly unknown[],
): Promise<readonly CatalogTable[]> {
  const rows = await catalog.sql.rows(describeQuery(catalog, condition, values.length + 1), [
    ...values,
    catalog.publication,
  ])
  return readCatalogRows(catalog.types, rows)
}

export async function readCatalogRows(
  types: TypeRegistry,
  rows: readonly SqlRow[],
): Promise<readonly CatalogTable[]> {
  const attributes = rows.map(
    // Made by json_agg of the query; a table may have no column.
    (row) => JSON.parse(row.attributes ?? '[]') as readonly AttributeJson[],
  )
  const found = await types.types(
    attributes.flat().map((attribute) => ({ oid: attribute.type, modifier: attribute.modifier })),
  )
  let next = 0
  return rows.map((row, i) => {
    const own = attributes[i] ?? []
    const ownTypes = own.map(() => found[next++]!)
    const columns = own.map(
      (attribute, at): Column => ({
        name: attribute.name,
        type: ownTypes[at]!.type,
        isNullable: !attribute.notNull,
      }),
    )
    // Made by json_agg of numbers.
    const keyIds = JSON.parse(row.key ?? '[]') as readonly number[]
    const key = keyIds.map((id) => own.findIndex((attribute) => attribute.id === id))
    const oid = Number(row.oid)
    return {
      schema: {
        schema: row.nspname ?? '',
        table: row.relname ?? '',
        columns,
        // A key of which the publication leaves out a part tells no rows apart.
        key: key.includes(-1) ? [] : key,
        details: schemaDetails(
          oid,
          own.map((attribute) => attribute.id),
        ),
      },
      oid,
      isPartitioned: row.relkind === 'p',
      persistence: row.relpersistence ?? 'p',
      identity: row.relreplident ?? 'd',
      hasPrimaryKey: row.has_primary_key === 't',
      rowFilter: row.row_filter ?? undefined,
      columns: own.map((attribute, at) => ({
        read: ownTypes[at]!.read,
        sqlType: ownTypes[at]!.sql,
        collation: attribute.collation ?? undefined,
      })),
    }
  })
}

/** `publication` is the number of the parameter that names it. */
export function describeQuery(catalog: Catalog, condition: string, publication: number): string {
  const hasLists = catalog.version >= 150_000
  const hasGenerated = catalog.version >= 180_000
  const isLogged = hasGenerated
    ? "(a.attgenerated = '' OR a.attgenerated = 's' AND (pr.prattrs IS NOT NULL OR pub.pubgencols = 's'))"
    : "a.attgenerated = ''"
  return `
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident,
      EXISTS (SELECT FROM pg_index p WHERE p.indrelid = c.oid AND p.indisprimary) AS has_primary_key,
      ${hasLists ? 'pg_get_expr(pr.prqual, pr.prrelid)' : 'NULL'} AS row_filter,
      (SELECT json_agg(json_build_object('id', a.attnum, 'name', a.attname, 'type', a.atttypid::int8,
           'modifier', a.atttypmod, 'notNull', a.attnotnull,
           'collation', (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
              FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation))
         ORDER BY a.attnum)
       FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND ${isLogged}
         ${hasLists ? 'AND (pr.prattrs IS NULL OR a.attnum = ANY (pr.prattrs))' : ''}) AS attributes,
      (SELECT json_agg(k.attnum ORDER BY k.n)
       FROM (SELECT i.indkey::int2[] AS indkey, i.indnkeyatts FROM pg_index i
             WHERE i.indrelid = c.oid AND i.indisvalid AND i.indisunique AND i.indimmediate
               AND i.indpred IS NULL AND i.indexprs IS NULL
               AND CASE c.relreplident WHEN 'i' THEN i.indisreplident
                   WHEN 'f' THEN i.indisprimary OR NOT EXISTS (SELECT FROM pg_attribute ka WHERE ka.attrelid = c.oid
                     AND ka.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) AND NOT ka.attnotnull)
                   ELSE i.indisprimary END
             ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) AS chosen,
         unnest((chosen.indkey)[0:chosen.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, n)) AS key
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_publication pub ON pub.pubname = $${publication}
    LEFT JOIN pg_publication_rel pr ON pr.prpubid = pub.oid AND pr.prrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND ${condition}
    ORDER BY n.nspname, c.relname`
}
