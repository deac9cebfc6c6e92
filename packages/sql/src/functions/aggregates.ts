/**
 * Aggregates and analytic functions of spec 2.12, defined over the plain list of rows of a group or frame in processing
 * order, the current row last. This is the definition; the engine keeps running states that must answer alike.
 *
 * NULLs are skipped except by FIRST_VALUE, LAST_VALUE, NTH_VALUE and LAG, which respect them unless told otherwise. Sums
 * are exact; that of floating values is rounded once, so that it depends neither on their order nor on what has left a frame.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { booleanOf, countOf, doubleOf, numberOf, unscaledOf } from './argument-values.ts'
import { compareValues } from './comparison.ts'
import { ExactFloatSum } from './exact-float-sum.ts'
import { divideRounded, exactResult, floatResult } from './numbers.ts'
import { type ArgumentType, type InferredType, SqlRuntimeError } from './scalar-function.ts'
import {
  bigintType,
  booleanType,
  commonType,
  countProblem,
  decimalDigitsMax,
  doubleType,
  integerType,
  isApproximate,
  isIntegerKind,
  isNumeric,
  typeText,
} from './types.ts'

export interface AggregateFunction {
  readonly name: string
  readonly forms: readonly string[]
  /** Where the function may stand (spec 2.12): in GROUP BY, in OVER. */
  readonly inGroup: boolean
  readonly inOver: boolean
  /** Whether it takes IGNORE NULLS. */
  readonly takesIgnoreNulls: boolean
  /** The result type, or a message in words. A frame always holds its current row and a group at least one row. */
  infer(args: readonly ArgumentType[]): InferredType | string
  /** `rows` holds the argument values of each row. */
  evaluate(rows: readonly (readonly SqlValue[])[], context: AggregateContext): SqlValue
}

export interface AggregateContext {
  readonly type: SqlType
  readonly argTypes: readonly SqlType[]
  readonly distinct: boolean
  readonly ignoreNulls: boolean
  /** IANA name of the session zone; UTC if absent. */
  readonly zone?: string
}

type Rows = readonly (readonly SqlValue[])[]

const aggregates: readonly AggregateFunction[] = [
  {
    name: 'COUNT',
    forms: ['COUNT(*)', 'COUNT(value)'],
    inGroup: true,
    inOver: true,
    takesIgnoreNulls: false,
    infer: (args) => countProblem('COUNT', args, 0, 1) ?? { type: bigintType, nullable: false },
    evaluate: (rows, context) =>
      BigInt(context.argTypes.length === 0 ? rows.length : values(rows, context).length),
  },
  numericAggregate('SUM', sumType, (found, { type, argTypes }) => {
    if (isApproximate(type)) return floatResult(floatSum(found, argTypes[0]!), type)
    return exactResult(exactSum(found), type)
  }),
  // An integer average is an integer with its fraction dropped (spec 1.3); a DECIMAL one is rounded at its own scale.
  numericAggregate(
    'AVG',
    (type) => type,
    (found, { type, argTypes }) => {
      if (isApproximate(type)) return floatResult(floatSum(found, argTypes[0]!) / found.length, type)
      const [sum, count] = [exactSum(found), BigInt(found.length)]
      return exactResult(isIntegerKind(type.kind) ? sum / count : divideRounded(sum, count), type)
    },
  ),
  extreme('MIN', -1),
  extreme('MAX', 1),
  positional(
    'FIRST_VALUE',
    1,
    ['FIRST_VALUE(value) [IGNORE NULLS | RESPECT NULLS]'],
    (rows) => rows[0]?.[0] ?? null,
  ),
  positional(
    'LAST_VALUE',
    1,
    ['LAST_VALUE(value) [IGNORE NULLS | RESPECT NULLS]'],
    (rows) => rows.at(-1)?.[0] ?? null,
  ),
  positional('NTH_VALUE', 2, ['NTH_VALUE(value, n) [IGNORE NULLS | RESPECT NULLS]'], (rows, all) => {
    const n = countOf(all.at(-1)?.[1] ?? 1)
    if (n < 1) throw new SqlRuntimeError('ValueOutOfRange', `NTH_VALUE counts from 1, not ${n}`)
    return rows[n - 1]?.[0] ?? null
  }),
  {
    name: 'LAG',
    forms: ['LAG(value [, n [, default]]) [IGNORE NULLS | RESPECT NULLS] OVER (...)'],
    inGroup: false,
    inOver: true,
    takesIgnoreNulls: true,
    infer: inferLag,
    evaluate: (rows, { ignoreNulls }) => {
      const current = rows.at(-1)!
      const n = current[1] === undefined ? 1 : current[1] === null ? null : countOf(current[1])
      if (n === null) return null
      if (n < 0) throw new SqlRuntimeError('ValueOutOfRange', `LAG looks back by 0 or more rows, not ${n}`)
      if (n === 0) return current[0]!
      const before = rows.slice(0, -1).filter((row) => !ignoreNulls || row[0] !== null)
      const found = before[before.length - n]
      // The default stands only for a row outside the window, not for a NULL inside it.
      return found === undefined ? (current[2] ?? null) : found[0]!
    },
  },
  {
    name: 'EXP_AVG',
    forms: ["EXP_AVG(number, INTERVAL 'half-life' unit) OVER (...)"],
    inGroup: false,
    inOver: true,
    takesIgnoreNulls: false,
    infer: inferExpAvg,
    evaluate: (rows, { argTypes, type }) => {
      const now = numberOrZero(rows.at(-1)?.[2])
      let [sum, weights] = [0, 0]
      for (const [value, halfLife, rowtime] of rows) {
        if (value === null || value === undefined) continue
        const h = numberOrZero(halfLife)
        if (h <= 0) throw new SqlRuntimeError('ValueOutOfRange', 'the half-life of EXP_AVG is more than 0')
        // Ages count in whole half-lives (spec 2.12).
        const weight = 0.5 ** Math.floor((now - numberOrZero(rowtime)) / h)
        sum += weight * doubleOf(value, argTypes[0]!)
        weights += weight
      }
      return weights === 0 ? null : floatResult(sum / weights, type)
    },
  },
  spread('STDDEV_POP', 0, Math.sqrt),
  spread('STDDEV_SAMP', 1, Math.sqrt),
  spread('VAR_POP', 0, (variance) => variance),
  spread('VAR_SAMP', 1, (variance) => variance),
  logical('ANY', (found) => found.includes(true)),
  logical('EVERY', (found) => !found.includes(false)),
]

