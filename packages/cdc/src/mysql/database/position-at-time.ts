/**
 * The first place in the log whose transactions were committed at a time or later. Files are told apart by when they were begun (a binary
 * search, one look each), then one file's events are passed over up to the first transaction of that time. Events have whole seconds.
 */
import { eventType } from '../binlog/event-header.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'
import type { MysqlPosition } from '../log/mysql-position.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { readLogEnd, serverIdentity } from '../snapshot/log-place.ts'
import type { LogFile, LogFiles } from './log-files.ts'

/** Every transaction begins with one of these, also where GTIDs are off; only MySQL 5.7 and older have logs without. */
const transactionStarts: ReadonlySet<number> = new Set([
  eventType.gtid,
  eventType.anonymousGtid,
  eventType.gtidTagged,
  eventType.mariadbGtid,
])

/** Undefined: the time is before the oldest file that the server still has. */
export async function positionAtTime(
  session: MysqlSession,
  facts: ServerFacts,
  files: LogFiles,
  timeMs: number,
  signal: AbortSignal,
): Promise<MysqlPosition | undefined> {
  const seconds = Math.floor(timeMs / 1000)
  const list = await files.list(session, signal)
  const file = await lastBegunBefore(list, files, seconds, signal)
  if (file === undefined) return undefined
  // Asked before the search: what is written meanwhile comes after it.
  const end = await readLogEnd(session, facts, signal)
  const server = await serverIdentity(session, facts, signal)
  let found: MysqlPosition | undefined
  await files.headers(file.name, 4, signal, (header, current) => {
    const offset = header.endPosition - header.size
    const isAtEnd = current === end.file && header.endPosition >= end.offset
    if (!transactionStarts.has(header.type) || header.seconds < seconds) return !isAtEnd
    // What came after the search had begun.
    if (current === end.file && offset >= end.offset) return false
    found = { file: current, offset, server }
    return false
  })
  return found === undefined ? end : withGtids(session, facts, found, signal)
}

async function lastBegunBefore(
  list: readonly LogFile[],
  files: LogFiles,
  seconds: number,
  signal: AbortSignal,
): Promise<LogFile | undefined> {
  // Files before `low` were begun before the time, those from `high` on were not.
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const begun = await files.begunAt(list[middle]!.name, signal)
    // In the second in which a file was begun, transactions may stand in the one before.
    if (begun < seconds) low = middle + 1
    else high = middle
  }
  return list[low - 1]
}

/** MariaDB can say which transactions are behind a place; MySQL's log says it when it is read. */
async function withGtids(
  session: MysqlSession,
  facts: ServerFacts,
  position: MysqlPosition,
  signal: AbortSignal,
): Promise<MysqlPosition> {
  if (facts.family === 'mysql') return position
  const [row] = await session.texts('SELECT BINLOG_GTID_POS(?, ?)', [position.file, position.offset], signal)
  return row?.[0] ? { ...position, gtids: row[0] } : position
}
