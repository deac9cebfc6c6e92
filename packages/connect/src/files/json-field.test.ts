import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonField } from './json-field.ts'

const names = fc.constantFrom('a', 'b', 'ab', 'é', 'a"b', 'x y', '')
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4 }),
  ),
}))
const documents = fc.dictionary(names, json.value, { maxKeys: 5 })

/** What the field at `path` holds, as text; undefined where there is no scalar. The oracle. */
function expected(document: unknown, path: readonly string[]): string | undefined {
  let value = document
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = Object.getOwnPropertyDescriptor(value, name)?.value
  }
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : undefined
}

function found(field: JsonField, bytes: Uint8Array, from: number, to: number): string | undefined {
  const kind = field.find(bytes, from, to)
  if (kind === 'none') return undefined
  const text = Buffer.from(bytes.subarray(field.start, field.end)).toString('utf8')
  expect(field.isEscaped).toBe(kind === 'text' && text.includes('\\'))
  return field.isEscaped ? JSON.parse(`"${text}"`) : text
}

function padded(text: string): { bytes: Uint8Array; from: number; to: number } {
  const bytes = Buffer.from(`}"12${text}34",`)
  return { bytes, from: 4, to: bytes.length - 4 }
}

describe('JsonField', () => {
  test.each([[['a']], [['ab', 'b']], [['é']], [['x y', 'a', 'ab']]])(
    'finds what JSON.parse finds at %j, in any spelling, one document after another',
    (path) => {
      const field = new JsonField('test', 'path', `$${path.map((name) => `['${name}']`).join('')}`)
      fc.assert(
        fc.property(
          fc.array(documents, { minLength: 1, maxLength: 6 }),
          fc.constantFrom(undefined, 1, '\t'),
          fc.boolean(),
          (list, indent, escapeNames) => {
            for (const document of list) {
              // One byte of every name written as an escape: the same document to JSON.parse.
              const plain = JSON.stringify(document, null, indent)
              const text = escapeNames ? plain.replace(/"a/g, '"\\u0061') : plain
              const { bytes, from, to } = padded(text)
              expect(found(field, bytes, from, to)).toBe(expected(document, path))
            }
          },
        ),
        { numRuns: 300 },
      )
    },
  )

  test('a cut document never yields a value that was cut: it has the whole one or none', () => {
    const field = new JsonField('test', 'path', '$.data.id')
    for (const document of [
      { x: '\\"}', data: { y: [1, { id: 2 }], id: 10000001, z: 1 } },
      { data: { id: 'text' } },
    ]) {
      const text = JSON.stringify(document)
      for (let length = 0; length <= text.length; length++) {
        const { bytes, from } = padded(text)
        expect([undefined, String(document.data.id)]).toContain(found(field, bytes, from, from + length))
      }
    }
  })

  test('random bytes neither hang nor reach beyond their end', () => {
    const field = new JsonField('test', 'path', '$.a.b')
    const noise = fc.array(fc.constantFrom(...'{}[]",:\\ab10 \0e-'), { maxLength: 40 })
    fc.assert(
      fc.property(noise, (characters) => {
        const { bytes, from, to } = padded(`{"a":${characters.join('')}`)
        if (field.find(bytes, from, to) === 'none') return
        expect(field.start).toBeGreaterThanOrEqual(from)
        expect(field.end).toBeLessThanOrEqual(to)
      }),
      { numRuns: 3000 },
    )
  })

  test.each(['', '$', 'a', '$a', '$.', '$.a.', '$..a', "$['a", '$.a[0]', '$.a[0:].b', '$[*]'])(
    'refuses the path %j',
    (path) => {
      expect(() => new JsonField('file', 'partitionKey', path)).toThrow(
        'SOURCE_OPTION file: "partitionKey" must be a JSONPath',
      )
    },
  )
})
