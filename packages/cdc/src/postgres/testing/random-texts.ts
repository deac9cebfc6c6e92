/** Random values of Postgres' types as texts that it reads, with the strange ones among them often. */
import type { Random } from '@millrace/values'

export type RandomText = (random: Random) => string

export function oneOf<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!
}

/** Now and then one of the strange ones. */
export function sometimes(strange: readonly string[], usual: RandomText): RandomText {
  return (random) => (random.below(5) === 0 ? oneOf(random, strange) : usual(random))
}

export function digits(random: Random, countMax: number): string {
  let text = ''
  for (let left = 1 + random.below(countMax); left > 0; left--) text += random.below(10)
  return text
}

export const sign = (random: Random) => (random.below(2) === 0 ? '-' : '')

export function integerText(bits: number): RandomText {
  const edge = 2n ** BigInt(bits - 1)
  return sometimes([String(-edge), String(edge - 1n), '0', '-1'], (random) => {
    let value = 0n
    for (let i = 0; i < 3; i++) value = (value << 24n) | BigInt(random.below(1 << 24))
    return String(BigInt.asIntN(1 + random.below(bits), value))
  })
}

export const decimalText: RandomText = sometimes(
  [
    'NaN',
    'Infinity',
    '-Infinity',
    '0',
    '0.00',
    '-0.000001',
    `${'9'.repeat(60)}.${'1'.repeat(40)}`,
    '1e40',
    '1e-40',
  ],
  (random) => `${sign(random)}${digits(random, 30)}${random.below(2) === 0 ? '' : `.${digits(random, 20)}`}`,
)

export const floatText: RandomText = sometimes(
  ['NaN', 'Infinity', '-Infinity', '-0', '1.5e-45', '1.17549435e-38', '3.4028234e38', '0.1'],
  (random) => `${sign(random)}${digits(random, 17)}.${digits(random, 3)}e${random.below(20) - 20}`,
)

const characters = [
  'a',
  'Z',
  '9',
  ' ',
  '"',
  "'",
  '\\',
  ',',
  '{',
  '}',
  '(',
  ')',
  '\t',
  '\n',
  'é',
  '漢',
  '😀',
  '\ufffd',
  'N',
  '\u0001',
  ':',
  '=',
  '>',
  '%',
]

export const anyText: RandomText = sometimes(
  ['', 'NULL', 'null', '\\N', '{}', '""', '\\x', "'"],
  (random) => {
    let text = ''
    for (let left = random.below(12); left > 0; left--) text += oneOf(random, characters)
    return text
  },
)

export const bytesText: RandomText = (random) => {
  let text = '\\x'
  for (let left = random.below(20); left > 0; left--) text += random.below(256).toString(16).padStart(2, '0')
  return text
}

export const bitsText =
  (length: number | undefined): RandomText =>
  (random) => {
    let text = ''
    for (let left = length ?? random.below(70); left > 0; left--) text += random.below(2)
    return text
  }

const two = (value: number) => String(value).padStart(2, '0')

const timeOfDay: RandomText = (random) => {
  const fraction = random.below(2) === 0 ? '' : `.${digits(random, 6)}`
  return `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}${fraction}`
}

export const timeText: RandomText = sometimes(['24:00:00', '00:00:00'], timeOfDay)

const day: RandomText = (random) => {
  const year = oneOf(random, [
    random.below(9999) + 1,
    1970 + random.below(100),
    10_000 + random.below(200_000),
  ])
  return `${String(year).padStart(4, '0')}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
}

const era: RandomText = (random) => (random.below(8) === 0 ? ' BC' : '')
/** Years before Christ do not go as far. */
const dated = (random: Random, rest: string) => {
  const suffix = era(random)
  return `${suffix === '' ? day(random) : `${String(1 + random.below(4000)).padStart(4, '0')}-03-15`}${rest}${suffix}`
}

export const dateText: RandomText = sometimes(['infinity', '-infinity'], (random) => dated(random, ''))

export const timestampText: RandomText = sometimes(['infinity', '-infinity'], (random) =>
  dated(random, ` ${timeOfDay(random)}`),
)

const zone: RandomText = (random) =>
  oneOf(random, [
    '+00',
    '-00:30',
    '+05:45',
    '+14',
    '-12:59',
    `+0${random.below(10)}:${two(random.below(60))}:${two(random.below(60))}`,
  ])

export const timestampTzText: RandomText = sometimes(['infinity', '-infinity'], (random) =>
  dated(random, ` ${timeOfDay(random)}${zone(random)}`),
)

export const timeTzText: RandomText = (random) => `${timeText(random)}${zone(random)}`

export const intervalText: RandomText = (random) =>
  `${sign(random)}${random.below(200)} years ${sign(random)}${random.below(12)} mons ${sign(random)}${random.below(400)} days ${sign(random)}${timeOfDay(random)}`

export const uuidText: RandomText = (random) => {
  const hex = (count: number) => Array.from({ length: count }, () => random.below(16).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`
}

export const jsonText: RandomText = sometimes(
  ['null', '[]', '{}', '1.10', '12345678901234567890.0001', '"\\u00e9"', '{"b":1,"a":2,"b":3}'],
  (random) => {
    // Two characters that JSON in Postgres cannot hold do not occur in `anyText`.
    return JSON.stringify({ [anyText(random)]: [anyText(random), random.below(1e9), null, random.next()] })
  },
)

/** An array's text, every element quoted or NULL, up to two dimensions. */
export function arrayText(element: RandomText, delimiter = ','): RandomText {
  const quoted = (random: Random) =>
    random.below(6) === 0 ? 'NULL' : `"${element(random).replace(/["\\]/g, '\\$&')}"`
  const list = (random: Random, length: number, item: RandomText) =>
    `{${Array.from({ length }, () => item(random)).join(delimiter)}}`
  return (random) => {
    const length = random.below(4)
    if (random.below(3) > 0 || length === 0) return list(random, length, quoted)
    const width = 1 + random.below(3)
    const bounds = random.below(2) === 0 ? '' : `[0:${length - 1}][-1:${width - 2}]=`
    return bounds + list(random, length, (inner) => list(inner, width, quoted))
  }
}
