/**
 * Calendar arithmetic in UTC on the proleptic Gregorian calendar: TIMESTAMP ms since the epoch, DATE days, TIME ms of the
 * day. Values lie in the years 0001 to 9999; anything else is ValueOutOfRange.
 */
import {
  civilFromDays,
  dayMs,
  daysFromCivil,
  daysInMonth,
  formatDate,
  parseDate as readDate,
  parseTime as readTime,
  parseTimestamp as readTimestamp,
  timestampMax,
  timestampMin,
} from '@millrace/values'
import { SqlRuntimeError } from './scalar-function.ts'

export { civilFromDays as civilOf, dayMs, daysFromCivil as daysOf, formatDate as dateText }

export function dateOfTimestamp(ms: number): number {
  return Math.floor(ms / dayMs)
}

export function timeOfTimestamp(ms: number): number {
  return ms - Math.floor(ms / dayMs) * dayMs
}

/** Adds months to a date; the day is cut to the last one of the month, as SQL wants it (Jan 31 + 1 month = Feb 28). */
export function addMonthsToDays(days: number, months: number): number {
  const { year, month, day } = civilFromDays(days)
  const index = year * 12 + (month - 1) + months
  const newYear = Math.floor(index / 12)
  const newMonth = index - newYear * 12 + 1
  return daysFromCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)))
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

/** Days of 'yyyy-MM-dd'; undefined if it is not a date of the calendar. */
export function parseDate(text: string): number | undefined {
  return text.length === 10 ? found(readDate(text)) : undefined
}

/** Ms of the day of 'HH:mm:ss' with an optional fraction, whose digits beyond ms are dropped. */
export function parseTime(text: string): number | undefined {
  return text[2] === ':' ? found(readTime(text)) : undefined
}

/** Ms of 'yyyy-MM-dd HH:mm:ss' with an optional fraction and zone. All six fields are needed (spec 2.14). */
export function parseTimestamp(text: string): number | undefined {
  return text.length >= 19 ? found(readTimestamp(text)) : undefined
}

function found(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}

/** 'HH:mm:ss', with '.SSS' only when there are milliseconds, so that whole seconds fit a VARCHAR(19). */
export function timeText(ms: number): string {
  const text = `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}`
  const fraction = ms % 1000
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(3, '0')}`
}

export function timestampText(ms: number): string {
  return `${formatDate(dateOfTimestamp(ms))} ${timeText(timeOfTimestamp(ms))}`
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}
