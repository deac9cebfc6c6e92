/** Findings in one form, and what the server's variables say. */
import type { Finding } from '../../database/database.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'

/** Following will not work before `next` was done. */
export function problem(message: string, next: string): Finding {
  return { level: 'error', code: 'CDC_PREREQUISITE', message, next }
}

export function danger(message: string, next: string): Finding {
  return { level: 'warning', code: 'CDC_PREREQUISITE', message, next }
}

/** Global variables by name; a name that the server does not know is absent. */
export async function readVariables(
  session: MysqlSession,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const list = names.map((name) => `'${name}'`).join(', ')
  const rows = await session.texts(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${list})`)
  return new Map(rows.map(([name, value]) => [name ?? '', value ?? '']))
}
