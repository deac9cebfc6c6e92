/**
 * Laws of all functions of the Flink dialect: whatever the arguments are, a call is refused with words or has a type; its
 * value is of that type, NULL only where the type allows it, and a row fails by SqlRuntimeError alone.
 */
import { formatFlinkType, parseSqlType, type SqlType, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { castProblem, lookupScalar, SqlRuntimeError, scalarNames } from '../index.ts'
import { castFlink, now } from './testing/call-flink.ts'

const types = [
  ...[
    'BOOLEAN',
    'TINYINT',
    'INT',
    'BIGINT',
    'FLOAT',
    'DOUBLE',
    'DECIMAL(5, 2)',
    'DECIMAL(38, 10)',
    'STRING',
    'CHAR(3)',
  ],
  ...['BYTES', 'DATE', 'TIME', 'TIMESTAMP(3)', 'TIMESTAMP(0)', 'TIMESTAMP_LTZ(3)', 'INTERVAL DAY TO SECOND'],
  ...[
    'INTERVAL YEAR TO MONTH',
    'ARRAY<INT>',
    'ARRAY<BIGINT>',
    'ARRAY<STRING>',
    'MAP<STRING, INT>',
    'ROW<a INT, b STRING>',
  ],
  ...['MULTISET<STRING>', 'NULL'],
].map((text) => parseSqlType(text, 'flink'))

/** Types that many functions take; half of the arguments are of one of them, so that calls of several are not all refused. */
const frequent = ['STRING', 'STRING', 'INT', 'DOUBLE', 'TIMESTAMP(3)', 'ARRAY<INT>', 'MAP<STRING, INT>'].map(
  (text) => parseSqlType(text, 'flink'),
)

type Random = ReturnType<typeof seededRandom>

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]! // The list is not empty.
}

const texts = [
  '',
  'a',
  'abc',
  'DAY',
  'SECOND',
  'MONTH',
  'BOTH',
  'HOST',
  '1',
  '-1.5',
  '2024-01-31 10:00:00',
  'UTF-8',
  'UTC',
]
const jsons = [
  '{"a": [1, null]}',
  '$.a',
  'lax $.a[*]',
  '(a|b)*',
  '%s %d',
  'yyyy-MM',
  'TRUE',
  'NULL',
  'ERROR',
  '\u{1f600}x',
]

function randomValue(type: SqlType, random: Random): SqlValue {
  if (type.kind === 'NULL' || random.below(8) === 0) return null
  const whole = pick(random, [0, 1, -1, 2, 3, 7, 100, 127, -128])
  switch (type.kind) {
    case 'BOOLEAN':
      return random.below(2) === 0
    case 'BIGINT':
      return pick(random, [BigInt(whole), 2n ** 63n - 1n, -(2n ** 63n)])
    case 'DECIMAL':
      return BigInt(whole)
    case 'INTEGER':
      return pick(random, [whole, 2147483647, -2147483648])
    case 'REAL':
    case 'DOUBLE':
      return pick(random, [whole, 0.5, -1e30, Number.NaN, Number.POSITIVE_INFINITY].map(Math.fround))
    case 'VARCHAR':
      return pick(random, [...texts, ...jsons])
    case 'CHAR':
      return pick(random, ['abc', '   ', 'DAY'])
    case 'VARBINARY':
      return new Uint8Array([1, 2, 0xff].slice(0, random.below(4)))
    case 'TIME':
      return random.below(86_400) * 1000
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (random.below(4_000_000) - 2_000_000) * 1_000_000
    case 'ARRAY':
      return Array.from({ length: random.below(4) }, () => inner(randomValue(type.element, random)))
    case 'ROW':
      return type.fields.map((field) => inner(randomValue(field.type, random)))
    case 'MAP':
      return new Map([
        ['a', whole],
        ['b', null],
      ])
    case 'MULTISET':
      return new Map([['a', 2]])
    default:
      return whole
  }
}

