import { expect, test } from 'vitest'
import { compactJson, jsonProblem, prettyJson } from './json-layout.ts'

const texts = [
  '{}',
  '[]',
  '{"a":[],"b":{},"c":[1,{"d":null}]}',
  '"a: {, [] \\" \\\\"',
  ' [ true , false , -1.50e+3, "\\u00e9\\n" ] ',
  '{"n":12345678901234567890123456789012345678.10}',
  '{"<script>":"</script>","{":"}"}',
]

test.each(texts)('%s is laid out without a change of what it says', (text) => {
  expect(JSON.parse(prettyJson(text))).toEqual(JSON.parse(text))
  expect(JSON.parse(compactJson(text))).toEqual(JSON.parse(text))
  expect(compactJson(prettyJson(text))).toBe(compactJson(text))
  expect(compactJson(text)).not.toMatch(/\n/)
})

test('it looks like what JSON.stringify makes, digits aside', () => {
  const value = { a: [1, 'x', { b: null }], c: {}, d: [], e: { f: true } }
  expect(prettyJson(JSON.stringify(value))).toBe(JSON.stringify(value, undefined, 2))
  expect(compactJson(JSON.stringify(value, undefined, 7))).toBe(JSON.stringify(value))
  expect(prettyJson('{"n":1.50}')).toBe('{\n  "n": 1.50\n}')
})

test('what is no JSON is told', () => {
  expect(jsonProblem('{"a":1}')).toBeUndefined()
  expect(jsonProblem('{"a":1')).toMatch(/JSON/)
})
