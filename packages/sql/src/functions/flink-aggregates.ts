/**
 * Aggregates of the Flink dialect (spec 3.10, 3.11): how the binder types them, and what they mean over the plain list of a
 * group's rows in order of arrival. This is the definition; changelog/aggregates keeps running states that answer alike.
 *
 * NULL arguments are skipped except by ARRAY_AGG and the JSON aggregates without ABSENT. Exact sums of integers wrap in
 * their type, those of DECIMAL that pass 38 digits are NULL, those of floating numbers are rounded once. AVG of integers
 * drops the fraction of a BIGINT sum over the count. The spread functions compute in DOUBLE whatever their argument.
 * FILTER is not seen here: rows that it turns away are not in the list. BIGINT and DECIMAL may be number or bigint.
 */
import { type SqlType, formatFlinkType as typeText } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import type { AggregateContext, AggregateFunction } from './aggregates.ts'
import { ExactFloatSum } from './exact-float-sum.ts'
import { quoted, valueJson } from './flink/json-value.ts'
import { decimalToNumber, divideRounded, powerOfTen } from './numbers.ts'
import { type ArgumentType, type InferredType, SqlRuntimeError } from './scalar-function.ts'
import {
  bigintType,
  commonType,
  countProblem,
  doubleType,
  familyOf,
  isApproximate,
  isIntegerKind,
  isNumeric,
  isText,
  scaleOf,
} from './types.ts'

/** DECIMAL digits of this dialect. */
const digitsMax = 38
const stringType: SqlType = { kind: 'VARCHAR', length: 2147483647 }
/** Text that is JSON by itself, which other JSON constructors take in as it is. */
const jsonType: SqlType = { ...stringType, json: true }

type Rows = readonly (readonly SqlValue[])[]

const definitions: readonly AggregateFunction[] = [
  aggregate('COUNT', ['COUNT(*)', 'COUNT([DISTINCT] value, ...)'], {
    infer: () => ({ type: bigintType, nullable: false }),
    evaluate: (rows, context) => distinctRows(withoutNulls(rows), context).length,
  }),
  distinctCount('APPROX_COUNT_DISTINCT'),
  numeric('SUM', sumType, (found, type, { type: argType }) =>
    isApproximate(type) ? floatOf(floatSum(found, argType), type) : exactSum(found, type),
  ),
  numeric('AVG', averageType, (found, type, { type: argType }) => {
    if (isApproximate(type)) return floatOf(floatSum(found, argType) / found.length, type)
    return exactAverage(unscaledSum(found), found.length, argType, type)
  }),
  extreme('MIN', -1),
  extreme('MAX', 1),
  spread('STDDEV_POP', 0, Math.sqrt),
  spread('STDDEV_SAMP', 1, Math.sqrt),
  spread('VAR_POP', 0, (variance) => variance),
  spread('VAR_SAMP', 1, (variance) => variance),
  aggregate('FIRST_VALUE', ['FIRST_VALUE(value)'], {
    infer: ([value]) => ({ type: value!.type, nullable: value!.nullable }),
    evaluate: (rows) => withoutNulls(rows)[0]?.[0] ?? null,
  }),
  aggregate('LAST_VALUE', ['LAST_VALUE(value)'], {
    infer: ([value]) => ({ type: value!.type, nullable: value!.nullable }),
    evaluate: (rows) => withoutNulls(rows).at(-1)?.[0] ?? null,
  }),
  aggregate('LISTAGG', ['LISTAGG([DISTINCT] text [, separator])'], {
    args: [1, 2],
    infer: ([text, separator]) => {
      if (!isText(text!.type)) return `LISTAGG takes a text, not ${typeText(text!.type)}`
      if (separator !== undefined && typeof separator.literal !== 'string')
        return 'the separator of LISTAGG is a text literal'
      return { type: stringType, nullable: text!.nullable }
    },
    evaluate: (rows, context) => {
      const found = distinctRows(withoutNulls(rows), context)
      // The separator is a literal, so it is the same in every row.
      return found.length === 0 ? null : found.map(([text]) => String(text)).join(String(found[0]![1] ?? ','))
    },
  }),
  aggregate('COLLECT', ['COLLECT([DISTINCT] value)'], {
    infer: ([value]) => ({ type: { kind: 'MULTISET', element: value!.type }, nullable: false }),
    evaluate: (rows, context) => {
      const counts = new Map<string, { value: SqlValue; count: number }>()
      for (const [value] of distinctRows(withoutNulls(rows), context)) {
        const entry = counts.get(identity(value!))
        if (entry === undefined) counts.set(identity(value!), { value: value!, count: 1 })
        else entry.count++
      }
      return new Map([...counts.values()].map(({ value, count }) => [value, count]))
    },
  }),
  aggregate('ARRAY_AGG', ['ARRAY_AGG([DISTINCT] value)'], {
    infer: ([value]) => ({ type: { kind: 'ARRAY', element: value!.type }, nullable: true }),
    evaluate: (rows, context) => {
      const found = distinctRows(rows, context)
      return found.length === 0 ? null : found.map(([value]) => value!)
    },
  }),
  jsonObject('JSON_OBJECTAGG', true),
  jsonObject('JSON_OBJECTAGG ABSENT', false),
  jsonArray('JSON_ARRAYAGG', true),
  jsonArray('JSON_ARRAYAGG ABSENT', false),
  {
    ...aggregate('LAG', ['LAG(value [, n [, default]]) OVER (...)'], {
      args: [1, 3],
      infer: inferLag,
      evaluate: (rows) => {
        const current = rows.at(-1)!
        const found = rows[rows.length - 1 - Number(current[1] ?? 1)]
        return found === undefined ? (current[2] ?? null) : found[0]!
      },
    }),
    inGroup: false,
  },
  {
    ...aggregate('ROW_NUMBER', ['ROW_NUMBER() OVER (...)'], {
      args: [0, 0],
      infer: () => ({ type: bigintType, nullable: false }),
      evaluate: (rows) => rows.length,
    }),
    inGroup: false,
  },
]

