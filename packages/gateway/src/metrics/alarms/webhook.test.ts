import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock, VirtualClock } from '@millrace/values'
import { afterEach, describe, expect, it } from 'vitest'
import type { GatewayError } from '../../errors.ts'
import { MetricRegistry } from '../metric-registry.ts'
import { minuteMs } from '../statistics.ts'
import type { AlarmRule } from './alarm-rule.ts'
import { AlarmWatcher } from './alarm-watcher.ts'
import { WebhookQueue } from './webhook-queue.ts'
import { fetchWebhook, type WebhookRequest, type WebhookTransport } from './webhook-transport.ts'

const secretUrl = 'https://user:secret@hooks.example.com/T0/secret?token=secret'

/** A queue over a transport that answers from a list, under virtual time. */
function queueOver(answers: ((request: WebhookRequest) => number | Promise<number>)[]) {
  const clock = new VirtualClock(0)
  const sent: { readonly at: number; readonly body: string }[] = []
  const problems: GatewayError[] = []
  const transport: WebhookTransport = async (request) => {
    sent.push({ at: clock.now(), body: request.body })
    const answer = answers[Math.min(sent.length, answers.length) - 1]!
    return answer(request)
  }
  const queue = new WebhookQueue({
    url: secretUrl,
    clock,
    transport,
    onProblem: (problem) => problems.push(problem),
  })
  const stop = new AbortController()
  const running = queue.run(stop.signal)
  const finish = async () => {
    stop.abort()
    await running
    // Nothing is left that would keep a process alive.
    expect(clock.pending).toBe(0)
  }
  return { clock, queue, sent, finish, texts: () => problems.map(({ message }) => message) }
}

const status = (code: number) => () => code
const refused = () =>
  Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }))
const never = () => new Promise<number>(() => {})

describe('a webhook queue', () => {
  it('tries again after 1, 2, 4 and 8 s while there is hope, and then goes on with the next event', async () => {
    const { clock, queue, sent, finish, texts } = queueOver([
      status(500),
      refused,
      status(429),
      status(204),
      status(200),
    ])
    queue.push('a', 'first')
    queue.push('a', 'second')
    await clock.advance(60_000)
    expect(sent).toEqual([
      { at: 0, body: 'first' },
      { at: 1_000, body: 'first' },
      { at: 3_000, body: 'first' },
      { at: 7_000, body: 'first' },
      { at: 7_000, body: 'second' },
    ])
    expect(texts()).toEqual([])
    await finish()
  })

  it('gives an answer 10 s, five times, and then says what was lost, without the secrets of the address', async () => {
    const { clock, queue, sent, finish, texts } = queueOver([never])
    queue.push('iterator-age', 'x')
    await clock.advance(120_000)
    expect(sent.map(({ at }) => at)).toEqual([0, 11_000, 23_000, 37_000, 55_000])
    expect(texts()).toEqual([
      'ALARM_WEBHOOK_FAILED an event of alarm "iterator-age" was not delivered to https://hooks.example.com: no answer in 10000 ms, 5 times. Check the webhook of the alarm\'s rule.',
    ])
    await finish()
  })

  it.each([
    [400, 'HTTP 400.'],
    [404, 'HTTP 404.'],
    [302, 'HTTP 302, a redirect, and redirects are not followed.'],
    [307, 'HTTP 307, a redirect'],
  ])('gives up at once on %i', async (code, reason) => {
    const { clock, queue, sent, finish, texts } = queueOver([status(code)])
    queue.push('a', 'x')
    await clock.advance(120_000)
    expect(sent).toHaveLength(1)
    expect(texts()[0]).toContain(reason)
    expect(texts()[0]).not.toContain('secret')
    await finish()
  })

  it('holds 32 events, lets the oldest go first, and says so', async () => {
    const { clock, queue, sent, finish, texts } = queueOver([never, ...Array(4).fill(never), status(200)])
    queue.push('a', '0')
    await clock.advance(0)
    for (let i = 1; i <= 40; i++) queue.push('a', String(i))
    expect(texts()).toHaveLength(8)
    expect(texts()[0]).toContain('32 newer events are waiting')
    await clock.advance(120_000)
    expect(sent.slice(5).map(({ body }) => body)).toEqual(Array.from({ length: 32 }, (_, i) => String(i + 9)))
    await finish()
  })

  it.each([
    ['an answer', never],
    ['the next attempt', status(500)],
    ['an event', undefined],
  ])('stops at once while it waits for %s', async (_, answer) => {
    const { clock, queue, finish, texts } = queueOver([answer ?? status(200)])
    if (answer !== undefined) queue.push('a', 'x')
    await clock.advance(500)
    await finish()
    expect(texts()).toEqual([])
  })
})

