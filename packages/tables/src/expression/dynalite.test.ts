/** Our conditions, filters and updates beside dynalite's, on random expressions and items. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import {
  arbitraryCondition,
  arbitraryUpdate,
  nameOf,
  placeholdersOf,
  valueReferences,
} from '../testing/arbitrary-expressions.ts'
import { arbitraryValue } from '../testing/arbitrary-items.ts'
import { type Answer, Dynalite } from '../testing/dynalite.ts'
import {
  breaksDynalite,
  conditionDifferences,
  type Example,
  leavesOf,
  updateDifferences,
} from '../testing/dynalite-differences.ts'
import { textOf } from '../testing/naive-condition.ts'
import { printCondition, printUpdate } from '../testing/print-expression.ts'
import { attributeTypes } from '../values/attribute-type.ts'
import { readAttributeValue, readItem } from '../values/read-attribute-value.ts'
import { TableRequestError } from '../values/request-error.ts'
import { compileExpressions } from './expressions.ts'

const seed = 20_120_810
let dynalite: Dynalite
beforeAll(async () => {
  dynalite = await Dynalite.start()
})
afterAll(() => dynalite.close())

// Objects of dynalite inherit members, which it takes for attributes.
const inherited = /"(?:constructor|__proto__)"/
const value = arbitraryValue
  .filter((one) => !inherited.test(JSON.stringify(one)) && isReadable(one))
  .map(readAttributeValue)
const values = fc.tuple(fc.tuple(value, value, value, value), fc.constantFrom(...attributeTypes)).map(
  ([constants, type]): Record<string, AttributeValue> => ({
    ...Object.fromEntries(valueReferences.map((reference, i) => [reference, constants[i]!])),
    ':type': { S: type },
  }),
)
const item = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'a.b'), value), { selector: ([name]) => name })
  .map((members): TypedItem => readItem({ id: { S: 'x' }, ...Object.fromEntries(members) }))
/** What updates work on more often than on anything: numbers, sets, lists and maps in their places. */
const number = fc.integer({ min: -9, max: 9 }).map((one): AttributeValue => ({ N: String(one) }))
const set = fc.subarray(['x', 'y', 'z'], { minLength: 1 }).map((SS): AttributeValue => ({ SS }))
const list = fc.array(number, { maxLength: 3 }).map((L): AttributeValue => ({ L }))
const map = fc
  .record({ a: number, b: set, c: list }, { requiredKeys: ['c'] })
  .map((M): AttributeValue => ({ M }))
const updatable = fc
  .record({ a: number, b: set, c: list, d: map }, { requiredKeys: ['c'] })
  .map((members): TypedItem => ({ id: { S: 'x' }, ...members }))
const updating = fc
  .tuple(number, set, list, value)
  .map(
    (constants): Record<string, AttributeValue> =>
      Object.fromEntries(valueReferences.map((reference, i) => [reference, constants[i]!])),
  )
const key: TypedItem = { id: { S: 'x' } }

test('conditions of writes', async () => {
  const tally = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(arbitraryCondition, values, item, async (tree, constants, one) => {
      const text = printCondition(tree)
      const leaves = leavesOf(tree, one, { names: nameOf, values: constants })
      fc.pre(!text.includes('#odd') && !leaves.some(breaksDynalite))
      const expression = { ConditionExpression: text, ...placeholdersOf(text, constants) }
      const ours = outcome(() => compileExpressions(expression).condition?.holds(one))
      await dynalite.call('PutItem', { TableName: 'items', Item: one })
      const theirs = conditionOutcome(
        await dynalite.call('PutItem', { TableName: 'items', Item: one, ...expression }),
      )
      compare(tally, { ours, theirs, text }, () =>
        conditionDifferences.filter(({ applies }) => leaves.some((leaf) => applies(leaf, text))),
      )
    }),
    { numRuns: 800, seed },
  )
  report('conditions', tally, 0.8)
})

test('filters', async () => {
  const tally = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(arbitraryCondition, values, item, async (tree, constants, one) => {
      const text = printCondition(tree)
      const leaves = leavesOf(tree, one, { names: nameOf, values: constants })
      fc.pre(!text.includes('#odd') && !leaves.some(breaksDynalite))
      const expression = { FilterExpression: text, ...placeholdersOf(text, constants) }
      const ours = outcome(() => compileExpressions(expression).filter?.holds(one))
      await dynalite.call('PutItem', { TableName: 'items', Item: one })
      const answer = await dynalite.call('Scan', { TableName: 'items', ...expression })
      const theirs = answer.status === 200 ? String(answer.body.Count === 1) : conditionOutcome(answer)
      compare(tally, { ours, theirs, text }, () =>
        conditionDifferences.filter(({ applies }) => leaves.some((leaf) => applies(leaf, text))),
      )
    }),
    { numRuns: 400, seed: seed + 1 },
  )
  report('filters', tally, 0.8)
})

