/** Event streams end with their client or their source; a gateway that closes lets running calls finish. */
import { connect as connectHttp2, constants } from 'node:http2'
import { afterEach, describe, expect, test } from 'vitest'
import { client, closeAll, open } from '../testing/open-gateway.ts'
import { callText, runUntil } from '../testing/raw-client.ts'
import { decodeMessages } from '../wire/event-stream.ts'

afterEach(closeAll)

describe('event streams', () => {
  const event = { kind: 'event', type: 'SubscribeToShardEvent', value: { n: 1 } } as const
  const headers = {
    ':method': 'POST',
    ':path': '/',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.SubscribeToShard',
  }

  test('a client that goes away aborts the call, over both versions', async () => {
    const { gateway, service } = await open()
    const signals: AbortSignal[] = []
    let ended = 0
    service.events = async function* (signal) {
      signals.push(signal)
      try {
        yield event
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      } finally {
        ended++
      }
    }
    const http1 = client(gateway).send(callText('SubscribeToShard'))
    await http1.receives(/SubscribeToShardEvent/)
    http1.socket.destroy()
    await expect.poll(() => ended).toBe(1)
    const session = connectHttp2(gateway.url)
    const stream = session.request(headers)
    stream.on('error', () => {})
    stream.end('{}')
    await new Promise((resolve) => stream.once('data', resolve))
    stream.close(constants.NGHTTP2_CANCEL)
    await expect.poll(() => ended).toBe(2)
    session.destroy()
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
  })

  test('a source that throws ends the stream with its exception, or with an internal failure', async () => {
    const { gateway, service, failures } = await open()
    service.events = async function* () {
      yield event
      throw new Error('secret')
    }
    const session = connectHttp2(gateway.url)
    const stream = session.request(headers)
    stream.end('{}')
    const pieces: Buffer[] = []
    for await (const piece of stream) pieces.push(piece)
    session.destroy()
    const { messages } = decodeMessages(Buffer.concat(pieces))
    expect(
      messages.map((message) => message.headers[':event-type'] ?? message.headers[':exception-type']),
    ).toEqual(['initial-response', 'SubscribeToShardEvent', 'InternalFailureException'])
    expect(Buffer.concat(pieces).toString()).not.toContain('secret')
    expect(failures).toMatchObject([{ call: 'SubscribeToShard' }])
  })
})

describe('drain', () => {
  test('idle connections close, running calls finish, event streams end whole, nothing new is accepted', async () => {
    const { gateway, service } = await open()
    service.events = async function* (signal) {
      yield { kind: 'event', type: 'SubscribeToShardEvent', value: { n: 1 } }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const idle = client(gateway)
    await idle.send(callText('ListStreams')).receives(/200/)
    const silent = client(gateway)
    const running = client(gateway).send(callText('Wait'))
    const stream = client(gateway).send(callText('SubscribeToShard'))
    await stream.receives(/SubscribeToShardEvent/)
    const session = connectHttp2(gateway.url)
    const goodbye = new Promise((resolve) => session.on('goaway', resolve))
    const waiting = session.request({
      ':method': 'POST',
      ':path': '/',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Kinesis_20131202.Wait',
    })
    waiting.end('{}')
    await expect.poll(() => service.waiting.length).toBe(2)

    const closing = gateway.close()
    expect(await idle.untilClosed()).toMatch(/200/)
    expect(await silent.untilClosed()).toBe('')
    expect(await stream.untilClosed()).toMatch(/0\r\n\r\n$/)
    await goodbye
    expect(await client(gateway).untilClosed()).toBe('')
    for (const { signal, answer } of service.waiting) {
      expect(signal.aborted).toBe(true)
      answer({ kind: 'value', value: { done: true } })
    }
    expect(await running.untilClosed()).toMatch(/^HTTP\/1\.1 200 [\s\S]*Connection: close[\s\S]*"done":true/)
    let text = ''
    for await (const piece of waiting) text += piece
    expect(text).toBe('{"done":true}')
    await closing
    await gateway.close()
  })

  test('after its bound, what is left is cut off', async () => {
    const { gateway, service, clock } = await open({ drainMs: 5000 })
    const stuck = client(gateway).send(callText('Wait'))
    await expect.poll(() => service.waiting.length).toBe(1)
    expect(await runUntil(clock, gateway.close())).toBe(5000)
    expect(await stuck.untilClosed()).toBe('')
  })
})
