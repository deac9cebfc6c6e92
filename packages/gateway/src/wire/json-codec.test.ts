/** JSON 1.1: what is written, JSON.parse reads; blobs and timestamps have the forms of the protocol; bad bodies are refused. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorBody, parseBody } from './body-codec.ts'
import { decodeJson, encodeJson } from './json-codec.ts'
import { serializationError } from './serialization-error.ts'
import { WireError } from './wire-error.ts'

const seed = Number(process.env.SEED ?? 20_261_121)

test('a tree without blobs and times is what JSON.stringify makes of it, and is read back', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })),
      (value) => {
        const bytes = encodeJson(value)
        expect(JSON.parse(bytes.toString())).toEqual(JSON.parse(JSON.stringify(value)))
        expect(decodeJson(bytes)).toEqual(JSON.parse(JSON.stringify(value)))
      },
    ),
    { seed, numRuns: 500 },
  )
})

test('blobs are base64, timestamps epoch seconds with fraction, undefined members are left out', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 0, max: 4e12 }), (bytes, ms) => {
      const text = encodeJson({ a: undefined, b: [bytes], t: new Date(ms) }).toString()
      const read: { b: string[]; t: number } = JSON.parse(text)
      expect(Object.keys(read)).toEqual(['b', 't'])
      expect(new Uint8Array(Buffer.from(read.b[0]!, 'base64'))).toEqual(bytes)
      expect(Math.round(read.t * 1000)).toBe(ms)
    }),
    { seed },
  )
  expect(encodeJson({ t: new Date(1_700_000_000_123) }).toString()).toBe('{"t":1700000000.123}')
})

test('every truncation of a body is refused', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const bytes = encodeJson(value)
      for (let length = 0; length < bytes.length; length++) expectRefused(bytes.subarray(0, length))
    }),
    { seed, numRuns: 100 },
  )
})

test('no bytes whatever do anything but parse or be refused', () => {
  const fragments = fc.array(
    fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', 'e', '-', '\\', 'null', '\xff', '\0'),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fragments.map((parts) => Buffer.from(parts.join(''), 'latin1')),
      ),
      (bytes) => {
        try {
          parseBody(bytes, 'json')
        } catch (error) {
          expect(error).toMatchObject({ type: 'SerializationException' })
        }
      },
    ),
    { seed, numRuns: 5000 },
  )
})

describe('refused', () => {
  test.each([
    ['an empty body', ''],
    ['text', 'hello'],
    ['an array', '[]'],
    ['a string', '"a"'],
    ['null', 'null'],
    ['two values', '{}{}'],
    ['a byte order mark', '\ufeff{}'],
    ['a comma too many', '{"a":1,}'],
    ['a number that JSON has not', '{"a":NaN}'],
    ['half a surrogate pair', '{"a":"\\ud800"}'],
  ])('%s', (_name, text) => expectRefused(Buffer.from(text)))

  test('bytes that are not UTF-8', () => expectRefused(Buffer.from('{"a":"\xff"}', 'latin1')))

  test('nesting beyond 64, however deep', () => {
    const nested = (depth: number) => Buffer.from(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    expect(parseBody(nested(63), 'json')).toHaveProperty('a')
    expectRefused(nested(64))
    expectRefused(nested(1_000_000))
  })
})

test('the text of a SerializationException is spelled Message, all others message', () => {
  expect(errorBody(serializationError('why'))).toEqual({ __type: 'SerializationException', Message: 'why' })
  expect(errorBody(new WireError('ValidationException', 'why'))).toEqual({
    __type: 'ValidationException',
    message: 'why',
  })
})

function expectRefused(bytes: Uint8Array): void {
  let refusal: unknown
  try {
    parseBody(bytes, 'json')
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(WireError)
  expect(refusal).toMatchObject({ type: 'SerializationException', status: 400 })
}