const aliases: Readonly<Record<string, string>> = { STDDEV: 'STDDEV_SAMP', VARIANCE: 'VAR_SAMP' }
const byName = new Map(definitions.map((each) => [each.name, each]))

/**
 * The aggregate of a name in upper case, or undefined; use the `name` of what comes back. Nullability is that of a group
 * with at least one row: with FILTER, or without keys, only COUNT, COLLECT and the JSON aggregates are never NULL.
 */
export function lookupFlinkAggregate(name: string): AggregateFunction | undefined {
  return byName.get(Object.hasOwn(aliases, name) ? aliases[name]! : name)
}

export function flinkAggregateNames(): readonly string[] {
  return [...byName.keys(), ...Object.keys(aliases)].filter((name) => !name.endsWith(' ABSENT'))
}

interface Definition {
  /** Least and greatest number of arguments; one if absent, any number for COUNT. */
  readonly args?: readonly [number, number]
  infer(args: readonly ArgumentType[]): InferredType | string
  evaluate(rows: Rows, context: AggregateContext): SqlValue
}

function aggregate(name: string, forms: readonly string[], definition: Definition): AggregateFunction {
  const [least, most] = definition.args ?? (name === 'COUNT' ? [0, Number.POSITIVE_INFINITY] : [1, 1])
  return {
    name,
    forms,
    inGroup: true,
    inOver: true,
    takesIgnoreNulls: false,
    infer: (args) => countProblem(name, args, least, most) ?? definition.infer(args),
    evaluate: definition.evaluate,
  }
}

function distinctCount(name: string): AggregateFunction {
  return aggregate(name, [`${name}(value)`], {
    infer: () => ({ type: bigintType, nullable: false }),
    evaluate: (rows, context) => distinctRows(withoutNulls(rows), { ...context, distinct: true }).length,
  })
}

function withoutNulls(rows: Rows): Rows {
  return rows.filter((row) => !row.includes(null))
}

