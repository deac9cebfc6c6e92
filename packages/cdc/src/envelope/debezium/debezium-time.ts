/**
 * Dates and times of rows as the integers that Debezium writes, exact to the microsecond for every year: texts are read into days and
 * microseconds, and what exceeds 53 bits is put together as a bigint. `undefined`: no time of the calendar (`0000-00-00`,
 * `2024-00-00`, `infinity`).
 */
import { daysFromCivil, daysInMonth } from '@millrace/values'
import { timeMicros } from '../../model/time-text.ts'

const dayUs = 86_400_000_000
const datePattern = /^(\d{4,})-(\d\d)-(\d\d)/

/** Days since 1970-01-01 of the date that a text begins with. */
export function epochDays(text: string): number | undefined {
  const match = datePattern.exec(text)
  if (match === null) return undefined
  const written = Number(match[1])
  // There is no year 0: 1 BC is the astronomers' 0.
  const year = text.endsWith('BC') ? 1 - written : written
  const month = Number(match[2])
  const day = Number(match[3])
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  return written === 0 ? undefined : daysFromCivil(year, month, day)
}

export type TimeUnit = 'ms' | 'us' | 'ns'

// Rows that come together are of the same day more often than not.
let lastDate = ''
let lastDays: number | undefined

/** `YYYY-MM-DD HH:MM:SS[.ffffff]` since 1970, in a unit, as digits. */
export function epochText(text: string, unit: TimeUnit): string | undefined {
  const space = text.indexOf(' ')
  const isUsual = space === 10 && !text.endsWith('C')
  if (!isUsual || !text.startsWith(lastDate) || lastDate === '') {
    lastDays = epochDays(text)
    lastDate = isUsual ? text.slice(0, space) : ''
  }
  const days = lastDays
  const us = timeMicros(text.slice(space + 1))
  if (days === undefined || us === undefined) return undefined
  if (unit === 'ms') return String(days * 86_400_000 + Math.floor(us / 1000))
  const whole = days * dayUs + us
  const micros = Number.isSafeInteger(whole)
    ? String(whole)
    : String(BigInt(days) * BigInt(dayUs) + BigInt(us))
  return unit === 'us' || micros === '0' ? micros : `${micros}000`
}

/** `HH:MM:SS[.ffffff]+HH[:MM]` as `HH:MM:SS[.ffffff]Z`. */
export function zonedTimeText(text: string): string {
  const match = /^(\d\d):(\d\d)(:\d\d(?:\.\d+)?)([+-])(\d\d)(?::(\d\d))?(?::\d\d)?$/.exec(text)
  if (match === null) return text
  const offset = (Number(match[5]) * 60 + Number(match[6] ?? 0)) * (match[4] === '-' ? -1 : 1)
  const minutes = (Number(match[1]) * 60 + Number(match[2]) - offset + 2880) % 1440
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}${match[3]}Z`
}

/** A month of Debezium's MicroDuration: 365.25 / 12 days. */
const monthUs = 2_629_800_000_000

/** Microseconds of an interval in the style iso_8601, `P1Y2M-3DT4H5M6.7S`. */
export function intervalMicros(text: string): string | undefined {
  const match =
    /^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d{1,6}))?S)?)?$/.exec(
      text,
    )
  if (match === null) return undefined
  const part = (index: number) => BigInt(match[index] ?? 0)
  const days = part(3) * 7n + part(4)
  const seconds = part(8) * 1_000_000n + BigInt((match[9] ?? '').padEnd(6, '0'))
  const us =
    (part(1) * 12n + part(2)) * BigInt(monthUs) +
    days * BigInt(dayUs) +
    part(5) * 3_600_000_000n +
    part(6) * 60_000_000n +
    (match[7] === '-' ? -seconds : seconds)
  return String(us)
}
