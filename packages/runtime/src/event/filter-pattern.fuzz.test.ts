/**
 * Random patterns over random records answer like a matcher that is written down from the language's definition, over trees
 * instead of bytes. Trees are printed with random white space, escapes and number forms. Failures print their seed.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeRecords, makeStream } from '../testing/record-batch.ts'
import { compileFilters, filterPatternCharactersMax } from './filter-pattern.ts'
import { makeShardEvents } from './make-shard-events.ts'

/** A tree: numbers keep their text, objects their members in order with equal names. */
type Tree =
  | { readonly text: string }
  | { readonly number: string }
  | { readonly word: 'true' | 'false' | 'null' }
  | { readonly items: readonly Tree[] }
  | { readonly members: readonly (readonly [string, Tree])[] }

type Element =
  | { readonly value: Tree }
  | { readonly operator: 'prefix' | 'suffix' | 'equals-ignore-case'; readonly text: string }
  | { readonly operator: 'exists'; readonly exists: boolean }
  | { readonly operator: 'numeric'; readonly pairs: readonly (readonly [string, number])[] }
  | { readonly operator: 'anything-but'; readonly not: readonly Element[] }

interface Pattern {
  readonly fields: readonly (readonly [string, Pattern | readonly Element[]])[]
  readonly or: readonly Pattern[]
}

const names = fc.constantFrom('a', 'b', 'ä')
const texts = fc.constantFrom('', 'x', 'xy', 'XY', 'y', 'ö"\\', '1')
const numbers = fc.constantFrom('1', '1.0', '10e-1', '-2', '0', '7')
const scalars: fc.Arbitrary<Tree> = fc.oneof(
  texts.map((text) => ({ text })),
  numbers.map((number) => ({ number })),
  fc.constantFrom('true' as const, 'false' as const, 'null' as const).map((word) => ({ word })),
)
const { tree: trees } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalars,
    fc.array(fc.tuple(names, tie('tree')), { maxLength: 4 }).map((members) => ({ members })),
    fc.array(tie('tree'), { maxLength: 3 }).map((items) => ({ items })),
  ),
}))

const textOperators = fc
  .tuple(fc.constantFrom('prefix' as const, 'suffix' as const, 'equals-ignore-case' as const), texts)
  .map(([operator, text]) => ({ operator, text }))
const ranges = fc
  .tuple(
    fc.constantFrom('>', '>='),
    fc.constantFrom('<', '<='),
    fc.integer({ min: -3, max: 8 }),
    fc.integer({ min: 1, max: 5 }),
  )
  .map(
    ([lower, higher, from, width]) =>
      [
        [lower, from],
        [higher, from + width],
      ] as const,
  )
const single = fc
  .tuple(fc.constantFrom('=', '!=', '<', '<=', '>', '>='), fc.integer({ min: -2, max: 8 }))
  .map((pair) => [pair] as const)
const values = scalars.map((value): Element => ({ value }))
const elements: fc.Arbitrary<Element> = fc.oneof(
  values,
  textOperators,
  fc.boolean().map((exists) => ({ operator: 'exists' as const, exists })),
  fc.oneof(ranges, single).map((pairs) => ({ operator: 'numeric' as const, pairs })),
  fc
    .oneof(
      fc.array(values, { minLength: 1, maxLength: 3 }),
      textOperators.map((not): Element[] => [not]),
    )
    .map((not) => ({ operator: 'anything-but' as const, not })),
)
const { pattern: patterns } = fc.letrec<{ pattern: Pattern }>((tie) => ({
  pattern: fc.record({
    fields: fc.uniqueArray(
      fc.tuple(
        names,
        fc.oneof(
          { maxDepth: 2, depthIdentifier: 'pattern' },
          fc.array(elements, { minLength: 1, maxLength: 3 }),
          tie('pattern'),
        ),
      ),
      { minLength: 1, maxLength: 2, selector: ([name]) => name },
    ),
    or: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'pattern' },
      fc.constant([]),
      fc.array(tie('pattern'), { minLength: 2, maxLength: 3 }),
    ),
  }),
}))

// The definition.

function matches(pattern: Pattern, value: Tree | undefined): boolean {
  if (value !== undefined && 'items' in value) {
    const objects = value.items.filter((item) => 'members' in item || 'items' in item)
    return objects.length === 0 ? matches(pattern, undefined) : objects.some((item) => matches(pattern, item))
  }
  const members = value !== undefined && 'members' in value ? value.members : []
  const field = (name: string): Tree | undefined => members.findLast((member) => member[0] === name)?.[1]
  return (
    pattern.fields.every(([name, wanted]) =>
      'fields' in wanted ? matches(wanted, field(name)) : leafMatches(wanted, field(name)),
    ) &&
    (pattern.or.length === 0 || pattern.or.some((alternative) => matches(alternative, value)))
  )
}

