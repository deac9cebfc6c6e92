/**
 * Temporal forms of + - * /: datetime +- interval, interval +- interval, interval times or divided by a number
 * (spec 2.14). A DATE moved by a day-time interval stays a DATE (part days are dropped), a TIME wraps at midnight, a month
 * that is too short cuts the day. A bare datetime - datetime is refused with the form that is allowed.
 */
import type { SqlValue } from '../plan.ts'
import { doubleOf, numberOf, unscaledOf } from './argument-values.ts'
import {
  addMonthsToDays,
  checkDate,
  checkTimestamp,
  dateOfTimestamp,
  dayMs,
  timeOfTimestamp,
} from './civil-time.ts'
import { powerOfTen } from './numbers.ts'
import {
  type ArgumentType,
  type EvaluateContext,
  type InferredType,
  SqlRuntimeError,
} from './scalar-function.ts'
import { familyOf, isApproximate, isNumeric, resultOf, scaleOf, type TypeFamily, typeText } from './types.ts'

type Sign = '+' | '-' | '*' | '/'

/** The typing of a temporal form; undefined when no argument is temporal. */
export function inferTemporal(sign: Sign, args: readonly ArgumentType[]): InferredType | string | undefined {
  const a = args[0]!
  const b = args[1]!
  const left = familyOf(a.type)
  const right = familyOf(b.type)
  const leftTemporal = isDatetime(left) || isInterval(left)
  const rightTemporal = isDatetime(right) || isInterval(right)
  if (!leftTemporal && !rightTemporal) return undefined

  if (sign === '+' || sign === '-') {
    if (isDatetime(left) && isInterval(right)) return moved(a, b, args)
    if (sign === '+' && isInterval(left) && isDatetime(right)) return moved(b, a, args)
    if (isInterval(left) && left === right) return resultOf(a.type, args)
    if (left === 'null' && isInterval(right)) return resultOf(b.type, args, [b.type, b.type])
    if (right === 'null' && isInterval(left)) return resultOf(a.type, args, [a.type, a.type])
    if (sign === '-' && isDatetime(left) && isDatetime(right)) {
      return `${typeText(a.type)} - ${typeText(b.type)} needs a unit: write (a - b) SECOND, (a - b) DAY TO SECOND, or TSDIFF(b, a) for ms`
    }
  }
  if ((sign === '*' || sign === '/') && isInterval(left) && (isNumeric(b.type) || right === 'null')) {
    return resultOf(a.type, args)
  }
  if (sign === '*' && isInterval(right) && (isNumeric(a.type) || left === 'null'))
    return resultOf(b.type, args)
  return `no operation ${typeText(a.type)} ${sign} ${typeText(b.type)}; allowed: datetime + or - interval, interval + or - interval of the same class, interval * or / number`
}

function moved(
  datetime: ArgumentType,
  interval: ArgumentType,
  args: readonly ArgumentType[],
): InferredType | string {
  if (datetime.type.kind === 'TIME' && interval.type.kind === 'INTERVAL_MONTH') {
    return 'a TIME cannot be moved by months or years'
  }
  return resultOf(datetime.type, args)
}

export function evaluateTemporal(
  sign: Sign,
  a: SqlValue | undefined,
  b: SqlValue | undefined,
  context: EvaluateContext,
): SqlValue {
  const [leftType, rightType] = [context.argTypes[0]!, context.argTypes[1]!]
  const left = familyOf(leftType)
  const right = familyOf(rightType)
  if (sign === '+' || sign === '-') {
    if (isDatetime(left)) return move(left, numberOf(a), right, sign === '+' ? numberOf(b) : -numberOf(b))
    if (isDatetime(right)) return move(right, numberOf(b), left, numberOf(a))
    return checkInterval(sign === '+' ? numberOf(a) + numberOf(b) : numberOf(a) - numberOf(b))
  }
  return isInterval(left) ? scaleInterval(sign, a, b, context, 1) : scaleInterval(sign, b, a, context, 0)
}

function move(family: TypeFamily, value: number, intervalFamily: TypeFamily, amount: number): number {
  if (family === 'time') return (((value + amount) % dayMs) + dayMs) % dayMs
  if (intervalFamily === 'interval-month') {
    if (family === 'date') return checkDate(addMonthsToDays(value, amount))
    return checkTimestamp(addMonthsToDays(dateOfTimestamp(value), amount) * dayMs + timeOfTimestamp(value))
  }
  if (family === 'date') return checkDate(Math.floor((value * dayMs + amount) / dayMs))
  return checkTimestamp(value + amount)
}

/** Interval times or divided by a number, fractions of the interval's unit (ms or months) dropped toward zero. */
function scaleInterval(
  sign: '*' | '/',
  interval: SqlValue | undefined,
  factor: SqlValue | undefined,
  context: EvaluateContext,
  factorIndex: 0 | 1,
): number {
  const factorType = context.argTypes[factorIndex]!
  const amount = numberOf(interval)
  if (isApproximate(factorType)) {
    const by = doubleOf(factor, factorType)
    if (sign === '/' && by === 0) throw new SqlRuntimeError('DivideByZero', 'division of an interval by zero')
    return checkInterval(Math.trunc(sign === '*' ? amount * by : amount / by))
  }
  const by = unscaledOf(factor)
  if (sign === '/' && by === 0n) throw new SqlRuntimeError('DivideByZero', 'division of an interval by zero')
  const one = powerOfTen(scaleOf(factorType))
  return checkInterval(Number(sign === '*' ? (BigInt(amount) * by) / one : (BigInt(amount) * one) / by))
}

function checkInterval(value: number): number {
  if (!Number.isSafeInteger(value))
    throw new SqlRuntimeError('ValueOutOfRange', `interval of ${value} units is too long`)
  return value + 0
}

function isDatetime(family: TypeFamily): boolean {
  return family === 'date' || family === 'time' || family === 'timestamp'
}

function isInterval(family: TypeFamily): boolean {
  return family === 'interval-day' || family === 'interval-month'
}
