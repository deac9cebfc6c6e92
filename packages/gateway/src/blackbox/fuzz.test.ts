/**
 * The law of bad requests, on a whole server: whatever is sent ends in success or in an error that the API documents, never
 * in a failure of ours; and afterwards everything that was put before is there, and puts and reads go on. Malformed HTTP
 * itself is the matter of http/malformed.fuzz.test.ts.
 *
 * 10,000 requests; the seed is in the names of the tests, MILLRACE_SEED sets it; a failure is shrunk by fast-check.
 */
import { connect } from 'node:net'
import { systemClock, VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { encodeCbor } from '../wire/cbor-encode.ts'
import { forms, valid } from './cases/refusals.ts'
import { bytes, type Shared, text, World } from './cases/world.ts'
import type { Members } from './client.ts'
import { PlainClient } from './clients/plain-client.ts'
import { jsonCodec } from './clients/plain-codecs.ts'
import { type RawReply, RawSender } from './raw-sender.ts'

const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const operations = Object.keys(forms)

/** Of the error tables of the API, for what a client can do wrong. */
const documented = new Set([
  'AccessDeniedException',
  'ExpiredIteratorException',
  'ExpiredNextTokenException',
  'IncompleteSignatureException',
  'InvalidArgumentException',
  'InvalidSignatureException',
  'LimitExceededException',
  'MissingAuthenticationTokenException',
  'ProvisionedThroughputExceededException',
  'ResourceInUseException',
  'ResourceNotFoundException',
  'SerializationException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationException',
])

let server: TestServer
let world: World
let admin: PlainClient
let sender: RawSender
let shared: Shared
const kept = Array.from({ length: 50 }, (_, i) => `kept ${i}`)

beforeAll(async () => {
  server = await startTestServer({ clock: new VirtualClock(systemClock.now()) })
  const { url, credentials, clock } = server
  admin = new PlainClient({ url, credentials, clock, codec: jsonCodec })
  world = new World(server, admin)
  sender = new RawSender({ url, credentials: credentials.owner, clock })
  await world.admin('CreateStream', { StreamName: 'kept', ShardCount: 1 })
  await world.active('kept')
  for (const data of kept) await world.put('kept', data)
  shared = await world.shared()
})

afterAll(async () => {
  sender.close()
  await admin.close()
  await server.close()
})

function expectRefusalOrSuccess(reply: RawReply): void {
  if (reply.status === 200) return
  expect(reply.status).toBeGreaterThanOrEqual(400)
  expect(reply.status, reply.body.toString()).toBeLessThan(500)
  expect(documented, reply.body.toString().slice(0, 200)).toContain(reply.type)
}

function expectFault(reply: RawReply, type: string): void {
  expect([reply.status, reply.type], reply.body.toString().slice(0, 200)).toEqual([400, type])
}

const huge = fc.constantFrom(2 ** 31, -(2 ** 31), 2 ** 53, 1e300, -1e300, 1.5, -0, Number.MIN_VALUE)
const odd = fc.constantFrom(
  '',
  '\0',
  '\u{10FFFF}',
  '\uFFFD',
  '__proto__',
  'a'.repeat(5000),
  '0'.repeat(200),
  '-1',
  '=',
)
const value: fc.Arbitrary<unknown> = fc.oneof(
  huge,
  odd,
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(null, true, [], {}, [[[]]], [null]),
)

/** A valid call with some of its members replaced, removed or added. */
const mutatedCall = fc
  .record({
    operation: fc.constantFrom(...operations),
    changes: fc.array(fc.record({ pick: fc.nat(20), with: fc.option(value), deep: fc.boolean() }), {
      minLength: 1,
      maxLength: 3,
    }),
    added: fc.dictionary(fc.string(), value, { maxKeys: 2 }),
  })
  .map(({ operation, changes, added }) => {
    const input: Record<string, unknown> = { ...added, ...structuredClone(callOf(operation)) }
    for (const change of changes) {
      let inside: Record<string, unknown> = input
      const names = Object.keys(inside)
      const name = names[change.pick % names.length]
      if (name === undefined) continue
      const member = inside[name]
      if (change.deep && typeof member === 'object' && member !== null && !(member instanceof Uint8Array)) {
        // Lists too have members by name.
        inside = member as Record<string, unknown>
      }
      const last = Object.keys(inside)[change.pick % Math.max(Object.keys(inside).length, 1)] ?? name
      if (change.with === null) delete inside[last]
      else inside[last] = structuredClone(change.with)
    }
    return { operation, input }
  })

/** Of streams that may come to harm. */
function callOf(operation: string): Members {
  return valid(forms[operation]!, shared ?? placeholders)
}
const placeholders: Shared = { stream: 'x', consumerArn: 'x', iterator: 'x', onDemand: 'x' }

const http2 = fc.boolean()

async function check(count: number, property: fc.IAsyncProperty<unknown>): Promise<void> {
  await fc.assert(property, { seed, numRuns: count, includeErrorInReport: true })
}

test(`4,000 calls with values that are none (seed ${seed})`, { timeout: 120_000 }, async () => {
  await check(
    4000,
    fc.asyncProperty(
      fc.record({ call: mutatedCall, http2, cbor: fc.boolean() }),
      async ({ call, http2, cbor }) => {
        const body = cbor ? encodeCbor(finite(call.input)) : jsonCodec.encode(call.input)
        const { operation } = call
        const reply = await sender.send({ operation, body, http2, cbor })
        expectRefusalOrSuccess(reply)
        // Calls on what is not there would not be refused for what is wrong with them.
        const isRemoved = operation === 'DeleteStream' || operation === 'DeregisterStreamConsumer'
        if (isRemoved && reply.status === 200) shared = await world.renew()
      },
    ),
  )
})

/** What CBOR of the wire can say: members that are no numbers on the wire are left out. */
function finite(input: Members): Members {
  const clean = (given: unknown): unknown => {
    if (typeof given === 'number') return Number.isFinite(given) ? given : 0
    if (given instanceof Uint8Array) return given
    if (given === undefined) return null
    // A member that was taken out of a list has left a hole.
    if (Array.isArray(given)) return Array.from(given, clean)
    if (typeof given !== 'object' || given === null) return given
    return Object.fromEntries(Object.entries(given).map(([name, member]) => [name, clean(member)]))
  }
  return clean(input) as Members
}

const damage = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(10_000) }),
  fc.record({
    kind: fc.constant('byte' as const),
    at: fc.nat(10_000),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(10_000),
    bytes: fc.uint8Array({ maxLength: 9 }),
  }),
)
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never