test('updates, and what they say they changed', async () => {
  const tally = new Map<string, number>()
  let done = 0
  const mode = fc.constantFrom('ALL_NEW', 'UPDATED_NEW', 'UPDATED_OLD')
  const before = fc.option(fc.oneof(item, updatable, updatable), { nil: undefined, freq: 8 })
  await fc.assert(
    fc.asyncProperty(
      arbitraryUpdate,
      fc.oneof(values, updating),
      before,
      mode,
      async (tree, constants, one, returned) => {
        const text = printUpdate(tree)
        fc.pre(!text.includes('#odd'))
        const expression = { UpdateExpression: text, ...placeholdersOf(text, constants) }
        const ours = outcome(() => {
          const { update } = compileExpressions(expression)
          const after = update?.apply(one, key)
          if (after === undefined) return 'no item'
          if (returned === 'ALL_NEW') return textOf({ M: after })
          return textOf({ M: update?.updatedOf(returned === 'UPDATED_NEW' ? after : one) ?? {} })
        })
        await dynalite.call('DeleteItem', { TableName: 'items', Key: key })
        if (one !== undefined) await dynalite.call('PutItem', { TableName: 'items', Item: one })
        const answer = await dynalite.call('UpdateItem', {
          TableName: 'items',
          Key: key,
          ReturnValues: returned,
          ...expression,
        })
        const attributes = (answer.body.Attributes ?? {}) as TypedItem
        const theirs = answer.status === 200 ? textOf({ M: attributes }) : conditionOutcome(answer)
        if (answer.status === 200) done++
        compare(tally, { ours, theirs, text }, () =>
          updateDifferences.filter((difference) => difference.applies(tree, text, ours)),
        )
      },
    ),
    { numRuns: 800, seed: seed + 2 },
  )
  report('updates', tally, 0.8)
  expect(done).toBeGreaterThan(150)
})

describe('differences are there, and are as they are written down', () => {
  test.each(conditionDifferences)('$name', async ({ example }) => {
    const { expression, values: constants, item: one = {} } = example
    const condition = {
      ConditionExpression: expression,
      ...(constants && { ExpressionAttributeValues: constants }),
    }
    const given = { ...key, ...one }
    expect(outcome(() => compileExpressions(condition).condition?.holds(given))).toBe(String(example.ours))
    await dynalite.call('PutItem', { TableName: 'items', Item: given })
    const answer = await dynalite.call('PutItem', { TableName: 'items', Item: given, ...condition })
    expect(conditionOutcome(answer)).toBe(String(example.theirs))
  })

  test.each(updateDifferences)('$name', async ({ example }) => {
    const { expression, values: constants, item: one } = example
    const update = {
      UpdateExpression: expression,
      ...(constants && { ExpressionAttributeValues: constants }),
    }
    const given = one && { ...key, ...one }
    const shown = (expected: Example['ours']): string =>
      typeof expected === 'object' ? textOf({ M: { ...key, ...expected } }) : String(expected)
    const after = outcome(() => {
      const applied = compileExpressions(update).update?.apply(given, key)
      return applied === undefined ? 'no item' : textOf({ M: applied })
    })
    expect(after).toBe(shown(example.ours))
    await dynalite.call('DeleteItem', { TableName: 'items', Key: key })
    if (given !== undefined) await dynalite.call('PutItem', { TableName: 'items', Item: given })
    const call = { TableName: 'items', Key: key, ReturnValues: 'ALL_NEW', ...update }
    const { status, body } = await dynalite.call('UpdateItem', call)
    expect(status === 200 ? textOf({ M: body.Attributes as TypedItem }) : body.message).toBe(
      shown(example.theirs),
    )
  })
})

interface Outcomes {
  readonly ours: string
  readonly theirs: string
  readonly text: string
}

/** Equal, or different for a reason that is written down. */
function compare(
  tally: Map<string, number>,
  { ours, theirs, text }: Outcomes,
  reasons: () => readonly { readonly name: string }[],
): void {
  const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1)
  if (ours === theirs) {
    count('equal')
    return
  }
  const known = reasons()
  if (known.length === 0) expect(`${text}: ${ours}`).toBe(`${text}: ${theirs}`)
  count(known[0]!.name)
}

/** Most answers are equal, or the comparison says little. */
function report(what: string, tally: ReadonlyMap<string, number>, least: number): void {
  console.log(what, 'seed', seed, Object.fromEntries(tally))
  const all = [...tally.values()].reduce((sum, count) => sum + count, 0)
  expect((tally.get('equal') ?? 0) / all).toBeGreaterThan(least)
}

function outcome(work: () => unknown): string {
  try {
    return String(work())
  } catch (error) {
    // dynalite is from before the service named the set of types that ADD and DELETE take.
    if (error instanceof TableRequestError) return error.reason.replace(/, typeSet: \w+$/, '')
    throw error
  }
}

function conditionOutcome({ status, body }: Answer): string {
  if (status === 200) return 'true'
  if (String(body.__type).endsWith('#ConditionalCheckFailedException')) return 'false'
  return String(body.message ?? `status ${status}`)
}

function isReadable(input: unknown): boolean {
  return outcome(() => readAttributeValue(input)) === '[object Object]'
}
