/** A replication slot as the server shows it. */
import type { SqlSession } from '../connection/sql-session.ts'
import { type Lsn, parseLsn } from '../pgoutput/lsn.ts'

export interface SlotState {
  readonly plugin: string
  readonly database: string
  /** Process of the server that reads from it. */
  readonly activePid: number | undefined
  /** Everything before it was acknowledged and may be gone. */
  readonly confirmed: Lsn | undefined
  /** `reserved`, `extended`, `unreserved`, `lost`; undefined before Postgres 13. */
  readonly walStatus: string | undefined
  /** Why the server gave it up (Postgres 16 and newer), in its words: `wal_removed`, `rows_removed`, `wal_level_insufficient`, `idle_timeout`. */
  readonly invalidation: string | undefined
  /** Bytes of log that the server keeps for it. */
  readonly keptBytes: number | undefined
  /** Bytes that may be written until the server may give it up; undefined: no bound. */
  readonly safeBytes: number | undefined
}

/** Undefined: there is none of this name. */
export async function slotState(sql: SqlSession, slot: string): Promise<SlotState | undefined> {
  // As JSON: columns differ between versions.
  const [row] = await sql.rows(
    `SELECT to_jsonb(s)::text AS slot, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
       ELSE pg_current_wal_lsn() END, s.restart_lsn)::int8 AS kept
     FROM pg_replication_slots s WHERE s.slot_name = $1`,
    [slot],
  )
  if (row?.slot == null) return undefined
  // Made by to_jsonb of a row of the view.
  const view = JSON.parse(row.slot) as { readonly [column: string]: unknown }
  const text = (name: string) => (typeof view[name] === 'string' ? view[name] : undefined)
  const number = (name: string) => (typeof view[name] === 'number' ? view[name] : undefined)
  return {
    plugin: text('plugin') ?? '(physical)',
    database: text('database') ?? '',
    activePid: number('active_pid'),
    confirmed: parseLsn(text('confirmed_flush_lsn') ?? ''),
    walStatus: text('wal_status'),
    invalidation:
      text('invalidation_reason') ?? (view.conflicting === true ? 'conflict with the primary' : undefined),
    keptBytes: row.kept == null ? undefined : Math.max(0, Number(row.kept)),
    safeBytes: number('safe_wal_size'),
  }
}

/** The server gave the slot up: nothing can be read from it any more. */
export function isLost(slot: SlotState): boolean {
  return slot.walStatus === 'lost' || slot.invalidation !== undefined
}
