/**
 * CAST of an interval to text or to a number. An interval value does not know the units that it was written in, so they
 * are arguments, which the binder reads off the expression:
 *
 *   INTERVAL_TEXT(interval, 'FROM', 'TO')   '+6:11' for MINUTE TO SECOND, '-1-06' for YEAR TO MONTH; always with a sign, the
 *                                           first field as long as it is, the others of two digits; ms only if there are any
 *   INTERVAL_NUMBER(interval, 'UNIT')       how many units, a fraction dropped; seconds have their milliseconds
 *
 * A text that is longer than its type fails the row, as that of a number does.
 */
import type { SqlType } from '@millrace/values'
import { numberOf, textOf } from './argument-values.ts'
import { dayMs } from './civil-time.ts'
import { type ScalarFunction, SqlRuntimeError } from './scalar-function.ts'
import { codePointLength } from './text.ts'
import { bigintType, countProblem, keywordOf, lengthOf, resultOf, typesText, typeText } from './types.ts'

const unitSizes: Readonly<Record<string, number>> = {
  DAY: dayMs,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
}
const dayUnits = ['DAY', 'HOUR', 'MINUTE', 'SECOND']
const secondsType: SqlType = { kind: 'DECIMAL', precision: 18, scale: 3 }

/** No interval of safe milliseconds has a longer text. */
const textLength = 32

export const intervalCasts: readonly ScalarFunction[] = [
  {
    name: 'INTERVAL_TEXT',
    forms: ['CAST(interval AS VARCHAR(n))'],
    nullIn: 'null',
    infer: (args) =>
      countProblem('INTERVAL_TEXT', args, 3) ??
      intervalProblem(args.map(({ type }) => type)) ??
      resultOf({ kind: 'VARCHAR', length: textLength }, args),
    evaluate: ([interval, from, to], { type, argTypes }) => {
      const amount = numberOf(interval)
      const size = Math.abs(amount)
      const fields =
        argTypes[0]!.kind === 'INTERVAL_MONTH'
          ? monthFields(size, textOf(from), textOf(to))
          : dayFields(size, textOf(from), textOf(to))
      const text = (amount < 0 ? '-' : '+') + fields
      const length = codePointLength(text)
      if (length > lengthOf(type))
        throw new SqlRuntimeError(
          'CoercionError',
          `'${text}' cannot be cast to ${typeText(type)}: wanted at most ${lengthOf(type)} characters`,
        )
      return type.kind === 'CHAR' ? text + ' '.repeat(lengthOf(type) - length) : text
    },
  },
  {
    name: 'INTERVAL_NUMBER',
    forms: ['CAST(interval AS BIGINT)'],
    nullIn: 'null',
    infer: (args) =>
      countProblem('INTERVAL_NUMBER', args, 2) ??
      intervalProblem(args.map(({ type }) => type)) ??
      resultOf(keywordOf(args[1]) === 'SECOND' ? secondsType : bigintType, args),
    evaluate: ([interval, unit]) => {
      const amount = BigInt(numberOf(interval))
      const name = textOf(unit)
      // Milliseconds are the digits of a DECIMAL of seconds as they stand.
      if (name === 'SECOND' || name === 'MONTH') return amount
      return amount / (name === 'YEAR' ? 12n : BigInt(unitSizes[name]!))
    },
  },
]

function intervalProblem(types: readonly SqlType[]): string | undefined {
  const { kind } = types[0]!
  if (kind === 'INTERVAL_DAY' || kind === 'INTERVAL_MONTH' || kind === 'NULL') return undefined
  return `an interval is wanted, not ${typesText(types.slice(0, 1).map((type) => ({ type, nullable: false })))}`
}

function monthFields(months: number, from: string, to: string): string {
  if (from !== 'YEAR') return String(months)
  const years = String(Math.floor(months / 12))
  return to === 'YEAR' ? years : `${years}-${String(months % 12).padStart(2, '0')}`
}

function dayFields(ms: number, from: string, to: string): string {
  let [text, rest] = ['', ms]
  for (const unit of dayUnits.slice(dayUnits.indexOf(from), dayUnits.indexOf(to) + 1)) {
    const size = unitSizes[unit]!
    const field = String(Math.floor(rest / size))
    rest %= size
    text +=
      unit === from ? field : (text.includes(' ') || from !== 'DAY' ? ':' : ' ') + field.padStart(2, '0')
  }
  return to === 'SECOND' && rest > 0 ? `${text}.${String(rest).padStart(3, '0')}` : text
}
