import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AttributeValue } from '../attribute-value.ts'
import {
  arbitraryCondition,
  arbitraryUpdate,
  nameOf,
  placeholdersOf,
  valueReferences,
} from '../testing/arbitrary-expressions.ts'
import { arbitraryItem, arbitraryValue } from '../testing/arbitrary-items.ts'
import { naiveCondition } from '../testing/naive-condition.ts'
import { printCondition, printUpdate } from '../testing/print-expression.ts'
import { attributeTypes } from '../values/attribute-type.ts'
import { readAttributeValue, readItem } from '../values/read-attribute-value.ts'
import { TableRequestError } from '../values/request-error.ts'
import { compileExpressions } from './expressions.ts'
import { parseCondition } from './parse-condition.ts'
import { parseUpdate } from './parse-update.ts'
import { tokenize } from './token.ts'

const value = arbitraryValue.filter((one) => holds(() => readAttributeValue(one))).map(readAttributeValue)
const item = arbitraryItem.filter((one) => holds(() => readItem(one))).map(readItem)
const values = fc.tuple(fc.tuple(value, value, value, value), fc.constantFrom(...attributeTypes)).map(
  ([constants, type]): Record<string, AttributeValue> => ({
    ...Object.fromEntries(valueReferences.map((reference, i) => [reference, constants[i]!])),
    ':type': { S: type },
  }),
)

test('a printed condition parses to the same tree', () => {
  fc.assert(
    fc.property(arbitraryCondition, (tree) => {
      const parsed = parseCondition('FilterExpression', printCondition(tree))
      expect(withoutSpans(parsed.tree)).toEqual(withoutSpans(tree))
      expect(parsed.hasRedundantParentheses).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('a printed update parses to the same tree', () => {
  fc.assert(
    fc.property(arbitraryUpdate, (tree) => {
      expect(withoutSpans(parseUpdate(printUpdate(tree)).tree)).toEqual(withoutSpans(tree))
    }),
    { numRuns: 500 },
  )
})

test('tokens cover all but blanks, and any text parses or says where it does not', () => {
  const piece = fc.constantFrom(
    'a',
    'AND',
    '#a',
    ':v',
    '(',
    ')',
    '[',
    ']',
    '1',
    '.',
    ',',
    '=',
    '<>',
    '+',
    'SET',
    '!',
    '😀',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      const text = pieces.join(' ')
      let rest = text
      for (const token of tokenize(text).toReversed()) {
        if (token.kind === 'end') continue
        expect(text.slice(token.start, token.end)).toBe(token.text)
        rest = rest.slice(0, token.start) + rest.slice(token.end)
      }
      expect(rest.trim()).toBe('')
      for (const parse of [() => parseCondition('FilterExpression', text), () => parseUpdate(text)]) {
        try {
          parse()
        } catch (error) {
          expect(error).toBeInstanceOf(TableRequestError)
          const [, token] = /token: "(.*?)", near: /.exec(String(error)) ?? []
          if (token !== undefined && token !== '<EOF>') expect(text).toContain(token)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a compiled condition answers like one evaluated naively', () => {
  let compared = 0
  let held = 0
  fc.assert(
    fc.property(
      arbitraryCondition,
      values,
      fc.array(item, { minLength: 1, maxLength: 3 }),
      (tree, constants, items) => {
        const text = printCondition(tree)
        const compiled = tried(() =>
          compileExpressions({ FilterExpression: text, ...placeholdersOf(text, constants) }),
        )
        for (const one of compiled === undefined ? [] : items) {
          const expected = naiveCondition(tree, one, { names: nameOf, values: constants })
          expect(compiled?.filter?.holds(one)).toBe(expected)
          compared++
          if (expected) held++
        }
      },
    ),
    { numRuns: 3000 },
  )
  // Otherwise the law says little.
  expect(compared).toBeGreaterThan(1500)
  expect(held).toBeGreaterThan(compared / 10)
})

test('parsing as often as one likes compiles to the same answer whatever names stand for attributes', () => {
  fc.assert(
    fc.property(arbitraryCondition, values, item, (tree, constants, one) => {
      const text = printCondition(tree)
      const direct = tried(() =>
        compileExpressions({ FilterExpression: text, ...placeholdersOf(text, constants) }),
      )
      // Every plain name behind a placeholder of its own.
      const indirect = text.replace(/(?<![#:A-Za-z_])\b([abcd])\b(?!\()/g, '#n_$1')
      const renamed = tried(() => {
        const { ExpressionAttributeNames: names, ...rest } = placeholdersOf(text, constants)
        const more = ['a', 'b', 'c', 'd'].filter((name) => indirect.includes(`#n_${name}`))
        const all = { ...names, ...Object.fromEntries(more.map((name) => [`#n_${name}`, name])) }
        const given = Object.keys(all).length === 0 ? {} : { ExpressionAttributeNames: all }
        return compileExpressions({ FilterExpression: indirect, ...rest, ...given })
      })
      expect(renamed === undefined).toBe(direct === undefined)
      expect(renamed?.filter?.holds(one)).toBe(direct?.filter?.holds(one))
    }),
    { numRuns: 300 },
  )
})

test('an update leaves the item before as it was, and what it does not name as it is', () => {
  let applied = 0
  fc.assert(
    fc.property(arbitraryUpdate, values, item, (tree, constants, before) => {
      const text = printUpdate(tree)
      const update = tried(
        () => compileExpressions({ UpdateExpression: text, ...placeholdersOf(text, constants) }).update,
      )
      if (update === undefined) return
      const written = JSON.stringify(before)
      const after = tried(() => update.apply(before, {}))
      expect(JSON.stringify(before)).toBe(written)
      if (after === undefined) return
      applied++
      for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
        if (!update.attributes.has(name)) {
          expect(Object.getOwnPropertyDescriptor(after, name)?.value).toBe(
            Object.getOwnPropertyDescriptor(before, name)?.value,
          )
        }
      }
      // What comes out is an item like one from a request.
      expect(readItem(after)).toBe(after)
    }),
    { numRuns: 2000 },
  )
  expect(applied).toBeGreaterThan(100)
})

function withoutSpans(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree, (key, part: unknown) => (key === 'span' ? undefined : part)))
}

function holds(work: () => unknown): boolean {
  return tried(work) !== undefined
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof TableRequestError) return undefined
    throw error
  }
}