/** The first row of each combination of arguments, if DISTINCT. */
function distinctRows(rows: Rows, context: AggregateContext): Rows {
  if (!context.distinct) return rows
  const seen = new Set<string>()
  return rows.filter((row) => {
    const key = row.map(identity).join(' ')
    return !seen.has(key) && seen.add(key) !== undefined
  })
}

/** A text that tells values of one type apart. */
function identity(value: SqlValue): string {
  if (value === null || typeof value !== 'object') return `${typeof value === 'string' ? 's' : ''}${value}|`
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}|`
  if (value instanceof Map)
    return `m${[...value]
      .map(([key, element]) => identity(key) + identity(element))
      .sort()
      .join('')}|`
  const elements = value as readonly SqlValue[] // Neither bytes nor Map: an array.
  return `a${elements.map((element) => `${identity(element).length}:${identity(element)}`).join('')}|`
}

function numeric(
  name: string,
  resultType: (type: SqlType) => SqlType,
  compute: (found: readonly SqlValue[], type: SqlType, arg: { readonly type: SqlType }) => SqlValue,
): AggregateFunction {
  return aggregate(name, [`${name}([DISTINCT] number)`], {
    infer: ([value]) => inferNumber(name, value!, resultType),
    evaluate: (rows, context) => {
      const found = distinctRows(withoutNulls(rows), context).map(([value]) => value!)
      return found.length === 0 ? null : compute(found, context.type, { type: context.argTypes[0]! })
    },
  })
}

function inferNumber(
  name: string,
  { type, nullable }: ArgumentType,
  resultType: (type: SqlType) => SqlType,
): InferredType | string {
  if (type.kind === 'NULL')
    return { type: resultType({ kind: 'INTEGER' }), nullable: true, args: [{ kind: 'INTEGER' }] }
  return isNumeric(type)
    ? { type: resultType(type), nullable }
    : `${name} takes a number, not ${typeText(type)}`
}

function sumType(type: SqlType): SqlType {
  return type.kind === 'DECIMAL' ? { kind: 'DECIMAL', precision: digitsMax, scale: type.scale } : type
}

function averageType(type: SqlType): SqlType {
  return type.kind === 'DECIMAL'
    ? { kind: 'DECIMAL', precision: digitsMax, scale: Math.max(6, type.scale) }
    : type
}

function unscaledSum(found: readonly SqlValue[]): bigint {
  return found.reduce<bigint>((sum, value) => sum + BigInt(value as number | bigint), 0n) // Exact numbers by their type.
}

const integerBits = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 } as const

function exactSum(found: readonly SqlValue[], type: SqlType): SqlValue {
  const sum = unscaledSum(found)
  if (!isIntegerKind(type.kind)) return withinDigits(sum)
  return fitted(BigInt.asIntN(integerBits[type.kind], sum), type)
}

function exactAverage(sum: bigint, count: number, argType: SqlType, type: SqlType): SqlValue {
  if (isIntegerKind(type.kind)) return fitted(BigInt.asIntN(64, sum) / BigInt(count), type)
  return withinDigits(divideRounded(sum * powerOfTen(scaleOf(type) - scaleOf(argType)), BigInt(count)))
}

function fitted(value: bigint, type: SqlType): SqlValue {
  return type.kind === 'BIGINT' ? value : Number(value)
}

function withinDigits(unscaled: bigint): SqlValue {
  const limit = powerOfTen(digitsMax)
  return unscaled >= limit || unscaled <= -limit ? null : unscaled
}

function toDouble(value: SqlValue, type: SqlType): number {
  if (typeof value === 'bigint') return decimalToNumber(value, scaleOf(type))
  if (type.kind === 'DECIMAL') return decimalToNumber(BigInt(value as number), type.scale) // The narrow form.
  return value as number // All other numbers.
}

function floatSum(found: readonly SqlValue[], type: SqlType): number {
  const doubles = found.map((value) => toDouble(value, type))
  // Infinities and NaN have no exact sum; the plain one says what they come to in any order.
  if (!doubles.every(Number.isFinite)) return doubles.reduce((sum, value) => sum + value, 0)
  const sum = new ExactFloatSum()
  for (const value of doubles) sum.add(value)
  return sum.value
}

function floatOf(value: number, type: SqlType): number {
  return type.kind === 'REAL' ? Math.fround(value) : value
}

function extreme(name: string, direction: 1 | -1): AggregateFunction {
  return aggregate(name, [`${name}(value)`], {
    infer: ([value]) =>
      familyOf(value!.type) === 'nested'
        ? `${name} takes a value with an order, not ${typeText(value!.type)}`
        : { type: value!.type, nullable: value!.nullable },
    evaluate: (rows) => {
      let best: SqlValue = null
      for (const [value] of withoutNulls(rows)) {
        if (best === null || order(value!, best) * direction > 0) best = value!
      }
      return best
    },
  })
}

/** NaN lies above all numbers. */
function order(a: SqlValue, b: SqlValue): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a! < b! ? -1 : a! > b! ? 1 : 0
}

/** Of one value, the sample forms are NULL. */
function spread(name: string, sample: 0 | 1, finish: (variance: number) => number): AggregateFunction {
  return aggregate(name, [`${name}([DISTINCT] number)`], {
    infer: ([value]) => {
      const typed = inferNumber(name, value!, () => doubleType)
      return typeof typed === 'string' || sample === 0 ? typed : { ...typed, nullable: true }
    },
    evaluate: (rows, context) => {
      const found = distinctRows(withoutNulls(rows), context).map(([value]) =>
        toDouble(value!, context.argTypes[0]!),
      )
      if (found.length <= sample) return null
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length
      const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0)
      return finish(squares / (found.length - sample))
    },
  })
}

export const nullKeyMessage =
  'the key of JSON_OBJECTAGG is NULL, but members of an object have names; leave such rows out with FILTER (WHERE key IS NOT NULL)'

function jsonObject(name: string, withNulls: boolean): AggregateFunction {
  return aggregate(name, [`JSON_OBJECTAGG([KEY] key VALUE value [NULL | ABSENT ON NULL])`], {
    args: [2, 2],
    infer: ([key]) =>
      isText(key!.type)
        ? { type: jsonType, nullable: false }
        : `the key of JSON_OBJECTAGG is a text, not ${typeText(key!.type)}`,
    evaluate: (rows, context) => {
      const members = new Map<SqlValue, string>()
      for (const [key, value] of distinctRows(rows, context)) {
        if (key === null) throw new SqlRuntimeError('NotNullViolation', nullKeyMessage)
        if (withNulls || value !== null)
          members.set(key!, valueJson(value!, context.argTypes[1]!, context.zone ?? 'UTC'))
      }
      return `{${[...members].map(([key, text]) => `${quoted(String(key))}:${text}`).join(',')}}`
    },
  })
}

function jsonArray(name: string, withNulls: boolean): AggregateFunction {
  return aggregate(name, [`JSON_ARRAYAGG(value [NULL | ABSENT ON NULL])`], {
    infer: () => ({ type: jsonType, nullable: false }),
    evaluate: (rows, context) =>
      `[${distinctRows(withNulls ? rows : withoutNulls(rows), context)
        .map(([value]) => valueJson(value!, context.argTypes[0]!, context.zone ?? 'UTC'))
        .join(',')}]`,
  })
}

function inferLag(args: readonly ArgumentType[]): InferredType | string {
  const [value, distance, otherwise] = args
  const { literal } = distance ?? { literal: 1 }
  if ((typeof literal !== 'number' && typeof literal !== 'bigint') || literal < 0 || literal > 100_000)
    return 'the distance of LAG is an integer literal from 0 to 100000'
  if (otherwise === undefined) return { type: value!.type, nullable: true }
  const type = commonType(value!, otherwise)
  if (type === undefined)
    return `LAG of ${typeText(value!.type)} has a default of ${typeText(otherwise.type)}`
  return { type, nullable: value!.nullable || otherwise.nullable, args: [type, distance!.type, type] }
}
