/** Random schemas and rows of them, for laws over types and files. */
import type { Random } from '@millrace/values'
import type { LakeColumn, LakeSchema, LakeType, PrimitiveKind } from '../../schema/lake-type.ts'

const primitiveKinds: readonly PrimitiveKind[] = [
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
]
const characters = ['a', 'Z', '0', ' ', '"', "'", '\\', ',', '\n', 'é', '漢', '🎬', '\u0001', '{', '.']

export class RandomRows {
  readonly #random: Random
  #names = 0

  constructor(random: Random) {
    this.#random = random
  }

  below(limit: number): number {
    return this.#random.below(limit)
  }

  pick<T>(values: readonly T[]): T {
    // The index is below the length, and callers pass at least one value.
    return values[this.below(values.length)] as T
  }

  schema(): LakeSchema {
    return { columns: Array.from({ length: 1 + this.below(8) }, () => this.column(0)) }
  }

  column(depth: number): LakeColumn {
    const odd = this.below(8) === 0 ? this.pick([' x', '.y', '"q', 'É', '-']) : ''
    return { name: `c${this.#names++}${odd}`, type: this.type(depth) }
  }

  type(depth: number): LakeType {
    const form = this.below(depth > 2 ? 7 : 12)
    if (form === 6) {
      const precision = 1 + this.below(38)
      return { kind: 'decimal', precision, scale: this.below(precision + 1) }
    }
    if (form < 8) return { kind: this.pick(primitiveKinds) }
    if (form < 10) return { kind: 'list', element: this.type(depth + 1) }
    if (form === 10)
      return {
        kind: 'map',
        key: { kind: this.pick(['string', 'int', 'long', 'date'] as const) },
        value: this.type(depth + 1),
      }
    return { kind: 'struct', fields: Array.from({ length: 1 + this.below(3) }, () => this.column(depth + 1)) }
  }

  row(schema: LakeSchema): unknown[] {
    return schema.columns.map((column) => this.value(column.type))
  }

  value(type: LakeType): unknown {
    return this.below(5) === 0 ? null : this.present(type)
  }

  present(type: LakeType): unknown {
    switch (type.kind) {
      case 'boolean':
        return this.below(2) === 1
      case 'int':
        return this.pick([0, -1, 2147483647, -2147483648, this.below(100), this.below(2 ** 31)])
      case 'long':
        return this.pick<unknown>([
          0,
          -7,
          2 ** 53 - 1,
          2n ** 63n - 1n,
          -(2n ** 63n),
          this.big(63),
          this.below(1000),
        ])
      case 'float':
        return Math.fround(this.pick([0, -1.5, 3.4028234e38, this.#random.next(), this.below(1000)]))
      case 'double':
        return this.pick([0, -1.5, 1e300, 5e-324, this.#random.next(), this.below(1000)])
      case 'decimal':
        return this.decimal(type.precision, type.scale)
      case 'string':
        return this.text()
      case 'binary':
        return Uint8Array.from({ length: this.below(20) }, () => this.below(256))
      case 'date':
        return this.below(60_000) - 20_000
      case 'time':
        return this.below(86_400_000) * 1000 + this.below(1000)
      case 'timestamp':
      case 'timestamptz':
        return this.pick<unknown>([0n, this.big(50), this.below(2 ** 31) * 1e6 + this.below(1e6), -1])
      case 'list':
        return Array.from({ length: this.below(4) }, () => this.value(type.element))
      case 'map': {
        const entries = new Map<string, [unknown, unknown]>()
        for (let i = this.below(4); i > 0; i--) {
          const key = this.present(type.key)
          entries.set(String(key), [key, this.value(type.value)])
        }
        return [...entries.values()]
      }
      case 'struct':
        return type.fields.map((field) => this.value(field.type))
    }
  }

  text(): string {
    const length = this.pick([0, 1, 4, 11, 12, 13, 14, this.below(60)])
    let text = ''
    while (text.length < length)
      text += this.below(3) === 0 ? this.pick(characters) : 'abcdefgh'[this.below(8)]
    return text
  }

  decimal(precision: number, scale: number): string {
    const digits = 1 + this.below(precision)
    let text = ''
    for (let i = 0; i < digits; i++) text += this.below(10)
    text = text.padStart(scale + 1, '0')
    const whole = text.slice(0, text.length - scale)
    const sign = this.below(2) === 0 ? '-' : ''
    return scale === 0 ? sign + whole : `${sign}${whole}.${text.slice(text.length - scale)}`
  }

  /** A signed integer of so many bits. */
  big(bits: number): bigint {
    let value = 0n
    for (let i = 0; i < bits; i += 16) value = (value << 16n) | BigInt(this.below(65536))
    value &= (1n << BigInt(bits)) - 1n
    return this.below(2) === 0 ? -value : value
  }
}
