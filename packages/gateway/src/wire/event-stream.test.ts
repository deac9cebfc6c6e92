/** Event stream messages are read back, in any split; the vendor's codec reads them; any flipped bit is detected. */
import { EventStreamCodec } from '@smithy/core/event-streams'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCbor } from './cbor-decode.ts'
import { decodeMessages, encodeEvent, encodeMessage, initialResponse } from './event-stream.ts'

const seed = Number(process.env.SEED ?? 20_261_121)

const message = fc.record({
  headers: fc
    .dictionary(fc.string({ minLength: 1, maxLength: 40 }), fc.string({ unit: 'binary' }))
    .filter((headers) => !Object.hasOwn(headers, '__proto__')),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
})

test('decode(encode(messages)) = messages; of a part come the messages that are whole in it', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.nat(), (messages, cut) => {
      const frames = messages.map(encodeMessage)
      const bytes = Buffer.concat(frames)
      const expected = messages.map(({ headers, payload }) => ({ headers: { ...headers }, payload }))
      expect(decodeMessages(bytes)).toEqual({ messages: expected, used: bytes.length })
      const part = decodeMessages(bytes.subarray(0, cut % (bytes.length + 1)))
      expect(part.messages).toEqual(expected.slice(0, part.messages.length))
      expect(part.used).toBe(
        frames.slice(0, part.messages.length).reduce((sum, frame) => sum + frame.length, 0),
      )
    }),
    { seed },
  )
})

test('a flipped bit is detected, wherever it is', () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.nat(7), (value, at, bit) => {
      const bytes = encodeMessage(value)
      bytes[at % bytes.length]! ^= 1 << bit
      expect(() => decodeMessages(bytes)).toThrow(/event stream/)
    }),
    { seed, numRuns: 1000 },
  )
})

test("the vendor's codec reads our frames", () => {
  const codec = new EventStreamCodec(toUtf8, fromUtf8)
  const event = { kind: 'event', type: 'SubscribeToShardEvent', value: { MillisBehindLatest: 0 } } as const
  const read = codec.decode(encodeEvent(event, 'json'))
  expect(read.headers).toEqual({
    ':message-type': { type: 'string', value: 'event' },
    ':event-type': { type: 'string', value: 'SubscribeToShardEvent' },
    ':content-type': { type: 'string', value: 'application/x-amz-json-1.1' },
  })
  expect(toUtf8(read.body)).toBe('{"MillisBehindLatest":0}')
})

test('initial responses and exceptions are in the encoding of the call', () => {
  const first = decodeMessages(initialResponse('cbor')).messages[0]!
  expect(first.headers).toEqual({
    ':message-type': 'event',
    ':event-type': 'initial-response',
    ':content-type': 'application/x-amz-cbor-1.1',
  })
  expect(decodeCbor(first.payload)).toEqual({})
  const exception = {
    kind: 'exception',
    error: { type: 'ResourceInUseException', message: 'taken' },
  } as const
  const { headers, payload } = decodeMessages(encodeEvent(exception, 'json')).messages[0]!
  expect(headers).toMatchObject({ ':message-type': 'exception', ':exception-type': 'ResourceInUseException' })
  expect(Buffer.from(payload).toString()).toBe('{"message":"taken"}')
  const encoded = { kind: 'encoded-event', type: 'SubscribeToShardEvent', bytes: Buffer.from('{}') } as const
  expect(Buffer.from(decodeMessages(encodeEvent(encoded, 'json')).messages[0]!.payload).toString()).toBe('{}')
})