const byName = new Map(aggregates.map((aggregate) => [aggregate.name, aggregate]))

/** The aggregate of a name in upper case, or undefined. */
export function lookupAggregate(name: string): AggregateFunction | undefined {
  return byName.get(name)
}

export function aggregateNames(): readonly string[] {
  return [...byName.keys()]
}

/** The non-null values of the first argument, each once if DISTINCT. */
function values(rows: Rows, { argTypes, distinct }: AggregateContext): readonly SqlValue[] {
  const type = argTypes[0]!
  const found: SqlValue[] = []
  for (const [value] of rows) {
    if (value === null || value === undefined) continue
    if (distinct && found.some((other) => compareValues(other, type, value, type) === 0)) continue
    found.push(value)
  }
  return found
}

function exactSum(found: readonly SqlValue[]): bigint {
  return found.reduce<bigint>((sum, value) => sum + unscaledOf(value), 0n)
}

function floatSum(found: readonly SqlValue[], type: SqlType): number {
  const sum = new ExactFloatSum()
  for (const value of found) sum.add(doubleOf(value, type))
  return sum.value
}

/** SUM widens: integers to BIGINT, DECIMAL to all digits, REAL to DOUBLE. */
function sumType(type: SqlType): SqlType {
  if (isIntegerKind(type.kind)) return bigintType
  if (type.kind === 'DECIMAL') return { kind: 'DECIMAL', precision: decimalDigitsMax, scale: type.scale }
  return doubleType
}

function numericAggregate(
  name: string,
  resultType: (type: SqlType) => SqlType,
  compute: (found: readonly SqlValue[], context: AggregateContext) => SqlValue,
): AggregateFunction {
  return {
    name,
    forms: [`${name}(number)`],
    inGroup: true,
    inOver: true,
    takesIgnoreNulls: false,
    infer: (args) => inferNumber(name, args, resultType),
    evaluate: (rows, context) => {
      const found = values(rows, context)
      return found.length === 0 ? null : compute(found, context)
    },
  }
}

function inferNumber(
  name: string,
  args: readonly ArgumentType[],
  resultType: (type: SqlType) => SqlType,
): InferredType | string {
  const problem = countProblem(name, args, 1)
  if (problem !== undefined) return problem
  const { type, nullable } = args[0]!
  if (type.kind === 'NULL') return { type: resultType(integerType), nullable: true, args: [integerType] }
  if (!isNumeric(type)) return `${name} takes a number, not ${typeText(type)}`
  return { type: resultType(type), nullable }
}

