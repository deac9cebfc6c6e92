/**
 * Dates and times as Flink SQL reads them in CAST, TO_DATE and TO_TIMESTAMP without a pattern.
 *
 *   date      = yyyy [ '-' m[m] [ '-' d[d] ] ] [ ' ' anything ]
 *   time      = h[h] [ ':' m[m] [ ':' s[s] [ '.' digits ] ] ]
 *   timestamp = yyyy '-' m[m] '-' d[d] [ ' ' h[h] ':' m[m] ':' s[s] [ '.' digits ] ]
 *
 * A day beyond the end of its month (up to 31) is the last one of the month in a timestamp, and no date in a date, as in
 * Flink. Digits of the second beyond ms are dropped.
 */
import { daysInMonth } from '@millrace/values'
import { dayMs, daysOf } from '../civil-time.ts'

export function parseFlinkDate(text: string): number | undefined {
  const match = /^(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?: .*)?$/.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)]
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  return daysOf(year, month, day)
}

export function parseFlinkTime(text: string): number | undefined {
  const match = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?$/.exec(text)
  return match === null ? undefined : clock(match[1], match[2], match[3], match[4])
}

export function parseFlinkTimestamp(text: string): number | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,9}))?)?$/.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return undefined
  const time = clock(match[4], match[5], match[6], match[7])
  if (time === undefined) return undefined
  return daysOf(year, month, Math.min(day, daysInMonth(year, month))) * dayMs + time
}

function clock(hour = '0', minute = '0', second = '0', fraction = ''): number | undefined {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 23 || m > 59 || s > 59) return undefined
  return ((h * 60 + m) * 60 + s) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
}
