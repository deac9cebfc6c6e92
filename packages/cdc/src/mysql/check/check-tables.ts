/** What tables need for following: that they are there and may be read, a key, an engine with snapshots, changes that are logged. */
import type { Finding } from '../../database/database.ts'
import { type TableName, tableText } from '../../model/table-schema.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'
import { type MysqlTable, rowKey } from '../schema/mysql-table.ts'
import { quoted, quotedName, readTables } from '../schema/read-tables.ts'
import { foldName, type ServerFacts } from '../schema/server-facts.ts'
import { accountText, isDenied } from '../snapshot/log-place.ts'
import { danger, problem } from './findings.ts'

export async function checkTables(
  session: MysqlSession,
  facts: ServerFacts,
  names: readonly TableName[],
): Promise<readonly Finding[]> {
  const [row] = await session.texts('SELECT CURRENT_USER()')
  const account = accountText(row?.[0] ?? '')
  const findings: Finding[] = []
  for (const name of names) findings.push(...(await checkAccess(session, name, account)))
  const tables = await readTables(session, facts, names)
  for (const table of tables) findings.push(...checkKey(table, facts, account))
  findings.push(
    ...(await checkEngines(session, facts, tables)),
    ...(await checkCascades(session, facts, tables)),
  )
  return findings
}

async function checkAccess(
  session: MysqlSession,
  name: TableName,
  account: string,
): Promise<readonly Finding[]> {
  try {
    await session.rows(`SELECT * FROM ${quoted(name)} LIMIT 0`)
    return []
  } catch (error) {
    if (isDenied(error)) {
      return [
        problem(
          `The account may not read ${tableText(name)}.`,
          `GRANT SELECT ON ${quoted(name)} TO ${account}`,
        ),
      ]
    }
    if (!isMissing(error)) throw error
    const next = 'Check the spelling, or take it out of the tables'
    return [
      { level: 'error', code: 'CDC_TABLE_MISSING', message: `There is no table ${tableText(name)}.`, next },
    ]
  }
}

function checkKey(table: MysqlTable, facts: ServerFacts, account: string): readonly Finding[] {
  if (rowKey(table) !== undefined) return []
  const lock =
    facts.family === 'mysql'
      ? `; else GRANT LOCK TABLES ON ${quotedName(table.schema)}.* TO ${account}, so that it can be read as of one moment`
      : ''
  return [
    danger(
      `${tableText(table)} has no primary key and no unique key without NULL: it is loaded as a whole, again from the start after every stop, and its rows cannot be told apart.`,
      `ALTER TABLE ${quoted(table)} ADD PRIMARY KEY (...)${lock}`,
    ),
  ]
}

const versioned = 'SYSTEM VERSIONED'

async function checkEngines(
  session: MysqlSession,
  facts: ServerFacts,
  tables: readonly MysqlTable[],
): Promise<readonly Finding[]> {
  const engines = new Map<string, string>()
  for (const schema of new Set(tables.map((table) => table.schema))) {
    const rows = await session.texts(
      'SELECT TABLE_NAME, ENGINE, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ?',
      [schema],
    )
    for (const [table, engine, type] of rows)
      engines.set(keyOf(facts, { schema, table: table ?? '' }), (type === versioned ? type : engine) ?? '')
  }
  return tables.flatMap((table) => {
    const engine = engines.get(keyOf(facts, table)) ?? ''
    if (engine === versioned) {
      return [
        problem(
          `${tableText(table)} is system-versioned: its log has the history of its rows (a delete is logged as an update), which is not read.`,
          `Leave it out of the tables, or ALTER TABLE ${quoted(table)} DROP SYSTEM VERSIONING`,
        ),
      ]
    }
    if (engine === '' || /^(InnoDB|RocksDB|TokuDB|ndbcluster)$/i.test(engine)) return []
    return [
      danger(
        `${tableText(table)} has the engine ${engine}, which has no snapshots: changes that are made while it is loaded may be seen twice.`,
        `ALTER TABLE ${quoted(table)} ENGINE = InnoDB`,
      ),
    ]
  })
}

/** Rows that a foreign key deletes or changes are changed by the engine, behind the log's back. */
async function checkCascades(
  session: MysqlSession,
  facts: ServerFacts,
  tables: readonly MysqlTable[],
): Promise<readonly Finding[]> {
  // MySQL 9.6 and later change them by statements of their own, which are logged.
  if (facts.family === 'mysql' && facts.versionNumber >= 90_600) return []
  const wanted = new Set(tables.map((table) => keyOf(facts, table)))
  const findings: Finding[] = []
  for (const schema of new Set(tables.map((table) => table.schema))) {
    const rows = await session.texts(
      `SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS
       WHERE CONSTRAINT_SCHEMA = ?`,
      [schema],
    )
    for (const [table, constraint, onDelete, onUpdate] of rows) {
      const name = { schema, table: table ?? '' }
      const rules = [
        ...(isCascade(onDelete) ? [`ON DELETE ${onDelete}`] : []),
        ...(isCascade(onUpdate) ? [`ON UPDATE ${onUpdate}`] : []),
      ]
      if (rules.length === 0 || !wanted.has(keyOf(facts, name))) continue
      findings.push(
        danger(
          `The foreign key ${constraint} of ${tableText(name)} has ${rules.join(' and ')}: rows that it deletes or changes are not in the log.`,
          `Let the application change those rows itself, with ${constraint} as ON DELETE RESTRICT; or load ${tableText(name)} again now and then`,
        ),
      )
    }
  }
  return findings
}

function isCascade(rule: string | null | undefined): boolean {
  return rule === 'CASCADE' || rule === 'SET NULL' || rule === 'SET DEFAULT'
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && (error.errno === 1146 || error.errno === 1049)
}

function keyOf(facts: ServerFacts, { schema, table }: TableName): string {
  return JSON.stringify([foldName(facts, schema), foldName(facts, table)])
}