function damaged(body: Uint8Array, all: readonly Damage[]): Buffer {
  let at = Buffer.from(body)
  for (const one of all) {
    const place = one.at % (at.length + 1)
    if (one.kind === 'cut') at = at.subarray(0, place)
    else if (one.kind === 'insert') at = Buffer.concat([at.subarray(0, place), one.bytes, at.subarray(place)])
    else if (place < at.length) {
      at = Buffer.from(at)
      at[place] = one.byte
    }
  }
  return at
}

test(`3,500 bodies damaged or cut, in JSON and CBOR (seed ${seed})`, { timeout: 120_000 }, async () => {
  await check(
    3500,
    fc.asyncProperty(
      fc.record({
        operation: fc.constantFrom(...operations.filter((name) => name !== 'DeleteStream')),
        damages: fc.array(damage, { minLength: 1, maxLength: 3 }),
        http2,
        cbor: fc.boolean(),
      }),
      async ({ operation, damages, http2, cbor }) => {
        const whole = cbor ? encodeCbor(callOf(operation)) : jsonCodec.encode(callOf(operation))
        const body = damaged(whole, damages)
        const reply = await sender.send({ operation, body, http2, cbor })
        if (!cbor && !isJsonObject(body)) expectFault(reply, 'SerializationException')
        else expectRefusalOrSuccess(reply)
      },
    ),
  )
})

/** By the language's own reading, of strict UTF-8. */
function isJsonObject(body: Uint8Array): boolean {
  try {
    const tree: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
    return typeof tree === 'object' && tree !== null && !Array.isArray(tree)
  } catch {
    return false
  }
}

