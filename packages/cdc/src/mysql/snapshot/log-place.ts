/** Where the log of a server ends, in the words of each version, and which transactions it holds. */
import { CdcError } from '../../errors.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'
import type { MysqlPosition } from '../log/mysql-position.ts'
import type { ServerFacts } from '../schema/server-facts.ts'

/** Error: CDC_PREREQUISITE where there is no log or the account may not ask. */
export async function readLogEnd(
  session: MysqlSession,
  facts: ServerFacts,
  signal?: AbortSignal,
): Promise<MysqlPosition> {
  const [row] = await grantedRows(session, facts, logEndStatement(facts), signal)
  const file = row?.get('file')
  if (!file) {
    throw new CdcError(
      'CDC_PREREQUISITE',
      'The server writes no binary log. Set log_bin = mysql-bin and server_id = 1 in its configuration and restart it.',
    )
  }
  const offset = Number(row?.get('position'))
  const server = await serverIdentity(session, facts, signal)
  if (facts.family === 'mariadb') {
    const [gtid] = await session.texts('SELECT @@GLOBAL.gtid_binlog_pos', [], signal)
    return withGtids({ file, offset, server }, gtid?.[0])
  }
  return withGtids({ file, offset, server }, row?.get('executed_gtid_set')?.replace(/\s/g, ''))
}

/** MySQL 8.2 has the new words, 8.4 no longer the old ones. */
export function logEndStatement({ family, versionNumber }: ServerFacts): string {
  return family === 'mysql' && versionNumber >= 80_200 ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS'
}

/** As positions name it: server_uuid of MySQL, server_id of MariaDB. */
export async function serverIdentity(
  session: MysqlSession,
  facts: ServerFacts,
  signal?: AbortSignal,
): Promise<string> {
  const name = facts.family === 'mysql' ? 'server_uuid' : 'server_id'
  const [row] = await session.texts(`SELECT @@GLOBAL.${name}`, [], signal)
  return row?.[0] ?? ''
}

/** The account lacks a right: said with the statement that grants it. */
export async function grantedRows(
  session: MysqlSession,
  facts: ServerFacts,
  statement: string,
  signal?: AbortSignal,
): Promise<readonly ReadonlyMap<string, string | null>[]> {
  try {
    return await session.named(statement, [], signal)
  } catch (cause) {
    if (!isDenied(cause)) throw cause
    const [account] = await session.texts('SELECT CURRENT_USER()', [], signal)
    const right = facts.family === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT'
    throw new CdcError(
      'CDC_PREREQUISITE',
      `The account may not ask where the binary log ends. Run: GRANT ${right} ON *.* TO ${accountText(account?.[0] ?? '')}`,
      { cause },
    )
  }
}

export function isDenied(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && [1227, 1142, 1044, 1045].includes(Number(error.errno))
}

/** `'name'@'host'` of `name@host`. */
export function accountText(account: string): string {
  const at = account.lastIndexOf('@')
  return `'${account.slice(0, at)}'@'${account.slice(at + 1)}'`
}

function withGtids(position: MysqlPosition, gtids: string | null | undefined): MysqlPosition {
  return gtids ? { ...position, gtids } : position
}