function extreme(name: string, direction: 1 | -1): AggregateFunction {
  return {
    name,
    forms: [`${name}(value)`],
    inGroup: true,
    inOver: true,
    takesIgnoreNulls: false,
    infer: (args) => countProblem(name, args, 1) ?? { type: args[0]!.type, nullable: args[0]!.nullable },
    evaluate: (rows, context) => {
      const type = context.argTypes[0]!
      let best: SqlValue = null
      for (const value of values(rows, context)) {
        // Of equal values the first stays, which tells CHAR texts of unlike padding apart.
        if (best === null || compareValues(value, type, best, type) * direction > 0) best = value
      }
      return best
    },
  }
}

function positional(
  name: string,
  argCount: number,
  forms: readonly string[],
  pick: (rows: Rows, all: Rows) => SqlValue,
): AggregateFunction {
  return {
    name,
    forms,
    inGroup: true,
    inOver: true,
    takesIgnoreNulls: true,
    infer: (args) => {
      const problem = countProblem(name, args, argCount)
      if (problem !== undefined) return problem
      const position = args[1]
      if (position !== undefined && !isIntegerKind(position.type.kind)) {
        return `the position of ${name} is an integer, not ${typeText(position.type)}`
      }
      return { type: args[0]!.type, nullable: name === 'NTH_VALUE' || args[0]!.nullable }
    },
    evaluate: (rows, { ignoreNulls }) =>
      pick(ignoreNulls ? rows.filter((row) => row[0] !== null) : rows, rows),
  }
}

function inferLag(args: readonly ArgumentType[]): InferredType | string {
  const problem = countProblem('LAG', args, 1, 3)
  if (problem !== undefined) return problem
  const [value, offset, otherwise] = args
  if (offset !== undefined && !isIntegerKind(offset.type.kind)) {
    return `the distance of LAG is an integer, not ${typeText(offset.type)}`
  }
  if (otherwise === undefined) return { type: value!.type, nullable: true }
  const type = commonType(value!, otherwise)
  if (type === undefined)
    return `LAG of ${typeText(value!.type)} has a default of ${typeText(otherwise.type)}`
  return { type, nullable: true, args: [type, offset!.type, type] }
}

function numberOrZero(value: SqlValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

/** The binder adds the row time as third argument, by which rows age. */
function inferExpAvg(args: readonly ArgumentType[]): InferredType | string {
  const problem = countProblem('EXP_AVG', args, 2, 3)
  if (problem !== undefined) return problem
  const typed = inferNumber('EXP_AVG', args.slice(0, 1), () => doubleType)
  if (typeof typed === 'string') return typed
  const halfLife = args[1]!
  if (halfLife.type.kind !== 'INTERVAL_DAY')
    return `the half-life of EXP_AVG is an interval of days or less, not ${typeText(halfLife.type)}`
  const { args: wanted, ...result } = typed
  const rest = args.slice(1).map(({ type }) => type)
  return wanted === undefined ? result : { ...result, args: [...wanted, ...rest] }
}

/** Variance by two passes over doubles; `sample` is 1 for the SAMP forms, which need two values. */
function spread(name: string, sample: 0 | 1, finish: (variance: number) => number): AggregateFunction {
  return {
    name,
    forms: [`${name}(number)`],
    inGroup: true,
    inOver: true,
    takesIgnoreNulls: false,
    infer: (args) => {
      const typed = inferNumber(name, args, () => doubleType)
      return typeof typed === 'string' || sample === 0 ? typed : { ...typed, nullable: true }
    },
    evaluate: (rows, context) => {
      const found = values(rows, context).map((value) => doubleOf(value, context.argTypes[0]!))
      if (found.length <= sample) return null
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length
      const squares = found.reduce((sum, value) => sum + (value - mean) ** 2, 0)
      return floatResult(numberOf(finish(squares / (found.length - sample))), context.type)
    },
  }
}

function logical(name: string, decide: (found: readonly boolean[]) => boolean): AggregateFunction {
  return {
    name,
    forms: [`${name}(boolean)`],
    inGroup: true,
    inOver: false,
    takesIgnoreNulls: false,
    infer: (args) => {
      const problem = countProblem(name, args, 1)
      if (problem !== undefined) return problem
      const { type, nullable } = args[0]!
      if (type.kind !== 'BOOLEAN') return `${name} takes a BOOLEAN, not ${typeText(type)}`
      return { type: booleanType, nullable }
    },
    evaluate: (rows, context) => {
      const found = values(rows, context).map(booleanOf)
      return found.length === 0 ? null : decide(found)
    },
  }
}
