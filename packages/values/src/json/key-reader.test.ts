import fc from 'fast-check'
import { expect, test } from 'vitest'
import { platformAccepts } from '../testing/json-oracle.ts'
import { JsonKeyReader } from './key-reader.ts'

const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

test('key members come back as JSON.parse gives them, for records of any shape, learned or not', () => {
  const item = fc.record(
    { id: key, sort: fc.oneof(key, fc.constantFrom(null, true, [1], { a: 1 })), rest: fc.jsonValue() },
    { requiredKeys: ['id'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(item, { maxLength: 20 }), (items) => {
      const reader = new JsonKeyReader(['id', 'sort'])
      for (const value of [...items, ...items]) {
        const bytes = Buffer.from(JSON.stringify(value))
        expect(reader.locate(bytes, 0, bytes.length)).toBe(null)
        const parsed = JSON.parse(bytes.toString()) as typeof value
        const plain = (v: unknown) => (typeof v === 'string' || typeof v === 'number' ? v : undefined)
        const read = (i: number) => {
          const v = reader.value(i)
          return typeof v === 'bigint' ? Number(v) : v
        }
        expect([read(0), read(1)]).toEqual([plain(parsed.id), plain(parsed.sort)])
      }
    }),
  )
})

test('integers beyond 53 bits keep their digits', () => {
  const reader = new JsonKeyReader(['id'])
  for (const [text, value] of [
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740992', -9007199254740992n],
    ['123456789012345678901234567890', 123456789012345678901234567890n],
    ['-0', 0],
  ] as const) {
    const bytes = Buffer.from(`{"id":${text}}`)
    expect(reader.locate(bytes, 0, bytes.length)).toBe(null)
    expect(reader.value(0)).toBe(value)
  }
})

test('what is no object, no JSON or names a key twice is refused; what a key is can be asked', () => {
  const reader = new JsonKeyReader(['id'])
  for (const text of ['[1]', '5', '"id"', '{"id":1', '{"id":1,"id":2}', '{"id":01}', '']) {
    const bytes = Buffer.from(text)
    expect(reader.locate(bytes, 0, bytes.length)).not.toBe(null)
    expect(reader.value(0)).toBe(undefined)
  }
  for (const [text, kind] of [
    ['{}', 'absent'],
    ['{"id":null}', 'null'],
    ['{"id":true}', 'boolean'],
    ['{"id":1e5}', 'number'],
    ['{"id":"\\n"}', 'string'],
    ['{"id":{}}', 'object'],
    ['{"id":[]}', 'array'],
  ] as const) {
    const bytes = Buffer.from(` ${text}\n`)
    expect(reader.locate(bytes, 0, bytes.length)).toBe(null)
    expect(reader.kind(0)).toBe(kind)
  }
})

test('any changed byte of a record that has been learned is noticed', () => {
  const reader = new JsonKeyReader(['id'])
  const text = '{"id":"k1","n":[1,{"a":null}],"t":"é\\n"}'
  const bytes = Buffer.from(text)
  for (let i = 0; i < 3; i++) reader.locate(bytes, 0, bytes.length)
  for (let at = 0; at < bytes.length; at++) {
    for (let c = 0; c < 256; c++) {
      const changed = Uint8Array.from(bytes)
      changed[at] = c
      const accepted = reader.locate(changed, 0, changed.length) === null
      if (accepted !== platformAccepts(changed)) expect.fail(`byte ${at} as ${c}`)
    }
  }
})
