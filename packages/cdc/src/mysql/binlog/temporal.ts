/**
 * Dates and times of the log as text, in the forms that `ColumnValue` lists. Since MySQL 5.6 and MariaDB 10.1 (`mysql56_temporal_format`),
 * big-endian, so that bytes sort as the values do, with a fraction of `ceil(digits / 2)` bytes behind:
 *   time       u24 - 2^23: sign, hours (10 bits), minutes (6), seconds (6); the fraction is part of the number below zero
 *   datetime   u40 - 2^39: year * 13 + month (17 bits), day (5), hours (5), minutes (6), seconds (6)
 *   timestamp  u32: seconds since 1970, UTC; 0 is the zero date
 * Before: little-endian, decimal digits in a number (20251231235959), no fraction; MariaDB 5.3's with fractions have forms of their own,
 * which no table map tells, so their digits come from the schema.
 * Values that no calendar has are kept as the server shows them.
 */
import { type LogBytes, logInvalid } from './log-bytes.ts'

export type TextReader = (bytes: LogBytes) => string

const twoDigits = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'))
const fractionBytes = [0, 1, 1, 2, 2, 3, 3] as const

export function readDate(bytes: LogBytes): string {
  const packed = bytes.u24()
  return dateText(packed >>> 9, (packed >>> 5) & 15, packed & 31)
}

/** TIME of today's format with `digits` of fraction. */
export function timeReader(digits: number): TextReader {
  const width = fractionBytes[checkDigits(digits)]!
  const unit = 256 ** width
  return (bytes) => {
    const at = bytes.take(3 + width)
    let value = bytes.buffer.readUIntBE(at, 3) - 0x80_0000
    let fraction = width === 0 ? 0 : bytes.buffer.readUIntBE(at + 3, width)
    const isNegative = value < 0
    if (isNegative) {
      // The number below zero counts the fraction in: -1 unit is (-1 second, 0xff...).
      if (fraction !== 0) {
        value += 1
        fraction = unit - fraction
      }
      value = -value
    }
    return timeText(isNegative, value >>> 12, (value >>> 6) & 63, value & 63, fractionText(fraction, digits))
  }
}

export function datetimeReader(digits: number): TextReader {
  const width = fractionBytes[checkDigits(digits)]!
  return (bytes) => {
    const at = bytes.take(5 + width)
    const { buffer } = bytes
    // The upper 23 bits below the sign: year and month, day; the lower 17: the time of day.
    const upper = (buffer.readUInt32BE(at) & 0x7fff_ffff) >>> 9
    const lower = buffer.readUIntBE(at + 2, 3) & 0x1_ffff
    const months = upper >>> 5
    const year = Math.floor(months / 13)
    const fraction = width === 0 ? 0 : buffer.readUIntBE(at + 5, width)
    return `${dateText(year, months - year * 13, upper & 31)} ${clockText(lower >>> 12, (lower >>> 6) & 63, lower & 63)}${fractionText(fraction, digits)}`
  }
}

export function timestampReader(digits: number): TextReader {
  const width = fractionBytes[checkDigits(digits)]!
  return (bytes) => {
    const at = bytes.take(4 + width)
    const seconds = bytes.buffer.readUInt32BE(at)
    const fraction = width === 0 ? 0 : bytes.buffer.readUIntBE(at + 4, width)
    return instantText(seconds, fractionText(fraction, digits), fraction === 0)
  }
}

/** TIME as it was before 5.6: hhmmss as a number of 24 bits with sign. */
export function readOldTime(bytes: LogBytes): string {
  const value = bytes.buffer.readIntLE(bytes.take(3), 3)
  const digits = Math.abs(value)
  return timeText(value < 0, Math.floor(digits / 10_000), Math.floor(digits / 100) % 100, digits % 100, '')
}

export function readOldDatetime(bytes: LogBytes): string {
  const value = bytes.u64()
  if (typeof value !== 'number' || value > 99991231235959) throw logInvalid(`a DATETIME is ${value}`)
  const date = Math.floor(value / 1_000_000)
  const time = value % 1_000_000
  return `${dateText(Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100)} ${clockText(Math.floor(time / 10_000), Math.floor(time / 100) % 100, time % 100)}`
}

export function readOldTimestamp(bytes: LogBytes): string {
  return instantText(bytes.u32(), '', true)
}

/** MariaDB 5.3's TIME(n): units of 10^-n seconds, moved so that the lowest time is above zero. */
export function mariadbOldTimeReader(digits: number): TextReader {
  const width = [3, 4, 4, 5, 5, 5, 6][checkDigits(digits)]!
  const scale = 10 ** digits
  return (bytes) => {
    const units = bytes.buffer.readUIntBE(bytes.take(width), width) - 3_020_400 * scale
    const left = Math.abs(units)
    const seconds = Math.floor(left / scale)
    const fraction = String(left % scale).padStart(digits, '0')
    return timeText(
      units < 0,
      Math.floor(seconds / 3600),
      Math.floor(seconds / 60) % 60,
      seconds % 60,
      `.${fraction}`,
    )
  }
}

