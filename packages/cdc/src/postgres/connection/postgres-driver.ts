/**
 * Connections by the package `pg`, which need not be installed. It logs in (TLS, SCRAM); what follows goes through `SqlSession` or, for
 * the log and for large results, through `WireConnection`. Every connection speaks UTF-8, UTC and ISO, whatever the server's defaults,
 * so that a value has one text.
 */
import type { Duplex } from 'node:stream'
import { loadOptional } from '@millrace/values'
import type { Client, ClientConfig } from 'pg'
import { CdcError } from '../../errors.ts'
import type { PostgresAddress } from './postgres-address.ts'
import { connectError } from './postgres-error.ts'

export interface ConnectOptions {
  /** A connection of the walsender: SQL in the simple protocol, and the commands of replication. */
  readonly isReplication?: boolean
  readonly timeoutMs: number
}

/**
 * Settings of each session. Names in messages and types are looked up in the schema `public` as well, so that extensions' types have the
 * short names that everybody knows; functions of the catalog are found first.
 */
export const sessionSettings: readonly string[] = [
  "SET client_encoding = 'UTF8'",
  "SET DateStyle = 'ISO, YMD'",
  "SET TimeZone = 'UTC'",
  "SET IntervalStyle = 'iso_8601'",
  'SET extra_float_digits = 1',
  "SET bytea_output = 'hex'",
  "SET xmloption = 'content'",
  'SET standard_conforming_strings = on',
  'SET quote_all_identifiers = off',
  'SET search_path = pg_catalog, public',
  'SET idle_in_transaction_session_timeout = 0',
  'SET lock_timeout = 0',
  // Rows that a policy would hide are an error instead of a gap.
  'SET row_security = off',
]

/** A client that is logged in and has its settings. Errors: CDC_DRIVER_MISSING, CDC_CONNECT. */
export async function connectPostgres(address: PostgresAddress, options: ConnectOptions): Promise<Client> {
  const { Client } = await loadOptional(
    'pg',
    () => import('pg'),
    (cause) =>
      new CdcError(
        'CDC_DRIVER_MISSING',
        'The package "pg", which speaks to Postgres, is not installed. Run: npm install pg.',
        { cause },
      ),
  )
  const connect = async (ssl: ClientConfig['ssl']): Promise<Client> => {
    // `replication` is known to pg, but not to its types.
    const config: ClientConfig & { replication?: string } = {
      host: address.host,
      port: address.port,
      user: address.user,
      database: address.database,
      // A function, since an empty text would make pg look into the environment and ~/.pgpass.
      password: () => address.password,
      ssl,
      application_name: address.applicationName,
      connectionTimeoutMillis: address.connectTimeoutMs ?? options.timeoutMs,
      keepAlive: true,
      ...(options.isReplication === true && { replication: 'database' }),
    }
    const client = new Client(config)
    // Lost connections are met by who uses them next; without a listener, the process would end.
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query(sessionSettings.join('; '))
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    return client
  }
  try {
    if (address.tls !== 'prefer') return await connect(address.tls)
    try {
      return await connect({ rejectUnauthorized: false })
    } catch (error) {
      if (!(error instanceof Error && error.message === 'The server does not support SSL connections'))
        throw error
      return await connect(false)
    }
  } catch (error) {
    throw connectError(address.name, error)
  }
}

/** The socket below a client. */
export function socketOf(client: Client): Duplex {
  // pg's Client has its Connection, and that its stream; neither is in the types. Checked here, since it is another package's inside.
  const { connection } = client as unknown as { connection?: { stream?: unknown } }
  const stream = connection?.stream
  if (typeof stream !== 'object' || stream === null || !('pause' in stream)) {
    throw new CdcError(
      'CDC_DRIVER_MISSING',
      'This version of the package "pg" has no stream below its connection. Run: npm install pg@8.',
    )
  }
  return stream as Duplex
}
