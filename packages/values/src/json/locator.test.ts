import fc from 'fast-check'
import { expect, test } from 'vitest'
import { platformAccepts, sampleRecords } from '../testing/json-oracle.ts'
import { foldKey } from './key-fold.ts'
import { found, JsonLocator } from './locator.ts'
import { stringFromJson } from './text.ts'

const paths = [
  [],
  ['a'],
  ['data', 'a'],
  ['data', 'b'],
  ['data', 'long-name-é'],
  ['data', 'o', 'x'],
  ['meta'],
  ['meta', 't'],
]

/** Everything a locator says about a document. */
function answer(
  locator: JsonLocator,
  slots: readonly number[],
  bytes: Uint8Array,
  start: number,
  end: number,
): unknown {
  const problem = locator.locate(bytes, start, end)
  if (problem !== null) return problem
  return slots.map((slot) => {
    const kind = locator.kinds[slot]!
    return kind === found.missing ? null : [kind, locator.starts[slot], locator.ends[slot]]
  })
}

function both() {
  const learned = new JsonLocator()
  const general = new JsonLocator(false)
  const slots = paths.map((path) => learned.addPath(path))
  expect(paths.map((path) => general.addPath(path))).toEqual(slots)
  return { learned, general, slots }
}

const scalar = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom('quote"', 'back\\slash', 'line\n', '\u0000', '') },
  { weight: 2, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, false, -0, 0) },
)
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'y', 't'), scalar, { maxKeys: 3 }) },
)
const name = fc.constantFrom('a', 'b', 'long-name-é', 'o', 'other', 'x', 't')
const object = fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true })
/** Records of a stream: a handful of shapes, whose scalars vary. */
const record = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ data: object, meta: fc.record({ t: scalar, o: scalar }) }, { requiredKeys: [] }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ meta: scalar, data: fc.oneof(object, scalar), a: value }, { requiredKeys: ['a'] }),
  },
  {
    weight: 3,
    arbitrary: scalar.map((a) => ({ data: { a, b: 'text', 'long-name-é': 12345 }, meta: { t: 'order' } })),
  },
  { weight: 3, arbitrary: scalar.map((b) => ({ data: { a: 1, b }, meta: { t: 'item', more: [1, 2] } })) },
  { weight: 1, arbitrary: value },
)
const space = fc.constantFrom(undefined, undefined, undefined, 1, '\t')
const edits = fc.array(
  fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...Buffer.from('{}[],:"\\0e-. \n\0\x80', 'latin1'))),
  {
    maxLength: 2,
  },
)
const text = fc
  .tuple(record, space, fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: edits }))
  .map(([document, indent, changes]) => {
    const bytes = [...Buffer.from(JSON.stringify(document, null, indent))]
    for (const [at, remove, c] of changes) bytes.splice(at % (bytes.length + 1), remove, c)
    return Uint8Array.from(bytes)
  })

test('the learned reader answers as the general one, whatever it has learned before', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (records) => {
      const { learned, general, slots } = both()
      const page = Buffer.concat(records)
      // Twice over the same records: the second time most are met by a learned shape.
      for (let round = 0; round < 2; round++) {
        let start = 0
        for (const bytes of records) {
          const end = start + bytes.length
          expect(answer(learned, slots, page, start, end)).toEqual(answer(general, slots, page, start, end))
          start = end
        }
      }
      for (const slot of slots) expect(learned.foundCount(slot)).toBe(general.foundCount(slot))
    }),
    { numRuns: 300 },
  )
})

test('a learned record with any byte changed, or cut anywhere, is answered as by the general reader', () => {
  const samples = [
    ...sampleRecords,
    '{"data":{"a":1,"b":"xy","o":{"x":[1,{"q":2}]}},"meta":{"t":"order"}}',
    '{\n "data": {"a": "é", "b": true},\n "meta": null }\n',
  ]
  for (const sample of samples) {
    const { learned, general, slots } = both()
    // Bytes after the record's end look like its continuation: nothing there may be taken in.
    const page = Buffer.from(`${sample}"}}}]], : 123`)
    const end = Buffer.byteLength(sample)
    for (let i = 0; i < 3; i++) expect(learned.locate(page, 0, end)).toBe(null)
    for (let at = 0; at < end; at++) {
      expect(answer(learned, slots, page, 0, at)).toEqual(answer(general, slots, page, 0, at))
      const before = page[at]!
      for (let c = 0; c < 256; c++) {
        page[at] = c
        const said = answer(general, slots, page, 0, end)
        const learnedSaid = answer(learned, slots, page, 0, end)
        if (JSON.stringify(said) !== JSON.stringify(learnedSaid)) {
          expect.fail(
            `byte ${at} as ${c} of ${sample}: general ${JSON.stringify(said)}, learned ${JSON.stringify(learnedSaid)}`,
          )
        }
      }
      page[at] = before
    }
  }
})

test('literals of every length are compared to their last byte', () => {
  for (let size = 1; size <= 40; size++) {
    const { learned, general, slots } = both()
    const page = Buffer.from(`{"${'k'.repeat(size)}":1,"${'m'.repeat(size)}":"x","data":{"a":2}}`)
    for (let i = 0; i < 2; i++) expect(learned.locate(page, 0, page.length)).toBe(null)
    for (let at = 0; at < page.length; at++) {
      for (const flip of [1, 2, 16, 0x80]) {
        page[at]! ^= flip
        const said = answer(general, slots, page, 0, page.length)
        expect(answer(learned, slots, page, 0, page.length)).toEqual(said)
        page[at]! ^= flip
      }
    }
    // A name that only the learned literal could mistake for another: the wanted member is one byte further.
    const other = Buffer.from(page.toString().replace('"data":', '"dat_":'))
    expect(learned.locate(other, 0, other.length)).toBe(null)
    expect(learned.kinds[slots[2]!]).toBe(found.missing)
  }
})

