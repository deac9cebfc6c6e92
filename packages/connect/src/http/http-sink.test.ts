import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FunctionHandler, StreamRecord } from '@millrace/runtime'
import { seededRandom, systemClock, VirtualClock } from '@millrace/values'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { recordOf, startMs } from '../database/testing/database-kit.ts'
import { underTime } from '../kinesis/testing/fake-kinesis.ts'
import type { SinkError } from '../sink-error.ts'
import { type TestContext, testContext } from '../testing/function-context.ts'
import type { HttpPort, HttpRequest, HttpResponse } from './http-port.ts'
import { httpSink } from './http-sink.ts'
import type { HttpSinkOptions } from './http-sink-options.ts'

type Answer =
  | number
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }

/** A service under virtual time: what it answers is scripted, and when. */
class Service {
  readonly calls: { readonly request: HttpRequest; readonly at: number }[] = []
  inFlight = 0
  inFlightMost = 0
  answer: (request: HttpRequest, call: number) => Answer | Error | 'silence' = () => 200
  delayMs: () => number = () => 10
  readonly clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.clock = clock
  }

  readonly port: HttpPort = async (request, { signal, bodyBytesMax }): Promise<HttpResponse> => {
    this.calls.push({ request, at: this.clock.now() })
    this.inFlight++
    this.inFlightMost = Math.max(this.inFlightMost, this.inFlight)
    try {
      const answer = this.answer(request, this.calls.length)
      if (answer === 'silence') await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await this.clock.sleep(this.delayMs())
      signal.throwIfAborted()
      if (answer instanceof Error) throw answer
      const {
        status,
        body = '',
        headers = {},
      } = typeof answer === 'object' ? answer : { status: typeof answer === 'number' ? answer : 200 }
      const bytes = Buffer.from(body)
      return {
        status,
        headers: new Map(Object.entries(headers)),
        body: bytes.subarray(0, bodyBytesMax),
        isCut: bytes.length > bodyBytesMax,
      }
    } finally {
      this.inFlight--
    }
  }

  texts(): string[] {
    return this.calls.map(({ request }) => String(request.body))
  }
}

let clock: VirtualClock
let service: Service
beforeEach(() => {
  clock = new VirtualClock(startMs)
  service = new Service(clock)
})

const sinkOf = (options: Partial<HttpSinkOptions> = {}): FunctionHandler =>
  httpSink({
    url: 'https://api.example.com/users/{$.id}',
    body: '{$.v}',
    clock,
    random: seededRandom(1),
    http: service.port,
    ...options,
  })
const run = (sink: FunctionHandler, records: readonly StreamRecord[], context: TestContext = testContext()) =>
  underTime(clock, Promise.resolve(sink(records, context)))
const failureOf = (work: Promise<unknown>): Promise<SinkError> =>
  work.then(
    () => Promise.reject(new Error('it should have failed')),
    // The sink's only failures, as the tests below expect them.
    (error) => error as SinkError,
  )
const record = (sequence: number, key = 'k', v: unknown = sequence) =>
  recordOf(sequence, { id: `id ${key}`, v }, { partitionKey: key })