function inner(value: SqlValue): SqlValue {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/** Whether the value is of the type's form. */
function isOf(value: SqlValue, type: SqlType): boolean {
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof value === 'boolean'
    case 'CHAR':
    case 'VARCHAR':
      return typeof value === 'string'
    case 'BINARY':
    case 'VARBINARY':
      return value instanceof Uint8Array
    case 'BIGINT':
    case 'DECIMAL':
      return typeof value === 'bigint' || Number.isSafeInteger(value)
    case 'REAL':
    case 'DOUBLE':
      return typeof value === 'number'
    case 'ARRAY':
      return (
        Array.isArray(value) && value.every((each: SqlValue) => each === null || isOf(each, type.element))
      )
    case 'ROW':
      return Array.isArray(value) && value.length === type.fields.length
    case 'MAP':
    case 'MULTISET':
      return value instanceof Map
    case 'NULL':
      return value === null
    default:
      return Number.isSafeInteger(value)
  }
}

const names = scalarNames('flink').filter((name) => !/^(CAST|TRY_CAST|ASSIGN)$/.test(name))

test.each(names.map((name) => [name]))('%s', (name) => {
  const fn = lookupScalar(name, 'flink')!
  const random = seededRandom(`law of ${name}`)
  for (let i = 0; i < 250; i++) {
    const shape = Array.from({ length: random.below(5) }, () =>
      pick(random, random.below(2) === 0 ? types : frequent),
    )
    const values = shape.map((type) => randomValue(type, random))
    const isLiteral = random.below(2) === 0
    const given = shape.map((type, j) => ({
      type,
      nullable: values[j] === null,
      ...(isLiteral ? { literal: values[j]! } : {}),
    }))
    const shown = () =>
      `${name}(${shape.map((type, j) => `${String(values[j])} ${formatFlinkType(type)}`).join(', ')})`
    const inferred = fn.infer(given)
    if (typeof inferred === 'string') {
      expect(inferred.length, shown()).toBeGreaterThan(5)
      continue
    }
    const argTypes = shape.map((type, j) => inferred.args?.[j] ?? type)
    for (const [j, type] of shape.entries())
      expect(castProblem('CAST', type, argTypes[j]!, 'flink'), shown()).toBeUndefined()
    try {
      const zone = 'Europe/Berlin'
      const args = values.map((value, j) => castFlink(value, shape[j]!, argTypes[j]!, { zone }))
      const context = { type: inferred.type, argTypes, rowtime: now, zone, random: () => 0.5 }
      const isNull = fn.nullIn === 'null' && args.includes(null)
      const value = inferred.value ?? (isNull ? null : fn.evaluate(args, context))
      // A DECIMAL that a cast makes too small a type for is NULL, whatever it was.
      const mayBeNull = inferred.nullable || args.some((arg, j) => arg === null && values[j] !== null)
      expect(value === null ? mayBeNull : isOf(value, inferred.type), `${shown()} = ${String(value)}`).toBe(
        true,
      )
    } catch (error) {
      if (!(error instanceof SqlRuntimeError)) throw new Error(shown(), { cause: error })
    }
  }
})

test('every pair of types is cast or refused, and a cast fails by SqlRuntimeError alone', () => {
  const random = seededRandom('casts')
  for (const from of types) {
    for (const to of types) {
      if (to.kind === 'NULL' || castProblem('CAST', from, to, 'flink') !== undefined) continue
      for (let i = 0; i < 20; i++) {
        const value = randomValue(from, random)
        try {
          const cast = castFlink(value, from, to)
          expect(
            cast === null || isOf(cast, to),
            `${String(value)} ${from.kind} to ${to.kind}: ${String(cast)}`,
          ).toBe(true)
        } catch (error) {
          if (!(error instanceof SqlRuntimeError)) throw error
        }
      }
    }
  }
})
