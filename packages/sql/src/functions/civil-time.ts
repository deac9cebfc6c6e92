/**
 * Calendar arithmetic in UTC on the proleptic Gregorian calendar: TIMESTAMP ms since the epoch, DATE days, TIME ms of the
 * day. Values lie in the years 0001 to 9999; anything else is ValueOutOfRange.
 */
import { SqlRuntimeError } from './scalar-function.ts'

export const dayMs = 86_400_000
export const timestampMin = -62_135_596_800_000
export const timestampMax = 253_402_300_799_999

export interface CivilDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
}

/** Days since 1970-01-01 of a date (after Howard Hinnant's civil calendar algorithms). */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

export function civilOf(days: number): CivilDate {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 }
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

export function dateOfTimestamp(ms: number): number {
  return Math.floor(ms / dayMs)
}

export function timeOfTimestamp(ms: number): number {
  return ms - Math.floor(ms / dayMs) * dayMs
}

/** Adds months to a date; the day is cut to the last one of the month, as SQL wants it (Jan 31 + 1 month = Feb 28). */
export function addMonthsToDays(days: number, months: number): number {
  const { year, month, day } = civilOf(days)
  const index = year * 12 + (month - 1) + months
  const newYear = Math.floor(index / 12)
  const newMonth = index - newYear * 12 + 1
  return daysOf(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)))
}

export function checkTimestamp(ms: number): number {
  if (!(ms >= timestampMin && ms <= timestampMax)) {
    throw new SqlRuntimeError('ValueOutOfRange', `time ${ms} ms does not fit TIMESTAMP (years 0001 to 9999)`)
  }
  return ms + 0
}

export function checkDate(days: number): number {
  checkTimestamp(days * dayMs)
  return days + 0
}

const dateForm = /^(\d{4})-(\d{1,2})-(\d{1,2})$/
const timeForm = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?$/

/** Days of 'yyyy-MM-dd'; undefined if it is not a date of the calendar. */
export function parseDate(text: string): number | undefined {
  const match = dateForm.exec(text)
  if (match === null) return undefined
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  return daysOf(year, month, day)
}

/** Ms of the day of 'HH:mm:ss' with an optional fraction, whose digits beyond ms are dropped. */
export function parseTime(text: string): number | undefined {
  const match = timeForm.exec(text)
  if (match === null) return undefined
  const hour = Number(match[1])
  const minute = Number(match[2])
  const second = Number(match[3])
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const fraction = Number((match[4] ?? '').padEnd(3, '0').slice(0, 3))
  return hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction
}

/** Ms of 'yyyy-MM-dd HH:mm:ss' with an optional fraction; a 'T' may stand for the blank. All six fields are needed. */
export function parseTimestamp(text: string): number | undefined {
  const split = text.search(/[ T]/)
  if (split < 0) return undefined
  const days = parseDate(text.slice(0, split))
  const time = parseTime(text.slice(split + 1))
  return days === undefined || time === undefined ? undefined : days * dayMs + time
}

export function dateText(days: number): string {
  const { year, month, day } = civilOf(days)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** 'HH:mm:ss', with '.SSS' only when there are milliseconds, so that whole seconds fit a VARCHAR(19). */
export function timeText(ms: number): string {
  const text = `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}`
  const fraction = ms % 1000
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(3, '0')}`
}

export function timestampText(ms: number): string {
  return `${dateText(dateOfTimestamp(ms))} ${timeText(timeOfTimestamp(ms))}`
}

export function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
