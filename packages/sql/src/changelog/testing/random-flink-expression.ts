/**
 * Random expressions of the Flink dialect over a row of common types, with values at the edges. Each is well typed by the
 * function table, as the binder would make it; what the table refuses becomes a leaf.
 */
import type { Random, SqlType } from '@millrace/values'
import { lookupScalar, sameType } from '../../functions/index.ts'
import type { Expr, SqlValue } from '../../plan.ts'
import { narrow, type Row } from '../row.ts'

const span = { start: 0, end: 0 }
export const string: SqlType = { kind: 'VARCHAR', length: 0x7fff_ffff }

export const columnTypes: readonly SqlType[] = [
  { kind: 'INTEGER' },
  { kind: 'INTEGER' },
  { kind: 'BIGINT' },
  { kind: 'BIGINT' },
  { kind: 'SMALLINT' },
  { kind: 'TINYINT' },
  { kind: 'DOUBLE' },
  { kind: 'DECIMAL', precision: 12, scale: 2 },
  { kind: 'DECIMAL', precision: 23, scale: 3 },
  { kind: 'DECIMAL', precision: 38, scale: 10 },
  string,
  string,
  { kind: 'BOOLEAN' },
  { kind: 'BOOLEAN' },
  { kind: 'TIMESTAMP', precision: 3 },
  { kind: 'TIMESTAMP', precision: 3 },
  { kind: 'DATE' },
]

export function randomValue(random: Random, type: SqlType): SqlValue {
  if (random.below(6) === 0) return null
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)]!
  switch (type.kind) {
    case 'TINYINT':
      return pick([0, 1, -1, 127, -128, random.below(100)])
    case 'SMALLINT':
      return pick([0, 1, 32767, -32768, random.below(1000)])
    case 'INTEGER':
      return pick([0, 1, -1, 2, 3, 2147483647, -2147483648, random.below(100000) - 50000])
    case 'BIGINT':
      return narrow(
        pick([
          0n,
          1n,
          -7n,
          9007199254740991n,
          -9007199254740991n,
          9007199254740992n,
          2n ** 63n - 1n,
          -(2n ** 63n),
        ]),
      )
    case 'DECIMAL': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return narrow(pick([0n, 1n, -250n, BigInt(random.below(1e9)), limit, -limit, limit / 3n]))
    }
    case 'DOUBLE':
      return pick([0, 1.5, -2.25, 1e300, 0.1, random.next() * 1000])
    case 'BOOLEAN':
      return random.below(2) === 0
    case 'VARCHAR':
      return pick(['', 'a', 'ab', 'Ab c', 'é€😀', '12', '-3.5', 'true', '2024-02-29 10:00:00'])
    case 'TIMESTAMP':
      return pick([0, -1, 1_700_000_000_123, 1_709_164_800_000 + random.below(1e9)])
    case 'DATE':
      return pick([0, 19_782, -1, random.below(20000)])
  }
  throw new Error(`no random value of ${type.kind}`)
}

export function randomRow(random: Random): Row {
  return columnTypes.map((type) => randomValue(random, type))
}

export function literal(value: SqlValue, type: SqlType): Expr {
  return { kind: 'literal', value, type, nullable: value === null, span }
}

/** A call, its arguments cast as the table asks; undefined: refused. */
export function call(fn: string, args: readonly Expr[]): Expr | undefined {
  const scalar = lookupScalar(fn, 'flink')
  if (scalar === undefined) return undefined
  const inferred = scalar.infer(
    args.map((arg) => ({
      type: arg.type,
      nullable: arg.nullable,
      ...(arg.kind === 'literal' ? { literal: arg.value } : {}),
    })),
  )
  if (typeof inferred === 'string') return undefined
  const given = args.map((arg, i) => cast(arg, inferred.args?.[i] ?? arg.type))
  return {
    kind: 'call',
    fn: scalar.name,
    args: given,
    type: inferred.type,
    nullable: inferred.nullable,
    span,
  }
}

export function cast(arg: Expr, type: SqlType): Expr {
  return sameType(arg.type, type)
    ? arg
    : { kind: 'call', fn: 'CAST', args: [arg], type, nullable: true, span }
}

type Family = 'number' | 'text' | 'boolean' | 'time'