describe('the webhook of a rule', () => {
  it('is told of every transition but the first OK, in a body that repeats no secret', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1))
    const registry = new MetricRegistry({ clock })
    const rule: AlarmRule = {
      name: 'throttled',
      metric: 'WriteProvisionedThroughputExceeded',
      level: 'stream',
      stream: 'orders',
      statistic: 'Sum',
      comparison: '>=',
      threshold: 5,
      forMinutes: 1,
      missing: 'notBreaching',
      webhook: secretUrl,
    }
    const sent: WebhookRequest[] = []
    const watcher = new AlarmWatcher({
      registry,
      rules: [rule],
      transport: async (request) => {
        sent.push(request)
        return 200
      },
    })
    const stop = new AbortController()
    const running = watcher.run(stop.signal)
    const handle = registry.metric(rule.metric, { stream: 'orders' })
    for (const refusedRecords of [0, 3, 2.5, 0]) {
      handle.observe(refusedRecords)
      handle.observe(refusedRecords)
      await clock.advance(minuteMs)
    }
    stop.abort()
    await running
    expect(sent.map(({ url }) => url)).toEqual([secretUrl, secretUrl])
    expect(JSON.parse(sent[0]!.body)).toEqual({
      id: 'throttled/1767225720000',
      alarm: 'throttled',
      state: 'ALARM',
      previousState: 'OK',
      at: '2026-01-01T00:02:00.000Z',
      metric: 'WriteProvisionedThroughputExceeded',
      unit: 'Count',
      stream: 'orders',
      statistic: 'Sum',
      comparison: '>=',
      threshold: 5,
      forMinutes: 1,
      values: [6],
      worst: { StreamName: 'orders' },
      text: 'ALARM throttled: Sum of WriteProvisionedThroughputExceeded >= 5 for 1 minute, last 6 (stream orders)',
    })
    expect(JSON.parse(sent[1]!.body)).toMatchObject({ state: 'OK', previousState: 'ALARM', values: [0] })
    for (const { body } of sent) expect(body).not.toContain('secret')
  })
})

describe('over the network', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  /** A server on a free port that remembers what it gets. */
  async function serve(answer: { status: number; headers?: Record<string, string> }) {
    const requests: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => {
        body += chunk
      })
      request.on('end', () => {
        requests.push({
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body,
        })
        response.writeHead(answer.status, answer.headers).end('answer')
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // A listening TCP server has an address of this form.
    const { port } = server.address() as AddressInfo
    return { requests, port }
  }
  const signal = new AbortController().signal

  it('posts JSON, with user and password of the address as basic authentication', async () => {
    const { requests, port } = await serve({ status: 201 })
    const url = `http://us%20er:pass%3Aword@127.0.0.1:${port}/hook?token=t`
    expect(await fetchWebhook({ url, body: '{"a":1}', signal })).toBe(201)
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/hook?token=t', body: '{"a":1}' })
    expect(requests[0]!.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from('us er:pass:word').toString('base64')}`,
    })
  })

  it('follows no redirect', async () => {
    const other = await serve({ status: 200 })
    for (const code of [301, 302, 303, 307, 308]) {
      const { port } = await serve({ status: code, headers: { location: `http://127.0.0.1:${other.port}/` } })
      expect(await fetchWebhook({ url: `http://127.0.0.1:${port}/`, body: '{}', signal })).toBe(code)
    }
    expect(other.requests).toEqual([])
  })

  it('delivers through the queue, and tells of a host that nobody serves', async () => {
    const { requests, port } = await serve({ status: 200 })
    const stop = new AbortController()
    const arrived = new Promise<void>((resolve) => {
      servers.at(-1)!.once('request', (_, response) => response.once('finish', resolve))
    })
    const queue = new WebhookQueue({
      url: `http://127.0.0.1:${port}/x`,
      clock: systemClock,
      transport: fetchWebhook,
      onProblem: (problem) => {
        throw problem
      },
    })
    const running = queue.run(stop.signal)
    queue.push('a', '{"id":"a/1"}')
    await arrived
    stop.abort()
    await running
    expect(requests.map(({ body }) => body)).toEqual(['{"id":"a/1"}'])

    const gone = await serve({ status: 200 })
    await new Promise((resolve) => servers.pop()!.close(resolve))
    await expect(
      fetchWebhook({ url: `http://127.0.0.1:${gone.port}/`, body: '', signal }),
    ).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    })
  })
})
