import { expect, test } from 'vitest'
import { parseJsonPath } from './path.ts'

test('paths name members from the document down, and members of each element', () => {
  const steps = (text: string) => {
    const { steps: down, element } = parseJsonPath(text)
    return element === undefined ? down : [down, element]
  }
  expect(steps('$')).toEqual([])
  expect(steps('$.a')).toEqual(['a'])
  expect(steps('$.a.b-c')).toEqual(['a', 'b-c'])
  expect(steps("$['a.b']['c']")).toEqual(['a.b', 'c'])
  expect(steps('$["it\'s"].x')).toEqual(["it's", 'x'])
  expect(steps('$.arr[0:]')).toEqual([['arr'], []])
  expect(steps('$.arr[0:].f.g')).toEqual([['arr'], ['f', 'g']])
  expect(steps('$[0:].f')).toEqual([[], ['f']])
})

test('other JSONPath is refused with the place and what is allowed', () => {
  for (const [text, at] of [
    ['', 1],
    ['a.b', 1],
    ['$.', 2],
    ['$..a', 2],
    ['$.a[1]', 4],
    ['$.a[*]', 4],
    ['$.a[0:].b[0:]', 10],
    ["$['a", 2],
    ['$a', 2],
    ['$.a]', 4],
  ] as const) {
    expect(() => parseJsonPath(text)).toThrow(`VAL1101 JSON path "${text}", character ${at}:`)
    expect(() => parseJsonPath(text)).toThrow(/Allowed: /)
  }
})
