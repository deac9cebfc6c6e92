/**
 * Random expressions over a row: any type, NULLs, values at the edges of their types, calls that may fail. Every
 * expression is well typed by the function table; a combination that the table refuses is replaced by a leaf.
 */
import type { Random, Schema, SqlType } from '@millrace/values'
import { isNumeric, isText } from '../functions/index.ts'
import type { Expr } from '../plan.ts'
import {
  CallProblem,
  call,
  column,
  convertTo,
  decimal,
  integer,
  literal,
  milliseconds,
  rowtime,
  text,
  types,
  varchar,
} from './plan-builder.ts'
import { randomValue } from './random-rows.ts'

export type Family = 'number' | 'text' | 'boolean' | 'timestamp'

export class ExpressionSource {
  readonly #random: Random
  readonly #schema: Schema

  constructor(random: Random, schema: Schema) {
    this.#random = random
    this.#schema = schema
  }

  any(depth: number): Expr {
    return this.of(this.pick<Family>(['number', 'number', 'text', 'boolean', 'timestamp']), depth)
  }

  of(family: Family, depth: number): Expr {
    if (depth <= 0 || this.#random.below(4) === 0) return this.leaf(family)
    try {
      switch (family) {
        case 'number':
          return this.#number(depth - 1)
        case 'text':
          return this.#text(depth - 1)
        case 'boolean':
          return this.condition(depth)
        case 'timestamp':
          return this.#timestamp(depth - 1)
      }
    } catch (error) {
      if (!(error instanceof CallProblem)) throw error
      return this.leaf(family)
    }
  }

  condition(depth: number): Expr {
    if (depth <= 0) return this.leaf('boolean')
    const d = depth - 1
    try {
      return this.#condition(d)
    } catch (error) {
      if (!(error instanceof CallProblem)) throw error
      return this.leaf('boolean')
    }
  }

  leaf(family: Family): Expr {
    const fitting = this.#schema.fields.flatMap(({ type }, i) => (familyOf(type) === family ? [i] : []))
    if (fitting.length > 0 && this.#random.below(4) > 0) return column(this.#schema, this.pick(fitting))
    switch (family) {
      case 'number':
        return this.#numberLiteral()
      case 'text':
        return text(
          this.pick(['', 'a', 'b', 'ab', 'A b ', 'zé€😀', '12', '-3.5', 'true', '2024-01-01 00:00:00']),
        )
      case 'boolean':
        return literal(this.pick([true, false, null]), types.boolean)
      case 'timestamp':
        return this.pick([rowtime, literal(randomValue(this.#random, types.timestamp), types.timestamp)])
    }
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!
  }

  #numberLiteral(): Expr {
    const type = this.pick<SqlType>([types.integer, types.integer, types.bigint, decimal(5, 2), types.double])
    return this.pick([
      () => integer(this.#random.below(5) - 1),
      () => literal(randomValue(this.#random, type), type),
    ])()
  }

  #number(d: number): Expr {
    const number = () => this.of('number', d)
    return this.pick([
      () => call(this.pick(['+', '-', '*', '/', 'MOD']), [number(), number()]),
      () => call(this.pick(['+', '-', '*', '/']), [number(), number()]),
      () => call(this.pick(['NEGATE', 'ABS', 'FLOOR', 'CEIL']), [number()]),
      () => call('CASE', [this.condition(d), number(), number()]),
      () => call(this.pick(['COALESCE', 'NULLIF']), [number(), number()]),
      () => convertTo('CAST', number(), this.numericType()),
      () => convertTo('CAST', this.of('text', d), this.numericType()),
      () => call('CHAR_LENGTH', [this.of('text', d)]),
      () => call('POSITION', [this.of('text', d), this.of('text', d)]),
      () => call('STEP', [number(), integer(1 + this.#random.below(5))]),
      () =>
        call('EXTRACT', [
          text(this.pick(['YEAR', 'DAY', 'MINUTE', 'SECOND', 'DOW'])),
          this.of('timestamp', d),
        ]),
      () => call('UNIX_TIMESTAMP', [this.of('timestamp', d)]),
      () => call('TSDIFF', [this.of('timestamp', d), this.of('timestamp', d)]),
    ])()
  }

  #text(d: number): Expr {
    const inner = () => this.of('text', d)
    return this.pick([
      () => call('||', [inner(), inner()]),
      () => call(this.pick(['UPPER', 'LOWER', 'INITCAP']), [inner()]),
      () =>
        call(this.pick(['SUBSTRING', 'SUBSTRING_FROM']), [
          inner(),
          integer(this.#random.below(4)),
          integer(2),
        ]),
      () => call('TRIM', [text(this.pick(['BOTH', 'LEADING', 'TRAILING'])), text(' '), inner()]),
      () => call('CASE', [this.condition(d), inner(), inner()]),
      () => call('COALESCE', [inner(), inner()]),
      () => convertTo('CAST', this.any(d), this.pick([varchar(3), varchar(30), { kind: 'CHAR', length: 6 }])),
      () => call('OVERLAY', [inner(), text('X'), integer(1)]),
      () => call('TIMESTAMP_TO_CHAR', [text('yyyy-MM-dd HH:mm'), this.of('timestamp', d)]),
    ])()
  }

  #condition(d: number): Expr {
    const compare = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']
    const family = this.pick<Family>(['number', 'number', 'text', 'timestamp', 'boolean'])
    const operand = () => this.of(family, d)
    const truth = ['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS UNKNOWN', 'IS NOT UNKNOWN']
    return this.pick([
      () => call(this.pick(compare), [operand(), operand()]),
      () => call(this.pick(compare), [operand(), operand()]),
      () => call(this.pick(['AND', 'OR']), [this.condition(d), this.condition(d)]),
      () => call('NOT', [this.condition(d)]),
      () => call(this.pick(['IS NULL', 'IS NOT NULL']), [operand()]),
      () => call(this.pick(truth), [this.condition(d)]),
      () => call('BETWEEN', [operand(), operand(), operand()]),
      () => call('IN', [operand(), operand(), operand()]),
      () => call('LIKE', [this.of('text', d), text(this.pick(['a%', '%b_', '_', '%', 'A b%']))]),
      () => call('SIMILAR TO', [this.of('text', d), text(this.pick(['(a|b)+', '[a-z]*', '%[0-9]_?']))]),
    ])()
  }

  #timestamp(d: number): Expr {
    const inner = () => this.of('timestamp', d)
    return this.pick([
      () => call(this.pick(['+', '-']), [inner(), milliseconds(this.#random.below(90_000))]),
      () =>
        call(this.pick(['FLOOR_TIME', 'CEIL_TIME']), [
          inner(),
          text(this.pick(['SECOND', 'MINUTE', 'DAY', 'MONTH'])),
        ]),
      () => call('STEP_TIME', [inner(), milliseconds(1000 + this.#random.below(90_000))]),
      () => call('COALESCE', [inner(), inner()]),
      () => call('CASE', [this.condition(d), inner(), inner()]),
      () => call('+', [inner(), literal(this.#random.below(14), types.months)]),
      () => convertTo('CAST', this.of('text', d), types.timestamp),
      () => convertTo('CAST', convertTo('CAST', inner(), types.date), types.timestamp),
    ])()
  }

  numericType(): SqlType {
    return this.pick<SqlType>([
      types.smallint,
      types.integer,
      types.integer,
      types.bigint,
      decimal(9, 2),
      decimal(18, 4),
      types.double,
      types.real,
    ])
  }
}

export function familyOf(type: SqlType): Family | undefined {
  if (isNumeric(type)) return 'number'
  if (isText(type)) return 'text'
  if (type.kind === 'BOOLEAN') return 'boolean'
  return type.kind === 'TIMESTAMP' ? 'timestamp' : undefined
}
