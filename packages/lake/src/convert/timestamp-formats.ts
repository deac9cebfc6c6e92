/**
 * The timestamp formats of the Hive serde: Joda patterns, `millis` (ms since 1970, as a number or in quotes), and without any format
 * the form of java.sql.Timestamp.valueOf: `yyyy-[M]M-[d]d HH:mm:ss[.fraction]`. Formats are tried in their order.
 *
 * Letters that are read: y Y (year), M (number, or name with MMM and MMMM), d, D (day of the year), H k K h with a, m, s, S (fraction of
 * a second), E (name of a day, not checked), Z (offset, or Z), z (UTC or GMT). Text stands in quotes; other characters stand for
 * themselves. Two digits of a year are 1970 to 2069. What a format leaves out is the first of its kind; without a zone it is UTC.
 */
import { dayMs, daysFromCivil, daysInMonth } from '@millrace/values'
import { LakeError } from '../errors.ts'
import { joinMicros, microsOfNumber, microsOfText } from './micros.ts'

/** Microseconds of a JSON number (`isText` false) or text, as in micros.ts. */
export type TimestampReader = (b: Uint8Array, start: number, end: number, isText: boolean) => number

/** As the OpenX serde reads them. */
export const openTimestamps: TimestampReader = (b, start, end, isText) =>
  // A date has a dash behind its year; a number may only begin with one.
  isText && end - start > 4 && b[start + 4] === 45
    ? microsOfText(b, start, end)
    : microsOfNumber(b, start, end)

/** Error: DELIVERY_INVALID, if a format has letters that are not read. */
export function compileTimestampFormats(formats: readonly string[]): TimestampReader {
  if (formats.length === 0)
    return (b, start, end, isText) =>
      isText && isSqlForm(b, start, end) ? microsOfText(b, start, end) : notATime()
  const readers = formats.map((format): TimestampReader => {
    if (format === 'millis') return readMillis
    const pattern = compilePattern(format)
    return (b, start, end, isText) => (isText ? pattern(textOf(b, start, end)) : notATime())
  })
  return (b, start, end, isText) => {
    for (let i = 0; i < readers.length - 1; i++) {
      const micros = readers[i]!(b, start, end, isText)
      if (!Number.isNaN(micros)) return micros
    }
    return readers[readers.length - 1]!(b, start, end, isText)
  }
}

function notATime(): number {
  return joinMicros(Number.NaN, 0)
}

const readMillis: TimestampReader = (b, start, end) => {
  if (end - start > 16) return notATime()
  const text = textOf(b, start, end)
  return /^-?\d{1,15}$/.test(text) ? joinMicros(Number(text), 0) : notATime()
}

/** Without 'T' and zone. */
function isSqlForm(b: Uint8Array, start: number, end: number): boolean {
  return end - start <= 40 && /^\d{4}-\d{1,2}-\d{1,2} \d\d:\d\d:\d\d(\.\d{1,9})?$/.test(textOf(b, start, end))
}

function textOf(b: Uint8Array, start: number, end: number): string {
  return Buffer.from(b.buffer, b.byteOffset + start, end - start).toString('utf8')
}

interface Fields {
  year: number
  month: number
  day: number
  dayOfYear: number
  /** Of the day, 0 to 23. */
  hour: number
  /** Of half a day; -1: not given. */
  halfHour: number
  isAfternoon: boolean
  minute: number
  second: number
  micros: number
  offsetMs: number
}

/** Reads a part at `at`; returns where it ends, or -1. */
type Part = (text: string, at: number, fields: Fields) => number

function compilePattern(format: string): (text: string) => number {
  const parts: Part[] = []
  for (let at = 0; at < format.length; ) {
    const letter = format[at] ?? ''
    if (letter === "'") {
      const close = format.indexOf("'", at + 1)
      if (close < 0) refuse(format, 'a quote is not closed')
      parts.push(literalPart(close === at + 1 ? "'" : format.slice(at + 1, close)))
      at = close + 1
    } else if (/[A-Za-z]/.test(letter)) {
      let end = at + 1
      while (format[end] === letter) end++
      parts.push(letterPart(format, letter, end - at, /[A-Za-z]/.test(format[end] ?? '')))
      at = end
    } else {
      parts.push(literalPart(letter))
      at++
    }
  }
  return (text) => {
    const fields: Fields = {
      year: 1970,
      month: 1,
      day: 1,
      dayOfYear: 0,
      hour: 0,
      halfHour: -1,
      isAfternoon: false,
      minute: 0,
      second: 0,
      micros: 0,
      offsetMs: 0,
    }
    let at = 0
    for (const part of parts) {
      at = part(text, at, fields)
      if (at < 0) return notATime()
    }
    return at === text.length ? microsOfFields(fields) : notATime()
  }
}

