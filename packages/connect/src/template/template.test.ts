import { findZone, randomAt, seededRandom } from '@millrace/values'
import { beforeAll, describe, expect, test } from 'vitest'
import { ConnectError } from '../errors.ts'
import type { RecordContext } from './helper.ts'
import { helpers } from './helpers/index.ts'
import { compileTemplate } from './template.ts'
import { loadWords, type Words } from './words.ts'

const now = Date.parse('2026-11-21T10:20:30.456Z')
const zone = findZone('Europe/Berlin')
let words: Words

beforeAll(async () => {
  words = await loadWords()
})

function context(seed: number | string = 1, index = 0): RecordContext {
  if (zone === undefined) throw new Error('known to exist')
  return { random: randomAt(seed, index), now, simulated: now + 1000, zone, words }
}

function render(template: string, seed: number | string = 1): string {
  return compileTemplate(template, 'test').render(context(seed))
}

function refusal(template: string): string {
  try {
    compileTemplate(template, 'film.txt')
  } catch (error) {
    if (error instanceof ConnectError) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('templates', () => {
  test.each([
    ['plain text', 'plain text'],
    ['  { "a": 1,\r\n  "b": 2 }\n', '{ "a": 1,  "b": 2 }'],
    ['{{random.number(0)}}', '0'],
    ['{"o":{"n":{{random.number(0)}}}}', '{"o":{"n":0}}'],
    ['{{ random.number( 0 ) }}', '0'],
    ['{{random.number({"min":7,"max":7})}}', '7'],
    [
      '{{random.arrayElement(["a"])}}-{{random.arrayElement([5])}}-{{random.arrayElement([true])}}',
      'a-5-true',
    ],
    ['{{random.\nnumber(0)}}', '0'],
    ['{{date.now("YYYY-MM-DDTHH:mm:ss.SSS")}}', '2026-11-21T11:20:30.456'],
    ['{{date.now}}', '2026-11-21T11:20:30+01:00'],
    ['{{current.timestamp}}', '2026-11-21T11:20:30+01:00'],
    ['{{date.now(YYYY)}}', '2026'],
    ['{{date.utc("HH:mm")}} {{date.utc}}', '10:20 2026-11-21T10:20:30Z'],
    ['{{date.simTime("HH:mm:ss")}}', '11:20:31'],
    ['{{random.arrayElement([["x","y"]])}}', 'x,y'],
    ['{{random.objectElement({"k":{"a":[1,2]}})}}', '{"a":[1,2]}'],
    ['{{random.locale}}', 'en'],
    ['}} }', '}} }'],
    ['{{random.arrayElement(["{"])}}{date.utc("YYYY")}}', '2026'],
  ])('%j gives %j', (template, expected) => expect(render(template)).toBe(expected))

  test('what a call returns is looked through for calls again', () => {
    const template =
      '{{random.arrayElement(["{"])}}{{{random.arrayElement(["date.utc(YYYY)"])}}{{random.arrayElement(["}"])}}}'
    // The braces come together only in the result.
    expect(render('{{random.arrayElement(["{"])}}{{random.arrayElement(["{"])}}date.utc("YYYY")}}')).toBe(
      '2026',
    )
    expect(() => render(template)).toThrow('Invalid module')
  })

  test('results that hold calls without end are refused', () => {
    const call = '{{helpers.randomize(["{"])}}{helpers.randomize'
    expect(() => render(`${call}{{helpers.randomize(["{"])}}{random.nothing}}`)).toThrow('Invalid')
  })

  test.each([
    [
      '{{nam.firstName}}',
      'TEMPLATE_INVALID film.txt, line 1:1: Invalid module: nam. Did you mean "name"? There are: address,',
    ],
    [
      '{\n  "a": {{random.nmber}}\n}',
      'line 2:8: Invalid method: random.nmber. Did you mean "number"? random has: number,',
    ],
    ['{{random.number}} {{random}}', 'line 1:19: Invalid method: random..'],
    ['{{toString.x}}', 'Invalid module: toString'],
    ['{{random.constructor}}', 'Invalid method: random.constructor'],
    ['{{date.now', 'line 1:1: the call that begins here has no }}'],
    ['{{random.number({"min":2,"max":1})}}', 'max 1 is below min 2'],
    ['{{random.number("x")}}', 'it needs a number'],
    ['{{random.arrayElement}}', 'random.arrayElement with no argument: it needs a list'],
    ['{{random.weightedArrayElement({"weights":[1],"data":["a","b"]})}}', 'it has 1 weights for 2 data'],
    [
      '{{random.weightedArrayElement({"weights":[0.5,0.7],"data":["a","b"]})}}',
      'its weights add up to 1.2, but should to 1',
    ],
    ['{{random.weightedArrayElement({"weights":[30,70],"data":["a","b"]})}}', 'add up to 100'],
    ['{{date.between({"from":"x"})}}', 'it needs {"from":"2026-01-01"'],
  ])('%j is refused', (template, message) => expect(refusal(template)).toContain(message))

  test('every helper gives a text, the same for the same seed', () => {
    const needed: Readonly<Record<string, string>> = {
      'random.arrayElement': '(["a","b"])',
      'random.weightedArrayElement': '({"weights":[0.5,0.5],"data":["a","b"]})',
      'random.objectElement': '({"a":1,"b":2})',
      'date.between': '({"from":"2026-01-01","to":"2026-12-31"})',
      'helpers.shuffle': '([1,2,3])',
      'helpers.slugify': '("a b")',
      'helpers.replaceSymbols': '("##-??")',
      'helpers.replaceSymbolWithNumber': '("###")',
    }
    for (const [module, methods] of Object.entries(helpers)) {
      for (const method of Object.keys(methods)) {
        const path = `${module}.${method}`
        const template = compileTemplate(`{{${path}${needed[path] ?? ''}}}`, 'test')
        for (let i = 0; i < 20; i++) {
          const text = template.render(context(7, i))
          expect(text, path).not.toMatch(/^$|undefined|NaN|\[object|\n/)
          expect(template.render(context(7, i)), path).toBe(text)
        }
      }
    }
  })

  test('a method that is not known is refused by the name that the tool gives it', () => {
    expect(refusal('{{random.iterate}}')).toContain('Invalid method: random.iterate')
  })
})

describe('numbers and choices', () => {
  const many = (template: string, count: number, seed: number) => {
    const compiled = compileTemplate(template, 'test')
    return Array.from({ length: count }, (_, i) => compiled.render(context(seed, i)))
  }

  test.each([
    ['{{random.number}}', 0, 99_999, 1],
    ['{{random.number(9)}}', 0, 9, 1],
    ['{{random.number({"min":-3,"max":3})}}', -3, 3, 1],
    ['{{random.number({"min":0.5,"max":1,"precision":0.01})}}', 0.5, 1, 0.01],
    ['{{random.number({"min":10,"max":100,"precision":5})}}', 10, 100, 5],
    ['{{random.float({"max":1})}}', 0, 1, 0.01],
    ['{{address.latitude}}', -90, 90, 0.0001],
  ])('%s stays between its ends, in its steps', (template, min, max, step) => {
    const values = many(template, 3000, 11).map(Number)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(min)
    expect(Math.max(...values)).toBeLessThanOrEqual(max)
    for (const value of values) expect(Math.abs(value / step - Math.round(value / step))).toBeLessThan(1e-6)
  })

  test('both ends of a range come', () => {
    const values = new Set(many('{{random.number({"min":1,"max":4})}}', 200, 3))
    expect([...values].sort()).toEqual(['1', '2', '3', '4'])
  })

  /** Chi-square of counts against shares. */
  const chiSquare = (counts: readonly number[], shares: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    return counts.reduce((sum, count, i) => {
      const expected = total * (shares[i] ?? 0)
      return sum + (count - expected) ** 2 / expected
    }, 0)
  }

  test.each([
    [[0.3, 0.1, 0.6], 13.8],
    [[0.01, 0.99], 10.8],
    [[0.25, 0.25, 0.25, 0.25], 16.3],
    [[0.1, 0.2, 0.3, 0.4], 16.3],
  ])('weights %j are met (chi-square below the bound of 1 in 1,000)', (weights, bound) => {
    const data = weights.map((_, i) => i)
    const template = `{{random.weightedArrayElement(${JSON.stringify({ weights, data })})}}`
    const counts = data.map(() => 0)
    for (const value of many(template, 20_000, 42)) counts[Number(value)]!++
    expect(chiSquare(counts, weights)).toBeLessThan(bound)
  })

  test('a draw has two decimals, so weights have exactly their hundredths', () => {
    // Every value of the draw once.
    const template = compileTemplate(
      '{{random.weightedArrayElement({"weights":[0.07,0.29,0.64],"data":["a","b","c"]})}}',
      'test',
    )
    const counts: Record<string, number> = {}
    for (let draw = 0; draw < 100; draw++) {
      const value = template.render({ ...context(), random: { next: () => draw / 100, below: () => draw } })
      counts[value] = (counts[value] ?? 0) + 1
    }
    expect(counts).toEqual({ a: 7, b: 29, c: 64 })
  })

  test('identifiers have the form of version 4', () => {
    for (const text of many('{{random.uuid}}', 100, 5)) {
      expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
  })
})

test('words draw from the record alone: who else uses them changes nothing', () => {
  const template = compileTemplate('{{name.firstName}} {{name.lastName}} of {{address.city}}', 'test')
  const first = template.render(context(3))
  compileTemplate('{{lorem.sentence}}', 'test').render({ ...context(), random: seededRandom(99) })
  expect(template.render(context(3))).toBe(first)
})
