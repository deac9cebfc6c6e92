/** Whatever bytes come, the server answers others, and its own conversations end one by one. */
import { connect } from 'node:net'
import { seededRandom } from '@millrace/values'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LakeServer, startLakeServer } from '../testing/lake-server.ts'

const seed = process.env.MILLRACE_SEED ?? '20261121'
let server: LakeServer
beforeAll(async () => {
  server = await startLakeServer({ mode: 'off', limits: { messageBytesMax: 100_000 } })
})
afterAll(() => server.close())

const startup = message('', int32(196_608), Buffer.from('user\0me\0database\0open\0\0'))
const conversation = [
  startup,
  message('P', Buffer.from('s\0SELECT id, note FROM sales WHERE id > $1\0'), Buffer.of(0, 0)),
  message('B', Buffer.from('p\0s\0'), Buffer.of(0, 0, 0, 1), int32(1), Buffer.from('1'), Buffer.of(0, 0)),
  message('D', Buffer.from('Pp\0')),
  message('E', Buffer.from('p\0'), int32(0)),
  message('S'),
  message('Q', Buffer.from('SELECT 1; SHOW TimeZone; BEGIN; SELECT * FROM open.sold\0')),
  message('C', Buffer.from('Ss\0')),
  message('H'),
  message('S'),
]

test('the whole conversation is answered', async () => {
  const types = typesOf(await talk(Buffer.concat([...conversation, message('X')])))
  expect(types).toBe(`R${'S'.repeat(12)}KZ12TDDC${'Z'}TDCTDCCTDDDCZ3Z`)
})

test(`changed bytes end at most the connection they come on (seed ${seed})`, async () => {
  const random = seededRandom(`${seed} postgres`)
  const pick = (max: number): number => Math.floor(random.next() * max)
  for (let i = 0; i < 150; i++) {
    const bytes = Buffer.concat(conversation)
    // Startup alone would fail at once, so most changes come after it.
    const from = random.next() < 0.2 ? 0 : startup.length
    for (let changes = 1 + pick(4); changes > 0; changes--)
      bytes[from + pick(bytes.length - from)] = pick(256)
    await talk(random.next() < 0.3 ? bytes.subarray(0, pick(bytes.length)) : bytes)
  }
  const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'me', database: 'open' })
  await client.connect()
  expect((await client.query('SELECT count(*) AS n FROM sales')).rows).toEqual([{ n: '3' }])
  await client.end()
})

test('a message that says it is longer than allowed ends the connection with the reason', async () => {
  const answer = await talk(Buffer.concat([startup, Buffer.from('Q'), int32(2 ** 30)]))
  expect(answer.toString('latin1')).toContain('invalid message length 1073741824')
})

/** Sends everything, ends its side, and gives all that comes back. */
function talk(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port: server.port }, () => socket.end(bytes))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(Buffer.concat(chunks)) : reject(error),
    )
    socket.once('close', () => resolve(Buffer.concat(chunks)))
  })
}

function typesOf(bytes: Buffer): string {
  let types = ''
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1))
    types += String.fromCharCode(bytes[at] ?? 0)
  return types
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value, 0)
  return bytes
}
