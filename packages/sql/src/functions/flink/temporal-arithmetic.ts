/**
 * Datetime +- interval and interval arithmetic of the Flink dialect: the rules of ../temporal-arithmetic.ts, and instants,
 * which move on the UTC axis: a day is 24 hours, a month that of the UTC calendar. A DATE moved by a literal interval that
 * has hours or less becomes a TIMESTAMP; by any other interval it stays a DATE. A bare difference of two times is refused with the form that is allowed.
 */

import type { SqlType } from '@millrace/values'
import { formatFlinkType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { dayMs } from '../civil-time.ts'
import type { ArgumentType, EvaluateContext, InferredType } from '../scalar-function.ts'
import { evaluateTemporal, inferTemporal } from '../temporal-arithmetic.ts'
import { familyOf } from '../types.ts'

type Sign = '+' | '-' | '*' | '/'

const timestampType: SqlType = { kind: 'TIMESTAMP', precision: 3 }

/** Undefined when no argument is temporal. */
export function inferFlinkTemporal(
  sign: Sign,
  args: readonly ArgumentType[],
): InferredType | string | undefined {
  const [a, b] = [familyOf(args[0]!.type), familyOf(args[1]!.type)]
  const isPoint = (family: string) => ['date', 'time', 'timestamp', 'instant'].includes(family)
  if (sign === '-' && isPoint(a) && isPoint(b)) {
    const [x, y] = [formatFlinkType(args[0]!.type), formatFlinkType(args[1]!.type)]
    return `${x} - ${y} needs a unit: write TIMESTAMPDIFF(SECOND, b, a)`
  }
  const typed = inferTemporal(
    sign,
    args.map((argument) => ({ ...argument, type: withoutZone(argument.type) })),
  )
  if (typed === undefined || typeof typed === 'string') return typed
  if (typed.type.kind === 'DATE' && args.some(isPartOfDay)) {
    const types = args.map(({ type }) => (type.kind === 'DATE' ? timestampType : type))
    return { ...typed, type: timestampType, args: types }
  }
  // The result is the datetime's own type, which may be an instant; so are the arguments' types.
  const instant = args.find(({ type }) => type.kind === 'TIMESTAMP_LTZ')?.type
  return {
    ...typed,
    type: instant !== undefined && typed.type.kind === 'TIMESTAMP' ? instant : typed.type,
    ...(typed.args === undefined ? {} : { args: typed.args.map((type, i) => originalOf(type, args[i]!)) }),
  }
}

function isPartOfDay({ type, literal }: ArgumentType): boolean {
  return type.kind === 'INTERVAL_DAY' && typeof literal === 'number' && literal % dayMs !== 0
}

function originalOf(type: SqlType, argument: ArgumentType): SqlType {
  return argument.type.kind === 'TIMESTAMP_LTZ' ? argument.type : type
}

export function evaluateInstant(
  sign: Sign,
  a: SqlValue | undefined,
  b: SqlValue | undefined,
  context: EvaluateContext,
): SqlValue {
  if (!context.argTypes.some(({ kind }) => kind === 'TIMESTAMP_LTZ'))
    return evaluateTemporal(sign, a, b, context)
  return evaluateTemporal(sign, a, b, { ...context, argTypes: context.argTypes.map(withoutZone) })
}

function withoutZone(type: SqlType): SqlType {
  return type.kind === 'TIMESTAMP_LTZ' ? timestampType : type
}
