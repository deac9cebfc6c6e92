/** Functions of time, in UTC: seconds since the epoch, and "broken down" times [year, month from 0, day, h, m, s, weekday, day of the year from 0]. */
import { civilFromDays, dayMs, daysFromCivil } from '@millrace/values'
import { JqFailure, shown } from '../jq-error.ts'
import { isArray, type Json } from '../jq-value.ts'
import type { NativeFunction } from '../machine.ts'
import { type BrokenTime, weekday } from './broken-time.ts'
import { formatTime } from './strftime.ts'
import { parseTime } from './strptime.ts'

const daySeconds = dayMs / 1000

export const timeFunctions: Readonly<Record<string, NativeFunction>> = {
  'now/0': (_input, _args, { now }) => now / 1000,
  'gmtime/0': (input) => brokenTime(input, 'gmtime() requires a number'),
  'mktime/0': (input) => {
    if (!isArray(input)) throw new JqFailure('mktime requires array of 6 numbers')
    return seconds(numbers(input, 'mktime requires parsed datetime inputs'))
  },
  'strftime/1': (input, [format = null]) => {
    const time =
      typeof input === 'number'
        ? brokenTime(input, '')
        : isArray(input)
          ? numbers(input, 'strftime/1 requires parsed datetime inputs')
          : undefined
    if (time === undefined) throw new JqFailure('strftime/1 requires parsed datetime inputs')
    if (typeof format !== 'string') throw new JqFailure('strftime/1 requires a string format')
    return formatTime(format, time)
  },
  'strptime/1': (input, [format = null]) => {
    if (typeof input !== 'string' || typeof format !== 'string') {
      throw new JqFailure(`strptime/1 requires string inputs and arguments`)
    }
    const time = parseTime(input, format)
    if (time === undefined) throw new JqFailure(`date "${input}" does not match format "${format}"`)
    return time
  },
}

/** The seconds keep their fraction. */
function brokenTime(input: Json, message: string): BrokenTime {
  if (typeof input !== 'number') throw new JqFailure(message)
  const whole = Math.floor(input)
  if (!(Math.abs(whole) < 1e14)) throw new JqFailure(`${shown(input)} is no time`)
  const days = Math.floor(whole / daySeconds)
  const rest = whole - days * daySeconds
  const { year, month, day } = civilFromDays(days)
  return [
    year,
    month - 1,
    day,
    Math.floor(rest / 3600),
    Math.floor(rest / 60) % 60,
    (rest % 60) + (input - whole),
    weekday(days),
    days - daysFromCivil(year, 1, 1),
  ]
}

function numbers(input: readonly Json[], message: string): BrokenTime {
  const time = input.map((item) => (typeof item === 'number' ? item : Number.NaN))
  if (time.length < 6 || time.some(Number.isNaN)) throw new JqFailure(message)
  return time
}

/** Fields out of their range roll over, as in C's timegm. */
function seconds(time: BrokenTime): number {
  const [year = 0, month = 0, day = 1, hour = 0, minute = 0, second = 0] = time.map(Math.floor)
  const months = year * 12 + month
  const days = daysFromCivil(Math.floor(months / 12), (((months % 12) + 12) % 12) + 1, 1) + day - 1
  return days * daySeconds + hour * 3600 + minute * 60 + second
}
