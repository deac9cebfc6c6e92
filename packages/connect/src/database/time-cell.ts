/**
 * Times of JSON as texts that MySQL and Postgres read: `YYYY-MM-DD HH:MM:SS[.ffffff]`. Wall times are taken as they stand, also where
 * DMS marks them with a Z; a time with another zone is brought to UTC. Digits of a fraction that the column cannot hold are refused,
 * unless they are zeros: both databases would round them without a word.
 */
import type { ColumnType } from '@millrace/cdc'
import { Unfit } from './unfit.ts'

const timestamp =
  /^(\d{4,6}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?\s*(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?( BC)?$/
const fractionDigits = 6

export function dateCell(text: string): string {
  const match = /^(\d{4,6}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$/.exec(text)
  if (match !== null) return match[1]!
  if (isPostgresOwn(text)) return text
  throw new Unfit(`${JSON.stringify(text.slice(0, 40))} is no date. Write "2026-03-31".`)
}

/** Of wall times and instants. */
export function timestampCell(text: string, type: ColumnType): string {
  const match = timestamp.exec(text)
  if (match === null) {
    if (isPostgresOwn(text)) return text
    if (/^\d{4,6}-\d\d-\d\d$/.test(text)) return `${text} 00:00:00`
    throw new Unfit(`${JSON.stringify(text.slice(0, 40))} is no time. Write "2026-03-31T23:59:59.123456Z".`)
  }
  const [, date, clock, fraction = '', zone = 'Z', era = ''] = match
  const seconds = clock!.length === 5 ? `${clock}:00` : clock
  const end = fractionText(fraction, type, text)
  if (zone === 'Z' || /^[+-]00(:?00)*$/.test(zone)) return `${date} ${seconds}${end}${era}`
  const ms = Date.parse(`${date}T${seconds}${isoZone(zone)}`)
  if (Number.isNaN(ms) || era !== '') throw new Unfit(`${JSON.stringify(text)} is no time of the calendar.`)
  return `${utcText(ms)}${end}`
}

export function timeCell(text: string, type: ColumnType): string {
  const match = /^(-?\d{2,3}:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(text)
  if (match === null)
    throw new Unfit(`${JSON.stringify(text.slice(0, 40))} is no time of day. Write "23:59:59.5".`)
  const [, clock, fraction = '', zone = ''] = match
  return `${clock}${fractionText(fraction, type, text)}${type.kind === 'time-zoned' ? zone.replace('Z', '+00') : ''}`
}

/** From microseconds since 1970. */
export function instantCell(micros: bigint, type: ColumnType): string {
  const [ms, rest] = [floorDivide(micros, 1000n), Number(((micros % 1_000_000n) + 1_000_000n) % 1_000_000n)]
  const fraction = rest === 0 ? '' : String(rest).padStart(6, '0')
  return utcText(Number(ms)) + fractionText(fraction, type, `${micros} microseconds`)
}

/** From microseconds since midnight; of MySQL also before it and beyond 24 hours. */
export function timeOfMicros(micros: bigint, type: ColumnType): string {
  const size = micros < 0n ? -micros : micros
  const seconds = Number(size / 1_000_000n)
  const two = (value: number) => String(value).padStart(2, '0')
  const rest = Number(size % 1_000_000n)
  const text = `${micros < 0n ? '-' : ''}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return text + fractionText(rest === 0 ? '' : String(rest).padStart(6, '0'), type, `${micros} microseconds`)
}

export function dateOfDays(days: number): string {
  return utcText(days * 86_400_000).slice(0, -9)
}

function fractionText(digits: string, type: ColumnType, text: string): string {
  const { scale = fractionDigits } = type
  if (/[1-9]/.test(digits.slice(scale))) {
    throw new Unfit(
      `${JSON.stringify(text)} has digits of a second beyond the ${scale} that the column keeps. Give the column more, or cut the value.`,
    )
  }
  const kept = digits.slice(0, scale)
  return kept === '' ? '' : `.${kept}`
}

/** Years of four digits and more; before year 0 there is none in JSON that we read. */
function utcText(ms: number): string {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) throw new Unfit(`${ms} ms since 1970 are beyond the calendar.`)
  const [day, time] = date.toISOString().split('T') as [string, string]
  return `${day.replace(/^\+0*/, '')} ${time.slice(0, 8)}`
}

function isoZone(zone: string): string {
  return zone.length === 3 ? `${zone}:00` : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone
}

/** Values of Postgres that no calendar has, and MySQL's zero dates: whether a column takes them, its database says. */
function isPostgresOwn(text: string): boolean {
  return /^-?infinity$/.test(text) || / BC$/.test(text) || text.startsWith('0000-00-00')
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}
