/** Limits: what is too large is refused and the rest goes on; who is too slow is cut off, under virtual time. */
import { connect as connectHttp2, constants, type Settings } from 'node:http2'
import { afterEach, describe, expect, test } from 'vitest'
import { ask, askHttp2, client, closeAll, open, start } from '../testing/open-gateway.ts'
import { callText, runUntil } from '../testing/raw-client.ts'

afterEach(closeAll)

describe('limits', () => {
  const limits = { bodyBytesMax: 1000, headerBytesMax: 4096 }

  test('a body beyond the limit is 413, by its stated length, by its chunks, and over HTTP/2', async () => {
    const { gateway, service } = await open({ limits })
    expect(await ask(gateway, callText('ListStreams', `{"a":"${'x'.repeat(992)}"}`))).toMatch(/ 200 /)
    const over = `{"a":"${'x'.repeat(993)}"}`
    expect(await ask(gateway, callText('ListStreams', over))).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*RequestEntityTooLarge/,
    )
    const chunk = `${(500).toString(16)}\r\n${'x'.repeat(500)}\r\n`
    const head = callText('ListStreams', '', { 'Transfer-Encoding': 'chunked' }).replace(
      'Content-Length: 0\r\n',
      '',
    )
    expect(await ask(gateway, `${head}${chunk.repeat(3)}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /)
    const headers = {
      ':method': 'POST',
      ':path': '/',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Kinesis_20131202.ListStreams',
    }
    expect((await askHttp2(gateway, headers, over)).headers[':status']).toBe(413)
    const stated = { ...headers, 'content-length': over.length }
    expect((await askHttp2(gateway, stated, over)).headers[':status']).toBe(413)
    expect(service.callers).toHaveLength(1)
  })

  test('a client that asks before it sends is told 413 or to go on', async () => {
    const { gateway } = await open({ limits })
    const expecting = (length: number) =>
      callText('ListStreams', '', { 'Content-Length': length, Expect: '100-continue' })
    expect(
      await client(gateway)
        .send(expecting(1001))
        .receives(/\r\n\r\n./),
    ).toMatch(/^HTTP\/1\.1 413 /)
    const small = client(gateway)
    expect(await small.send(expecting(2)).receives(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    expect(await small.send('{}').receives(/StreamNames/)).toMatch(/HTTP\/1\.1 200/)
  })

  test('the connection goes on after a refused body, and what still comes of it is dropped', async () => {
    const { gateway } = await open({ limits })
    const kept = client(gateway)
    kept.send(callText('ListStreams', 'x'.repeat(100_000)))
    await kept.receives(/413/)
    kept.send(callText('ListStreams'))
    expect(await kept.receives(/StreamNames/)).toMatch(/HTTP\/1\.1 413 [\s\S]*HTTP\/1\.1 200 /)
  })

  test('bodies in progress have a bound together; a client is asked to try again', async () => {
    const { gateway, service } = await open({ limits: { ...limits, bodyBytesInFlightMax: 1500 } })
    const first = client(gateway).send(callText('Wait', `{"a":"${'x'.repeat(900)}"}`))
    await expect.poll(() => service.waiting.length).toBe(1)
    const second = await ask(gateway, callText('ListStreams', `{"a":"${'x'.repeat(900)}"}`))
    expect(second).toMatch(/^HTTP\/1\.1 503 [\s\S]*ServiceUnavailableException/)
    service.waiting[0]!.answer({ kind: 'value', value: {} })
    await first.receives(/200/)
    expect(await ask(gateway, callText('ListStreams', `{"a":"${'x'.repeat(900)}"}`))).toMatch(/ 200 /)
  })

  test('replies that nobody takes count like bodies in progress', async () => {
    const { gateway, service } = await open({ limits: { ...limits, bodyBytesInFlightMax: 30_000_000 } })
    const lazy = client(gateway)
    lazy.socket.pause()
    lazy.send(callText('Wait'))
    await expect.poll(() => service.waiting.length).toBe(1)
    service.waiting[0]!.answer({ kind: 'bytes', bytes: Buffer.alloc(30_000_000) })
    await expect.poll(() => ask(gateway, callText('ListStreams'))).toMatch(/^HTTP\/1\.1 503 /)
    lazy.socket.resume()
    await expect.poll(() => ask(gateway, callText('ListStreams'))).toMatch(/ 200 /)
  })

  test('headers beyond the limit are 431, what is no HTTP is 400', async () => {
    const { gateway } = await open({ limits })
    expect(await ask(gateway, callText('ListStreams', '{}', { 'X-Long': 'x'.repeat(5000) }))).toMatch(/ 431 /)
    expect(await ask(gateway, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await ask(gateway, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await ask(gateway, 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 |^$/)
  })

  test('connections beyond the limit are closed, and there is room again after one has gone', async () => {
    const { gateway } = await open({ limits: { connectionsMax: 2 } })
    const [one, two] = [client(gateway), client(gateway)]
    await one.send(callText('ListStreams')).receives(/200/)
    await two.send(callText('ListStreams')).receives(/200/)
    expect(await client(gateway).send(callText('ListStreams')).untilClosed()).toBe('')
    one.socket.destroy()
    await one.closed
    await expect.poll(() => ask(gateway, callText('ListStreams'))).toMatch(/ 200 /)
  })
})

describe('HTTP/2', () => {
  const headers = {
    ':method': 'POST',
    ':path': '/',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.Wait',
  }

  test('a client that opens streams only to reset them is sent away, and others are served', async () => {
    const { gateway, failures } = await open()
    const session = connectHttp2(gateway.url)
    session.on('error', () => {})
    const sentAway = new Promise((resolve) => session.on('goaway', resolve))
    await new Promise((resolve) => session.on('connect', resolve))
    for (let i = 0; i < 3000 && !session.closed && !session.destroyed; i++) {
      const stream = session.request(headers)
      stream.on('error', () => {})
      stream.close(constants.NGHTTP2_CANCEL)
      if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
    }
    await sentAway
    session.destroy()
    expect(await ask(gateway, callText('ListStreams'))).toMatch(/ 200 /)
    expect(failures).toEqual([])
  })

  test('streams of one connection have a bound, which clients are told', async () => {
    const { gateway } = await open({ limits: { streamsPerConnectionMax: 7 } })
    const session = connectHttp2(gateway.url)
    const told = await new Promise<Settings>((resolve) => session.on('remoteSettings', resolve))
    expect(told.maxConcurrentStreams).toBe(7)
    session.destroy()
  })
})

describe('slow clients are cut off, and not before their time', () => {
  const limits = {
    headerTimeoutMs: 20_000,
    idleTimeoutMs: 60_000,
    graceMs: 20_000,
    bytesPerSecondMin: 1000,
    stallTimeoutMs: 30_000,
  }
  const half = callText('ListStreams').slice(0, 40)

  test.each([
    ['silent from the start', '', 20_000],
    ['with half a preface', 'PRI * HTT', 20_000],
    ['with half of the headers', half, 20_000],
    ['with headers and no body', callText('ListStreams', '', { 'Content-Length': 10 }), 20_000],
    [
      'with a body too slow',
      callText('ListStreams', 'x'.repeat(15_000), { 'Content-Length': 1_000_000 }),
      20_000,
    ],
    ['idle after a request', callText('ListStreams'), 60_000],
    ['dribbling headers of a second request', callText('ListStreams') + half, 60_000],
  ])('%s', async (_name, text, expectedMs) => {
    const { gateway, clock, failures } = await open({ limits })
    const slow = client(gateway)
    if (text !== '') slow.send(text)
    const tookMs = await runUntil(clock, slow.closed)
    expect(tookMs).toBeGreaterThan(expectedMs)
    expect(failures).toEqual([])
    expect(await ask(gateway, callText('ListStreams'))).toMatch(/ 200 /)
  })

  test('a body that comes fast enough is not', async () => {
    const { gateway, clock } = await open({ limits })
    const steady = client(gateway)
    steady.send(callText('ListStreams', '', { 'Content-Length': 100_008 }))
    steady.send('{"a":"')
    for (let second = 0; second < 50; second++) {
      steady.send('x'.repeat(2000))
      await clock.advance(900)
      await new Promise((resolve) => setImmediate(resolve))
    }
    steady.send('"}')
    await steady.receives(/HTTP\/1\.1 200/)
    expect(clock.now() - start).toBe(45_000)
  })

  test('a session of HTTP/2 without requests is told and closed', async () => {
    const { gateway, clock } = await open({ limits })
    const session = connectHttp2(gateway.url)
    const told = new Promise((resolve) => session.on('goaway', resolve))
    const closed = new Promise((resolve) => session.on('close', resolve))
    expect(await runUntil(clock, closed)).toBeGreaterThan(20_000)
    await told
  })

  test('a client that takes nothing of a large reply', async () => {
    const { gateway, clock, service } = await open({ limits: { ...limits, bytesPerSecondMin: 1_000_000 } })
    const lazy = client(gateway)
    lazy.socket.pause()
    lazy.send(callText('Wait'))
    await expect.poll(() => service.waiting.length).toBe(1)
    service.waiting[0]!.answer({ kind: 'bytes', bytes: Buffer.alloc(30_000_000) })
    // A paused socket does not notice a reset by itself, but the call's signal tells that the server gave up.
    const { signal } = service.waiting[0]!
    const gaveUp = new Promise((resolve) => signal.addEventListener('abort', resolve))
    expect(await runUntil(clock, gaveUp)).toBeGreaterThan(30_000)
  })

  test('a client that takes nothing of an event stream; the source is not asked for more meanwhile', async () => {
    const { gateway, clock, service } = await open({ limits })
    let asked = 0
    let ended = false
    const value = { Records: [], Filler: 'x'.repeat(100_000) }
    service.events = async function* () {
      try {
        for (;;) {
          asked++
          yield { kind: 'event', type: 'SubscribeToShardEvent', value }
        }
      } finally {
        ended = true
      }
    }
    const lazy = client(gateway)
    lazy.socket.pause()
    lazy.send(callText('SubscribeToShard'))
    await expect.poll(() => asked).toBeGreaterThan(1)
    const gaveUp = expect.poll(() => ended, { timeout: 20_000 }).toBe(true)
    expect(await runUntil(clock, gaveUp)).toBeGreaterThan(30_000)
    // What fits into the buffers of two sockets, not what an endless source could give.
    expect(asked).toBeLessThan(200)
  })
})
