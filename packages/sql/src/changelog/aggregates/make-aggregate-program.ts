/**
 * The aggregate calls of a node as one generated program (aggregate-code.ts). Calls that compute the same thing share it: AVG
 * and SUM of one argument their sum, all of one FILTER their count, DISTINCT calls of one argument their set of values.
 */
import { nullKeyMessage } from '../../functions/flink-aggregates.ts'
import { SqlRuntimeError } from '../../functions/scalar-function.ts'
import type { Expr } from '../../plan.ts'
import type { ExpressionContext } from '../expression/compile-expression.ts'
import type { AggregateCall } from '../plan.ts'
import { valueKey } from '../value.ts'
import { AggregateCode, type AggregateScope } from './aggregate-code.ts'
import type { AggregateOptions, AggregateProgram } from './aggregate-program.ts'
import { writeCollect } from './collect.ts'
import { keyFunction, setsName } from './distinct-code.ts'
import { writeExtreme } from './extremes.ts'
import { writeHost } from './host.ts'
import { writeArray, writeEnd, writeJsonArray, writeJsonObject, writeListText } from './ordered.ts'
import { countSlot, writeAverage, writeSpread, writeSum } from './sums.ts'

export function makeAggregateProgram(
  options: AggregateOptions,
  context: ExpressionContext,
): AggregateProgram {
  const { retracts, reserved = 0, arrival, keys = [], sets } = options
  const code = new AggregateCode(
    { retracts, reserved, ordered: arrival !== undefined, beside: sets !== undefined },
    context,
  )
  for (const call of options.calls) code.result(writeCall(code, call, context))
  const wantsArrival = arrival !== undefined && options.calls.some(dependsOnArrival)
  const { text, constants } = code.source(wantsArrival ? code.constant(arrival) : undefined, keys)
  const make = new Function('k', keyFunction, setsName, text)
  return make(constants, valueKey, sets) as AggregateProgram // AggregateCode.source writes its members.
}

const arrivalKinds = ['FIRST_VALUE', 'LAST_VALUE', 'LISTAGG', 'ARRAY_AGG', 'JSON_ARRAYAGG', 'JSON_OBJECTAGG']

/** Whether the answer depends on the order in which rows came. */
export function dependsOnArrival(call: AggregateCall): boolean {
  return arrivalKinds.includes(call.fn.replace(' ABSENT', ''))
}

/** Whether a call keeps a set of values: DISTINCT, and MIN and MAX where rows can go. */
export function keepsSet(call: AggregateCall, retracts: boolean): boolean {
  if (call.fn === 'MIN' || call.fn === 'MAX') return retracts
  return call.distinct || call.fn === 'APPROX_COUNT_DISTINCT'
}

function writeCall(code: AggregateCode, call: AggregateCall, context: ExpressionContext): string {
  const { fn, args, type } = call
  const argType = args[0]?.type
  const distinct = (skipNulls = true) => scopeOf(code, call, args.slice(0, 1), call.distinct, skipNulls)
  const plain = (skipNulls = true) => scopeOf(code, call, args, false, skipNulls)
  const host = context.functions.get(fn)
  if (host !== undefined) {
    if (host.kind !== 'aggregate') throw new Error(`${fn} is no aggregate function`)
    const scope = scopeOf(code, call, args, call.distinct, false)
    return writeHost(code, scope, host, { args: args.map((arg) => arg.type), result: host.returns })
  }
  switch (fn) {
    case 'COUNT': {
      // A literal that is not NULL counts as every row does.
      const counted = args.filter((arg) => arg.kind !== 'literal' || arg.value === null || call.distinct)
      return `a[${countSlot(code, scopeOf(code, call, counted, call.distinct && counted.length > 0, true))}]`
    }
    case 'APPROX_COUNT_DISTINCT':
      return `a[${countSlot(code, scopeOf(code, call, args, true, true))}]`
    case 'SUM':
      return writeSum(code, distinct(), type, mustType(argType, fn))
    case 'AVG':
      return writeAverage(code, distinct(), type, mustType(argType, fn))
    case 'MIN':
    case 'MAX':
      return writeExtreme(code, plain(), mustType(argType, fn), fn)
    case 'STDDEV_POP':
    case 'STDDEV_SAMP':
    case 'VAR_POP':
    case 'VAR_SAMP':
      return writeSpread(code, distinct(), mustType(argType, fn), {
        sample: fn.endsWith('_SAMP'),
        root: fn.startsWith('STDDEV'),
      })
    case 'FIRST_VALUE':
      return writeEnd(code, plain(), 'first')
    case 'LAST_VALUE':
      return writeEnd(code, plain(), 'last')
    case 'LISTAGG': {
      const separator = args[1]
      if (separator !== undefined && separator.kind !== 'literal')
        throw new Error('the separator of LISTAGG is a literal')
      return writeListText(code, distinct(), separator?.value ?? ',')
    }
    case 'COLLECT':
      return writeCollect(code, distinct(), mustType(argType, fn))
    case 'ARRAY_AGG':
      return writeArray(code, distinct(false))
    case 'JSON_ARRAYAGG':
    case 'JSON_ARRAYAGG ABSENT':
      return writeJsonArray(code, distinct(fn.endsWith(' ABSENT')), {
        type: mustType(argType, fn),
        zone: context.zone,
      })
    case 'JSON_OBJECTAGG':
    case 'JSON_OBJECTAGG ABSENT':
      code.refuseNull(mustType(args[0], fn), call.filter, failNullKey)
      return writeJsonObject(code, scopeOf(code, call, args, call.distinct, false), {
        value: mustType(args[1]?.type, fn),
        absentNulls: fn.endsWith(' ABSENT'),
        zone: context.zone,
      })
    default:
      throw new Error(`no aggregate function ${fn}`)
  }
}

function failNullKey(): never {
  throw new SqlRuntimeError('NotNullViolation', nullKeyMessage)
}

function scopeOf(
  code: AggregateCode,
  call: AggregateCall,
  args: readonly Expr[],
  distinct: boolean,
  skipNulls: boolean,
): AggregateScope {
  return code.scope(args, call.filter, { distinct, skipNulls })
}

function mustType<T>(type: T | undefined, fn: string): T {
  if (type === undefined) throw new Error(`${fn} has no argument`)
  return type
}
