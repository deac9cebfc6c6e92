/** Texts of times and dates as numbers that have their order. */

const timePattern = /^(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?/
const datePattern = /^(\d{4,})-(\d\d)-(\d\d)/

/** Microseconds of `[-]HH:MM:SS[.ffffff]`, hours beyond a day too. */
export function timeMicros(text: string): number | undefined {
  const match = timePattern.exec(text)
  if (match === null) return undefined
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4])
  const us = seconds * 1_000_000 + Number((match[5] ?? '').padEnd(6, '0'))
  return match[1] === '-' && us !== 0 ? -us : us
}

/**
 * A number that grows with the date a text begins with; also of dates that no calendar has (`2024-00-00`), so it counts no days.
 * Infinities for Postgres' `infinity`.
 */
export function dateOrder(text: string): number | undefined {
  if (text.endsWith('infinity')) return text.startsWith('-') ? -Infinity : Infinity
  const match = datePattern.exec(text)
  if (match === null) return undefined
  const year = text.endsWith('BC') ? 1 - Number(match[1]) : Number(match[1])
  return (year * 13 + Number(match[2])) * 32 + Number(match[3])
}

let lastSecond = Number.NaN
let lastSecondText = ''

/** Microseconds since 1970 as `yyyy-MM-ddTHH:mm:ss.ffffffZ`. The text of a second is kept, since the next one is mostly of it. */
export function isoTime(us: number): string {
  const second = Math.floor(us / 1_000_000)
  if (second !== lastSecond) {
    lastSecond = second
    lastSecondText = new Date(second * 1000).toISOString().slice(0, -4)
  }
  return `${lastSecondText}${String(Math.floor(us - second * 1_000_000)).padStart(6, '0')}Z`
}