describe('requests', () => {
  test('are made of the record, with a key that stays the same over attempts, restarts and redrives', async () => {
    process.env.SINK_TEST_TOKEN = 's3cret'
    const sink = () =>
      sinkOf({ method: 'PUT', auth: { env: 'SINK_TEST_TOKEN' }, headers: { 'X-Kind': 'v{$.v}' } })
    service.answer = (_, call) => (call === 1 ? 503 : 200)
    await run(sink(), [record(7, 'a/b', 'x"y')])
    await run(sink(), [record(7, 'a/b', 'x"y')])
    await run(sink(), [record(7, 'a/b', 'mended')])
    const [first, second, third, edited] = service.calls.map(({ request }) => request)
    expect(first).toEqual({
      method: 'PUT',
      url: 'https://api.example.com/users/id%20a%2Fb',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': expect.stringMatching(/^sink\.near\.0\.7\.[a-z0-9]+\.[0-9a-f]{8}$/),
        'x-kind': 'vx"y',
        authorization: 'Bearer s3cret',
      },
      body: '"x\\"y"',
    })
    expect([second, third]).toEqual([first, first])
    expect(edited!.headers['idempotency-key']).not.toBe(first!.headers['idempotency-key'])
  })

  test('a record that lacks what its URL needs is refused, and sends nothing', async () => {
    const error = await failureOf(run(sinkOf(), [recordOf(0, { v: 1 }), recordOf(1, 'no json'), record(2)]))
    expect(error.failures.map(({ message }) => message)).toEqual([
      'The record has no $.id, which its url needs.',
      expect.stringMatching(/^The data is no JSON/),
    ])
    expect(service.texts()).toEqual(['2'])
  })

  test('a record whose URL is undefined sends nothing', async () => {
    const url = (each: StreamRecord) => (each.sequence === 1 ? undefined : 'https://api.example.com/')
    await run(sinkOf({ url }), [record(0), record(1), record(2)])
    expect(service.texts()).toEqual(['0', '2'])
  })
})

describe('attempts', () => {
  test('come after waits that grow, half of each drawn at random, until the answer is good', async () => {
    service.delayMs = () => 0
    service.answer = (_, call) => (call < 6 ? 500 : 201)
    await run(sinkOf(), [record(0)])
    const times = service.calls.map(({ at }) => at)
    const waits = times.slice(1).map((at, i) => at - times[i]!)
    expect(waits.length).toBe(5)
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual((200 * 2 ** i) / 2)
      expect(wait).toBeLessThanOrEqual(200 * 2 ** i)
    }
  })

  test.each([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': new Date(startMs + 90_000).toUTCString() }, 90_000],
    [{ 'retry-after': '86400' }, 300_000],
  ])('wait as long as the service asks: %j', async (headers, waitMs) => {
    service.delayMs = () => 0
    service.answer = (_, call) => (call === 1 ? { status: 429, headers } : 200)
    await run(sinkOf({ concurrency: 1 }), [record(0, 'a'), record(1, 'b')])
    // All others wait as well.
    expect(service.calls.map(({ at }) => at >= startMs + waitMs)).toEqual([false, true, true])
  })

  test('end for codes that no attempt mends: the record is refused with the code and the beginning of the answer', async () => {
    service.answer = ({ body }) =>
      body === '1'
        ? { status: 422, body: `{"error":"no  such\\nuser"}${'x'.repeat(1000)}` }
        : body === '3'
          ? 302
          : 200
    const records = [record(0), record(1), record(2), record(3, 'other')]
    const sink = sinkOf()
    const error = await failureOf(run(sink, records))
    expect(error.records.map(({ sequence }) => sequence).sort()).toEqual([1, 3])
    const [refused] = error.failures.filter(({ sequence }) => sequence === 1)
    expect(refused?.code).toBe('HTTP 422')
    expect(refused?.message).toMatch(
      /^POST https:\/\/api.example.com\/users\/id%20k: answered 422: \{"error":"no such\\nuser"\}x+\.\.\.$/,
    )
    expect(refused?.message.length).toBeLessThan(420)
    const before = service.calls.length
    await run(sink, [records[0]!, records[2]!])
    expect(service.calls.length).toBe(before)
  })

  test('of a record are bounded where the service answers; a service that does not is waited for, and said to be', async () => {
    service.delayMs = () => 0
    service.answer = ({ body }) => (body === '1' ? 500 : 200)
    const error = await failureOf(run(sinkOf({ attemptsMax: 4 }), [record(0), record(1), record(2)]))
    expect(error.failures.map(({ sequence, message }) => [sequence, message])).toEqual([
      [1, 'POST https://api.example.com/users/id%20k: answered 500, after 4 attempts'],
    ])
    expect(service.texts()).toEqual(['0', '1', '1', '1', '1', '2'])

    service.calls.length = 0
    const context = testContext()
    let warned = ''
    service.answer = (_, call) => {
      warned ||= context.warnings.get('SINK_BLOCKED') ?? ''
      return call < 40 ? Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) : 200
    }
    await run(sinkOf({ attemptsMax: 4 }), [record(3)], context)
    expect(service.calls.length).toBe(40)
    expect(warned).toMatch('no answer: connect')
    expect(context.warnings.size).toBe(0)
  })

  test('take a service at most its time, and give it up when it is silent', async () => {
    service.answer = (_, call) => (call === 1 ? 'silence' : 200)
    await run(sinkOf({ timeoutMs: 5_000 }), [record(0)])
    expect(service.calls.length).toBe(2)
    expect(service.calls[1]!.at - startMs).toBeGreaterThanOrEqual(5_000)
    service.answer = () => 'silence'
    const error = await failureOf(run(sinkOf({ timeoutMs: 5_000, outageMsMax: 60_000 }), [record(1)]))
    expect(error.failures[0]).toMatchObject({ code: 'ETIMEDOUT' })
  })

  test('a stop ends the waiting: nothing is refused, and what was answered is not lost if all was', async () => {
    const stopping = new AbortController()
    service.answer = () => {
      stopping.abort()
      return 503
    }
    const failing = run(sinkOf(), [record(0)], testContext({ signal: stopping.signal }))
    await expect(failing).rejects.toThrow('This operation was aborted')
    expect(stopping.signal.reason).toBeInstanceOf(Error)
    const late = new AbortController()
    service.answer = () => {
      late.abort()
      return 200
    }
    await run(sinkOf(), [record(0)], testContext({ signal: late.signal }))
  })

  test('secrets do not get into messages', async () => {
    process.env.SINK_TEST_TOKEN = 's3cret'
    service.answer = () => ({ status: 400, body: 'bad token s3cret' })
    const options = { url: 'https://api.example.com/a?key=hidden', auth: { env: 'SINK_TEST_TOKEN' } }
    const { message } = await failureOf(run(sinkOf(options), [record(0)]))
    expect(message).toMatch('bad token ***')
    expect(message).not.toMatch(/s3cret|hidden/)
  })
})

