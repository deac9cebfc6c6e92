/**
 * PRINTF of the Flink dialect: the conversions of java.util.Formatter that values of SQL can take, in the US locale.
 *
 *   %[index$][flags][width][.precision]conversion     flags: - # + ' ' 0 , (      conversions: s S d x X o f e E c b B n %
 *
 * NULL is written as null. A format that is wrong, or does not suit its values, gives NULL.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { doubleOf, textOf, unscaledOf } from '../argument-values.ts'
import { decimalText, parseExact, rescale } from '../numbers.ts'
import type { ScalarFunction } from '../scalar-function.ts'
import { familyOf, isIntegerKind } from '../types.ts'
import { define } from './define.ts'
import { stringType } from './types.ts'
import { flinkText } from './value-text.ts'

export const flinkPrintf: ScalarFunction = define({
  name: 'PRINTF',
  parameters: ['text', 'any*'],
  returns: stringType,
  nullable: 'always',
  nullIn: 'called',
  evaluate: ([format, ...values], { argTypes, zone }) =>
    format === null ? null : formatted(textOf(format), values, argTypes.slice(1), zone ?? 'UTC'),
})

const specifier = /%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/y
const widthMax = 10_000

function formatted(
  format: string,
  values: readonly SqlValue[],
  types: readonly SqlType[],
  zone: string,
): string | null {
  let out = ''
  let next = 0
  for (let at = 0; at < format.length; ) {
    if (format[at] !== '%') {
      out += format[at++]
      continue
    }
    specifier.lastIndex = at
    const match = specifier.exec(format)
    if (match === null) return null
    at = specifier.lastIndex
    const [, index, flags = '', widthText, precisionText, conversion = ''] = match
    const width = Number(widthText ?? 0)
    const precision = precisionText === undefined ? undefined : Number(precisionText)
    if (width > widthMax || (precision ?? 0) > widthMax) return null
    if (conversion === '%' || conversion === 'n') {
      out += conversion === 'n' ? '\n' : padded('%', flags, width)
      continue
    }
    const which = index === undefined ? next++ : Number(index) - 1
    const type = types[which]
    if (type === undefined) return null
    const text = converted(values[which]!, type, conversion, flags, precision, width, zone)
    if (text === null) return null
    out += padded(text, flags, width)
  }
  return out
}

function padded(text: string, flags: string, width: number): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width)
}

function converted(
  value: SqlValue,
  type: SqlType,
  conversion: string,
  flags: string,
  precision: number | undefined,
  width: number,
  zone: string,
): string | null {
  const upper = conversion >= 'A' && conversion <= 'Z'
  const cased = (text: string) => (upper ? text.toUpperCase() : text)
  switch (conversion) {
    case 's':
    case 'S':
      return cased((value === null ? 'null' : shownText(value, type, zone)).slice(0, precision))
    case 'b':
    case 'B':
      return cased((typeof value === 'boolean' ? String(value) : String(value !== null)).slice(0, precision))
    case 'c':
      if (value === null) return 'null'
      if (isIntegerKind(type.kind)) return String.fromCodePoint(Number(value))
      return null
    case 'd':
    case 'x':
    case 'X':
    case 'o':
      if (value === null) return cased('null')
      if (!isIntegerKind(type.kind) || precision !== undefined) return null
      return cased(integerText(unscaledOf(value), type, conversion, flags, width))
    case 'f':
    case 'e':
    case 'E': {
      if (value === null) return cased('null')
      if (type.kind !== 'DECIMAL' && type.kind !== 'DOUBLE' && type.kind !== 'REAL') return null
      return cased(realText(value, type, conversion.toLowerCase(), flags, precision ?? 6, width))
    }
    default:
      return null
  }
}

function shownText(value: SqlValue, type: SqlType, zone: string): string {
  // Java's own words for booleans are in lower case.
  return typeof value === 'boolean' ? String(value) : flinkText(value, type, zone)
}

const bitsOf = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 } as const

function integerText(value: bigint, type: SqlType, conversion: string, flags: string, width: number): string {
  if (conversion === 'd') return signed(String(value < 0n ? -value : value), value < 0n, flags, width)
  const bits = isIntegerKind(type.kind) ? bitsOf[type.kind] : 64
  const digits = BigInt.asUintN(bits, value).toString(conversion === 'o' ? 8 : 16)
  const prefix = flags.includes('#') ? (conversion === 'o' ? '0' : '0x') : ''
  return flags.includes('0') ? prefix + digits.padStart(width - prefix.length, '0') : prefix + digits
}

function realText(
  value: SqlValue,
  type: SqlType,
  conversion: string,
  flags: string,
  precision: number,
  width: number,
): string {
  const double = doubleOf(value, type)
  if (familyOf(type) !== 'numeric' || !Number.isFinite(double))
    return Number.isNaN(double) ? 'NaN' : `${double < 0 ? '-' : ''}Infinity`
  const negative = double < 0
  if (conversion === 'e') {
    const [mantissa = '', exponent = ''] = Math.abs(double).toExponential(Math.min(100, precision)).split('e')
    const digits = exponent.slice(1).padStart(2, '0')
    return signed(`${mantissa}e${exponent[0]}${digits}`, negative, flags, width)
  }
  const exact =
    type.kind === 'DECIMAL' ? { unscaled: unscaledOf(value), scale: type.scale } : parseExact(String(double))!
  const rounded = rescale(exact.unscaled < 0n ? -exact.unscaled : exact.unscaled, exact.scale, precision)
  return signed(decimalText(rounded, precision), negative, flags, width)
}

/** The sign, grouping and leading zeros that the flags ask for. */
function signed(digits: string, negative: boolean, flags: string, width: number): string {
  const [, whole = '', rest = ''] = /^(\d*)(.*)$/s.exec(digits)!
  const grouped = flags.includes(',') ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole
  const before = negative
    ? flags.includes('(')
      ? '('
      : '-'
    : flags.includes('+')
      ? '+'
      : flags.includes(' ')
        ? ' '
        : ''
  const after = before === '(' ? ')' : ''
  const zeros = flags.includes('0')
    ? Math.max(0, width - before.length - grouped.length - rest.length - after.length)
    : 0
  return before + '0'.repeat(zeros) + grouped + rest + after
}
