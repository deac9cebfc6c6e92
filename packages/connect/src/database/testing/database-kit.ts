/** Real servers for tests of sinks, and what tests ask of them by a connection of their own. */
import {
  findMariaDb,
  findPostgresServer,
  type PrivateServer,
  privateMariaDb,
  privatePostgres,
} from '@millrace/cdc'
import type { StreamRecord } from '@millrace/runtime'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'

export interface TestDatabase extends AsyncDisposable {
  readonly kind: 'mariadb' | 'postgres'
  readonly server: PrivateServer
  /** Of the sink. */
  readonly url: string
  run(sql: string): Promise<void>
  /** Rows of texts. */
  rows(sql: string): Promise<(string | null)[][]>
}

export async function isInstalled(kind: TestDatabase['kind']): Promise<boolean> {
  return (kind === 'mariadb' ? await findMariaDb() : await findPostgresServer()) !== undefined
}

export async function openTestDatabase(kind: TestDatabase['kind']): Promise<TestDatabase> {
  return kind === 'mariadb' ? openMariaDb() : openPostgres()
}

async function openMariaDb(): Promise<TestDatabase> {
  const server = await privateMariaDb({ settings: { 'innodb-lock-wait-timeout': '5' } })
  const connect = () =>
    createConnection({
      uri: server.url.replace('mariadb:', 'mysql:'),
      multipleStatements: true,
      timezone: 'Z',
    })
  const use = async <T>(
    work: (connection: Awaited<ReturnType<typeof connect>>) => Promise<T>,
  ): Promise<T> => {
    const connection = await connect()
    try {
      return await work(connection)
    } finally {
      await connection.end()
    }
  }
  await use((connection) => connection.query('CREATE DATABASE shop CHARACTER SET utf8mb4'))
  return {
    kind: 'mariadb',
    server,
    url: `${server.url}shop`,
    run: async (sql) => {
      await use((connection) => connection.query(`USE shop; ${sql}`))
    },
    rows: (sql) =>
      use(async (connection) => {
        await connection.query('USE shop')
        const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.buffer() })
        return (rows as (Buffer | null)[][]).map((row) => row.map((cell) => cell?.toString('utf8') ?? null))
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function openPostgres(): Promise<TestDatabase> {
  const server = await privatePostgres()
  const use = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }
  return {
    kind: 'postgres',
    server,
    url: server.url,
    run: async (sql) => {
      await use((client) => client.query(sql))
    },
    rows: (sql) =>
      use(async (client) => {
        // Texts as the server sends them. pg's types want one function for each type and format.
        const types = { getTypeParser: () => (text: string) => text } as never
        const { rows } = await client.query({ text: sql, rowMode: 'array', types })
        return rows as (string | null)[][]
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export const startMs = Date.UTC(2026, 0, 1)

export function recordOf(
  sequence: number,
  value: unknown,
  more: Partial<Pick<StreamRecord, 'partitionKey' | 'shard' | 'arrivalTimeMs' | 'stream'>> = {},
): StreamRecord {
  const data = typeof value === 'string' ? value : JSON.stringify(value)
  return {
    stream: 'near',
    shard: 0,
    sequence,
    partitionKey: 'k',
    arrivalTimeMs: startMs + sequence,
    data: Buffer.from(data),
    text: () => data,
    json: () => JSON.parse(data),
    ...more,
  }
}