describe('order and bounds', () => {
  test('of random keys, delays and failures: each key in order, never more at a time, never faster than the rate', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seededRandom(seed)
      clock = new VirtualClock(startMs)
      service = new Service(clock)
      service.delayMs = () => random.below(400)
      service.answer = () => (random.next() < 0.2 ? [500, 503, 429][random.below(3)]! : 200)
      const concurrency = 1 + random.below(5)
      const rate = { perSecond: 5 + random.below(20), burst: 1 + random.below(6) }
      const sink = sinkOf({ concurrency, rate, attemptsMax: 1000, random })
      // Lanes of a stage: keys of one do not stand in another.
      const lanes = [0, 1, 2].map((lane) =>
        Array.from({ length: 40 }, (_, i) => record(lane * 1000 + i, `key-${lane}-${random.below(7)}`)),
      )
      await underTime(clock, Promise.all(lanes.map((records) => sink(records, testContext()))))
      expect(service.inFlightMost, `seed ${seed}`).toBeLessThanOrEqual(concurrency)
      const last = new Map<string, number>()
      for (const { request } of service.calls) {
        const number = Number(request.body)
        expect(number, `seed ${seed}`).toBeGreaterThanOrEqual(last.get(request.url) ?? -1)
        last.set(request.url, number)
      }
      const times = service.calls.map(({ at }) => at)
      for (const [i, from] of times.entries()) {
        for (let j = i; j < times.length; j++) {
          const allowed = rate.burst + ((times[j]! - from) / 1000) * rate.perSecond + 1e-6
          expect(j - i + 1, `seed ${seed}, from call ${i}`).toBeLessThanOrEqual(Math.floor(allowed))
        }
      }
      expect(new Set(service.texts()).size, `seed ${seed}`).toBe(120)
    }
  })

  test("with order 'none' a key is not held up by its own records", async () => {
    service.delayMs = () => 1000
    await run(
      sinkOf({ order: 'none', concurrency: 4 }),
      [0, 1, 2, 3].map((n) => record(n)),
    )
    expect(service.inFlightMost).toBe(4)
    expect(clock.now() - startMs).toBe(1000)
  })
})

