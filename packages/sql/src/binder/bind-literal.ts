/**
 * Literals to values. Integers are INTEGER, or BIGINT beyond it; digits with a point are DECIMAL of just these digits;
 * numbers with an exponent are DOUBLE. Intervals become milliseconds or months.
 */
import type { SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import type { DiagnosticList } from '../diagnostic/diagnostic.ts'
import { parseDate, parseTime, parseTimestamp } from '../functions/civil-time.ts'
import { codePointLength } from '../functions/text.ts'
import { decimalDigitsMax } from '../functions/types.ts'
import type { LiteralExpr, SqlValue } from '../plan.ts'
import type { Span } from '../span.ts'
import type { DialectName } from '../syntax/dialect.ts'
import type { DatetimeLiteral, IntervalLiteral, TimeUnit } from '../syntax/tree.ts'
import { flinkDecimalDigitsMax } from './resolve-flink-type.ts'
import { textLengthMax } from './resolve-type.ts'

export function literal(value: SqlValue, type: SqlType, span: Span): LiteralExpr {
  return { kind: 'literal', value, type, nullable: value === null, span }
}

export function textLiteral(value: string, span: Span): LiteralExpr {
  return literal(
    value,
    { kind: 'VARCHAR', length: Math.min(Math.max(1, codePointLength(value)), textLengthMax) },
    span,
  )
}

/** Text of a program in Flink SQL is CHAR of just its length. */
export function charLiteral(value: string, span: Span): LiteralExpr {
  return literal(value, { kind: 'CHAR', length: Math.max(1, codePointLength(value)) }, span)
}

/** `text` as the lexer read it, with the sign that stood before it. */
export function numberLiteral(
  text: string,
  negative: boolean,
  span: Span,
  diagnostics: DiagnosticList,
  dialect: DialectName = 'kda',
): LiteralExpr {
  const digitsMax = dialect === 'flink' ? flinkDecimalDigitsMax : decimalDigitsMax
  const sign = negative ? -1n : 1n
  if (/[eE]/.test(text)) {
    const value = Number(text) * Number(sign)
    if (!Number.isFinite(value))
      diagnostics.fail(codes.badLiteral, span, `${text} is beyond DOUBLE, which ends near 1.8e308.`)
    return literal(value, { kind: 'DOUBLE' }, span)
  }
  const [whole = '', fraction] = text.split('.')
  if (fraction === undefined) {
    const value = BigInt(whole) * sign
    if (value >= -2147483648n && value <= 2147483647n)
      return literal(Number(value), { kind: 'INTEGER' }, span)
    if (value >= -9223372036854775808n && value <= 9223372036854775807n)
      return literal(value, { kind: 'BIGINT' }, span)
    const precision = whole.replace(/^0+/, '').length
    if (dialect === 'flink' && precision <= digitsMax)
      return literal(value, { kind: 'DECIMAL', precision, scale: 0 }, span)
    return diagnostics.fail(
      codes.badLiteral,
      span,
      `${text} is beyond BIGINT, which ends at 9223372036854775807. Write it with an exponent, as ${whole[0]}e${whole.length - 1}, to get a DOUBLE.`,
    )
  }
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, '')
  const scale = fraction.length
  const precision = Math.max(digits.length, scale, 1)
  if (precision > digitsMax) {
    return diagnostics.fail(
      codes.badLiteral,
      span,
      `${text} has ${precision} digits; DECIMAL holds ${digitsMax}. Round it, or write it with an exponent to get a DOUBLE.`,
    )
  }
  return literal(BigInt(digits || '0') * sign, { kind: 'DECIMAL', precision, scale }, span)
}