/** MariaDB 5.3's DATETIME(n): a number of mixed radix, month below 13, day below 32. */
export function mariadbOldDatetimeReader(digits: number): TextReader {
  const width = [5, 6, 6, 7, 7, 7, 8][checkDigits(digits)]!
  const scale = 10n ** BigInt(digits)
  return (bytes) => {
    const at = bytes.take(width)
    let packed = 0n
    for (let i = 0; i < width; i++) packed = (packed << 8n) | BigInt(bytes.buffer[at + i]!)
    const fraction = String(packed % scale).padStart(digits, '0')
    // Below 2^53 once the fraction is gone: year 9999 is 1.1e12 of such seconds; damaged bytes stay exact enough to be refused.
    let left = Number(packed / scale)
    const parts: number[] = []
    for (const radix of [60, 60, 24, 32, 13]) {
      parts.push(left % radix)
      left = Math.floor(left / radix)
    }
    const [second, minute, hour, day, month] = parts as [number, number, number, number, number]
    return `${dateText(left, month, day)} ${clockText(hour, minute, second)}.${fraction}`
  }
}

export function mariadbOldTimestampReader(digits: number): TextReader {
  const width = fractionBytes[checkDigits(digits)]!
  return (bytes) => {
    const at = bytes.take(4 + width)
    const fraction = bytes.buffer.readUIntBE(at + 4, width)
    return instantText(
      bytes.buffer.readUInt32BE(at),
      `.${String(fraction).padStart(digits, '0')}`,
      fraction === 0,
    )
  }
}

/** Dates and times inside of JSON: MySQL's packed form, 8 bytes little-endian, the fraction (microseconds) in the lowest 24 bits. */
export function packedTimeText(packed: bigint, kind: 'date' | 'time' | 'datetime'): string {
  const isNegative = packed < 0n
  const value = isNegative ? -packed : packed
  const fraction = `.${String(value & 0xff_ffffn).padStart(6, '0')}`
  // 40 bits are left: exact as a number.
  const whole = Number((value >> 24n) & 0xff_ffff_ffffn)
  const lower = whole % 0x2_0000
  const second = lower & 63
  const minute = (lower >>> 6) & 63
  if (kind === 'time') {
    return timeText(isNegative, Math.floor(whole / 4096) & 0x3ff, minute, second, fraction)
  }
  const upper = Math.floor(whole / 0x2_0000)
  const months = upper >>> 5
  const date = dateText(Math.floor(months / 13), months % 13, upper & 31)
  return kind === 'date' ? date : `${date} ${clockText(lower >>> 12, minute, second)}${fraction}`
}

function dateText(year: number, month: number, day: number): string {
  if (year > 9999 || month > 12) throw logInvalid(`a date is year ${year}, month ${month}, day ${day}`)
  return `${year > 999 ? year : String(year).padStart(4, '0')}-${twoDigits[month]}-${twoDigits[day]}`
}

function clockText(hour: number, minute: number, second: number): string {
  if (hour > 23 || minute > 59 || second > 59) {
    throw logInvalid(`a time of day is hour ${hour}, minute ${minute}, second ${second}`)
  }
  return `${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[second]}`
}

function timeText(
  isNegative: boolean,
  hour: number,
  minute: number,
  second: number,
  fraction: string,
): string {
  if (hour > 838 || minute > 59 || second > 59) {
    throw logInvalid(`a time is ${hour} hours, ${minute} minutes, ${second} seconds`)
  }
  const hours = hour > 99 ? String(hour) : twoDigits[hour]!
  return `${isNegative ? '-' : ''}${hours}:${twoDigits[minute]}:${twoDigits[second]}${fraction}`
}

/** `stored` counts in units of two digits: 1 digit as hundredths, 3 as ten-thousandths, 5 as millionths. */
function fractionText(stored: number, digits: number): string {
  if (digits === 0) return ''
  const text = String(stored)
  const width = digits + (digits & 1)
  if (text.length > width) throw logInvalid(`a fraction of a second is ${stored} of ${digits} digits`)
  return `.${text.padStart(width, '0').slice(0, digits)}`
}

function instantText(seconds: number, fraction: string, isWhole: boolean): string {
  if (seconds === 0 && isWhole) return `0000-00-00 00:00:00${fraction}`
  const day = Math.floor(seconds / 86_400)
  const left = seconds - day * 86_400
  return `${dayText(day)} ${twoDigits[Math.floor(left / 3600)]}:${twoDigits[Math.floor(left / 60) % 60]}:${twoDigits[left % 60]}${fraction}`
}

// Rows near each other are of few days; the last one's text is kept.
let lastDay = -1
let lastDayText = ''

function dayText(day: number): string {
  if (day !== lastDay) {
    lastDayText = new Date(day * 86_400_000).toISOString().slice(0, 10)
    lastDay = day
  }
  return lastDayText
}

function checkDigits(digits: number): number {
  if (digits > 6) throw logInvalid(`a time has ${digits} digits of fraction, and 6 are the most there can be`)
  return digits
}
