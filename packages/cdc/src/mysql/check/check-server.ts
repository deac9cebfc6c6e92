/** What a server and an account need for following: settings of the log, rights, the life of its files. Changes nothing. */
import type { Finding } from '../../database/database.ts'
import { CdcError } from '../../errors.ts'
import type { TableName } from '../../model/table-schema.ts'
import type { MysqlSession } from '../connection/mysql-session.ts'
import { readExpirySeconds } from '../database/log-health.ts'
import type { ServerFacts } from '../schema/server-facts.ts'
import { accountText, grantedRows, logEndStatement } from '../snapshot/log-place.ts'
import { danger, problem, readVariables } from './findings.ts'

export interface ServerCheckOptions {
  readonly serverId: number | undefined
  readonly hasFailover: boolean
}

const variables = [
  'log_bin',
  'server_id',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'binlog_row_value_options',
  'log_slave_updates',
  'log_replica_updates',
  'gtid_mode',
]
const dayMs = 86_400

export async function checkServer(
  session: MysqlSession,
  facts: ServerFacts,
  tables: readonly TableName[],
  options: ServerCheckOptions,
): Promise<readonly Finding[]> {
  const values = await readVariables(session, variables)
  if (isOff(values.get('log_bin'))) {
    const next =
      'Set log_bin = mysql-bin, server_id = 1 and binlog_format = ROW under [mysqld] and restart the server'
    return [...checkVersion(facts), problem('The server writes no binary log (log_bin is OFF).', next)]
  }
  return [
    ...checkVersion(facts),
    ...checkIdentity(values, options),
    ...checkFormat(values, facts),
    ...(await checkReplica(session, values, facts)),
    ...checkGtids(values, facts, options),
    ...(await checkExpiry(session, facts)),
    ...(await checkRights(session, facts, tables)),
  ]
}

function checkVersion({ family, version, versionNumber }: ServerFacts): readonly Finding[] {
  const [oldest, text] = family === 'mariadb' ? [100_600, 'MariaDB 10.6'] : [50_700, 'MySQL 5.7']
  if (versionNumber >= oldest) return []
  return [
    danger(`The server is ${version}; read are ${text} and newer.`, `Upgrade the server to ${text} or newer`),
  ]
}

function checkIdentity(
  values: ReadonlyMap<string, string>,
  { serverId }: ServerCheckOptions,
): readonly Finding[] {
  const own = Number(values.get('server_id'))
  if (own === 0) {
    return [
      problem(
        'server_id is 0: the server sends its log to nobody.',
        'SET GLOBAL server_id = 1, and the same under [mysqld]',
      ),
    ]
  }
  if (serverId !== own) return []
  return [
    problem(
      `The option serverId is ${serverId}, which is the server's own server_id.`,
      'Leave serverId out, or choose a number that no server and no replica has',
    ),
  ]
}

function checkFormat(values: ReadonlyMap<string, string>, { family }: ServerFacts): readonly Finding[] {
  const findings: Finding[] = []
  const [format, image, metadata] = ['binlog_format', 'binlog_row_image', 'binlog_row_metadata'].map((name) =>
    values.get(name),
  )
  // MySQL 9.? may drop the variable: then rows are all there is.
  if (format !== undefined && format !== 'ROW') {
    findings.push(
      problem(
        `binlog_format is ${format}: changes are logged as statements, not as rows.`,
        "SET GLOBAL binlog_format = 'ROW', the same under [mysqld], and let the sessions that write connect again",
      ),
    )
  }
  if (image !== undefined && image !== 'FULL') {
    findings.push(
      danger(
        `binlog_row_image is ${image}: updates say only what changed, and before images only the key.`,
        "SET GLOBAL binlog_row_image = 'FULL', and the same under [mysqld]",
      ),
    )
  }
  if (metadata !== undefined && metadata !== 'FULL') {
    findings.push(
      danger(
        `binlog_row_metadata is ${metadata}: the log does not name columns, so that rows are read by the statements that changed their table.`,
        "SET GLOBAL binlog_row_metadata = 'FULL', and the same under [mysqld]",
      ),
    )
  }
  if (family === 'mysql' && /PARTIAL_JSON/.test(values.get('binlog_row_value_options') ?? '')) {
    findings.push(
      problem(
        'binlog_row_value_options is PARTIAL_JSON: updates say only which parts of a JSON value changed, which is not read.',
        "SET GLOBAL binlog_row_value_options = '', and let the sessions that write connect again",
      ),
    )
  }
  return findings
}

