/**
 * Writing into MySQL and MariaDB: values stand in the text of statements, which are bounded by the server's max_allowed_packet.
 *
 * The session's sql_mode is strict, so that what does not fit fails and nothing is cut off or made zero; a 0 in a column that counts
 * up is a 0. Transactions read what is committed (READ COMMITTED), with fewer locks and deadlocks than the default; only a server that
 * logs statements keeps its own level, since it takes no other.
 */
import {
  addressName,
  type MysqlAddress,
  type MysqlSession,
  openMysqlSession,
  parseMysqlUrl,
  type TableName,
} from '@millrace/cdc'
import type { Target } from '../row-write.ts'
import type { SqlDialect, SqlSession, SqlText } from '../sql-dialect.ts'
import type { Cell, TargetColumn } from '../target-table.ts'
import type { Step } from '../write-plan.ts'
import { describeMysqlTable } from './mysql-catalog.ts'
import { mysqlFailure } from './mysql-failure.ts'
import { mysqlIdentifier, mysqlLiteral } from './mysql-literal.ts'

const sqlMode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'
/** What a statement has beside its rows. */
const headBytes = 16 * 1024

export function mysqlDialect(url: string, statementBytes: number): SqlDialect {
  const address = parseMysqlUrl(url)
  return {
    product: 'MySQL',
    name: addressName(address),
    schema: address.database,
    open: (signal) => Session.open(address, signal),
    describe: describeMysqlTable,
    begin: async (session) => {
      await session.run('START TRANSACTION')
    },
    write: (session, step) => write(session, step, Math.min(statementBytes, session.statementBytesMax)),
    failureOf: mysqlFailure,
    qualified,
    identifier: mysqlIdentifier,
    placeholder: () => '?',
    createPositions: (table) =>
      `CREATE TABLE IF NOT EXISTS ${table} (
         uid VARCHAR(300) NOT NULL, stage VARCHAR(200) NOT NULL, shard INT NOT NULL, lanes INT NOT NULL, lane INT NOT NULL,
         position BIGINT NOT NULL, arrived BIGINT NOT NULL, refused MEDIUMTEXT NOT NULL, stream VARCHAR(300) NOT NULL,
         PRIMARY KEY (uid, stage, shard, lanes, lane)
       ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    insertIfMissing: (table, columns) =>
      `INSERT IGNORE INTO ${table} (${columns.map(mysqlIdentifier).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    typeNames: {
      integer: 'BIGINT',
      decimal: 'DECIMAL(38, 10)',
      float: 'DOUBLE',
      boolean: 'BOOLEAN',
      time: 'DATETIME(6)',
      date: 'DATE',
      text: 'TEXT',
      keyText: 'VARCHAR(255)',
      json: 'JSON',
    },
  }
}

class Session implements SqlSession {
  readonly statementBytesMax: number
  readonly #session: MysqlSession

  static async open(address: MysqlAddress, signal: AbortSignal): Promise<Session> {
    const session = await openMysqlSession(address, signal, { sqlMode, user: 'A MySQL sink' })
    try {
      const settings = await session.named(
        "SHOW VARIABLES WHERE Variable_name IN ('max_allowed_packet', 'binlog_format')",
      )
      const settingOf = (name: string) =>
        settings.find((row) => row.get('variable_name') === name)?.get('value')
      if (settingOf('binlog_format') !== 'STATEMENT') {
        await session.run('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
      }
      return new Session(session, Number(settingOf('max_allowed_packet') ?? 1024 * 1024))
    } catch (error) {
      session.destroy()
      throw error
    }
  }

  private constructor(session: MysqlSession, packetBytes: number) {
    this.#session = session
    this.statementBytesMax = Math.max(headBytes, packetBytes - headBytes)
  }

  get isOver(): boolean {
    return this.#session.isOver
  }

  rows(sql: string, values: readonly SqlText[] = []): Promise<readonly (readonly (string | null)[])[]> {
    return this.#session.texts(sql, values)
  }

  async run(sql: string, values: readonly SqlText[] = []): Promise<number> {
    return (await this.#session.run(sql, values)).affectedRows
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  destroy(): void {
    this.#session.destroy()
  }
}

async function write(session: SqlSession, step: Step, bytesMax: number): Promise<void> {
  const { target } = step
  const table = qualified(target.table)
  switch (step.kind) {
    case 'truncate':
      // TRUNCATE would commit what came before it.
      await session.run(`DELETE FROM ${table}`)
      return
    case 'delete':
      await writeDeletes(session, table, target, step.rows, bytesMax)
      return
    case 'insert':
    case 'upsert': {
      const { columns } = step.columns
      const head = `INSERT INTO ${table} (${names(columns)}) VALUES `
      const tail = step.kind === 'insert' ? '' : updateClause(columns, target)
      for (const rows of bounded(step.rows, columns, bytesMax))
        await session.run(`${head}${rows.join(',')}${tail}`)
      return
    }
    case 'update': {
      const { columns } = step.columns
      for (const row of step.rows) {
        const literals = row.map((cell, i) => mysqlLiteral(cell, columns[i]!))
        const place = (column: TargetColumn) =>
          `${mysqlIdentifier(column.name)} = ${literals[columns.indexOf(column)]}`
        const where = target.key.map(place).join(' AND ')
        // The connection counts rows that were found, whether they changed or not.
        if ((await session.run(`UPDATE ${table} SET ${columns.map(place).join(', ')} WHERE ${where}`)) > 0)
          continue
        await session.run(`INSERT INTO ${table} (${names(columns)}) VALUES (${literals.join(',')})`)
      }
    }
  }
}

async function writeDeletes(
  session: SqlSession,
  table: string,
  { key }: Target,
  rows: readonly (readonly Cell[])[],
  bytesMax: number,
): Promise<void> {
  const [only] = key
  const left = key.length === 1 && only !== undefined ? mysqlIdentifier(only.name) : `(${names(key)})`
  for (const keys of bounded(rows, key, bytesMax)) {
    const list = key.length === 1 ? keys.map((one) => one.slice(1, -1)) : keys
    await session.run(`DELETE FROM ${table} WHERE ${left} IN (${list.join(',')})`)
  }
}

function updateClause(columns: readonly TargetColumn[], { key }: Target): string {
  const others = columns.filter((column) => !key.includes(column))
  const set = (others.length === 0 ? key.slice(0, 1) : others).map((column) => {
    const name = mysqlIdentifier(column.name)
    return `${name} = VALUES(${name})`
  })
  return ` ON DUPLICATE KEY UPDATE ${set.join(', ')}`
}

/** Rows as `(1,'a')`, as many together as a statement may have; one that is larger goes alone, and the server says what it thinks. */
function* bounded(
  rows: readonly (readonly Cell[])[],
  columns: readonly TargetColumn[],
  bytesMax: number,
): Generator<string[]> {
  let texts: string[] = []
  let bytes = 0
  for (const row of rows) {
    const text = `(${row.map((cell, i) => mysqlLiteral(cell, columns[i]!)).join(',')})`
    const size = Buffer.byteLength(text) + 1
    if (texts.length > 0 && bytes + size > bytesMax) {
      yield texts
      texts = []
      bytes = 0
    }
    texts.push(text)
    bytes += size
  }
  if (texts.length > 0) yield texts
}

function names(columns: readonly TargetColumn[]): string {
  return columns.map((column) => mysqlIdentifier(column.name)).join(', ')
}

function qualified({ schema, table }: TableName): string {
  return schema === '' ? mysqlIdentifier(table) : `${mysqlIdentifier(schema)}.${mysqlIdentifier(table)}`
}
