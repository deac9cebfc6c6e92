/**
 * Makes what following needs in the server: first the publication, then the slot, since a slot that is older than its publication cannot
 * be read. What is there already is used and, for a publication, completed.
 */
import type { DatabaseContext } from '../../database/database.ts'
import { CdcError } from '../../errors.ts'
import { type TableName, tableText } from '../../model/table-schema.ts'
import { serverText, sqlState } from '../connection/postgres-error.ts'
import type { SqlSession } from '../connection/sql-session.ts'
import { identifier, literal } from '../connection/sql-text.ts'
import { addTablesSql, createPublicationSql, publicationState } from './publication.ts'
import { isLost, slotState } from './slot-state.ts'

export interface SlotSettings {
  readonly slot: string
  readonly publication: string
  readonly create: boolean
  readonly failover: boolean
  /** `server_version_num`. */
  readonly version: number
  /** Of the connection, for statements. */
  readonly database: string
}

/**
 * Tables that the publication lacks are added, and given back; those that it has beside them are left alone. Throws CDC_PREREQUISITE.
 */
export async function preparePublication(
  sql: SqlSession,
  settings: SlotSettings,
  tables: readonly TableName[],
): Promise<readonly TableName[]> {
  const { publication, create, version } = settings
  for (let attempt = 0; ; attempt++) {
    const state = await publicationState(sql, publication)
    const missing = tables.filter((table) => state?.tables.has(tableText(table)) !== true)
    if (state !== undefined && (missing.length === 0 || state.isForAllTables)) return []
    const statement =
      state === undefined
        ? createPublicationSql(publication, tables, version)
        : addTablesSql(publication, missing)
    if (!create) throw missingPublication(publication, statement)
    try {
      await sql.once(statement)
      return missing
    } catch (error) {
      // 42710: another one made it in between; 23505: at the very same moment.
      const isRace = ['42710', '23505'].includes(sqlState(error) ?? '')
      if (!isRace || attempt > 3) {
        throw new CdcError(
          'CDC_PREREQUISITE',
          `Publication ${identifier(publication)} could not be made for all tables: ${serverText(error)}. ` +
            `Let an owner of the tables or a superuser run: ${statement};`,
          { cause: error },
        )
      }
    }
  }
}

function missingPublication(publication: string, statement: string): CdcError {
  return new CdcError(
    'CDC_PREREQUISITE',
    `Publication ${identifier(publication)} does not have all tables, and may not be changed (create: false). Run: ${statement};`,
  )
}

export function createSlotSql({ slot, failover, version }: SlotSettings): string {
  const extra = failover && version >= 170_000 ? ', failover => true' : ''
  return `SELECT pg_create_logical_replication_slot(${literal(slot)}, 'pgoutput'${extra})`
}

export function dropSlotSql(slot: string): string {
  return `SELECT pg_drop_replication_slot(${literal(slot)})`
}

/** How long making a slot may take before we say what it waits for. */
const patienceMs = 5000

/**
 * `sql` must have no time limit: a new slot waits for the end of every transaction that is open. A slot that the server gave up is made
 * anew: what was lost with it shows in the position. Throws CDC_PREREQUISITE.
 */
export async function prepareSlot(
  sql: SqlSession,
  settings: SlotSettings,
  context: DatabaseContext,
): Promise<void> {
  const state = await slotState(sql, settings.slot)
  if (state !== undefined) {
    if (state.plugin !== 'pgoutput' || state.database !== settings.database)
      throw foreignSlot(settings, state)
    if (!isLost(state)) return
    if (!settings.create) return
    context.warn(
      'CDC_POSITION_LOST',
      `Slot ${settings.slot} was given up by the server (${state.invalidation ?? state.walStatus}); it is made anew.`,
    )
    await run(sql, dropSlotSql(settings.slot), settings)
  }
  const statement = createSlotSql(settings)
  if (!settings.create) {
    throw new CdcError(
      'CDC_PREREQUISITE',
      `Slot ${settings.slot} does not exist, and may not be made (create: false). Run in database ${settings.database}: ${statement};`,
    )
  }
  const done = new AbortController()
  const patience = AbortSignal.any([context.signal, done.signal])
  void context.clock.sleep(patienceMs, patience).then(() => {
    if (patience.aborted) return
    context.warn(
      'CDC_PREREQUISITE',
      `Slot ${settings.slot} is being made: the server waits for the end of all open transactions. ` +
        'See: SELECT pid, xact_start, state, query FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start;',
    )
  })
  try {
    await run(sql, statement, settings)
  } finally {
    done.abort()
  }
}

async function run(sql: SqlSession, statement: string, settings: SlotSettings): Promise<void> {
  try {
    await sql.once(statement)
  } catch (error) {
    if (sqlState(error) === '42710') return
    throw new CdcError(
      'CDC_PREREQUISITE',
      `Slot ${settings.slot} could not be made: ${serverText(error)}. Run in database ${settings.database}, ` +
        `with an account that has REPLICATION: ${statement};`,
      { cause: error },
    )
  }
}

function foreignSlot(
  { slot, database }: SlotSettings,
  state: { plugin: string; database: string },
): CdcError {
  return new CdcError(
    'CDC_PREREQUISITE',
    `Slot ${slot} is another one's: its plugin is ${state.plugin} (needed: pgoutput), its database ${state.database || 'none'} (needed: ${database}). Name another by the option slot.`,
  )
}
