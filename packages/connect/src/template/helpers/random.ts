/** `random.*`: numbers, choices, identifiers. */
import { countOf, type Helper, type Helpers, optionsOf, plain } from '../helper.ts'
import { word } from './word-helper.ts'

const hexDigits = '0123456789abcdef'
const alphaNumerics = '0123456789abcdefghijklmnopqrstuvwxyz'
const letters = 'abcdefghijklmnopqrstuvwxyz'
/** How far weights may be from adding up to 1. */
const weightSlack = 0.001

export const randomHelpers: Helpers[string] = {
  number: plain(number),
  float: plain((argument) => number(withPrecision(argument))),
  arrayElement: plain((argument) => {
    if (!Array.isArray(argument) || argument.length === 0) return 'it needs a list, like ["a","b"]'
    const list: readonly unknown[] = argument
    return ({ random }) => list[random.below(list.length)] as object
  }),
  weightedArrayElement: plain(weightedArrayElement),
  objectElement: plain((argument) => {
    const values = Object.values(optionsOf(argument))
    if (values.length === 0) return 'it needs an object, like {"a":1,"b":2}'
    return ({ random }) => values[random.below(values.length)] as object
  }),
  uuid: plain(() => ({ random }) => {
    const digits = characters(random, hexDigits, 31)
    const variant = '89ab'.charAt(random.below(4))
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-${variant}${digits.slice(15, 18)}-${digits.slice(18, 30)}`
  }),
  boolean: plain(
    () =>
      ({ random }) =>
        random.below(2) === 1,
  ),
  alphaNumeric: plain((argument) => {
    const length = countOf(argument, 'count', 1)
    return ({ random }) => characters(random, alphaNumerics, length)
  }),
  alpha: plain((argument) => {
    const length = countOf(argument, 'count', 1)
    const isUpper = optionsOf(argument).upcase === true
    return ({ random }) => {
      const text = characters(random, letters, length)
      return isUpper ? text.toUpperCase() : text
    }
  }),
  hexaDecimal: plain((argument) => {
    const length = countOf(argument, 'count', 1)
    return ({ random }) => `0x${characters(random, hexDigits, length)}`
  }),
  locale: plain(() => () => 'en'),
  word: word((faker) => faker.word.sample()),
  words: word((faker, argument) =>
    faker.word.words(countOf(argument, 'count', faker.number.int({ min: 1, max: 3 }))),
  ),
  image: word((faker) => faker.image.url({ width: 640, height: 480 })),
}

interface Drawing {
  below(bound: number): number
}

function characters(random: Drawing, from: string, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) text += from.charAt(random.below(from.length))
  return text
}

function withPrecision(argument: unknown): unknown {
  if (typeof argument === 'number') return { precision: argument }
  return { precision: 0.01, ...optionsOf(argument) }
}

/** Both ends are included. A precision of 0.01 gives hundredths. */
function number(argument: unknown): Helper | string {
  const options = typeof argument === 'number' ? { max: argument } : optionsOf(argument)
  if (argument !== undefined && typeof argument !== 'number' && Object.keys(options).length === 0) {
    return 'it needs a number, or an object like {"min":1,"max":10}'
  }
  const { min = 0, max = 99_999, precision = 1 } = options
  if (typeof min !== 'number' || typeof max !== 'number' || typeof precision !== 'number') {
    return 'min, max and precision are numbers'
  }
  if (!(precision > 0)) return 'precision is a number above 0'
  if (max < min) return `max ${max} is below min ${min}`
  const steps = Math.floor((max - min) / precision + 1e-9) + 1
  const decimals = Math.max(decimalsOf(precision), decimalsOf(min))
  return ({ random }) => Number((min + random.below(steps) * precision).toFixed(decimals))
}

function decimalsOf(value: number): number {
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e(-?\d+))?$/.exec(String(value)) ?? []
  return Math.min(20, Math.max(0, fraction.length - Number(exponent)))
}

/** A draw of two decimals, 0.00 to 0.99, takes the first element whose weights so far are above it. */
function weightedArrayElement(argument: unknown): Helper | string {
  const { weights, data } = optionsOf(argument)
  if (!Array.isArray(weights) || !Array.isArray(data)) {
    return 'it needs {"weights":[0.3,0.7],"data":["a","b"]}'
  }
  const shares: readonly unknown[] = weights
  const items: readonly unknown[] = data
  if (shares.length !== items.length || items.length === 0) {
    return `it has ${shares.length} weights for ${items.length} data`
  }
  const bounds: number[] = []
  let sum = 0
  for (const share of shares) {
    if (typeof share !== 'number' || !(share >= 0))
      return `the weight ${JSON.stringify(share)} is no number from 0 to 1`
    sum += share
    // In hundredths, without what adding fractions leaves behind.
    bounds.push(Number((sum * 100).toFixed(6)))
  }
  if (Math.abs(sum - 1) > weightSlack)
    return `its weights add up to ${Number(sum.toFixed(6))}, but should to 1`
  return ({ random }) => {
    const draw = random.below(100)
    const index = bounds.findIndex((bound) => draw < bound)
    return items[index < 0 ? items.length - 1 : index] as object
  }
}