/** A replica logs what it gets from its source only if it is told to. */
async function checkReplica(
  session: MysqlSession,
  values: ReadonlyMap<string, string>,
  facts: ServerFacts,
): Promise<readonly Finding[]> {
  const logs = values.get('log_replica_updates') ?? values.get('log_slave_updates')
  if (!isOff(logs)) return []
  const statement =
    facts.family === 'mysql' && facts.versionNumber >= 80_022 ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS'
  // Without the right to ask, nothing is said.
  const rows = await session.named(statement).catch(() => [])
  if (rows.length === 0) return []
  const name = values.has('log_replica_updates') ? 'log_replica_updates' : 'log_slave_updates'
  return [
    problem(
      `The server is a replica, and ${name} is OFF: its log lacks what comes from its source.`,
      `Set ${name} = ON under [mysqld] and restart the server, or follow its source`,
    ),
  ]
}

function checkGtids(
  values: ReadonlyMap<string, string>,
  { family }: ServerFacts,
  { hasFailover }: ServerCheckOptions,
): readonly Finding[] {
  const mode = values.get('gtid_mode')
  if (family === 'mariadb' || mode === 'ON') return []
  const next =
    'Switch GTIDs on without a stop: enforce_gtid_consistency = ON, then gtid_mode = OFF_PERMISSIVE, ON_PERMISSIVE, ON'
  const text = `gtid_mode is ${mode ?? 'OFF'}`
  return hasFailover
    ? [problem(`${text}: a position cannot go over to another server (option failover).`, next)]
    : [
        danger(
          `${text}: a position belongs to this one server, and loads wait a second for what the log tells.`,
          next,
        ),
      ]
}

async function checkExpiry(session: MysqlSession, facts: ServerFacts): Promise<readonly Finding[]> {
  const seconds = await readExpirySeconds(session, facts)
  if (seconds === undefined || seconds >= dayMs) return []
  const hours = Math.round((seconds / 3600) * 10) / 10
  return [
    danger(
      `The log is purged after ${hours} h: a stop of that length loses the position, and all tables must be loaded again.`,
      facts.family === 'mysql' && facts.versionNumber < 80_000
        ? 'SET GLOBAL expire_logs_days = 3, and the same under [mysqld]'
        : 'SET GLOBAL binlog_expire_logs_seconds = 259200, and the same under [mysqld]',
    ),
  ]
}

async function checkRights(
  session: MysqlSession,
  facts: ServerFacts,
  tables: readonly TableName[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const [row] = await session.texts('SELECT CURRENT_USER()')
  const account = accountText(row?.[0] ?? '')
  try {
    const [end] = await grantedRows(session, facts, logEndStatement(facts))
    findings.push(...checkFilters(end, tables))
  } catch (error) {
    if (!(error instanceof CdcError)) throw error
    const right = facts.family === 'mariadb' ? 'BINLOG MONITOR' : 'REPLICATION CLIENT'
    findings.push(
      problem('The account may not ask where the log ends.', `GRANT ${right} ON *.* TO ${account}`),
    )
  }
  if (!(await maySeeRight(session, 'REPLICATION SLAVE'))) {
    findings.push(
      problem('The account may not read the log.', `GRANT REPLICATION SLAVE ON *.* TO ${account}`),
    )
  }
  return findings
}

/** Roles that are active count: MariaDB lists them itself, MySQL when they are named. */
async function maySeeRight(session: MysqlSession, right: string): Promise<boolean> {
  const grants = await session.texts('SHOW GRANTS')
  const roles = await session
    .texts('SELECT CURRENT_ROLE()')
    .then(([row]) => row?.[0] ?? 'NONE')
    .catch(() => 'NONE')
  const ofRoles =
    roles === 'NONE' || !roles.includes('`')
      ? []
      : await session.texts(`SHOW GRANTS FOR CURRENT_USER() USING ${roles}`).catch(() => [])
  return [...grants, ...ofRoles].some(
    ([grant]) =>
      / ON \*\.\* /.test(grant ?? '') && new RegExp(`\\b(ALL PRIVILEGES|${right})\\b`).test(grant ?? ''),
  )
}

function checkFilters(
  end: ReadonlyMap<string, string | null> | undefined,
  tables: readonly TableName[],
): readonly Finding[] {
  const named = (name: string) => (end?.get(name) ?? '').split(',').filter((schema) => schema !== '')
  const [logged, ignored] = [named('binlog_do_db'), named('binlog_ignore_db')]
  const left = new Set(
    tables
      .map(({ schema }) => schema)
      .filter((schema) => ignored.includes(schema) || (logged.length > 0 && !logged.includes(schema))),
  )
  return [...left].map((schema) =>
    problem(
      `The server leaves the schema ${schema} out of its log (binlog_do_db, binlog_ignore_db).`,
      `Take ${schema} out of binlog_ignore_db, or into binlog_do_db, under [mysqld] and restart the server`,
    ),
  )
}

function isOff(value: string | undefined): boolean {
  return value === 'OFF' || value === '0'
}
