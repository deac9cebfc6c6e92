/** What the server and the account lack for logical replication, and what of their settings will hurt later. */
import type { Finding } from '../../database/database.ts'
import type { SqlSession } from '../connection/sql-session.ts'
import { identifier } from '../connection/sql-text.ts'
import { createSlotSql, dropSlotSql, type SlotSettings } from '../slot/prepare.ts'
import { isLost, slotState } from '../slot/slot-state.ts'

export interface AccountRights {
  readonly user: string
  readonly isSuperuser: boolean
  /** May make objects in this database. */
  readonly mayCreate: boolean
}

export interface ServerFindings {
  readonly findings: readonly Finding[]
  readonly rights: AccountRights
}

/** A slot on a standby: Postgres 16. */
const standbyVersion = 160_000

export async function checkServer(sql: SqlSession, settings: SlotSettings): Promise<ServerFindings> {
  const [row] = await sql.rows(
    `SELECT current_user AS account, r.rolsuper, r.rolreplication, current_setting('wal_level') AS wal_level,
       current_setting('max_replication_slots') AS slots_max, current_setting('max_wal_senders') AS senders_max,
       (SELECT count(*) FROM pg_replication_slots) AS slots,
       (SELECT count(*) FROM pg_stat_replication) AS senders,
       current_setting('max_slot_wal_keep_size', true) AS kept_max, pg_is_in_recovery() AS is_standby,
       current_setting('server_encoding') AS encoding, current_setting('hot_standby_feedback') AS feedback,
       current_setting('rds.logical_replication', true) AS rds,
       CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication')
         THEN pg_has_role(current_user, 'rds_replication', 'MEMBER') ELSE false END AS is_rds_replication,
       has_database_privilege(current_database(), 'CREATE') AS may_create
     FROM pg_roles r WHERE r.rolname = current_user`,
  )
  const get = (name: string) => row?.[name] ?? ''
  const isRds = get('rds') !== ''
  const rights = {
    user: get('account'),
    isSuperuser: get('rolsuper') === 't',
    mayCreate: get('may_create') === 't',
  }
  const findings: Finding[] = []
  const fail = (message: string, next: string) =>
    findings.push({ level: 'error', code: 'CDC_PREREQUISITE', message: `${message}.`, next })
  const warn = (message: string, next: string) =>
    findings.push({ level: 'warning', code: 'CDC_PREREQUISITE', message: `${message}.`, next })

  const isStandby = get('is_standby') === 't'
  if (isStandby && settings.version < standbyVersion) {
    fail(
      'This server is a hot standby, and can be followed from Postgres 16 on only',
      'Name the primary in the URL',
    )
  } else if (isStandby && get('feedback') !== 'on') {
    warn(
      'hot_standby_feedback is off: the primary may remove rows that the slot on this standby needs, and the slot is then lost',
      'ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf();',
    )
  }
  if (get('wal_level') !== 'logical') {
    fail(
      `wal_level is ${get('wal_level')}, which has too little in it; needed: logical`,
      isRds
        ? 'Set rds.logical_replication = 1 in the parameter group, then restart the instance'
        : "ALTER SYSTEM SET wal_level = 'logical'; then restart the server",
    )
  }
  const isAllowed = rights.isSuperuser || get('rolreplication') === 't' || get('is_rds_replication') === 't'
  if (!isAllowed) {
    fail(
      `Account ${rights.user} may not read the log`,
      isRds
        ? `GRANT rds_replication TO ${identifier(rights.user)};`
        : `ALTER ROLE ${identifier(rights.user)} REPLICATION;`,
    )
  }
  const slot = await slotState(sql, settings.slot)
  if (slot === undefined) {
    if (Number(get('slots')) >= Number(get('slots_max'))) {
      fail(
        `All ${get('slots_max')} replication slots are taken (max_replication_slots)`,
        `ALTER SYSTEM SET max_replication_slots = ${Number(get('slots_max')) + 5}; then restart the server. Or drop one that nobody reads: SELECT slot_name, active FROM pg_replication_slots;`,
      )
    }
    if (!settings.create) {
      fail(
        `Slot ${settings.slot} does not exist, and may not be made (create: false)`,
        `${createSlotSql(settings)};`,
      )
    }
  } else if (slot.plugin !== 'pgoutput' || slot.database !== settings.database) {
    fail(
      `Slot ${settings.slot} is another one's: plugin ${slot.plugin}, database ${slot.database || 'none'}; needed: pgoutput, ${settings.database}`,
      'Name another slot by the option slot',
    )
  } else if (isLost(slot)) {
    findings.push({
      level: 'error',
      code: 'CDC_POSITION_LOST',
      message: `The server gave slot ${settings.slot} up (${slot.invalidation ?? 'max_slot_wal_keep_size'}): changes are lost.`,
      next: `${dropSlotSql(settings.slot)}; then load the tables again`,
    })
  } else if (slot.walStatus === 'unreserved') {
    warn(
      `The server is about to give slot ${settings.slot} up: it keeps more log for it than max_slot_wal_keep_size`,
      "Start the pipeline, or raise the limit: ALTER SYSTEM SET max_slot_wal_keep_size = '100GB'; SELECT pg_reload_conf();",
    )
  } else if (slot.activePid !== undefined) {
    warn(
      `Slot ${settings.slot} is being read by process ${slot.activePid} of the server; a second reader has to wait`,
      'If that is another pipeline, give this one a slot of its own by the option slot',
    )
  }
  if (slot?.activePid === undefined && Number(get('senders')) >= Number(get('senders_max'))) {
    fail(
      `All ${get('senders_max')} senders of the log are taken (max_wal_senders)`,
      `ALTER SYSTEM SET max_wal_senders = ${Number(get('senders_max')) + 5}; then restart the server`,
    )
  }
  if (get('kept_max') === '-1') {
    warn(
      'max_slot_wal_keep_size is unlimited: while the pipeline is away, the server keeps its log until the disk is full',
      "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();",
    )
  }
  if (get('encoding') === 'SQL_ASCII') {
    warn(
      'The database has the encoding SQL_ASCII: texts that are no UTF-8 stop the pipeline with CDC_LOG_INVALID',
      'Move the data to a database with the encoding UTF8',
    )
  }
  return { findings, rights }
}
