/** C's strptime in the C locale: text by a format to a broken down time. White space in the format is any white space in the text. */
import { civilFromDays, dayNames, daysFromCivil, monthNames } from '@millrace/values'
import { type BrokenTime, weekday } from './broken-time.ts'

interface Fields {
  year: number
  month: number
  day: number
  dayOfYear: number | undefined
  hour: number
  isHour12: boolean
  isAfternoon: boolean
  minute: number
  second: number
  century: number | undefined
  epoch: number | undefined
}

/** Undefined: the text does not match, or goes on behind the format. */
export function parseTime(text: string, format: string): BrokenTime | undefined {
  const fields: Fields = {
    year: 1900,
    month: 1,
    day: 0,
    dayOfYear: undefined,
    hour: 0,
    isHour12: false,
    isAfternoon: false,
    minute: 0,
    second: 0,
    century: undefined,
    epoch: undefined,
  }
  if (read(text, 0, format, fields) !== text.length) return undefined
  if (fields.epoch !== undefined) return broken(fields.epoch)
  if (fields.century !== undefined) fields.year = fields.century * 100 + (fields.year % 100)
  if (fields.isHour12) fields.hour = (fields.hour % 12) + (fields.isAfternoon ? 12 : 0)
  const { year, hour, minute, second } = fields
  const days =
    fields.dayOfYear === undefined
      ? daysFromCivil(year, fields.month, fields.day)
      : daysFromCivil(year, 1, 1) + fields.dayOfYear - 1
  const date = fields.dayOfYear === undefined ? { month: fields.month, day: fields.day } : civilFromDays(days)
  return [
    year,
    date.month - 1,
    date.day,
    hour,
    minute,
    second,
    weekday(days),
    days - daysFromCivil(year, 1, 1),
  ]
}

function broken(epoch: number): BrokenTime {
  const days = Math.floor(epoch / 86_400)
  const rest = epoch - days * 86_400
  const { year, month, day } = civilFromDays(days)
  return [
    year,
    month - 1,
    day,
    Math.floor(rest / 3600),
    Math.floor(rest / 60) % 60,
    rest % 60,
    weekday(days),
    days - daysFromCivil(year, 1, 1),
  ]
}

/** Where the text that the format reads ends; undefined where it does not match. */
function read(text: string, from: number, format: string, fields: Fields): number | undefined {
  let at = from
  const number = (digitsMax: number, min: number, max: number): number | undefined => {
    at = skipSpace(text, at)
    let end = at
    while (end < text.length && end - at < digitsMax && /[0-9]/.test(text.charAt(end))) end++
    const value = Number(text.slice(at, end))
    if (end === at || value < min || value > max) return undefined
    at = end
    return value
  }
  for (let i = 0; i < format.length; i++) {
    const character = format.charAt(i)
    if (/\s/.test(character)) {
      at = skipSpace(text, at)
      continue
    }
    if (character !== '%') {
      if (text.charAt(at) !== character) return undefined
      at++
      continue
    }
    const letter = format.charAt(++i)
    const nested = expansions[letter]
    if (nested !== undefined) {
      const end = read(text, at, nested, fields)
      if (end === undefined) return undefined
      at = end
      continue
    }
    let value: number | undefined
    switch (letter) {
      case 'a':
      case 'A':
        value = name(dayNames)
        break
      case 'b':
      case 'B':
      case 'h':
        value = name(monthNames)
        if (value !== undefined) fields.month = value + 1
        break
      case 'C':
        value = number(2, 0, 99)
        fields.century = value
        break
      case 'd':
      case 'e':
        value = number(2, 1, 31)
        if (value !== undefined) fields.day = value
        break
      case 'H':
      case 'k':
        value = number(2, 0, 23)
        if (value !== undefined) fields.hour = value
        fields.isHour12 = false
        break
      case 'I':
      case 'l':
        value = number(2, 1, 12)
        if (value !== undefined) fields.hour = value
        fields.isHour12 = true
        break
      case 'j':
        value = number(3, 1, 366)
        fields.dayOfYear = value
        break
      case 'm':
        value = number(2, 1, 12)
        if (value !== undefined) fields.month = value
        break
      case 'M':
        value = number(2, 0, 59)
        if (value !== undefined) fields.minute = value
        break
      case 'n':
      case 't':
        at = skipSpace(text, at)
        value = 0
        break
      case 'p':
        value = name(['AM', 'PM'])
        if (value !== undefined) fields.isAfternoon = value === 1
        break
      case 's':
        value = number(15, 0, 1e14)
        fields.epoch = value
        break
      case 'S':
        value = number(2, 0, 61)
        if (value !== undefined) fields.second = value
        break
      case 'U':
      case 'W':
        value = number(2, 0, 53)
        break
      case 'u':
        value = number(1, 1, 7)
        break
      case 'w':
        value = number(1, 0, 6)
        break
      case 'y':
        value = number(2, 0, 99)
        if (value !== undefined) fields.year = value >= 69 ? 1900 + value : 2000 + value
        break
      case 'Y':
        value = number(4, 0, 9999)
        if (value !== undefined) fields.year = value
        break
      case 'Z':
        at = skipSpace(text, at)
        while (at < text.length && !/\s/.test(text.charAt(at))) at++
        value = 0
        break
      case 'z': {
        at = skipSpace(text, at)
        const zone = /^(?:Z|[+-]\d{2}(?::?\d{2})?)/.exec(text.slice(at))
        if (zone !== null) at += zone[0].length
        value = zone === null ? undefined : 0
        break
      }
      case '%':
        value = text.charAt(at++) === '%' ? 0 : undefined
        break
    }
    if (value === undefined) return undefined
  }
  return at

  function name(names: readonly string[]): number | undefined {
    const rest = text.slice(at, at + 12).toLowerCase()
    for (const [index, full] of names.entries()) {
      const short = full.slice(0, 3).toLowerCase()
      if (!rest.startsWith(short)) continue
      at += rest.startsWith(full.toLowerCase()) ? full.length : short.length
      return index
    }
    return undefined
  }
}

/** Conversions that stand for others. */
const expansions: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text.charAt(at))) at++
  return at
}