describe('answers', () => {
  test('go into a stream, each once in the call that succeeds, those of an earlier one too', async () => {
    service.answer = ({ body }) =>
      body === '1'
        ? 404
        : { status: 200, body: `{"n":${body}}`, headers: { 'content-type': 'application/json' } }
    const sink = sinkOf({ into: { stream: 'answers' } })
    const records = [record(0), record(1), record(2, 'other')]
    await failureOf(run(sink, records))
    const context = testContext()
    await run(sink, [records[0]!, records[2]!], context)
    expect(context.emitted).toEqual(
      [0, 2].map((n) => ({
        stream: 'answers',
        partitionKey: n === 2 ? 'other' : 'k',
        value: {
          stream: 'near',
          shard: 0,
          sequence: n,
          partitionKey: n === 2 ? 'other' : 'k',
          status: 200,
          body: { n },
        },
      })),
    )
  })

  test('are bounded', async () => {
    service.answer = () => ({ status: 200, body: 'x'.repeat(100) })
    const context = testContext()
    await run(sinkOf({ into: { stream: 'answers' }, responseBytesMax: 10 }), [record(0)], context)
    expect(context.emitted[0]!.value).toMatchObject({ body: 'x'.repeat(10), isCut: true })
  })
})

describe('over a socket', () => {
  const seen: { method: string; url: string; body: string; key: string }[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      seen.push({
        method: request.method!,
        url: request.url!,
        body,
        key: String(request.headers['idempotency-key']),
      })
      // Each first request is dropped, after it was read.
      if (seen.filter((each) => each.body === body).length === 1) request.socket.destroy()
      else response.writeHead(200, { 'content-type': 'text/plain' }).end('y'.repeat(300_000))
    })
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  test('a lost answer is asked for again under the same key, and a long one is cut', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // A server on a port of loopback.
    const { port } = server.address() as AddressInfo
    const sink = httpSink({
      url: `http://127.0.0.1:${port}/u/{$.id}`,
      method: 'PATCH',
      backoff: { firstMs: 1 },
      clock: systemClock,
      into: { stream: 'answers' },
    })
    const context = testContext()
    await sink([record(0, 'a'), record(1, 'b')], context)
    expect(seen.map(({ method, url }) => `${method} ${url}`).sort()).toEqual(
      ['a', 'a', 'b', 'b'].map((key) => `PATCH /u/id%20${key}`),
    )
    expect(new Set(seen.map(({ key }) => key)).size).toBe(2)
    expect(context.emitted.map(({ value }) => (value as { body: string }).body.length)).toEqual([
      65536, 65536,
    ])
  })
})

describe('options', () => {
  test.each<[Partial<HttpSinkOptions>, string]>([
    [{ url: 'api.example.com' }, '"url" must begin with http:// or https://'],
    [{ url: 'https://me:secret@api.example.com/' }, '"url" must have no account in it'],
    [{ url: 'https://a.example/{$.a[0:].b}' }, '"url" has no usable path'],
    [{ concurrency: 0 }, '"concurrency" must be a number from 1 to 1000, but is 0.'],
    [{ rate: { perSecond: 0 } }, '"rate.perSecond" must be a number'],
    [
      { auth: { env: 'SINK_TEST_ABSENT' } },
      '"auth" names the environment variable SINK_TEST_ABSENT, which is not set',
    ],
    [{ uri: 'x' } as never, '"uri" is unknown. Did you mean "url"?'],
  ])('%j', (options, message) => {
    expect(() => sinkOf(options)).toThrow(`HTTP_OPTION httpSink: ${message}`)
    expect(() => sinkOf(options)).not.toThrow('secret')
  })
})