function leafMatches(list: readonly Element[], value: Tree | undefined): boolean {
  const found = value === undefined ? [] : scalarsIn(value)
  if (found.length === 0) return list.some((element) => 'exists' in element && !element.exists)
  return found.some((scalar) => list.some((element) => elementMatches(element, scalar)))
}

function scalarsIn(value: Tree): Tree[] {
  if ('members' in value) return []
  return 'items' in value ? value.items.flatMap(scalarsIn) : [value]
}

function elementMatches(element: Element, scalar: Tree): boolean {
  if ('value' in element) return JSON.stringify(element.value) === JSON.stringify(scalar)
  const text = 'text' in scalar ? scalar.text : undefined
  switch (element.operator) {
    case 'prefix':
      return text?.startsWith(element.text) ?? false
    case 'suffix':
      return text?.endsWith(element.text) ?? false
    case 'equals-ignore-case':
      return text?.toLowerCase() === element.text.toLowerCase()
    case 'exists':
      return element.exists
    case 'anything-but':
      return !element.not.some((not) => elementMatches(not, scalar))
    case 'numeric': {
      if (!('number' in scalar)) return false
      const n = Number(scalar.number)
      return element.pairs.every(([operator, bound]) =>
        operator === '='
          ? n === bound
          : operator === '!='
            ? n !== bound
            : operator === '<'
              ? n < bound
              : operator === '<='
                ? n <= bound
                : operator === '>'
                  ? n > bound
                  : n >= bound,
      )
    }
  }
}

// Printing.

function print(value: Tree, space: () => string): string {
  if ('text' in value) return quote(value.text, space() === ' ')
  if ('number' in value) return value.number
  if ('word' in value) return value.word
  const list =
    'items' in value
      ? value.items.map((item) => print(item, space))
      : value.members.map(
          ([name, member]) => `${quote(name, space() === ' ')}${space()}:${space()}${print(member, space)}`,
        )
  const [open, close] = 'items' in value ? '[]' : '{}'
  return `${open}${space()}${list.join(`${space()},${space()}`)}${space()}${close}`
}

function quote(text: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(text)
  return `"${[...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
}

function printElement(element: Element): string {
  if ('value' in element) return print(element.value, () => '')
  switch (element.operator) {
    case 'exists':
      return `{"exists":${element.exists}}`
    case 'numeric':
      return `{"numeric":${JSON.stringify(element.pairs.flat())}}`
    case 'anything-but':
      return `{"anything-but":${'operator' in element.not[0]! ? printElement(element.not[0]) : `[${element.not.map(printElement)}]`}}`
    default:
      return `{"${element.operator}":${JSON.stringify(element.text)}}`
  }
}

function printPattern(pattern: Pattern): string {
  const fields = pattern.fields.map(
    ([name, wanted]) =>
      `${JSON.stringify(name)}:${'fields' in wanted ? printPattern(wanted) : `[${wanted.map(printElement)}]`}`,
  )
  if (pattern.or.length > 0) fields.push(`"$or":[${pattern.or.map(printPattern)}]`)
  return `{${fields}}`
}

const stream = makeStream()
const events = makeShardEvents(
  { kind: 'stream', arn: 'arn', region: 'r', account: '000000000000' },
  stream,
  0,
)

it('patterns answer like their definition', () => {
  let matched = 0
  let runs = 0
  fc.assert(
    fc.property(
      patterns,
      trees,
      fc.infiniteStream(fc.constantFrom('', '', '', ' ', '\n')),
      (pattern, tree, spaces) => {
        const data = print(tree, () => spaces.next().value ?? '')
        const text = `{"data":${printPattern(pattern)}}`
        fc.pre(text.length <= filterPatternCharactersMax)
        const filter = compileFilters([text], 'stream', 'f')!
        // Twice, with another one between them: nothing of a record is left to the next.
        const [record, other] = makeRecords([
          { key: 'k', data },
          { key: 'k', data: '{"a":"x","b":1,"ä":{"a":1,"b":"x"}}' },
        ])
        const expected = matches(pattern, tree)
        expect(filter.matches(record!, events)).toBe(expected)
        filter.matches(other!, events)
        expect(filter.matches(record!, events)).toBe(expected)
        runs++
        if (expected) matched++
      },
    ),
    { numRuns: 5_000 },
  )
  // The generator reaches both answers.
  expect(matched).toBeGreaterThan(runs / 20)
  expect(matched).toBeLessThan((runs * 19) / 20)
})
