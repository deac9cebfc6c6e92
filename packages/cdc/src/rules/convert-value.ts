/**
 * Values of one type as values of another, as `change-data-type` and `add-column` ask for. Nothing is lost in silence but what the rule
 * says: texts are cut to their length, digits after the point rounded half away from zero, fractions of a second cut. What has no
 * value of the wanted type is refused with CDC_VALUE_INVALID.
 */
import { CdcError } from '../errors.ts'
import type { ColumnValue } from '../model/column-value.ts'
import { atScale, type Decimal, decimalText, parseDecimalText } from '../model/decimal-text.ts'
import type { ColumnKind, ColumnType } from '../model/table-schema.ts'
import { dateOrder, timeMicros } from '../model/time-text.ts'
import { valueText } from '../model/value-text.ts'
import { booleanOf } from './compare-value.ts'

export type Convert = (value: ColumnValue) => ColumnValue

/** `where`: rule and column, for messages. */
export function makeConvert(from: ColumnType, to: ColumnType, where: string): Convert {
  const convert = converterTo(from, to)
  return (value) => {
    if (value === null || value === undefined) return value
    const converted = convert(value)
    if (converted !== undefined) return converted
    const text = valueText(value, from)
    throw new CdcError(
      'CDC_VALUE_INVALID',
      `${where}: ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)} is no value of ${to.native}. ` +
        'Choose a type that holds all values of the column, or leave the rule out.',
    )
  }
}

type Known = Exclude<ColumnValue, null | undefined>
type Converter = (value: Known) => ColumnValue

function converterTo(from: ColumnType, to: ColumnType): Converter {
  const { kind } = to
  switch (kind) {
    case 'text':
      return (value) => cut(valueText(value, from), to.length)
    case 'integer':
      return (value) => toInteger(numberOf(value, from), to)
    case 'decimal':
      return (value) => toDecimal(numberOf(value, from), to)
    case 'float':
      return (value) => toFloat(value, from, to)
    case 'boolean':
      return (value) => toBoolean(value, from)
    case 'date':
      return (value) => toDate(valueText(value, from))
    case 'time':
      return (value) => toTime(valueText(value, from), to.scale)
    case 'datetime':
      return (value) => toDatetime(valueText(value, from), to.scale)
    case 'bytes':
      return (value) => {
        const bytes = value instanceof Uint8Array ? value : Buffer.from(valueText(value, from), 'utf8')
        return to.length === undefined || bytes.length <= to.length ? bytes : undefined
      }
    default:
      throw new Error(`no rule asks for ${kind satisfies ColumnKind}`)
  }
}

/** Characters are code points. */
function cut(text: string, length: number | undefined): string {
  if (length === undefined || text.length <= length) return text
  return [...text].slice(0, length).join('')
}

function numberOf(value: Known, from: ColumnType): Decimal | undefined {
  if (typeof value === 'boolean') return { unscaled: value ? 1n : 0n, scale: 0 }
  if (typeof value === 'bigint') return { unscaled: value, scale: 0 }
  if (from.kind === 'bits' && typeof value === 'string')
    return { unscaled: BigInt(`0b${value || '0'}`), scale: 0 }
  return parseDecimalText(valueText(value, from))
}

function toInteger(number: Decimal | undefined, to: ColumnType): ColumnValue {
  if (number === undefined) return undefined
  const integer = atScale(number, 0)
  const bits = to.bits ?? 64
  const isIn = to.isUnsigned
    ? BigInt.asUintN(bits, integer) === integer
    : BigInt.asIntN(bits, integer) === integer
  if (!isIn) return undefined
  const small = Number(integer)
  return Number.isSafeInteger(small) ? small : integer
}

function toDecimal(number: Decimal | undefined, to: ColumnType): ColumnValue {
  if (number === undefined) return undefined
  const scale = to.scale ?? 0
  const unscaled = atScale(number, scale)
  const magnitude = unscaled < 0n ? -unscaled : unscaled
  return magnitude < 10n ** BigInt(to.precision ?? 38) ? decimalText({ unscaled, scale }) : undefined
}

function toFloat(value: Known, from: ColumnType, to: ColumnType): ColumnValue {
  if (typeof value === 'boolean') return Number(value)
  const text = from.kind === 'bits' ? String(BigInt(`0b${String(value) || '0'}`)) : valueText(value, from)
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(number) && text !== 'NaN') return undefined
  return to.bits === 32 ? Math.fround(number) : number
}

function toBoolean(value: Known, from: ColumnType): ColumnValue {
  if (typeof value === 'boolean') return value
  const number = numberOf(value, from)
  return number === undefined ? booleanOf(valueText(value, from)) : number.unscaled !== 0n
}

const datetimePattern = /^(\d{4,}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?Z?( BC)?$/

function toDate(text: string): ColumnValue {
  if (text.endsWith('infinity')) return text
  const match = datetimePattern.exec(text.trim())
  return match === null || dateOrder(match[1]!) === undefined ? undefined : match[1]! + (match[3] ?? '')
}

function toDatetime(text: string, scale: number | undefined): ColumnValue {
  if (text.endsWith('infinity')) return text
  const match = datetimePattern.exec(text.trim())
  if (match === null) return undefined
  return `${match[1]} ${withFraction(match[2] ?? '00:00:00', scale)}${match[3] ?? ''}`
}

function toTime(text: string, scale: number | undefined): ColumnValue {
  const time = datetimePattern.exec(text.trim())?.[2] ?? text.trim()
  return timeMicros(withFraction(time, scale)) === undefined || !/^-?\d+(:\d\d){1,2}(\.\d+)?$/.test(time)
    ? undefined
    : withFraction(time, scale)
}

/** Seconds where there are none; as many digits of the fraction as the type has, all of them (at most six) without a scale. */
function withFraction(time: string, scale: number | undefined): string {
  const whole = /^-?\d+:\d\d$/.test(time) ? `${time}:00` : time
  const [seconds = '', fraction = ''] = whole.split('.')
  const digits = scale === undefined ? fraction.slice(0, 6) : fraction.slice(0, scale).padEnd(scale, '0')
  return digits === '' ? seconds : `${seconds}.${digits}`
}
