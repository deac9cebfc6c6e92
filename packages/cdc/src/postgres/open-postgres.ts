/** Opens a Postgres as a database that changes are captured from: reads the options, connects, and asks what the server is. */
import type { Database, DatabaseContext } from '../database/database.ts'
import { CdcError } from '../errors.ts'
import type { CdcOptions } from '../source/cdc-options.ts'
import { parsePostgresAddress } from './connection/postgres-address.ts'
import { SqlSession } from './connection/sql-session.ts'
import { PostgresDatabase } from './postgres-database.ts'
import { defaultSlot, type PostgresOptions } from './postgres-options.ts'
import { TypeRegistry } from './values/type-registry.ts'

const defaults = {
  slot: defaultSlot,
  publication: 'millrace',
  connectTimeoutMs: 10_000,
  statementTimeoutMs: 60_000,
} as const

/** What tests set otherwise. */
export interface PostgresTuning {
  /** Time between looks at the catalog for tables that were created, renamed or dropped. */
  readonly catalogMs?: number
}

const catalogMsDefault = 10_000

const oldestVersion = 120_000

/** Throws CDC_OPTION, CDC_URL, CDC_DRIVER_MISSING, CDC_CONNECT; CDC_PREREQUISITE for a server that is too old. */
export async function openPostgres(
  options: Pick<CdcOptions, 'url'> & PostgresOptions,
  context: DatabaseContext,
  tuning: PostgresTuning = {},
): Promise<Database> {
  const { slot, publication, connectTimeoutMs, statementTimeoutMs } = { ...defaults, ...options }
  if (!/^[a-z0-9_]{1,63}$/.test(slot)) {
    throw new CdcError(
      'CDC_OPTION',
      `slot is ${JSON.stringify(slot)}; allowed are 1 to 63 of a-z, 0-9 and _.`,
    )
  }
  if (publication.length === 0 || Buffer.byteLength(publication) > 63) {
    throw new CdcError(
      'CDC_OPTION',
      `publication is ${JSON.stringify(publication)}; allowed are 1 to 63 bytes.`,
    )
  }
  for (const [name, ms] of Object.entries({ connectTimeoutMs, statementTimeoutMs })) {
    if (!(ms >= 1 && ms <= 86_400_000)) {
      throw new CdcError('CDC_OPTION', `${name} is ${String(ms)}; allowed are 1 to 86,400,000 ms.`)
    }
  }
  const address = parsePostgresAddress(options.url)
  const sql = new SqlSession(address, {
    connectMs: connectTimeoutMs,
    statementMs: Math.ceil(statementTimeoutMs),
  })
  try {
    const [server] = await sql.rows(
      "SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number",
    )
    const version = Number(server?.number)
    const serverVersion = (server?.version ?? '').split(' ')[0] ?? ''
    if (version < oldestVersion) {
      throw new CdcError(
        'CDC_PREREQUISITE',
        `${address.name} is Postgres ${serverVersion}; needed: 12 or newer.`,
      )
    }
    const create = options.create ?? true
    const failover = options.failover ?? false
    return new PostgresDatabase({
      address,
      catalog: { sql, types: new TypeRegistry(sql), publication, version },
      settings: { slot, publication, create, failover, version, database: address.database },
      context,
      serverVersion,
      system: await systemIdentifier(sql),
      connectTimeoutMs,
      catalogMs: tuning.catalogMs ?? catalogMsDefault,
    })
  } catch (error) {
    await sql.close()
    throw error
  }
}

/** The stream tells it too; here it may be withheld from the account. */
async function systemIdentifier(sql: SqlSession): Promise<string | undefined> {
  try {
    const [row] = await sql.rows('SELECT system_identifier::text AS id FROM pg_control_system()')
    return row?.id ?? undefined
  } catch (error) {
    if (error instanceof CdcError) throw error
    return undefined
  }
}
