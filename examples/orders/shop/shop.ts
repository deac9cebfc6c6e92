/**
 * A small shop that keeps its orders in Postgres: each order with its two items is one transaction, and a while later its status
 * moves on. It knows nothing of Millrace; whoever follows its database sees what happens.
 *
 * Order number n is the same for equal seeds and products, whenever it is placed. The next number follows from the table, so a shop
 * that is opened again goes on where it was closed. A database that is away for a while is waited for.
 */
import { readFileSync } from 'node:fs'
import { generateProducts, orderAt, systemClock } from 'millrace'
import pg from 'pg'

export interface ShopOptions {
  /** Of the database. */
  readonly url: string
  readonly products: number
  readonly seed: number
  /** Items sold each second. */
  readonly rate: number
  /** Orders in all, after which it sells no more. Default: for ever. */
  readonly orders?: number
}

const firstOrderId = 10_000_001
const statuses = ['placed', 'paid', 'packed', 'shipped'] as const
/** The order before so many moves on when one is placed. */
const movesOnAfter = 5
/** What the join of the pipeline still holds together: older orders are left alone. */
const movesOnWithin = '20 minutes'
const tryAgainMs = 1_000

export class Shop {
  /** Orders in the database. */
  orders = 0
  /** Why it sells nothing now; undefined while it does. */
  problem: string | undefined
  readonly #options: ShopOptions
  readonly #closing = new AbortController()
  readonly #open: Promise<void>

  private constructor(options: ShopOptions, orders: number) {
    this.#options = options
    this.orders = orders
    this.#open = this.#sell()
  }

  /** Makes the tables and the products where they are missing, and begins to sell. */
  static async open(options: ShopOptions): Promise<Shop> {
    const client = await connect(options.url)
    try {
      await client.query(readFileSync(new URL('./shop-postgres.sql', import.meta.url), 'utf8'))
      await client.query(
        `INSERT INTO orders.product
         SELECT * FROM json_to_recordset($1) AS p("productId" integer, "productName" text, "productPrice" numeric)
         ON CONFLICT DO NOTHING`,
        [JSON.stringify(generateProducts(options))],
      )
      return new Shop(options, await lastOrder(client))
    } finally {
      await client.end()
    }
  }

  /** Finishes the order at hand. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#open
  }

  async #sell(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        await this.#sellUntilClosed()
      } catch (error) {
        this.problem = error instanceof Error ? error.message : String(error)
        await systemClock.sleep(tryAgainMs, signal)
      }
    }
  }

  async #sellUntilClosed(): Promise<void> {
    const { url, rate, orders: ordersMax = Number.POSITIVE_INFINITY } = this.#options
    const { signal } = this.#closing
    const client = await connect(url)
    try {
      // A disk that is slow would be all that one sees here. A crash may undo the last orders, as a whole: nobody has seen them yet.
      await client.query('SET synchronous_commit = off')
      this.orders = await lastOrder(client)
      const everyMs = 2000 / rate
      for (let due = systemClock.now(); this.orders < ordersMax; due += everyMs) {
        await systemClock.sleep(due - systemClock.now(), signal)
        if (signal.aborted) return
        await this.#place(client, this.orders)
        this.orders++
        this.problem = undefined
        // After a pause of the machine there is no crowd at the door.
        due = Math.max(due, systemClock.now() - 1_000)
      }
      await aborted(signal)
    } finally {
      await client.end()
    }
  }

  async #place(client: pg.Client, number: number): Promise<void> {
    const { order, items } = orderAt(this.#options, number, Math.floor(systemClock.now()))
    await client.query('BEGIN')
    await insert(client, 'orders."order"', { ...order, orderStatus: statuses[0] })
    for (const item of items) await insert(client, 'orders.order_item', item)
    await client.query('COMMIT')
    await this.#moveOn(client, firstOrderId + number - movesOnAfter)
  }

  /** An order becomes paid, its items are packed, and so on, in one transaction. */
  async #moveOn(client: pg.Client, orderId: number): Promise<void> {
    const next = statuses[1 + (orderId % (statuses.length - 1))]
    await client.query('BEGIN')
    const { rowCount } = await client.query(
      `UPDATE orders."order" SET "orderStatus" = $2
       WHERE "orderId" = $1 AND "orderDateTime" > now() - interval '${movesOnWithin}'`,
      [orderId, next],
    )
    if (rowCount === 1 && orderId % 3 === 0) {
      await client.query('UPDATE orders.order_item SET "itemStatus" = $2 WHERE "orderId" = $1', [
        orderId,
        next,
      ])
    }
    await client.query('COMMIT')
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  // Without a listener a lost connection would end the process; the next query tells of it.
  client.on('error', () => {})
  await client.connect()
  return client
}

async function lastOrder(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ last: number | null }>(
    'SELECT max("orderId") AS last FROM orders."order"',
  )
  return (rows[0]?.last ?? firstOrderId - 1) - firstOrderId + 1
}

async function insert(client: pg.Client, table: string, row: object): Promise<void> {
  const names = Object.keys(row).map((name) => `"${name}"`)
  const places = names.map((_, i) => `$${i + 1}`)
  await client.query(`INSERT INTO ${table} (${names}) VALUES (${places})`, Object.values(row))
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