function microsOfFields(fields: Fields): number {
  const { year, month, day, dayOfYear, minute, second, micros } = fields
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || minute > 59 || second > 59)
    return notATime()
  const hour = fields.halfHour < 0 ? fields.hour : fields.halfHour + (fields.isAfternoon ? 12 : 0)
  if (hour > 23 || dayOfYear > (daysInMonth(year, 2) === 29 ? 366 : 365)) return notATime()
  const days = dayOfYear > 0 ? daysFromCivil(year, 1, 1) + dayOfYear - 1 : daysFromCivil(year, month, day)
  const ms =
    days * dayMs +
    hour * 3_600_000 +
    minute * 60_000 +
    second * 1000 +
    Math.floor(micros / 1000) -
    fields.offsetMs
  return joinMicros(ms, micros % 1000)
}

function literalPart(literal: string): Part {
  return (text, at) => (text.startsWith(literal, at) ? at + literal.length : -1)
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const monthName =
  /(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sep(tember)?|oct(ober)?|nov(ember)?|dec(ember)?)/iy
const dayName = /(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?/iy
const offset = /Z|([+-])(\d\d):?(\d\d)/y
const zoneName = /UTC|GMT|Z/y

/** A number that is directly followed by another one has exactly as many digits as it has letters. */
function letterPart(format: string, letter: string, count: number, isTight: boolean): Part {
  const number = (most: number, set: (fields: Fields, value: number) => void): Part => {
    const digits = new RegExp(isTight ? `\\d{${count}}` : `\\d{1,${Math.max(most, count)}}`, 'y')
    return (text, at, fields) => {
      digits.lastIndex = at
      const found = digits.exec(text)?.[0]
      if (found === undefined) return -1
      set(fields, Number(found))
      return at + found.length
    }
  }
  switch (letter) {
    case 'y':
    case 'Y':
      return number(4, (fields, value) => {
        fields.year = count === 2 && value < 100 ? value + (value < 70 ? 2000 : 1900) : value
      })
    case 'M':
      if (count < 3) return number(2, (fields, value) => (fields.month = value))
      return matched(
        monthName,
        (fields, found) => (fields.month = monthNames.indexOf(found.slice(0, 3).toLowerCase()) + 1),
      )
    case 'd':
      return number(2, (fields, value) => (fields.day = value))
    case 'D':
      return number(3, (fields, value) => (fields.dayOfYear = value))
    case 'H':
      return number(2, (fields, value) => (fields.hour = value))
    case 'k':
      return number(2, (fields, value) => (fields.hour = value === 24 ? 0 : value))
    case 'K':
      return number(2, (fields, value) => (fields.halfHour = value > 11 ? 99 : value))
    case 'h':
      return number(2, (fields, value) => (fields.halfHour = value < 1 || value > 12 ? 99 : value % 12))
    case 'm':
      return number(2, (fields, value) => (fields.minute = value))
    case 's':
      return number(2, (fields, value) => (fields.second = value))
    case 'S':
      return matched(
        /\d{1,9}/y,
        (fields, found) => (fields.micros = Number(found.padEnd(6, '0').slice(0, 6))),
      )
    case 'a':
      return matched(/[ap]m/iy, (fields, found) => (fields.isAfternoon = /p/i.test(found)))
    case 'E':
      return matched(dayName, () => undefined)
    case 'Z':
      return (text, at, fields) => {
        offset.lastIndex = at
        const found = offset.exec(text)
        if (found === null) return -1
        const [all, sign, hours, minutes] = found
        if (sign !== undefined)
          fields.offsetMs = (sign === '-' ? -1 : 1) * (Number(hours) * 3_600_000 + Number(minutes) * 60_000)
        return at + all.length
      }
    case 'z':
      return matched(zoneName, () => undefined)
    default:
      return refuse(
        format,
        `the letter "${letter}" is not read; y Y M d D H k K h a m s S E Z z are, and text stands in quotes`,
      )
  }
}

function matched(pattern: RegExp, set: (fields: Fields, found: string) => unknown): Part {
  return (text, at, fields) => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found === undefined) return -1
    set(fields, found)
    return at + found.length
  }
}

function refuse(format: string, reason: string): never {
  throw new LakeError('DELIVERY_INVALID', `Timestamp format "${format}": ${reason}.`)
}
