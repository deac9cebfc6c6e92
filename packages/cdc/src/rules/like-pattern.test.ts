/** DMS' wildcards: its examples, and a matcher by plain recursion as oracle. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLike } from './like-pattern.ts'

test.each([
  ['%', ['', 'orders'], []],
  ['order%', ['order', 'orders', 'order_item'], ['Orders', 'reorder']],
  ['_rders', ['orders', 'Orders'], ['rders', 'oorders']],
  ['order[_]%', ['order_item', 'order_'], ['orderXitem', 'order']],
  ['t[ab]', ['ta', 'tb'], ['tc', 't', 'tab']],
  ['t[a-d]1', ['ta1', 'td1'], ['te1', 't-1']],
  ['t[^a-d]', ['te', 't-'], ['ta', 't']],
  ['100[%]', ['100%'], ['1000', '100']],
  ['a[[]b', ['a[b'], ['ab', 'a[[]b']],
  ['a[b', ['a[b'], ['ab']],
  ['a.b+(c)', ['a.b+(c)'], ['aXb+(c)', 'a.bb(c)']],
  ['_', ['😀'], ['ab']],
] as const)('%s', (pattern, matching, others) => {
  const like = parseLike(pattern)
  for (const name of matching) expect([name, like.matches(name)]).toEqual([name, true])
  for (const name of others) expect([name, like.matches(name)]).toEqual([name, false])
})

test.each([
  ['orders', false],
  ['order[_]item', false],
  ['order_', true],
  ['o%', true],
  ['[ab]', true],
])('%s has wildcards: %s', (pattern, has) => {
  expect(parseLike(pattern).hasWildcards).toBe(has)
})

type Piece =
  | { readonly kind: 'any' | 'one'; readonly text: string }
  | { readonly kind: 'set'; readonly members: string; readonly text: string }

describe('law: a pattern matches what a matcher by recursion matches', () => {
  const letter = fc.constantFrom('a', 'b', 'c', 'd', '_', '%', '.', '-')
  const set = fc.constantFrom<Piece>(
    { kind: 'set', members: '_', text: '[_]' },
    { kind: 'set', members: '%', text: '[%]' },
    { kind: 'set', members: 'ac', text: '[ac]' },
    { kind: 'set', members: 'abc', text: '[a-c]' },
    { kind: 'set', members: 'bcd.', text: '[b-d.]' },
    { kind: 'set', members: '.', text: '.' },
    { kind: 'set', members: 'a', text: 'a' },
    { kind: 'set', members: 'd', text: 'd' },
  )
  const piece: fc.Arbitrary<Piece> = fc.oneof(
    fc.constantFrom<Piece>({ kind: 'any', text: '%' }, { kind: 'one', text: '_' }),
    set,
  )
  const matches = (pieces: readonly Piece[], text: string): boolean => {
    const [first, ...rest] = pieces
    if (first === undefined) return text === ''
    if (first.kind === 'any') return [...text, ''].some((_, i) => matches(rest, text.slice(i)))
    if (text === '' || (first.kind === 'set' && !first.members.includes(text[0]!))) return false
    return matches(rest, text.slice(1))
  }

  test('random patterns and names', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(letter, { maxLength: 7 }),
        (pieces, letters) => {
          const text = pieces.map((p) => (p.kind === 'any' ? '%' : p.kind === 'one' ? '_' : p.text)).join('')
          const name = letters.join('')
          expect(parseLike(text).matches(name)).toBe(matches(pieces, name))
        },
      ),
      { numRuns: 3000 },
    )
  })
})
