/** Tables as INFORMATION_SCHEMA describes them now. Views, sequences and the server's own schemas are left out. */
import type { TableListing } from '../../database/database.ts'
import type { TableName } from '../../model/table-schema.ts'
import type { MysqlSession, SqlValue } from '../connection/mysql-session.ts'
import {
  type MysqlColumn,
  type MysqlKey,
  type MysqlTable,
  primaryKeyName,
  rowKey,
  sortedKeys,
} from './mysql-table.ts'
import { columnType } from './native-type.ts'
import { foldName, type ServerFacts } from './server-facts.ts'

const systemSchemas = `'mysql', 'information_schema', 'performance_schema', 'sys'`

/** All tables and views that the account may see, in order of their names. */
export async function listTables(
  session: MysqlSession,
  signal?: AbortSignal,
): Promise<readonly TableListing[]> {
  const rows = await session.texts(
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES
     WHERE TABLE_SCHEMA NOT IN (${systemSchemas}) AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
     ORDER BY TABLE_SCHEMA, TABLE_NAME`,
    [],
    signal,
  )
  return rows.map(([schema, table, type]) => ({
    schema: schema ?? '',
    table: table ?? '',
    type: type === 'VIEW' ? ('view' as const) : ('table' as const),
  }))
}

/** The tables among `names` that exist, in that order. */
export async function readTables(
  session: MysqlSession,
  facts: ServerFacts,
  names: readonly TableName[],
  signal?: AbortSignal,
): Promise<readonly MysqlTable[]> {
  const found = new Map<string, MysqlTable>()
  for (const [schema, tables] of groups(names)) {
    for (const chosen of restrictions(schema, tables)) {
      for (const table of await readSome(session, facts, chosen, signal)) {
        found.set(keyOf(facts, table), table)
      }
    }
  }
  return names.flatMap((name) => found.get(keyOf(facts, name)) ?? [])
}

type TextRow = readonly (string | null)[]

interface Restriction {
  /** For `WHERE`, over TABLE_SCHEMA and TABLE_NAME. */
  readonly where: string
  readonly values: readonly SqlValue[]
}

function groups(names: readonly TableName[]): Map<string, string[]> {
  const bySchema = new Map<string, string[]>()
  for (const { schema, table } of names) {
    const tables = bySchema.get(schema)
    if (tables === undefined) bySchema.set(schema, [table])
    else tables.push(table)
  }
  return bySchema
}

/** One table by its name opens that table only; MariaDB and MySQL 5.7 answer for many from the files of the whole schema. */
function restrictions(schema: string, tables: readonly string[]): readonly Restriction[] {
  if (tables.length <= 10) {
    return tables.map((table) => ({ where: 'TABLE_SCHEMA = ? AND TABLE_NAME = ?', values: [schema, table] }))
  }
  return [{ where: 'TABLE_SCHEMA = ?', values: [schema] }]
}

async function readSome(
  session: MysqlSession,
  facts: ServerFacts,
  { where, values }: Restriction,
  signal: AbortSignal | undefined,
): Promise<readonly MysqlTable[]> {
  const ask = (sql: string) => session.texts(sql, values, signal)
  const tables = await ask(
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION FROM INFORMATION_SCHEMA.TABLES
     WHERE ${where} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')`,
  )
  if (tables.length === 0) return []
  const columns = await ask(
    `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLLATION_NAME, EXTRA
     FROM INFORMATION_SCHEMA.COLUMNS WHERE ${where} ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  )
  // Unsorted, since MariaDB gives keys in their own order.
  const keys = await ask(
    `SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART
     FROM INFORMATION_SCHEMA.STATISTICS WHERE ${where}`,
  )
  const checks = await jsonChecks(session, facts, values, signal)
  const [columnsOf, keysOf] = [byTable(columns), byTable(keys)]
  const read: MysqlTable[] = []
  for (const [schema, table, collation] of tables) {
    const key = JSON.stringify([schema, table])
    const itsColumns = (columnsOf.get(key) ?? []).map((row) => readColumn(row, checks))
    const made: MysqlTable = {
      schema: schema ?? '',
      table: table ?? '',
      collation: collation ?? facts.serverCollation,
      columns: itsColumns,
      keys: sortedKeys(readKeys(keysOf.get(key) ?? []), itsColumns),
    }
    // An account without rights on any column sees the table but not the columns.
    if (itsColumns.length > 0) read.push(await withTrueOrder(session, facts, made, signal))
  }
  return read
}

function byTable(rows: readonly TextRow[]): ReadonlyMap<string, readonly TextRow[]> {
  const tables = new Map<string, TextRow[]>()
  for (const row of rows) {
    const key = JSON.stringify([row[0], row[1]])
    const known = tables.get(key)
    if (known === undefined) tables.set(key, [row])
    else known.push(row)
  }
  return tables
}

function readColumn(row: TextRow, checks: ReadonlySet<string>): MysqlColumn {
  const [schema, table, name, type, isNullable, collation, extra] = row.map((cell) => cell ?? '')
  const isJson =
    type === 'longtext' && checks.has(JSON.stringify([schema, table, (name ?? '').toLowerCase()]))
  const generated = /\b(VIRTUAL|STORED|PERSISTENT)( GENERATED)?\b/i.exec(extra ?? '')?.[1]?.toUpperCase()
  return {
    name: name ?? '',
    type: columnType(type ?? '', collation || undefined, isJson),
    isNullable: isNullable === 'YES',
    ...(collation ? { collation } : {}),
    ...(/\bINVISIBLE\b/i.test(extra ?? '') ? { isInvisible: true as const } : {}),
    ...(generated === undefined ? {} : { generated: generated === 'VIRTUAL' ? 'virtual' : 'stored' }),
  }
}

function readKeys(rows: readonly TextRow[]): readonly MysqlKey[] {
  const keys = new Map<
    string,
    { isUnique: boolean; parts: { at: number; column: string | null; isPrefix: boolean }[] }
  >()
  for (const [, , name, nonUnique, at, column = null, subPart] of rows) {
    const part = { at: Number(at), column, isPrefix: subPart !== null }
    const known = keys.get(name ?? '')
    if (known === undefined) keys.set(name ?? '', { isUnique: nonUnique === '0', parts: [part] })
    else known.parts.push(part)
  }
  return [...keys].map(([name, { isUnique, parts }]) => ({
    name: name.toUpperCase() === primaryKeyName ? primaryKeyName : name,
    isUnique,
    columns: parts.some(({ column }) => column === null)
      ? []
      : parts.sort((a, b) => a.at - b.at).map(({ column }) => column ?? ''),
    isPartial: parts.some(({ column, isPrefix }) => column === null || isPrefix),
  }))
}

/** MySQL 8 gives the rows of STATISTICS in any order; where it decides which key tells rows apart, it is asked for. */
async function withTrueOrder(
  session: MysqlSession,
  facts: ServerFacts,
  table: MysqlTable,
  signal: AbortSignal | undefined,
): Promise<MysqlTable> {
  const key = rowKey(table)
  if (facts.family === 'mariadb' || key === undefined || key.name === primaryKeyName) return table
  const rows = await session.named(`SHOW INDEX FROM ${quoted(table)}`, [], signal)
  const order = [...new Set(rows.map((row) => row.get('key_name') ?? ''))]
  const at = (name: string) => order.indexOf(name)
  return {
    ...table,
    keys: sortedKeys(
      [...table.keys].sort((a, b) => at(a.name) - at(b.name)),
      table.columns,
    ),
  }
}

/** MariaDB has JSON as a text with a check; INFORMATION_SCHEMA shows the check only. `[schema, table, column]` as JSON. */
async function jsonChecks(
  session: MysqlSession,
  facts: ServerFacts,
  [schema, table]: readonly SqlValue[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  if (facts.family === 'mysql') return new Set()
  const rows = await session.texts(
    `SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CHECK_CLAUSE, CONSTRAINT_NAME FROM INFORMATION_SCHEMA.CHECK_CONSTRAINTS
     WHERE CONSTRAINT_SCHEMA = ? ${table === undefined ? '' : 'AND TABLE_NAME = ?'}`,
    [schema ?? '', ...(table === undefined ? [] : [table])],
    signal,
  )
  return new Set(
    rows.flatMap(([of, name, clause, constraint]) => {
      const column = jsonCheckColumn(clause ?? '')
      // The check of a column has the column's name; one of the table does not make JSON.
      return column === undefined || column.toLowerCase() !== constraint?.toLowerCase()
        ? []
        : [JSON.stringify([of, name, column.toLowerCase()])]
    }),
  )
}

/** The column that a check makes JSON: ``json_valid(`c`)`` and nothing else. */
export function jsonCheckColumn(clause: string): string | undefined {
  const name = /^\s*json_valid\s*\(\s*(?:`((?:[^`]|``)+)`|([\w$\u0080-\uffff]+))\s*\)\s*$/i.exec(clause)
  return name?.[1]?.replaceAll('``', '`') ?? name?.[2]
}

/** A table's name for a statement. */
export function quoted({ schema, table }: TableName): string {
  return `${quotedName(schema)}.${quotedName(table)}`
}

export function quotedName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

function keyOf(facts: ServerFacts, { schema, table }: TableName): string {
  return JSON.stringify([foldName(facts, schema), foldName(facts, table)])
}
