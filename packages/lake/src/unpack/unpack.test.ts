import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeliverySettings } from '../delivery/delivery-settings.ts'
import { compileUnpack, unpackedBytesMax } from './unpack.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function unpack(settings: DeliverySettings['unpack'], data: string | Uint8Array) {
  const step = compileUnpack(settings)
  if (step === undefined) throw new Error('there is nothing to unpack')
  const result = step(typeof data === 'string' ? encoder.encode(data) : data)
  return 'code' in result ? result : result.map((part) => decoder.decode(part))
}

const json = { subRecords: { form: 'json' } } as const
const lines = { subRecords: { form: 'delimited', delimiter: 'Cg==' } } as const
const logs = { decompression: 'gzip', logMessages: true } as const

describe('sub-records', () => {
  test.each([
    ['{"a":1}{"b":2}', ['{"a":1}', '{"b":2}']],
    ['{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['  {"a":"}{"} \r\n\t{ } ', ['{"a":"}{"}', '{ }']],
    ['', []],
    [' \n', []],
  ])('JSON %j', (data, expected) => expect(unpack(json, data)).toEqual(expected))

  test.each([
    ['{"a":1},{"b":2}', 'at byte 7 a JSON object should begin, number 2'],
    ['[{"a":1}]', 'at byte 0 a JSON object should begin'],
    ['{"a":1}{"b"', 'that begins at byte 7 is broken'],
    ['{"a":1}x', 'at byte 7'],
  ])('JSON %j is refused whole', (data, message) =>
    expect(unpack(json, data)).toEqual({
      type: 'processing-failed',
      code: 'RecordDeAggregation.InvalidJson',
      message: expect.stringContaining(message),
    }),
  )

  test.each([
    ['a\nb\n', ['a', 'b']],
    ['a\n\nb', ['a', 'b']],
    ['abc', ['abc']],
    ['', []],
  ])('between newlines %j', (data, expected) => expect(unpack(lines, data)).toEqual(expected))

  test('between delimiters of several bytes', () => {
    const settings = {
      subRecords: { form: 'delimited', delimiter: Buffer.from('||').toString('base64') },
    } as const
    expect(unpack(settings, 'a|b||c|||d')).toEqual(['a|b', 'c', '|d'])
  })

  test.each([json, lines])('500 are allowed, 501 are not: %o', (settings) => {
    expect(unpack(settings, '{}\n'.repeat(500))).toHaveLength(500)
    expect(unpack(settings, '{}\n'.repeat(501))).toMatchObject({ code: 'RecordDeAggregation.LimitExceeded' })
  })

  test('objects put one after the other come out as they were', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
    const space = fc.constantFrom('', '\n', ' ', '\r\n')
    fc.assert(
      fc.property(fc.array(fc.tuple(object, space), { maxLength: 20 }), (items) => {
        const texts = items.map(([item]) => JSON.stringify(item))
        const data = items.map(([, between], i) => texts[i] + between).join('')
        expect(unpack(json, data)).toEqual(texts)
      }),
    )
  })

  test.each(['', 'not base64!', '===='])('a delimiter %j is refused', (delimiter) =>
    expect(() => compileUnpack({ subRecords: { form: 'delimited', delimiter } })).toThrow(
      'a newline is "Cg=="',
    ),
  )
})

describe('gzip and log messages', () => {
  const envelope = {
    messageType: 'DATA_MESSAGE',
    owner: '123456789012',
    logGroup: 'app',
    logStream: 's',
    subscriptionFilters: ['f'],
    logEvents: [
      { id: '1', timestamp: 1, message: 'first' },
      { id: '2', timestamp: 2, message: '{"level":"ä"}\n' },
    ],
  }
  const packed = (value: unknown) => gzipSync(JSON.stringify(value))

  test('only the messages are left', () =>
    expect(unpack(logs, packed(envelope))).toEqual(['first', '{"level":"ä"}\n']))

  test('without extraction the envelope is left', () =>
    expect(unpack({ decompression: 'gzip' }, packed(envelope))).toEqual([JSON.stringify(envelope)]))

  test('several members are one text', () =>
    expect(unpack({ decompression: 'gzip' }, Buffer.concat([gzipSync('a'), gzipSync('b')]))).toEqual(['ab']))

  test('a control message has no records', () =>
    expect(unpack(logs, packed({ ...envelope, messageType: 'CONTROL_MESSAGE' }))).toEqual([]))

  test.each<[string, unknown, string]>([
    ['no object', 5, 'the record is not an object'],
    ['another type', { messageType: 'OTHER' }, 'its messageType is neither'],
    ['no events', { messageType: 'DATA_MESSAGE' }, 'it has no array logEvents'],
    [
      'an event without a message',
      { messageType: 'DATA_MESSAGE', logEvents: [{ message: 'a' }, {}] },
      'log event 2',
    ],
  ])('%s is refused', (_, value, message) =>
    expect(unpack(logs, packed(value))).toEqual({
      type: 'processing-failed',
      code: 'CloudWatchLogProcessing.InvalidEnvelope',
      message: expect.stringContaining(message),
    }),
  )

  test.each([
    ['plain text', encoder.encode('hello')],
    ['nothing', new Uint8Array()],
    ['half a stream', gzipSync('x'.repeat(1000)).subarray(0, 15)],
  ])('%s is not gzip', (_, data) =>
    expect(unpack(logs, data)).toMatchObject({
      type: 'decompression-failed',
      code: 'Decompression.InvalidData',
    }),
  )

  test('a small record that would become a large one is refused before it does', () => {
    const bomb = gzipSync(Buffer.alloc(unpackedBytesMax + 1))
    expect(bomb.length).toBeLessThan(100_000)
    expect(unpack(logs, bomb)).toMatchObject({ code: 'Decompression.TooLarge' })
  })

  test('sub-records come before gzip', () => {
    const delimiter = Buffer.from('\n--part--\n')
    const settings = {
      subRecords: { form: 'delimited', delimiter: delimiter.toString('base64') },
      decompression: 'gzip',
    } as const
    expect(unpack(settings, Buffer.concat([gzipSync('one'), delimiter, gzipSync('two')]))).toEqual([
      'one',
      'two',
    ])
  })
})

test('without settings there is nothing to unpack', () => {
  expect(compileUnpack(undefined)).toBeUndefined()
  expect(compileUnpack({ logMessages: false })).toBeUndefined()
})
