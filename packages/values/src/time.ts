/**
 * Dates and times as text, proleptic Gregorian, UTC, without Date objects. Units: TIMESTAMP ms since the epoch, DATE
 * days since 1970-01-01, TIME ms of the day. Years 0001 to 9999. Reading gives NaN for anything that is not exactly one
 * of the forms below with every field in range; digits of a second beyond ms are dropped (toward the past).
 *
 *   timestamp = date [ ('T' | ' ') time [ 'Z' | ('+' | '-') hh [ [':'] mm ] ] ]
 *   date      = yyyy '-' MM '-' dd
 *   time      = HH ':' mm ':' ss [ '.' digits ]
 *
 * A timestamp with an offset is shifted to UTC. Days are computed by Howard Hinnant's days_from_civil.
 */
export const dayMs = 86_400_000

/** 0001-01-01 and 9999-12-31 as days, the range of DATE. */
export const dateMin = -719162
export const dateMax = 2932896
export const timestampMin = dateMin * dayMs
export const timestampMax = dateMax * dayMs + dayMs - 1

export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

export function civilFromDays(days: number): CivilDate {
  const z = days + 719468
  const era = Math.floor(z / 146097)
  const dayOfEra = z - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days since the epoch of `yyyy-MM-dd` at `at`, NaN if it is none. */
function dateAt(b: Uint8Array, at: number): number {
  if (b[at + 4] !== 45 || b[at + 7] !== 45) return Number.NaN
  const year = twoDigits(b, at) * 100 + twoDigits(b, at + 2)
  const month = twoDigits(b, at + 5)
  const day = twoDigits(b, at + 8)
  // A field that is no number is NaN and fails the comparison.
  if (
    !(year >= 1 && month >= 1 && month <= 12 && day >= 1 && (day <= 28 || day <= daysInMonth(year, month)))
  ) {
    return Number.NaN
  }
  return daysFromCivil(year, month, day)
}

function twoDigits(b: Uint8Array, at: number): number {
  const tens = b[at]! - 48
  const ones = b[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** Ms of the day of `HH:mm:ss` at `at`, without the fraction; NaN if it is none. */
function clockAt(b: Uint8Array, at: number): number {
  if (b[at + 2] !== 58 || b[at + 5] !== 58) return Number.NaN
  const hour = twoDigits(b, at)
  const minute = twoDigits(b, at + 3)
  const second = twoDigits(b, at + 6)
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN
  return hour * 3_600_000 + minute * 60_000 + second * 1000
}

// Where the last fraction ended: `fractionAt` has two results and must not allocate.
let fractionEnd = 0

/** Ms of a fraction that begins with '.' at `at` (0 if there is none), NaN if no digit follows the point. */
function fractionAt(b: Uint8Array, at: number, end: number): number {
  fractionEnd = at
  if (at >= end || b[at] !== 46) return 0
  let ms = 0
  let digits = 0
  let i = at + 1
  for (; i < end; i++) {
    const digit = b[i]! - 48
    if (digit < 0 || digit > 9) break
    if (digits < 3) ms = ms * 10 + digit
    digits++
  }
  fractionEnd = i
  if (digits === 0) return Number.NaN
  return digits === 1 ? ms * 100 : digits === 2 ? ms * 10 : ms
}

/** The zone suffix at `at` up to `end` as ms east of UTC: none and 'Z' are 0. NaN if malformed. */
function zoneAt(b: Uint8Array, at: number, end: number): number {
  if (at === end) return 0
  const sign = b[at]
  const size = end - at
  if (sign === 90) return size === 1 ? 0 : Number.NaN
  if (sign !== 43 && sign !== 45) return Number.NaN
  const minuteAt = size === 6 && b[at + 3] === 58 ? at + 4 : size === 5 ? at + 3 : -1
  if (size !== 3 && minuteAt < 0) return Number.NaN
  const hour = twoDigits(b, at + 1)
  const minute = minuteAt < 0 ? 0 : twoDigits(b, minuteAt)
  if (!(hour <= 18 && minute <= 59)) return Number.NaN
  const ms = hour * 3_600_000 + minute * 60_000
  return sign === 45 ? -ms : ms
}

export function parseTimestampBytes(b: Uint8Array, start: number, end: number): number {
  const size = end - start
  if (size < 10) return Number.NaN
  const days = dateAt(b, start)
  if (size === 10) return days * dayMs
  if (size < 19) return Number.NaN
  const separator = b[start + 10]
  if (separator !== 84 && separator !== 32) return Number.NaN
  const clock = clockAt(b, start + 11)
  if (size === 19) return days * dayMs + clock
  const fraction = fractionAt(b, start + 19, end)
  const zone = zoneAt(b, fractionEnd, end)
  const ms = days * dayMs + clock + fraction - zone
  return ms >= timestampMin && ms <= timestampMax ? ms : Number.NaN
}

/** The day of a date or of a timestamp text (its time of day is dropped). */
export function parseDateBytes(b: Uint8Array, start: number, end: number): number {
  if (end - start === 10) return dateAt(b, start)
  return Math.floor(parseTimestampBytes(b, start, end) / dayMs)
}

/** Ms of the day of `HH:mm:ss[.fraction]`, or the time of day of a timestamp text. */
export function parseTimeBytes(b: Uint8Array, start: number, end: number): number {
  const size = end - start
  if (size < 8) return Number.NaN
  if (b[start + 2] === 58) {
    const ms = clockAt(b, start) + fractionAt(b, start + 8, end)
    return fractionEnd === end ? ms : Number.NaN
  }
  if (size < 19) return Number.NaN
  const ms = parseTimestampBytes(b, start, end)
  return ms - Math.floor(ms / dayMs) * dayMs
}

export function parseTimestamp(text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  return parseTimestampBytes(bytes, 0, bytes.length)
}

export function parseDate(text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  return parseDateBytes(bytes, 0, bytes.length)
}

export function parseTime(text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  return parseTimeBytes(bytes, 0, bytes.length)
}

/** `yyyy-MM-dd HH:mm:ss.SSS`. A fraction of a ms is dropped. */
export function formatTimestamp(ms: number): string {
  const whole = Math.floor(ms)
  const days = Math.floor(whole / dayMs)
  return `${formatDate(days)} ${formatTime(whole - days * dayMs)}`
}

/** `yyyy-MM-dd`; years outside 0001 to 9999 (which arithmetic can reach) as ISO's expanded form, `+12345-01-01`. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days)
  const years =
    year >= 0 && year <= 9999
      ? String(year).padStart(4, '0')
      : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`
  return `${years}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/** `HH:mm:ss.SSS` */
export function formatTime(ms: number): string {
  const whole = Math.floor(ms)
  const hour = Math.floor(whole / 3_600_000)
  const minute = Math.floor(whole / 60_000) % 60
  const second = Math.floor(whole / 1000) % 60
  const two = (n: number) => (n < 10 ? `0${n}` : String(n))
  return `${two(hour)}:${two(minute)}:${two(second)}.${String(whole % 1000).padStart(3, '0')}`
}
