/** Whether a slot can still give its log from a place on, and what an error of the server says of that. */
import { CdcError } from '../../errors.ts'
import type { LogTables } from '../../log/log-reader.ts'
import { tableText } from '../../model/table-schema.ts'
import { ConnectionLost, serverText, sqlState } from '../connection/postgres-error.ts'
import type { SqlSession } from '../connection/sql-session.ts'
import { type Lsn, lsnText } from '../pgoutput/lsn.ts'
import { isLost, slotState } from '../slot/slot-state.ts'
import { logEnd } from './catalog-look.ts'
import { type PostgresPosition, reachedLsn } from './postgres-position.ts'
import type { ServerIdentity } from './replication-stream.ts'
import { timelineEnd } from './timeline.ts'

/**
 * Throws CDC_POSITION_LOST where the slot is gone, was given up, or has left this place behind, and where the server has never come to it:
 * one that took over without all of the old one's log. A standby may still come to it.
 */
export async function checkStart(
  sql: SqlSession,
  slot: string,
  start: Lsn,
  tables: LogTables,
): Promise<void> {
  const state = await slotState(sql, slot)
  if (state === undefined) throw lost(`slot ${slot} does not exist any more`, tables)
  if (isLost(state)) {
    const reason = state.invalidation ?? 'it fell behind by more than max_slot_wal_keep_size'
    throw lost(`the server gave slot ${slot} up (${reason})`, tables)
  }
  if (state.confirmed !== undefined && state.confirmed > start) {
    throw lost(
      `slot ${slot} begins at ${lsnText(state.confirmed)}, behind the committed position ${lsnText(start)}: it was made anew or read by another`,
      tables,
    )
  }
  await checkEnd(sql, start, tables)
}

/** Throws CDC_POSITION_LOST where the server's log is not the one that was read up to here. */
export async function checkServer(
  server: ServerIdentity,
  position: PostgresPosition,
  { name, tables }: { readonly name: string; readonly tables: LogTables },
): Promise<void> {
  const { system, timeline } = position
  if (system !== undefined && system !== server.system) {
    throw lost(
      `${name} is another database cluster (identifier ${server.system}) than the one that was read (${system})`,
      tables,
    )
  }
  if (timeline === undefined || timeline === server.timeline) return
  const end = timelineEnd(await server.timelineHistory(), timeline)
  const reached = reachedLsn(position)
  // A part of a transaction was read whose commit stands there: it must be on this side.
  if (end !== undefined && (position.inside === undefined ? reached <= end : reached < end)) return
  throw lost(
    `${name} took over (timeline ${server.timeline}) ` +
      (end === undefined
        ? `from another server than the one that was read (timeline ${timeline})`
        : `at ${lsnText(end)}, without the end of the log that was read up to ${lsnText(reached)}`),
    tables,
  )
}

async function checkEnd(sql: SqlSession, start: Lsn, tables: LogTables): Promise<void> {
  const { flushed, isStandby } = await logEnd(sql)
  if (flushed >= start) return
  const behind = `the server's log ends at ${lsnText(flushed)}, before the committed position ${lsnText(start)}`
  if (isStandby) throw new ConnectionLost(behind)
  throw lost(`${behind}: it took over without all that the old one had`, tables)
}

export interface StreamNames {
  readonly slot: string
  readonly publication: string
  readonly tables: LogTables
}

/** Undefined: an error that says nothing of slot and publication. */
export function refusedStream(
  error: unknown,
  { slot, publication, tables }: StreamNames,
): CdcError | undefined {
  const text = serverText(error)
  switch (sqlState(error)) {
    case '42704':
      if (/publication/.test(text)) {
        return lost(
          `publication ${publication} did not exist at this place of the log (${text}); make it, then the slot anew`,
          tables,
          error,
        )
      }
      return /slot/.test(text) ? lost(`slot ${slot} does not exist any more`, tables, error) : undefined
    case '55000':
      return /slot|invalidat|no longer/.test(text)
        ? lost(`the server gave slot ${slot} up: ${text}`, tables, error)
        : new CdcError(
            'CDC_PREREQUISITE',
            `Postgres cannot give its log: ${text}. Run the check of the source.`,
            {
              cause: error,
            },
          )
    case '58P01':
      return lost(`the server no longer has the log: ${text}`, tables, error)
    case '42501':
      return new CdcError(
        'CDC_PREREQUISITE',
        `The account may not read the log: ${text}. Let a superuser run: ALTER ROLE the_account REPLICATION;`,
        { cause: error },
      )
    default:
      return undefined
  }
}

function lost(reason: string, tables: LogTables, cause?: unknown): CdcError {
  const names = [...tables.schemas()].map(tableText)
  return new CdcError(
    'CDC_POSITION_LOST',
    `The log of Postgres cannot be read on from the committed position: ${reason}. Changes since then are lost; ` +
      (names.length === 0 ? 'load the tables again.' : `load these tables again: ${names.join(', ')}.`),
    { cause },
  )
}
