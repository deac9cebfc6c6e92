/**
 * How values of a column compare with a constant that a filter writes as text: numbers as numbers, exact; dates and times in their
 * order; bytes and everything else byte by byte, characters by code point. Kinds without a useful order have no comparison.
 */
import type { ColumnValue } from '../model/column-value.ts'
import { compareDecimals, parseDecimalText } from '../model/decimal-text.ts'
import type { ColumnType } from '../model/table-schema.ts'
import { dateOrder, timeMicros } from '../model/time-text.ts'
import { valueText } from '../model/value-text.ts'

type Known = Exclude<ColumnValue, null | undefined>

/** Negative: the value is below the constant. NaN: neither below, above nor equal. */
export type CompareToConstant = (value: Known) => number

/** Undefined: the constant is no value of such a column; `constantsOf` says what would be. */
export function compareToConstant(type: ColumnType, constant: string): CompareToConstant | undefined {
  switch (type.kind) {
    case 'boolean': {
      const wanted = booleanOf(constant)
      return wanted === undefined ? undefined : (value) => Number(value === true) - Number(wanted)
    }
    case 'integer':
    case 'year':
    case 'decimal':
      return compareNumbers(type, constant)
    case 'bits': {
      const wanted = parseDecimalText(constant)
      if (wanted === undefined) return undefined
      return (value) => compareDecimals({ unscaled: BigInt(`0b${String(value) || '0'}`), scale: 0 }, wanted)
    }
    case 'float': {
      const wanted = constant.trim() === '' ? Number.NaN : Number(constant)
      return Number.isNaN(wanted) ? undefined : (value) => compareFloats(Number(value), wanted)
    }
    case 'date':
    case 'datetime':
    case 'instant':
      return compareDates(constant)
    case 'time': {
      const wanted = timeMicros(constant)
      return wanted === undefined ? undefined : (value) => (timeMicros(String(value)) ?? Number.NaN) - wanted
    }
    case 'bytes': {
      if (!/^0x([0-9a-f]{2})*$/i.test(constant)) return undefined
      const wanted = Buffer.from(constant.slice(2), 'hex')
      return (value) => (value instanceof Uint8Array ? Buffer.compare(value, wanted) : Number.NaN)
    }
    case 'uuid': {
      const wanted = constant.toLowerCase()
      return (value) => compareTexts(String(value), wanted)
    }
    case 'text':
    case 'enum':
    case 'set':
    case 'other':
      return (value) => compareTexts(valueText(value, type), constant)
    case 'time-zoned':
    case 'interval':
    case 'json':
    case 'array':
    case 'geometry':
      return undefined
  }
}

/** What may stand as a constant, for messages. */
export function constantsOf(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
      return 'true or false'
    case 'integer':
    case 'year':
    case 'decimal':
    case 'bits':
    case 'float':
      return 'a number'
    case 'date':
    case 'datetime':
    case 'instant':
      return 'a date as "2024-05-06", or with a time as "2024-05-06 07:08:09"'
    case 'time':
      return 'a time as "07:08:09"'
    case 'bytes':
      return 'bytes as "0x0a1b"'
    case 'time-zoned':
    case 'interval':
    case 'json':
    case 'array':
    case 'geometry':
      return `only the operators null and notnull on a column of type ${type.native}`
    case 'uuid':
    case 'text':
    case 'enum':
    case 'set':
    case 'other':
      return 'a text'
  }
}

export function booleanOf(text: string): boolean | undefined {
  const word = text.trim().toLowerCase()
  if (['true', 't', '1', 'yes', 'y', 'on'].includes(word)) return true
  return ['false', 'f', '0', 'no', 'n', 'off'].includes(word) ? false : undefined
}

/** By code point, which is the order of the bytes in UTF-8; JavaScript's own order differs beyond U+FFFF. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  let at = 0
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  if (at === length) return a.length - b.length
  const left = a.charCodeAt(at)
  const right = b.charCodeAt(at)
  const isPair = (unit: number) => unit >= 0xd800 && unit <= 0xdfff
  if (isPair(left) !== isPair(right)) return isPair(left) ? 1 : -1
  return left - right
}

function compareNumbers(type: ColumnType, constant: string): CompareToConstant | undefined {
  const wanted = parseDecimalText(constant)
  if (wanted === undefined) return undefined
  const number = Number(constant)
  const isExact = wanted.scale === 0 && Number.isSafeInteger(number)
  return (value) => {
    if (isExact && typeof value === 'number') return value - number
    const text = valueText(value, type)
    const known = parseDecimalText(text)
    if (known !== undefined) return compareDecimals(known, wanted)
    // Postgres: NaN is above every number, the infinities are at the ends.
    return text === '-Infinity' ? -1 : 1
  }
}

/** NaN above everything, as Postgres has it. Infinity minus infinity is NaN though they are the same. */
function compareFloats(value: number, wanted: number): number {
  if (Number.isNaN(value)) return 1
  return value === wanted ? 0 : value - wanted
}

function compareDates(constant: string): CompareToConstant | undefined {
  const text = constant.trim().replace('T', ' ').replace(/Z$/, '')
  if (!/^(-?infinity|\d{4,}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,6})?)?( BC)?)$/.test(text)) return undefined
  const day = dateOrder(text)!
  const time = timeOf(text)
  return (value) => {
    const written = String(value)
    const ownDay = dateOrder(written) ?? Number.NaN
    return ownDay === day ? timeOf(written) - time : ownDay - day
  }
}

function timeOf(text: string): number {
  const space = text.indexOf(' ')
  return space < 0 ? 0 : (timeMicros(text.slice(space + 1)) ?? 0)
}
