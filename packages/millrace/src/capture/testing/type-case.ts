/** One type of a database in the type matrix: how its values are made, and what the database itself says of them. */
import type { Random } from '@millrace/values'
import type { ExactJson } from './exact-json.ts'

export interface TypeCase {
  /** As in a table's definition. */
  readonly type: string
  /** SQL of a value. */
  readonly literal: (random: Random) => string
  /** SQL of the text that a flat record has, of column v; the column itself unless given. */
  readonly text?: string
  /** Whether a record's value is that text; equal texts unless given. */
  readonly isSame?: (value: ExactJson, text: string) => boolean
}

export const sameDouble = (value: ExactJson, text: string): boolean =>
  typeof value === 'string' && Object.is(Number(value), Number(text))

/** The database's text is of the nearest double of it. */
export const sameFloat = (value: ExactJson, text: string): boolean =>
  typeof value === 'string' && Object.is(Math.fround(Number(value)), Math.fround(Number(text)))

/** The database's text is hexadecimal. */
export const sameBytes = (value: ExactJson, text: string): boolean =>
  typeof value === 'string' && Buffer.from(value, 'base64').toString('hex') === text.toLowerCase()

/** A point in time is ISO in a flat record; one that no calendar has stays as the database writes it. */
export const sameInstant = (value: ExactJson, text: string): boolean =>
  value === (text.startsWith('0000-00-00') ? text : `${text.replace(' ', 'T')}Z`)

export const pick = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)]! // `all` is not empty

export function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.below(10)).join('')
}

export function hexBytes(random: Random, count: number): string {
  // Zeros often: at the end they are what servers leave out.
  return Array.from({ length: count }, () =>
    (random.below(4) === 0 ? 0 : random.below(256)).toString(16).padStart(2, '0'),
  ).join('')
}

/** An integer of so many bits, often at an end of its range. */
export function integer(random: Random, bits: number, isUnsigned = false): string {
  const size = 2n ** BigInt(bits)
  const low = isUnsigned ? 0n : -(size / 2n)
  const kind = random.below(8)
  if (kind === 0) return String(low)
  if (kind === 1) return String(low + size - 1n)
  if (kind === 2) return '0'
  const all =
    BigInt(Math.floor(random.next() * 2 ** 32)) * 2n ** 32n + BigInt(Math.floor(random.next() * 2 ** 32))
  // Small ones too.
  return String(low + ((all >> BigInt(random.below(bits))) % size))
}

export function decimalText(random: Random, precision: number, scale: number, isUnsigned = false): string {
  const kind = random.below(8)
  const whole =
    kind === 0 ? '9'.repeat(precision - scale) : digits(random, random.below(precision - scale + 1))
  const part = kind === 0 ? '9'.repeat(scale) : digits(random, random.below(scale + 1))
  const sign = !isUnsigned && random.below(2) === 0 ? '-' : ''
  return `${sign}${whole === '' ? '0' : whole}${part === '' ? '' : `.${part}`}`
}

export function doubleText(random: Random, exponentMax: number): string {
  const kind = random.below(10)
  if (kind === 0) return '0'
  if (kind === 1) return String(random.below(1000))
  const exponent = random.below(exponentMax * 2) - exponentMax
  return `${random.below(2) === 0 ? '-' : ''}${1 + random.below(9)}.${digits(random, random.below(17) + 1)}e${exponent}`
}

const characters = [
  ...'abc XYZ019,.;:{}[]"\'\\/<>&%_-',
  ...'äöüßéñçøłœ',
  ...'日本語中文한국',
  ...'Ελληνικάрусский',
  '🎉',
  '\n',
  '\t',
  '\u0000',
  '\u2028',
]

export function someText(random: Random, max: number, without = ''): string {
  return Array.from({ length: random.below(max + 1) }, () => pick(random, characters))
    .filter((character) => !without.includes(character))
    .join('')
}

export function someJson(random: Random, depth = 3): string {
  switch (random.below(depth === 0 ? 6 : 8)) {
    case 0:
      return 'null'
    case 1:
      return pick(random, ['true', 'false'])
    case 2:
      return integer(random, 64)
    case 3:
      return pick(random, ['0.5', '1.25', '-3.75', '1e10', '123456.789', '0.1', '1.0'])
    case 4:
    case 5:
      return JSON.stringify(someText(random, 12, '\u0000'))
    case 6:
      return `[${Array.from({ length: random.below(4) }, () => someJson(random, depth - 1)).join(',')}]`
    default:
      return `{${Array.from({ length: random.below(4) }, (_, i) => `${JSON.stringify(`k${i}${someText(random, 3, '\u0000')}`)}:${someJson(random, depth - 1)}`).join(',')}}`
  }
}

export const two = (value: number): string => String(value).padStart(2, '0')

export function clockText(random: Random, fraction: number): string {
  const part = fraction === 0 ? '' : `.${digits(random, fraction)}`
  return `${two(random.below(24))}:${two(random.below(60))}:${two(random.below(60))}${part}`
}

export function dateText(random: Random, firstYear: number, lastYear: number): string {
  const year = String(firstYear + random.below(lastYear - firstYear + 1)).padStart(4, '0')
  return `${year}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
}
