/**
 * What a client leaves behind costs nobody else anything: statements that are cancelled, connections that go away or stop reading,
 * portals that nobody reads on. The lake answers four queries at a time, so five that left their turn behind would be seen.
 */
import { connect, type Socket } from 'node:net'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { type LakeServer, startLakeServer } from '../testing/lake-server.ts'
import type { PostgresLimits } from './postgres-port.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function open(limits?: Partial<PostgresLimits>): Promise<LakeServer> {
  const server = await startLakeServer({ mode: 'off', ...(limits === undefined ? {} : { limits }) })
  closing.push(() => server.close())
  return server
}

/** A client that speaks the protocol's messages itself. */
class RawClient {
  readonly socket: Socket
  /** Types of the messages that came, and their bodies. */
  #bytes = Buffer.alloc(0)
  #wake = (): void => {}

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port })
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    this.socket.on('close', () => this.#wake())
    const body = Buffer.from('\0\x03\0\0user\0someone\0database\0open\0\0')
    this.socket.write(Buffer.concat([int32(body.length + 4), body]))
  }

  send(type: string, ...parts: (string | Buffer)[]): void {
    const body = Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)),
    )
    this.socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]))
  }

  /** All up to the first message of one of these types. */
  async until(...types: string[]): Promise<{ readonly type: string; readonly body: Buffer }[]> {
    const seen: { readonly type: string; readonly body: Buffer }[] = []
    for (;;) {
      const length = this.#bytes.length < 5 ? Number.NaN : this.#bytes.readInt32BE(1) + 1
      if (this.#bytes.length >= length) {
        const message = {
          type: String.fromCharCode(this.#bytes[0] ?? 0),
          body: this.#bytes.subarray(5, length),
        }
        this.#bytes = this.#bytes.subarray(length)
        seen.push(message)
        if (types.includes(message.type)) return seen
        continue
      }
      if (this.socket.destroyed) throw new Error(`closed after ${seen.map(({ type }) => type).join('')}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** A portal of which some rows were read. */
  async suspend(portal: string, sql = 'SELECT i FROM range(10000000) t(i)'): Promise<void> {
    this.send('P', '', sql, int16(0))
    this.send('B', portal, '', int16(0), int16(0), int16(0))
    this.send('E', portal, int32(2))
    this.send('H')
    await this.until('s')
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

async function ask(server: LakeServer, sql = 'SELECT count(*)::INTEGER AS n FROM sales'): Promise<unknown[]> {
  const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'other', database: 'open' })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const manyRows = "SELECT i, repeat('x', 1000) AS x FROM range(10000000) t(i)"

test('a connection that goes away in the middle of a result leaves its turn', async () => {
  const server = await open()
  for (let i = 0; i < 5; i++) {
    const client = new RawClient(server.port)
    await client.until('Z')
    // One chunk that is more than sockets hold, so that the server waits for its client.
    client.send('Q', "SELECT repeat('x', 500000) AS x FROM range(100)")
    await client.until('T')
    client.socket.destroy()
  }
  expect(await ask(server)).toEqual([{ n: 3 }])
})

test('a result whose rows cannot be sent in the form asked for leaves its turn, within a block too', async () => {
  const server = await open()
  const client = new RawClient(server.port)
  await client.until('Z')
  for (let i = 0; i < 5; i++) {
    client.send('Q', 'BEGIN')
    await client.until('Z')
    client.send(
      'P',
      '',
      "SELECT {'a': i} AS s, MAP {'k': i} AS m, INTERVAL 1 DAY AS d, [i] AS l, ['x'] AS t FROM range(100000) t(i)",
      int16(0),
    )
    client.send('B', `p${i}`, '', int16(0), int16(0), int16(1), int16(1))
    client.send('E', `p${i}`, int32(0))
    client.send('S')
    expect((await client.until('Z')).map(({ type }) => type)).toContain('E')
    client.send('Q', 'ROLLBACK')
    await client.until('Z')
  }
  expect(await ask(server)).toEqual([{ n: 3 }])
})

test.each(['COMMIT', 'ROLLBACK', 'CLOSE ALL', 'DISCARD ALL'])(
  'portals that were not read to the end are closed by %s',
  async (end) => {
    const server = await open()
    const client = new RawClient(server.port)
    await client.until('Z')
    client.send('Q', 'BEGIN')
    await client.until('Z')
    for (let i = 0; i < 4; i++) await client.suspend(`p${i}`)
    client.send('Q', end)
    await client.until('Z')
    expect(await ask(server)).toEqual([{ n: 3 }])
    client.socket.destroy()
  },
)

test('RESET ALL leaves prepared statements alone, DISCARD ALL does not', async () => {
  const server = await open()
  const client = new RawClient(server.port)
  await client.until('Z')
  client.send('P', 'kept', 'SELECT 1', int16(0))
  client.send('S')
  await client.until('Z')
  for (const [command, answered] of [
    ['RESET ALL', 'T'],
    ['DISCARD ALL', 'E'],
  ] as const) {
    client.send('Q', command)
    await client.until('Z')
    client.send('D', Buffer.from('S'), 'kept')
    client.send('S')
    expect((await client.until('Z')).map(({ type }) => type)).toContain(answered)
  }
  client.socket.destroy()
})

test('portals that nobody reads on are closed after a while, and their client is told', async () => {
  const server = await open({ portalMs: 1, sweepMs: 5 })
  const client = new RawClient(server.port)
  await client.until('Z')
  client.send('Q', 'BEGIN')
  await client.until('Z')
  for (let i = 0; i < 4; i++) await client.suspend(`p${i}`)
  expect(await ask(server)).toEqual([{ n: 3 }])
  client.send('E', 'p0', int32(2))
  client.send('S')
  const [error] = await client.until('Z')
  expect(error?.type).toBe('E')
  expect(error?.body.toString()).toMatch(/C34000.*"p0".*not read/s)
  client.socket.destroy()
})

test('a client that stops reading is let go, and keeps nobody from closing the server', async () => {
  const server = await startLakeServer({ mode: 'off', limits: { stalledMs: 50, sweepMs: 5 } })
  const stalled = Array.from({ length: 4 }, () => new RawClient(server.port))
  for (const client of stalled) {
    await client.until('Z')
    client.send('Q', manyRows)
    await client.until('D')
    client.socket.pause()
  }
  expect(await ask(server)).toEqual([{ n: 3 }])
  const last = new RawClient(server.port)
  await last.until('Z')
  last.send('Q', manyRows)
  await last.until('D')
  last.socket.pause()
  await server.close()
  for (const client of [...stalled, last]) client.socket.destroy()
})

/** Cancels what the client has asked for, again and again, since a request that comes between two steps is forgotten; what ends it. */
async function errorOfCancelled(client: RawClient, port: number, key: Buffer): Promise<string | undefined> {
  let isOver = false
  const over = client.until('E').finally(() => {
    isOver = true
  })
  while (!isOver) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.write(Buffer.concat([int32(16), int32(80_877_102), key]))
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  }
  return (await over).at(-1)?.body.toString()
}

test('a cancel ends a portal that is read on', async () => {
  const server = await open()
  const client = new RawClient(server.port)
  const key = (await client.until('Z')).find(({ type }) => type === 'K')?.body
  if (key === undefined) throw new Error('no key came')
  client.send(
    'P',
    '',
    'SELECT i FROM range(1000000000000) t(i) WHERE i < 500000 OR i % 99999999999 = 7',
    int16(0),
  )
  client.send('B', 'p', '', int16(0), int16(0), int16(0))
  client.send('E', 'p', int32(2))
  client.send('H')
  await client.until('s')
  client.send('E', 'p', int32(0))
  client.send('S')
  expect(await errorOfCancelled(client, server.port, key)).toContain('C57014')
  client.socket.destroy()
})

test('a parameter with a number beyond any Bind is refused', async () => {
  const server = await open()
  const client = new RawClient(server.port)
  await client.until('Z')
  client.send('P', '', 'SELECT current_user, $2000000000', int16(0))
  client.send('S')
  const [error] = await client.until('Z')
  expect(error?.body.toString()).toContain('C54023')
  client.socket.destroy()
})

test('a question about the catalog ends at its limits of rows, and when it is cancelled', async () => {
  const server = await open()
  const client = new RawClient(server.port)
  const key = (await client.until('Z')).find(({ type }) => type === 'K')?.body
  if (key === undefined) throw new Error('no key came')
  client.send('Q', 'SELECT current_user, i FROM range(1000000000) t(i)')
  expect((await client.until('E')).at(-1)?.body.toString()).toContain('C54000')
  await client.until('Z')
  for (const text of ['SELECT current_user', 'SELECT version()']) {
    client.send('Q', text)
    expect((await client.until('Z')).map(({ type }) => type)).toEqual(['T', 'D', 'C', 'Z'])
  }
  client.send('Q', `SELECT current_user, ${'a'.repeat(40_000)}::regclass`)
  expect((await client.until('E')).at(-1)?.body.toString()).toContain('C54001')
  await client.until('Z')
  client.send('Q', 'SELECT current_user, count(*) FROM range(1000000000000) t(i) WHERE i % 7 = 3')
  expect(await errorOfCancelled(client, server.port, key)).toContain('C57014')
  client.socket.destroy()
})
