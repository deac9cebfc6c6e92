/** What the tables, their grants and the publication lack for being loaded and followed. */
import type { Finding } from '../../database/database.ts'
import { type TableName, tableText } from '../../model/table-schema.ts'
import { identifier, qualified } from '../connection/sql-text.ts'
import type { Catalog } from '../schema/catalog-table.ts'
import type { SlotSettings } from '../slot/prepare.ts'
import { addTablesSql, createPublicationSql, publicationState } from '../slot/publication.ts'
import type { AccountRights } from './check-server.ts'

interface TableFacts extends TableName {
  readonly isPartitioned: boolean
  readonly isUnlogged: boolean
  readonly isReadable: boolean
  readonly hasUsage: boolean
  readonly isOwned: boolean
  /** Updates and deletes can be logged. */
  readonly hasIdentity: boolean
  /** Rows are hidden from the account. */
  readonly isFiltered: boolean
}

export async function checkTables(
  catalog: Catalog,
  settings: SlotSettings,
  tables: readonly TableName[],
  rights: AccountRights,
): Promise<readonly Finding[]> {
  const facts = await tableFacts(catalog, tables)
  const findings: Finding[] = []
  const role = identifier(rights.user)
  const fail = (message: string, next: string) =>
    findings.push({ level: 'error', code: 'CDC_PREREQUISITE', message: `${message}.`, next })
  const known = new Set(facts.map(tableText))
  for (const table of tables) {
    if (known.has(tableText(table))) continue
    findings.push({
      level: 'error',
      code: 'CDC_TABLE_MISSING',
      message: `Table ${tableText(table)} does not exist in database ${settings.database}.`,
      next: 'Check schema and name; both are case-sensitive',
    })
  }
  for (const table of facts) {
    const [text, name] = [tableText(table), qualified(table)]
    if (!table.hasUsage) {
      fail(
        `Account ${rights.user} may not look into schema ${table.schema} of table ${text}`,
        `GRANT USAGE ON SCHEMA ${identifier(table.schema)} TO ${role};`,
      )
    }
    if (!table.isReadable)
      fail(`Account ${rights.user} may not read table ${text}`, `GRANT SELECT ON ${name} TO ${role};`)
    if (table.isUnlogged)
      fail(`Table ${text} is not in the log (UNLOGGED)`, `ALTER TABLE ${name} SET LOGGED;`)
    if (table.isFiltered) {
      fail(
        `Row level security hides rows of table ${text} from account ${rights.user}`,
        `ALTER ROLE ${role} BYPASSRLS;`,
      )
    }
    if (!table.hasIdentity) {
      fail(
        `Table ${text} has no key for the log (no primary key, or REPLICA IDENTITY NOTHING): once it is in a publication, its updates and deletes fail at the source`,
        `Give it a primary key, or run: ALTER TABLE ${name} REPLICA IDENTITY FULL;`,
      )
    }
  }
  findings.push(...(await checkPublication(catalog, settings, facts, rights)))
  return findings
}

async function checkPublication(
  { sql }: Catalog,
  settings: SlotSettings,
  facts: readonly TableFacts[],
  rights: AccountRights,
): Promise<readonly Finding[]> {
  const { publication, version } = settings
  const state = await publicationState(sql, publication)
  const findings: Finding[] = []
  const fail = (message: string, next: string) =>
    findings.push({ level: 'error', code: 'CDC_PREREQUISITE', message: `${message}.`, next })
  const missing = facts.filter((table) => state?.tables.has(tableText(table)) !== true)
  const isMissing = state === undefined || (missing.length > 0 && !state.isForAllTables)
  if (isMissing) {
    const statement =
      state === undefined
        ? createPublicationSql(publication, facts, version)
        : addTablesSql(publication, missing)
    const what =
      state === undefined
        ? `Publication ${publication} does not exist`
        : `Publication ${publication} lacks ${missing.map(tableText).join(', ')}`
    const isOwner = missing.every((table) => table.isOwned)
    const mayChange =
      rights.isSuperuser ||
      (isOwner && (state === undefined ? rights.mayCreate : await isPublicationOwner(sql, publication)))
    if (!settings.create) fail(`${what}, and may not be changed (create: false)`, `${statement};`)
    else if (!mayChange) {
      fail(
        `${what}, and account ${rights.user} may not make it: that takes the owner of all its tables, with CREATE on the database`,
        `As an owner of the tables or a superuser, run: ${statement};`,
      )
    }
  }
  if (state === undefined) return findings
  if (state.missingKinds.length > 0) {
    fail(
      `Publication ${publication} leaves out ${state.missingKinds.join(' and ')}`,
      `ALTER PUBLICATION ${identifier(publication)} SET (publish = 'insert, update, delete, truncate');`,
    )
  }
  const partitioned = facts.filter((table) => table.isPartitioned)
  if (partitioned.length > 0 && !state.isViaRoot) {
    fail(
      `Publication ${publication} tells of partitions instead of ${partitioned.map(tableText).join(', ')}`,
      `ALTER PUBLICATION ${identifier(publication)} SET (publish_via_partition_root = true);`,
    )
  }
  return findings
}

async function isPublicationOwner(sql: Catalog['sql'], name: string): Promise<boolean> {
  const [row] = await sql.rows(
    "SELECT pg_has_role(pubowner, 'USAGE') AS is_owner FROM pg_publication WHERE pubname = $1",
    [name],
  )
  return row?.is_owner === 't'
}

async function tableFacts({ sql }: Catalog, tables: readonly TableName[]): Promise<readonly TableFacts[]> {
  const rows = await sql.rows(
    `SELECT n.nspname, c.relname, c.relkind, c.relpersistence,
       has_schema_privilege(n.oid, 'USAGE') AS has_usage,
       has_table_privilege(c.oid, 'SELECT') AS is_readable,
       pg_has_role(c.relowner, 'USAGE') AS is_owned,
       row_security_active(c.oid) AS is_filtered,
       CASE c.relreplident WHEN 'f' THEN true WHEN 'n' THEN false
         WHEN 'i' THEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident)
         ELSE EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) END AS has_identity
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND (n.nspname::text, c.relname::text) IN (SELECT * FROM unnest($1::text[], $2::text[]))
     ORDER BY n.nspname, c.relname`,
    [tables.map((table) => table.schema), tables.map((table) => table.table)],
  )
  return rows.map((row) => ({
    schema: row.nspname ?? '',
    table: row.relname ?? '',
    isPartitioned: row.relkind === 'p',
    isUnlogged: row.relpersistence !== 'p',
    isReadable: row.is_readable === 't',
    hasUsage: row.has_usage === 't',
    isOwned: row.is_owned === 't',
    hasIdentity: row.has_identity === 't',
    isFiltered: row.is_filtered === 't',
  }))
}