test('what is located is what JSON.parse finds there; what is refused is no JSON or names a member twice', () => {
  fc.assert(
    fc.property(text, (bytes) => {
      const { learned, slots } = both()
      for (let round = 0; round < 2; round++) {
        const problem = learned.locate(bytes, 0, bytes.length)
        if (problem !== null) {
          if (!problem.reason.includes('appears twice')) expect(platformAccepts(bytes)).toBe(false)
          expect(problem.offset).toBeGreaterThanOrEqual(0)
          expect(problem.offset).toBeLessThanOrEqual(bytes.length)
          return
        }
        expect(platformAccepts(bytes)).toBe(true)
        const parsed: unknown = JSON.parse(Buffer.from(bytes).toString())
        for (const [i, path] of paths.entries()) {
          let expected: unknown = parsed
          for (const step of path) {
            const inside = typeof expected === 'object' && expected !== null && !Array.isArray(expected)
            expected =
              inside && Object.hasOwn(expected as object, step)
                ? (expected as Record<string, unknown>)[step]
                : undefined
          }
          const slot = slots[i]!
          const kind = learned.kinds[slot]!
          const [start, end] = [learned.starts[slot]!, learned.ends[slot]!]
          const actual =
            kind === found.missing
              ? undefined
              : kind === found.string || kind === found.escaped
                ? stringFromJson(bytes, start, end, kind === found.escaped)
                : JSON.parse(stringFromJson(bytes, start, end, false))
          expect(actual).toEqual(expected)
        }
      }
    }),
    { numRuns: 1000 },
  )
})

test('a member on a wanted path that appears twice is refused, learned or not', () => {
  const { learned } = both()
  for (let i = 0; i < 3; i++) {
    const bytes = Buffer.from('{"data":{"a":1,"a":2}}')
    expect(learned.locate(bytes, 0, bytes.length)?.reason).toBe('the member "a" appears twice in one object')
    const escaped = Buffer.from('{"data":{"a":1,"\\u0061":2}}')
    expect(learned.locate(escaped, 0, escaped.length)?.reason).toBe(
      'the member "a" appears twice in one object',
    )
    const other = Buffer.from('{"unread":1,"unread":2}')
    expect(learned.locate(other, 0, other.length)).toBe(null)
  }
})

test('a stream whose shapes never repeat is read rightly and not compiled without end', () => {
  const { learned, general, slots } = both()
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.from(`{"k${i}":1,"data":{"a":${i},"n${i % 7}":"x"}}`)
    const said = answer(learned, slots, bytes, 0, bytes.length)
    if (i % 97 === 0) expect(said).toEqual(answer(general, slots, bytes, 0, bytes.length))
  }
})

test('nesting is limited alike in learned documents, arrays inside objects too', () => {
  const { learned, general, slots } = both()
  const nested = (objects: number, arrays: number) =>
    Buffer.from(
      `${'{"data":'.repeat(objects)}${'['.repeat(arrays)}1${']'.repeat(arrays)}${'}'.repeat(objects)}`,
    )
  for (const [objects, arrays] of [
    [60, 4],
    [60, 5],
    [64, 0],
    [65, 0],
    [1, 63],
    [1, 64],
    [40, 24],
    [40, 25],
  ] as const) {
    const learn = nested(objects, 1)
    learned.locate(learn, 0, learn.length)
    const bytes = nested(objects, arrays)
    expect(answer(learned, slots, bytes, 0, bytes.length)).toEqual(
      answer(general, slots, bytes, 0, bytes.length),
    )
    expect(general.locate(bytes, 0, bytes.length) === null).toBe(objects + arrays <= 64)
  }
})

const folded = fc.constantFrom('a', 'A', 'long-name-é', 'LONG-NAME-É', 'o.x', 'O_X', 'o_x', 'other')
const foldedRecord = fc.dictionary(
  folded,
  fc.oneof(scalar, fc.dictionary(fc.constantFrom('T', 't', 'x'), scalar, { maxKeys: 2 })),
  { maxKeys: 4 },
)

test('with folded names both readers find what a reader of folded documents finds', () => {
  const fold = { ignoreCase: true, dotsToUnderscores: true }
  const learned = new JsonLocator(true, { fold })
  const general = new JsonLocator(false, { fold })
  const plain = new JsonLocator(false)
  const wanted = [['A'], ['a', 't'], ['Long-Name-É'], ['o.x']]
  const slots = wanted.map((path) => learned.addPath(path))
  expect(wanted.map((path) => general.addPath(path))).toEqual(slots)
  for (const path of wanted) plain.addPath(path.map((name) => foldKey(name, fold)))
  fc.assert(
    fc.property(foldedRecord, (record) => {
      // Folded names are as long as the others, in bytes too, so that the places are the same.
      const text = JSON.stringify(record)
      const bytes = Buffer.from(text)
      const said = answer(learned, slots, bytes, 0, bytes.length)
      expect(said).toEqual(answer(general, slots, bytes, 0, bytes.length))
      const foldedText = text.replace(/"(?:[^"\\]|\\.)*"(?=:)/g, (key) => foldKey(key, fold))
      const same = Buffer.from(foldedText)
      expect(said).toEqual(answer(plain, slots, same, 0, same.length))
    }),
    { numRuns: 2000 },
  )
})