/** In Flink a TIMESTAMP has the precision that is written; digits beyond the millisecond are not held. */
export function datetimeLiteral(
  expression: DatetimeLiteral,
  diagnostics: DiagnosticList,
  dialect: DialectName = 'kda',
): LiteralExpr {
  const { type, value, span } = expression
  const forms = { DATE: '2024-01-31', TIME: '18:30:00', TIMESTAMP: '2024-01-31 18:30:00' }
  const parse = { DATE: parseDate, TIME: parseTime, TIMESTAMP: parseTimestamp }[type]
  const digits = /\.(\d{1,9})\s*$/.exec(value)?.[1] ?? ''
  const parsed = parse(dialect === 'flink' ? padFields(digits.length > 3 ? cutToMs(value) : value) : value)
  if (parsed === undefined) {
    return diagnostics.fail(
      codes.badLiteral,
      span,
      `'${value}' is no ${type}. Write it like ${type} '${forms[type]}'.`,
    )
  }
  if (dialect === 'flink' && type === 'TIMESTAMP')
    return literal(parsed, { kind: type, precision: digits.length }, span)
  return literal(parsed, { kind: type }, span)
}

/** Flink's literals may leave out a leading zero: TIME '2:55:00'. */
function padFields(text: string): string {
  return text.replace(/(?<![\d.])\d(?!\d)/g, (digit) => `0${digit}`)
}

function cutToMs(text: string): string {
  return text.replace(/(\.\d{3})\d+\s*$/, '$1')
}

const unitMs: Partial<Record<TimeUnit, number>> = {
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
}
const unitMonths: Partial<Record<TimeUnit, number>> = { YEAR: 12, MONTH: 1 }
const dayUnits: readonly TimeUnit[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND']

export function intervalLiteral(expression: IntervalLiteral, diagnostics: DiagnosticList): LiteralExpr {
  const { units, value, span } = expression
  const sign = expression.negative ? -1 : 1
  const text = value.trim()
  const months = unitMonths[units.from]
  if (months !== undefined) {
    const single = units.to === undefined && /^[+-]?\d+$/.test(text) ? Number(text) * months : undefined
    const pair = units.from === 'YEAR' && units.to === 'MONTH' ? /^([+-]?)(\d+)-(\d{1,2})$/.exec(text) : null
    const total =
      single ??
      (pair === null ? undefined : (Number(pair[2]) * 12 + Number(pair[3])) * (pair[1] === '-' ? -1 : 1))
    if (total === undefined || !Number.isSafeInteger(total)) return badInterval()
    return literal(total * sign, { kind: 'INTERVAL_MONTH' }, span)
  }
  const ms = daysToMs(text, units.from, units.to)
  return ms === undefined ? badInterval() : literal(ms * sign, { kind: 'INTERVAL_DAY' }, span)

  function badInterval(): never {
    const shown = units.to === undefined ? units.from : `${units.from} TO ${units.to}`
    return diagnostics.fail(
      codes.badLiteral,
      span,
      `'${value}' is no interval of ${shown}. Write for example INTERVAL '90' SECOND, INTERVAL '3 4' DAY TO HOUR, INTERVAL '1:30' HOUR TO MINUTE or INTERVAL '1-6' YEAR TO MONTH.`,
    )
  }
}

/** '3 4:05:06.7' DAY TO SECOND and its shorter forms, in ms. */
function daysToMs(text: string, from: TimeUnit, to: TimeUnit | undefined): number | undefined {
  const first = dayUnits.indexOf(from)
  const last = dayUnits.indexOf(to ?? from)
  const matched = /^([+-]?)(.*)$/s.exec(text)
  if (first < 0 || last < first || matched === null) return undefined
  const parts = matched[2]!.split(from === 'DAY' && to !== undefined ? /[ :]/ : ':')
  if (parts.length !== last - first + 1) return undefined
  let ms = 0
  for (const [i, part] of parts.entries()) {
    const unit = dayUnits[first + i]!
    const form = unit === 'SECOND' ? /^\d+(\.\d{1,9})?$/ : /^\d+$/
    if (!form.test(part)) return undefined
    ms += Math.round(Number(part) * unitMs[unit]!)
  }
  if (!Number.isSafeInteger(ms)) return undefined
  return matched[1] === '-' ? -ms : ms
}
