/** Flink expressions that stand for functions of KDA SQL over times, and small helpers of the translations of calls. */
import type { Expression } from '../syntax/tree.ts'
import { binary, call, cast, extract, floorTo, nowhere, number, text, timestamp, typeName } from './build.ts'

/** Milliseconds within the second. */
export function milliseconds(time: Expression): Expression {
  return call('MOD', [extract('MILLISECOND', time), number(1000)])
}

/** ms since 1970; the session zone has to be UTC. */
export function epochMilliseconds(time: Expression): Expression {
  const seconds = call('UNIX_TIMESTAMP', [cast(time, typeName('STRING'))])
  return binary('+', binary('*', number(1000), seconds), milliseconds(time))
}

const wholeUnits = [
  ['SECOND', 1000],
  ['MINUTE', 60_000],
  ['HOUR', 3_600_000],
  ['DAY', 86_400_000],
] as const

/** The start of the step that a time lies in, for steps that divide a day, and whole days. */
export function stepOfTime(time: Expression, ms: number): Expression | undefined {
  for (const [unit, length] of wholeUnits) if (ms === length) return floorTo(time, unit)
  const day = 86_400_000
  if (ms % 1000 === 0 && day % ms === 0) {
    const floor = floorTo(time, 'SECOND')
    const second = call('TIMESTAMPDIFF', [text('SECOND'), floorTo(time, 'DAY'), floor])
    const rest = call('MOD', [second, number(ms / 1000)])
    const back: Expression = { kind: 'unary', op: '-', operand: rest, span: nowhere }
    return call('TIMESTAMPADD', [text('SECOND'), back, floor])
  }
  if (ms % day === 0) return stepOfDays(floorTo(time, 'DAY'), ms / day)
  return undefined
}

/** Days count from 1970; before it the remainder is made positive, so that steps begin below. */
function stepOfDays(day: Expression, size: number): Expression {
  const count = call('TIMESTAMPDIFF', [text('DAY'), timestamp('1970-01-01 00:00:00'), day])
  const rest = call('MOD', [binary('+', call('MOD', [count, number(size)]), number(size)), number(size)])
  const back: Expression = { kind: 'unary', op: '-', operand: rest, span: nowhere }
  return call('TIMESTAMPADD', [text('DAY'), back, day])
}

export function isPositive(expression: Expression): boolean {
  return expression.kind === 'number' && Number(expression.text) >= 1
}

/** Value, or the other where it is NULL. */
export function orElse(value: Expression, other: Expression): Expression {
  return call('COALESCE', [value, other])
}