export class FlinkExpressionSource {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  any(depth: number): Expr {
    return this.of(this.#pick(['number', 'number', 'text', 'boolean', 'boolean', 'time']), depth)
  }

  of(family: Family, depth: number): Expr {
    if (depth <= 0 || this.#random.below(5) === 0) return this.#leaf(family)
    return this.#call(family, depth - 1) ?? this.#leaf(family)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!
  }

  #leaf(family: Family): Expr {
    const fitting = columnTypes.flatMap((type, index) => (familyOf(type) === family ? [{ type, index }] : []))
    const { type, index } = this.#pick(fitting)
    if (this.#random.below(4) > 0) return { kind: 'column', index, type, nullable: true, span }
    const value = randomValue(this.#random, type)
    const held =
      typeof value === 'number' && (type.kind === 'BIGINT' || type.kind === 'DECIMAL') ? BigInt(value) : value
    return literal(held, type)
  }

  #call(family: Family, d: number): Expr | undefined {
    const number = () => this.of('number', d)
    const text = () => this.of('text', d)
    const boolean = () => this.of('boolean', d)
    const time = () => this.of('time', d)
    switch (family) {
      case 'number':
        return this.#pick([
          () => call(this.#pick(['+', '-', '*', '/', 'MOD']), [number(), number()]),
          () => call(this.#pick(['+', '-', '*']), [number(), number()]),
          () => call('NEGATE', [number()]),
          () => call('ABS', [number()]),
          () => call('CASE', [boolean(), number(), number()]),
          () => call(this.#pick(['COALESCE', 'IFNULL', 'NULLIF']), [number(), number()]),
          () => call('IF', [boolean(), number(), number()]),
          () => cast(number(), this.#pick(columnTypes.slice(0, 10))),
          () => call('CHAR_LENGTH', [text()]),
          () => call('EXTRACT', [literal('HOUR', string), time()]),
        ])()
      case 'text':
        return this.#pick([
          () => call('||', [text(), text()]),
          () => call('CONCAT', [text(), text()]),
          () => call(this.#pick(['UPPER', 'LOWER']), [text()]),
          () => call('SUBSTRING', [text(), literal(2, { kind: 'INTEGER' })]),
          () => cast(number(), string),
          () => cast(time(), string),
          () =>
            call('DATE_FORMAT', [
              time(),
              literal(this.#pick(['yyyy-MM-dd', 'HH:mm', 'ss.SSS', "d 'at' H"]), string),
            ]),
          () => call('CASE', [boolean(), text(), boolean(), text(), text()]),
        ])()
      case 'time':
        return this.#pick([
          () => call(this.#pick(['+', '-']), [time(), literal(3_600_000, { kind: 'INTERVAL_DAY' })]),
          () => call('COALESCE', [time(), time()]),
          () => cast(time(), { kind: 'TIMESTAMP', precision: 3 }),
        ])()
      case 'boolean': {
        const operand = this.#pick([number, number, text, boolean, time])
        const compare = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']
        const truth = ['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS UNKNOWN', 'IS NOT UNKNOWN']
        return this.#pick([
          () => call(this.#pick(compare), [operand(), operand()]),
          () => call(this.#pick(compare), [number(), number()]),
          () => call(this.#pick(['AND', 'OR']), [boolean(), boolean(), boolean()]),
          () => call('NOT', [boolean()]),
          () => call(this.#pick(['IS NULL', 'IS NOT NULL']), [operand()]),
          () => call(this.#pick(truth), [boolean()]),
          () => call('BETWEEN', [operand(), operand(), operand()]),
          () => call('IN', [operand(), operand(), operand()]),
          () =>
            call('IN', [
              this.#leaf('number'),
              ...[1, 2, 3, 4, 5, 6].map((n) => literal(n, { kind: 'INTEGER' })),
            ]),
          () => call('IN', [text(), ...['a', 'ab', '', 'x', '12'].map((t) => literal(t, string))]),
          () => call('LIKE', [text(), literal(this.#pick(['a%', '%b_', '_', '%', 'A b%']), string)]),
        ])()
      }
    }
  }
}

function familyOf(type: SqlType): Family {
  switch (type.kind) {
    case 'BOOLEAN':
      return 'boolean'
    case 'VARCHAR':
      return 'text'
    case 'TIMESTAMP':
    case 'DATE':
      return 'time'
    default:
      return 'number'
  }
}
