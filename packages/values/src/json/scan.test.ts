import fc from 'fast-check'
import { expect, test } from 'vitest'
import { platformAccepts, sampleRecords } from '../testing/json-oracle.ts'
import { scanJson } from './scan.ts'

test('valid documents are accepted', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => void expect(scanJson(Buffer.from(text))).toBe(null)),
  )
  for (const text of sampleRecords) expect(scanJson(Buffer.from(` ${text}\r\n`))).toBe(null)
})

test('every truncation of a sample record is refused, unless the platform reads it', () => {
  for (const text of sampleRecords) {
    const bytes = Buffer.from(text)
    for (let size = 0; size < bytes.length; size++) {
      const cut = bytes.subarray(0, size)
      expect([cut.toString(), scanJson(bytes, 0, size) === null]).toEqual([
        cut.toString(),
        platformAccepts(cut),
      ])
    }
  }
})

test('every changed byte of a sample record is judged as the platform judges it', () => {
  for (const text of sampleRecords) {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at++) {
      for (let c = 0; c < 256; c++) {
        const changed = Uint8Array.from(bytes)
        changed[at] = c
        if ((scanJson(changed) === null) !== platformAccepts(changed)) {
          expect.fail(`byte ${at} of ${text} as 0x${c.toString(16)}: ${JSON.stringify(scanJson(changed))}`)
        }
      }
    }
  }
})

test('random edits of valid documents are judged as the platform judges them', () => {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat(2),
    fc.constantFrom(...Buffer.from('{}[],:"\\u0123eE+-.dtfn \n\0\x80\xff', 'latin1')),
  )
  fc.assert(
    fc.property(fc.json(), fc.array(edit, { maxLength: 3 }), (text, edits) => {
      const bytes = [...Buffer.from(text)]
      for (const [at, remove, c] of edits) bytes.splice(at % (bytes.length + 1), remove, c)
      const changed = Uint8Array.from(bytes)
      expect(scanJson(changed) === null).toBe(platformAccepts(changed))
    }),
    { numRuns: 2000 },
  )
})

test('a problem names its offset and its reason', () => {
  const problem = (text: string) => scanJson(Buffer.from(text, 'latin1'))
  expect(problem('{"a":1')).toEqual({
    offset: 6,
    reason: '"," or "}" should be here, not the end of the text',
  })
  expect(problem('{"a":1}x')).toEqual({ offset: 7, reason: 'text after the end of the document, "x"' })
  expect(problem('{"a":"\x01"}')).toEqual({
    offset: 6,
    reason: 'a control character (0x01) must be escaped in a string',
  })
  expect(problem('{"a":\0}')).toEqual({ offset: 5, reason: 'a value should be here, not byte 0x00' })
  expect(problem('["\\x"]')).toEqual({ offset: 2, reason: '"\\x" is not an escape' })
  expect(problem('["\\ud800"]')).toEqual({ offset: 2, reason: 'half of a surrogate pair stands alone' })
  expect(problem('["\xff"]')).toEqual({ offset: 2, reason: 'bytes that are not UTF-8' })
  expect(problem('"\xed\xa0\x80"')).toEqual({ offset: 1, reason: 'bytes that are not UTF-8' })
  expect(problem('\xef\xbb\xbf{}')).toEqual({ offset: 0, reason: 'a byte order mark is not part of JSON' })
  expect(problem('[01]')).toEqual({ offset: 1, reason: 'a number must not begin with a superfluous 0' })
  expect(problem('')).toEqual({ offset: 0, reason: 'the text ends where a value should be' })
})

test('nesting is allowed to 64 levels and refused beyond', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const nested = (depth: number) => Buffer.from(`${open.repeat(depth)}1${close.repeat(depth)}`)
    expect(scanJson(nested(64))).toBe(null)
    expect(scanJson(nested(65))?.reason).toMatch(/deeper than 64/)
    expect(scanJson(nested(100_000))?.reason).toMatch(/deeper than 64/)
  }
})
