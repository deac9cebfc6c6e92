/**
 * The order pipeline behind real databases: the embedded Postgres with its shop, killed in the middle and started again, and a MariaDB
 * with the example's SQL files. What must come out is asked of the database itself: its join of the tables.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb'
import { findEmbeddedPostgres, findMariaDb, privateMariaDb } from 'millrace'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { CliProcess, type Ended } from '../../packages/millrace/src/cli/cli-process.test-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-orders-database-'))
// For the account that the servers run as.
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const app = join(import.meta.dirname, 'orders.app.ts')
const waitMs = 60_000

/** The example as a user runs it. */
class Run {
  readonly cli: CliProcess

  constructor(dataDir: string, appArguments: readonly string[]) {
    this.cli = new CliProcess(['run', app, '--data-dir', dataDir, '--port', '0', '--', ...appArguments])
  }

  /** Its endpoint answers. */
  started(): Promise<void> {
    return this.cli.until(({ stderr }) => /Kinesis at http/.test(stderr))
  }

  async table(): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const { Items = [] } of paginateScan(
      { client: this.#client() },
      { TableName: 'OrderEnriched' },
    )) {
      // Without the time of its arrival, which is no column of the database.
      for (const { event_ts: _, ...item } of Items) rows.push(comparable(item))
    }
    return rows.sort(byKey)
  }

  #client(): DynamoDBDocumentClient {
    const endpoint = /Kinesis at (\S+)/.exec(this.cli.stderr)?.[1] ?? 'http://not.started'
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    return DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }))
  }

  end(signal: 'SIGINT' | 'SIGKILL'): Promise<Ended> {
    this.cli.child.kill(signal)
    return this.cli.ended
  }
}

type Row = Readonly<Record<string, string | number | null>>

const byKey = (a: Row, b: Row) => Number(a.orderId) - Number(b.orderId) || Number(a.itemId) - Number(b.itemId)

/** With the order's time as ISO text and amounts as numbers, as both drivers and the table can give them. */
function comparable(row: Readonly<Record<string, unknown>>): Row {
  const { orderDateTime, orderAmount, itemAmount } = row
  const time =
    orderDateTime instanceof Date
      ? orderDateTime
      : new Date(`${String(orderDateTime).replace(' ', 'T').replace(/Z$/, '')}Z`)
  // Only texts and numbers are left.
  return {
    ...row,
    orderDateTime: time.toISOString(),
    orderAmount: Number(orderAmount),
    itemAmount: Number(itemAmount),
  } as Row
}

const columns = [
  ...['orderId', 'orderAmount', 'orderStatus', 'orderDateTime'].map((name) => `o.${name}`),
  ...['shipToName', 'shipToAddress', 'shipToCity', 'shipToState', 'shipToZip'].map((name) => `o.${name}`),
  ...['itemId', 'itemAmount', 'itemQuantity', 'itemStatus'].map((name) => `i.${name}`),
  'p.productName',
]

/** The database's own join; `quote` is how it writes names. */
function joinOf(quote: string): string {
  const name = (text: string) => text.replaceAll(/[^.]+$/g, (last) => `${quote}${last}${quote}`)
  return `SELECT ${columns.map(name)} FROM ${name('orders.order')} o JOIN ${name('orders.order_item')} i
    ON ${name('i.orderId')} = ${name('o.orderId')} JOIN ${name('orders.product')} p ON ${name('p.productId')} = ${name('i.itemId')}
    ORDER BY 1, 10`
}

const sql = (file: string) => readFileSync(join(import.meta.dirname, 'shop', file), 'utf8')

describe.skipIf(findEmbeddedPostgres() === undefined)('with the embedded Postgres', () => {
  test('killed in the middle and started again, the table is the join of the database; ctrl-C ends both', async () => {
    const dataDir = join(folder, 'embedded')
    const options = ['--source', 'embedded', '--rate', '100', '--orders', '150']
    const place = (file: string) =>
      readFileSync(join(dataDir, 'sources/orders-source/postgres', file), 'utf8')
    const first = new Run(dataDir, options)
    await first.started()
    expect(first.cli.stderr).not.toMatch(/warning/)
    await expect.poll(async () => (await first.table()).length, { timeout: waitMs }).toBeGreaterThan(60)
    await first.end('SIGKILL')

    const second = new Run(dataDir, options)
    await second.started()
    const client = new pg.Client(
      `postgres://postgres:${place('password')}@127.0.0.1:${place('port')}/postgres`,
    )
    await client.connect()
    const joined = async () => (await client.query(joinOf('"'))).rows.map(comparable)
    await expect.poll(async () => (await joined()).length, { timeout: waitMs }).toBe(300)
    // Statuses of the last orders move on no more once nothing is sold.
    await expect.poll(() => second.table(), { timeout: waitMs }).toEqual(await joined())
    expect(new Set((await joined()).map(({ orderStatus }) => orderStatus)).size).toBeGreaterThan(2)
    await client.end()
    const { exitCode, stdout, stderr } = await second.end('SIGINT')
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/orders-source: Postgres 18\.\S+, 150 orders; /)
    expect(stdout).toMatch(/ledger: balanced/)
    expect(stdout).toMatch(/enrich\.error_stream +0 /)
    expect(await reaches(Number(place('port')))).toBe(false)
  }, 120_000)
})

describe.skipIf((await findMariaDb()) === undefined)('with a MariaDB', () => {
  test('fifteen orders give thirty rows, as changes and as a load, and changes of them arrive', async () => {
    await using server = await privateMariaDb()
    const database = await mysql.createConnection({
      uri: server.url.replace(/^mariadb:/, 'mysql:'),
      multipleStatements: true,
      timezone: 'Z',
    })
    const joined = async () => {
      const [rows] = await database.query(joinOf('`'))
      // Rows of a SELECT.
      return (rows as Record<string, unknown>[]).map(comparable)
    }
    await database.query(sql('shop-mariadb.sql'))
    const run = new Run(join(folder, 'changes'), ['--source', server.url])
    await run.started()
    await database.query(sql('fifteen-orders.sql'))
    await expect.poll(async () => (await run.table()).length, { timeout: waitMs }).toBe(30)
    expect(await run.table()).toEqual(await joined())

    await database.query("UPDATE orders.`order` SET orderStatus = 'returned' WHERE orderId = 10000007")
    await expect.poll(() => run.table(), { timeout: waitMs }).toEqual(await joined())
    const { exitCode, stdout, stderr } = await run.end('SIGINT')
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/ledger: balanced/)

    const load = new Run(join(folder, 'load'), ['--source', server.url])
    await load.started()
    await expect.poll(async () => (await load.table()).length, { timeout: waitMs }).toBe(30)
    expect(await load.table()).toEqual(await joined())
    await load.end('SIGINT')
    await database.end()
  }, 120_000)
})

function reaches(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
