/**
 * COUNT, SUM, AVG and the spread functions: running sums. Integers wrap in the type of the sum, DECIMAL is exact and NULL
 * beyond 38 digits, floating sums are exact and rounded when read (float-sum.ts). Of no values every sum is NULL.
 */
import type { SqlType } from '@millrace/values'
import { isApproximate, isIntegerKind, scaleOf } from '../../functions/types.ts'
import type { AggregateCode, AggregateScope } from './aggregate-code.ts'
import {
  addExact,
  averageDecimal,
  averageInteger,
  exactToDouble,
  fitDecimal,
  subtractExact,
  wrapBigint,
} from './exact-sum.ts'
import { addFloat, addSquare, floatSum, mergeFloat, retractFloat, variance } from './float-sum.ts'

/** Slot of the number of rows in the scope. */
export function countSlot(code: AggregateCode, scope: AggregateScope): number {
  return scope.shared('count', () => {
    const slot = code.slot('0')
    scope.step(`a[${slot}]++`, `a[${slot}]--`)
    scope.merge(`a[${slot}] += b[${slot}]`)
    return slot
  })
}

export function writeSum(
  code: AggregateCode,
  scope: AggregateScope,
  type: SqlType,
  argType: SqlType,
): string {
  const count = countSlot(code, scope)
  let sum: string
  if (isApproximate(type)) {
    sum = `${code.constant(floatSum)}(a, ${doubleSum(code, scope, argType)})`
    if (type.kind === 'REAL') sum = `Math.fround(${sum})`
  } else if (isIntegerKind(type.kind) && type.kind !== 'BIGINT') {
    sum = `a[${smallSum(code, scope, type.kind)}]`
  } else {
    sum = `a[${exactSum(code, scope, type.kind === 'BIGINT')}]`
    if (type.kind === 'DECIMAL') sum = `${code.constant(fitDecimal)}(${sum})`
  }
  return `a[${count}] === 0 ? null : ${sum}`
}

export function writeAverage(
  code: AggregateCode,
  scope: AggregateScope,
  type: SqlType,
  argType: SqlType,
): string {
  const count = countSlot(code, scope)
  let average: string
  if (isApproximate(type)) {
    average = `${code.constant(floatSum)}(a, ${doubleSum(code, scope, argType)}) / a[${count}]`
    if (type.kind === 'REAL') average = `Math.fround(${average})`
  } else if (type.kind === 'DECIMAL') {
    const slot = exactSum(code, scope, false)
    average = `${code.constant(averageDecimal)}(a[${slot}], a[${count}], ${type.scale - scaleOf(argType)})`
  } else {
    const slot = exactSum(code, scope, true)
    average = `${code.constant(averageInteger)}(a[${slot}], a[${count}])`
  }
  return `a[${count}] === 0 ? null : ${average}`
}

export function writeSpread(
  code: AggregateCode,
  scope: AggregateScope,
  argType: SqlType,
  options: { readonly sample: boolean; readonly root: boolean },
): string {
  const count = countSlot(code, scope)
  const sums = doubleSum(code, scope, argType)
  const squares = scope.shared('squares', () => {
    const slot = floatSlots(code)
    const value = doubleOf(code, scope, argType)
    const square = code.constant(addSquare)
    scope.step(`${square}(a, ${slot}, ${value}, 1)`, `${square}(a, ${slot}, ${value}, -1)`)
    scope.merge(`${code.constant(mergeFloat)}(a, ${slot}, b)`)
    return slot
  })
  const finish = code.constant(options.root ? deviation : variance)
  return `${finish}(a[${count}], a, ${sums}, ${squares}, ${options.sample ? 1 : 0})`
}

function deviation(...args: Parameters<typeof variance>): number | null {
  const value = variance(...args)
  return value === null ? null : Math.sqrt(value)
}

const smallWraps = { TINYINT: '<< 24 >> 24', SMALLINT: '<< 16 >> 16', INTEGER: '| 0' } as const

function smallSum(code: AggregateCode, scope: AggregateScope, kind: keyof typeof smallWraps): number {
  return scope.shared(`sum ${kind}`, () => {
    const slot = code.slot('0')
    const [value, wrap] = [scope.values[0], smallWraps[kind]]
    scope.step(`a[${slot}] = (a[${slot}] + ${value}) ${wrap}`, `a[${slot}] = (a[${slot}] - ${value}) ${wrap}`)
    scope.merge(`a[${slot}] = (a[${slot}] + b[${slot}]) ${wrap}`)
    return slot
  })
}

function exactSum(code: AggregateCode, scope: AggregateScope, wraps: boolean): number {
  return scope.shared(wraps ? 'sum BIGINT' : 'sum DECIMAL', () => {
    const slot = code.slot('0')
    const [add, subtract] = [code.constant(addExact), code.constant(subtractExact)]
    const finish = (sum: string) => `a[${slot}] = ${wraps ? `${code.constant(wrapBigint)}(${sum})` : sum}`
    const value = scope.values[0]
    scope.step(finish(`${add}(a[${slot}], ${value})`), finish(`${subtract}(a[${slot}], ${value})`))
    scope.merge(finish(`${add}(a[${slot}], b[${slot}])`))
    return slot
  })
}

function doubleSum(code: AggregateCode, scope: AggregateScope, argType: SqlType): number {
  return scope.shared('sum DOUBLE', () => {
    const slot = floatSlots(code)
    const value = doubleOf(code, scope, argType)
    scope.step(
      `${code.constant(addFloat)}(a, ${slot}, ${value})`,
      `${code.constant(retractFloat)}(a, ${slot}, ${value})`,
    )
    scope.merge(`${code.constant(mergeFloat)}(a, ${slot}, b)`)
    return slot
  })
}

function floatSlots(code: AggregateCode): number {
  const slot = code.slot('[]')
  code.slot('null')
  return slot
}

function doubleOf(code: AggregateCode, scope: AggregateScope, type: SqlType): string {
  const value = scope.values[0]!
  if (type.kind !== 'BIGINT' && type.kind !== 'DECIMAL') return value
  return `${code.constant(exactToDouble)}(${value}, ${scaleOf(type)})`
}
