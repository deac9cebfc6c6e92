/** What pages make of items says what the engine of tables says of them. */
import { equalItems, isPlain, itemFromJson, itemToJson, type TypedItem } from '@millrace/tables'
import { type Random, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { changedAttributes, isPlainItem, plainItemText } from './tables.ts'

const seed = 1_121
const names = ['a', 'constructor', '__proto__', 'ä"<b>', 'toString']
const texts = ['', 'x', '"\\', '<script>', 'ä\n\u2028', '1']
const numbers = ['0', '-1.5', '12345678901234567890123456789012345678', '0.1', '1e3']

function item(random: Random, depth = 0): TypedItem {
  const made: Record<string, TypedItem[string]> = {}
  for (const name of names)
    if (random.below(3) > 0)
      Object.defineProperty(made, name, {
        value: value(random, depth),
        enumerable: true,
        configurable: true,
        writable: true,
      })
  return made
}

function value(random: Random, depth: number): TypedItem[string] {
  const pick = (list: readonly string[]) => list[random.below(list.length)]!
  switch (random.below(depth > 2 ? 8 : 10)) {
    case 0:
      return { S: pick(texts) }
    case 1:
      return { N: pick(numbers.slice(0, 4)) }
    case 2:
      return { BOOL: random.below(2) === 0 }
    case 3:
      return { NULL: true }
    case 4:
      return { B: Buffer.from(pick(texts)).toString('base64') }
    case 5:
      return { SS: ['a set holds nothing twice', pick(texts)] }
    case 6:
      return { NS: ['7', pick(numbers)] }
    case 7:
      return { BS: ['AA=='] }
    case 8:
      return { L: Array.from({ length: random.below(3) }, () => value(random, depth + 1)) }
    default:
      return { M: item(random, depth + 1) }
  }
}

test('plain JSON of a page is that of the command line, on one line or on many', () => {
  const random = seededRandom(seed)
  let plain = 0
  for (let round = 0; round < 500; round++) {
    const made = item(random)
    expect(plainItemText(made)).toBe(itemToJson(made))
    expect(isPlainItem(made)).toBe(isPlain(made))
    // Numbers beyond binary64 are in both texts as they are, so that JSON.parse rounds them alike.
    expect(JSON.parse(plainItemText(made, 2))).toEqual(JSON.parse(itemToJson(made)))
    if (!isPlain(made)) continue
    plain++
    expect(equalItems(itemFromJson(plainItemText(made, 2)), made)).toBe(true)
  }
  expect(plain).toBeGreaterThan(20)
})

test('the attributes that changed are those whose values differ, whatever their names', () => {
  const random = seededRandom(seed + 1)
  for (let round = 0; round < 300; round++) {
    const [before, after] = [item(random), random.below(4) === 0 ? undefined : item(random)]
    const changed = changedAttributes(before, after)
    for (const name of names) {
      const [old, now] = [own(before, name), own(after, name)]
      const differs =
        old === undefined || now === undefined ? old !== now : !equalItems({ v: old }, { v: now })
      expect(changed.includes(name), name).toBe(differs)
    }
  }
})

test('a number and a text of the same letters differ', () => {
  expect(changedAttributes({ n: { N: '1' } }, { n: { S: '1' } })).toEqual(['n'])
  expect(changedAttributes({ n: { N: '1' } }, { n: { N: '1' } })).toEqual([])
})

function own(made: TypedItem | undefined, name: string) {
  return made !== undefined && Object.hasOwn(made, name) ? made[name] : undefined
}
