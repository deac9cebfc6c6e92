/** A real database for the checks of change capture: a private server, and sessions that see values as the database's own text. */
import {
  findMariaDb,
  findMySql,
  findPostgresServer,
  type PrivateServer,
  type PrivateServerOptions,
  privateMariaDb,
  privateMySql,
  privatePostgres,
} from '@millrace/cdc'
import mysql from 'mysql2/promise'
import pg from 'pg'

export type LiveKind = 'mariadb' | 'mysql' | 'postgres'
export type TextRow = readonly (string | null)[]

export interface LiveSession {
  /** One statement; what it selects, as text. */
  query(sql: string): Promise<readonly TextRow[]>
  close(): Promise<void>
}

export interface LiveDatabase {
  readonly kind: LiveKind
  readonly isInstalled: boolean
  start(options?: PrivateServerOptions): Promise<PrivateServer>
  session(url: string): Promise<LiveSession>
}

export const liveDatabases: { readonly [kind in LiveKind]: LiveDatabase } = {
  mariadb: {
    kind: 'mariadb',
    isInstalled: (await findMariaDb()) !== undefined,
    start: privateMariaDb,
    session: mysqlSession,
  },
  mysql: {
    kind: 'mysql',
    isInstalled: (await findMySql()) !== undefined,
    start: privateMySql,
    session: mysqlSession,
  },
  postgres: {
    kind: 'postgres',
    isInstalled: (await findPostgresServer()) !== undefined,
    start: privatePostgres,
    session: postgresSession,
  },
}

async function mysqlSession(url: string): Promise<LiveSession> {
  const connection = await mysql.createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    rowsAsArray: true,
    typeCast: (field) => field.string('utf8'),
  })
  // A lost connection is seen by the next statement.
  connection.on('error', () => {})
  return {
    query: async (sql) => {
      const [rows] = await connection.query(sql)
      // As `typeCast` and `rowsAsArray` say; what changes rows gives an object.
      return Array.isArray(rows) ? (rows as unknown as TextRow[]) : []
    },
    close: async () => connection.destroy(),
  }
}

async function postgresSession(url: string): Promise<LiveSession> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (text: unknown) => text },
  })
  client.on('error', () => {})
  await client.connect()
  return {
    query: async (sql) => {
      const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
      return rows
    },
    close: () => client.end(),
  }
}

/** Whether a statement failed because others held its rows or were first, or the table has changed: the transaction is given up. */
export function isConflict(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { errno, code } = error as { errno?: number; code?: string } // what both drivers give
  if (typeof errno === 'number' && errno > 1000 && code?.startsWith('ER_')) {
    return mysqlConflicts.has(errno)
  }
  return typeof code === 'string' && postgresConflicts.has(code)
}

/** Whether the connection was lost: the server ended, or ends, or comes up. */
export function isDisconnect(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code = '', message = '' } = error as { code?: string; message?: string } // as above
  return (
    /^(ECONNRESET|ECONNREFUSED|EPIPE|PROTOCOL_CONNECTION_LOST|57P0\d|08\d\d\d|ER_SERVER_SHUTDOWN)$/.test(
      code,
    ) || /closed state|Connection terminated|not queryable|connection is closed/i.test(message)
  )
}

// Duplicate key, lock wait, deadlock, unknown column, table or column count, record has changed.
const mysqlConflicts = new Set([1062, 1205, 1213, 1054, 1146, 1136, 1020, 1412])
// Unique violation, deadlock, serialization, lock not available, undefined column or table, transaction aborted.
const postgresConflicts = new Set(['23505', '40P01', '40001', '55P03', '42703', '42P01', '25P02'])
