/** Random columns and values for the laws of tables, and the text of a value that readers of other languages print as well. */
import type { Random } from '@millrace/values'
import type { LakeColumn, LakeType } from '../../schema/lake-type.ts'
import { decimalText } from '../format/value-text.ts'

const dayMicros = 86_400_000_000n

export function randomType(random: Random): LakeType {
  const kinds = [
    'boolean',
    'int',
    'long',
    'float',
    'double',
    'string',
    'binary',
    'date',
    'time',
    'timestamp',
    'timestamptz',
  ] as const
  const choice = random.below(kinds.length + 6)
  if (choice < kinds.length) return { kind: kinds[choice]! }
  switch (choice - kinds.length) {
    case 0:
      return { kind: 'decimal', precision: 9, scale: 2 }
    case 1:
      return { kind: 'decimal', precision: 18, scale: 4 }
    case 2:
      return { kind: 'decimal', precision: 30, scale: 6 }
    case 3:
      return { kind: 'list', element: { kind: random.below(2) === 0 ? 'string' : 'int' } }
    case 4:
      return { kind: 'map', key: { kind: 'string' }, value: { kind: 'long' } }
    default:
      return {
        kind: 'struct',
        fields: [
          { name: 'a', type: { kind: 'int' } },
          { name: 'b', type: { kind: 'string' } },
        ],
      }
  }
}

/** As the Parquet writer takes it. */
export function randomValue(type: LakeType, random: Random, isRequired = false): unknown {
  if (!isRequired && random.below(6) === 0) return null
  const small = random.below(3) === 0
  switch (type.kind) {
    case 'boolean':
      return random.below(2) === 0
    case 'int':
      return small ? random.below(5) : random.below(2 ** 32) - 2 ** 31
    case 'long':
      return small
        ? BigInt(random.below(5))
        : BigInt(random.below(2 ** 53)) * (random.below(2) === 0 ? 1000n : -1000n)
    case 'float':
      return Math.fround(pick(random, [0, -0, 0.1, 1e-30, -3.4e38, random.next() * 1000]))
    case 'double':
      return pick(random, [0, -0, 0.1, 1e300, Number.NaN, Number.POSITIVE_INFINITY, random.next() * 1000])
    case 'string':
      return pick(random, [
        '',
        'bakery',
        'Bäckerei 🥐',
        'a long text of more than sixteen letters',
        `s${random.below(1000)}`,
      ])
    case 'binary':
      return Uint8Array.from({ length: random.below(20) }, () => random.below(256))
    case 'date':
      return small ? random.below(3) - 1 : random.below(40_000) - 20_000
    case 'time':
      return BigInt(random.below(86_400)) * 1_000_000n + BigInt(random.below(1_000_000))
    case 'timestamp':
    case 'timestamptz':
      return BigInt(random.below(40_000) - 20_000) * dayMicros + BigInt(random.below(86_400)) * 1_000_001n
    case 'decimal': {
      const digits = small ? 3 : type.precision
      const text = Array.from({ length: digits }, () => random.below(10)).join('')
      return decimalText(BigInt(text) * (random.below(2) === 0 ? 1n : -1n), type.scale)
    }
    case 'list':
      return Array.from({ length: random.below(4) }, () => randomValue(type.element, random))
    case 'map':
      return Array.from({ length: random.below(3) }, (_, i) => [`k${i}`, randomValue(type.value, random)])
    case 'struct':
      return type.fields.map((field) => randomValue(field.type, random))
  }
}

/**
 * Text (or null, or lists of them) that is equal for equal values only: floating numbers as the hexadecimal bits of the double, times as
 * microseconds, bytes in hexadecimal, decimals with all digits of their scale, structs in the order of the fields, maps by keys.
 */
export function canonical(type: LakeType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'float':
    case 'double':
      return doubleBits(value as number)
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'list':
      return (value as unknown[]).map((item) => canonical(type.element, item))
    case 'map':
      return (value as [unknown, unknown][])
        .map(([key, item]) => [canonical(type.key, key), canonical(type.value, item)])
        .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
    case 'struct':
      return type.fields.map((field, i) => canonical(field.type, (value as unknown[])[i]))
    default:
      return String(value)
  }
}

/** NaN is one value, whatever its bits; so is zero, of which the Parquet writer's dictionaries keep one sign for all. */
function doubleBits(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value === 0 ? 0 : value)
  return bytes.toString('hex')
}

export function randomColumn(random: Random, name: string): LakeColumn {
  return { name, type: randomType(random) }
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)]!
}