test(`1,000 bodies of nothing but bytes or brackets (seed ${seed})`, { timeout: 120_000 }, async () => {
  const nested = fc
    .record({
      depth: fc.integer({ min: 100, max: 200_000 }),
      open: fc.constantFrom('[', '{"a":', '\x81', '\xa1\x61a', '\xc1'),
    })
    .map(({ depth, open }) => Buffer.from(open.repeat(Math.min(depth, 1_000_000 / open.length)), 'latin1'))
  await check(
    1000,
    fc.asyncProperty(
      fc.record({
        operation: fc.constantFrom(...operations),
        body: fc.oneof(
          { weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }) },
          { weight: 1, arbitrary: nested },
        ),
        http2,
        cbor: fc.boolean(),
      }),
      async ({ operation, body, http2, cbor }) => {
        const reply = await sender.send({ operation, body: Buffer.from(body), http2, cbor })
        if (!cbor && !isJsonObject(body)) expectFault(reply, 'SerializationException')
        else expectRefusalOrSuccess(reply)
      },
    ),
  )
})

test(`1,400 headers that are wrong (seed ${seed})`, { timeout: 120_000 }, async () => {
  const header = fc.constantFrom(
    'content-type',
    'x-amz-target',
    'authorization',
    'x-amz-date',
    'x-amz-content-sha256',
  )
  const content = fc.oneof(
    fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
    fc.constantFrom(
      'application/json',
      'text/plain',
      'application/x-amz-json-1.0',
      'application/x-amz-json-1.1; charset=utf-8',
      'Kinesis_20131202.',
      'Kinesis_20131202.Nothing',
      'DynamoDB_20120810.ListTables',
      'AWS4-HMAC-SHA256 Credential=a',
      'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=, Signature=',
      '20200101T000000Z',
      'UNSIGNED-PAYLOAD',
    ),
  )
  await check(
    1400,
    fc.asyncProperty(
      fc.record({
        headers: fc.dictionary(header, fc.option(content), { minKeys: 1, maxKeys: 3 }),
        method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'PATCH'),
        path: fc.constantFrom('/', '/', '/x?y=z', '/?X-Amz-Algorithm=a'),
        http2,
      }),
      async ({ headers, method, path, http2 }) => {
        const body = jsonCodec.encode({})
        const reply = await sender.send({ operation: 'ListStreams', body, http2, headers, method, path })
        // What is no call at all is answered by the front end, in XML or not.
        expect(reply.status, reply.body.toString()).toBeLessThan(500)
        if (reply.status === 200 || reply.type === undefined) return
        // What comes without a type is taken for a form of CloudWatch, whose error this is.
        if (reply.type !== 'InvalidAction') expect(documented).toContain(reply.type)
      },
    ),
  )
})

test('100 senders that stop in the middle are given up, and hold nobody up', {
  timeout: 60_000,
}, async () => {
  const { hostname, port } = new URL(server.url)
  const head = (length: number) =>
    `POST / HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/x-amz-json-1.1\r\n` +
    `X-Amz-Target: Kinesis_20131202.PutRecord\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e\r\n` +
    `Content-Length: ${length}\r\n\r\n`
  const beginnings = [
    '',
    'P',
    'POST / HTTP/1.1\r\nHo',
    head(1000),
    `${head(1000)}{"Str`,
    'PRI * HTTP/2.0\r\n\r\nSM',
  ]
  const open = Array.from({ length: 100 }, (_, i) => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.resume()
    socket.write(beginnings[i % beginnings.length]!)
    return new Promise<void>((resolve) => socket.on('close', () => resolve()))
  })
  await world.put('kept', 'beside the slow')
  kept.push('beside the slow')
  const closed = Promise.all(open)
  let isOver = false
  void closed.then(() => {
    isOver = true
  })
  await world.until('all slow senders are given up', async () => {
    await server.pass(5000)
    return isOver
  })
})

test('and nothing is lost: what was put before is there, and puts and reads go on', async () => {
  expect(server.failures).toEqual([])
  expect((await world.read('kept')).map(({ Data }) => text(Data))).toEqual(kept)
  const put = await admin.call(
    'PutRecords',
    { StreamName: 'kept', Records: [{ PartitionKey: 'k', Data: bytes('after') }] },
    'owner',
  )
  expect(put.FailedRecordCount).toBe(0)
  expect((await world.read('kept')).map(({ Data }) => text(Data))).toEqual([...kept, 'after'])
})
