/** How much of the log is still to be read, and when the file at the position will be purged by age. */
import type { LogHealth } from '../../database/database.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'
import type { MysqlPosition } from '../log/mysql-position.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import type { LogFiles } from './log-files.ts'

export async function logHealth(
  session: MysqlSession,
  facts: ServerFacts,
  files: LogFiles,
  position: MysqlPosition,
  nowMs: number,
  signal: AbortSignal,
): Promise<LogHealth> {
  const unknown = {
    behindBytes: undefined,
    keptBytesMax: undefined,
    expiresInMs: undefined,
    slotStatus: undefined,
  }
  const list = await files.list(session, signal)
  const at = list.findIndex(({ name }) => name === position.file)
  // A position by GTID only, or a file of another server, or one that is gone: the reader will say which.
  if (at === -1) return unknown
  const behindBytes = list.slice(at).reduce((sum, { bytes }) => sum + bytes, 0) - position.offset
  const expirySeconds = await readExpirySeconds(session, facts, signal)
  if (expirySeconds === undefined) return { ...unknown, behindBytes }
  // A file's age counts from its last event, which is about when the next one was begun; the newest one is not purged.
  const next = list[at + 1]
  const lastMs = next === undefined ? nowMs : (await files.begunAt(next.name, signal)) * 1000
  return { ...unknown, behindBytes, expiresInMs: Math.max(0, lastMs + expirySeconds * 1000 - nowMs) }
}

/** After how many seconds files of the log are purged; undefined: not by age. */
export async function readExpirySeconds(
  session: MysqlSession,
  facts: ServerFacts,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const rows = await session.texts(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_expire_logs_seconds', 'expire_logs_days', 'binlog_expire_logs_auto_purge')",
    [],
    signal,
  )
  const values = new Map(rows.map(([name, value]) => [name ?? '', value ?? '']))
  if (values.get('binlog_expire_logs_auto_purge') === 'OFF') return undefined
  const seconds = Number(values.get('binlog_expire_logs_seconds') ?? 0)
  const days = Number(values.get('expire_logs_days') ?? 0)
  // MariaDB shows one period in both; MySQL 8.0 counts the days only where the seconds are zero.
  const period =
    seconds > 0 ? seconds : facts.versionNumber >= 80_400 && facts.family === 'mysql' ? 0 : days * 86_400
  return period > 0 ? period : undefined
}
