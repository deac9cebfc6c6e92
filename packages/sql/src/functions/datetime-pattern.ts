/**
 * Date and time patterns of Java's SimpleDateFormat: G y M w W D d F E u a H k K h m s S, the zones z Z X, text in single
 * quotes ('' is a quote), and any other character that is no letter as itself. Other letters are refused. English names;
 * weeks begin on Sunday, and the first of a year or month is that of its first day, as in Java's US locale.
 *
 * In reading, w W F u say nothing that the other fields do not: their number is read over.
 *
 * Reading is lenient from the left (spec 2.14): a number field takes all digits that follow, or exactly its letters'
 * count when another number field follows at once; the rest of the text is ignored; fields that the pattern lacks are
 * those of 1970-01-01 00:00:00. A field out of its range rolls over (month 13 is January of the next year), or, where the
 * caller wants ranges to be kept, does not match.
 */
import { dayNames, monthNames } from '@millrace/values'
import { civilOf, dateOfTimestamp, dayMs, daysOf, timeOfTimestamp } from './civil-time.ts'

export type PatternItem =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly letter: FieldLetter; readonly count: number }

const fieldLetters = 'GyMwWDdFEuaHkKhmsSzZX'
type FieldLetter =
  | 'G'
  | 'y'
  | 'M'
  | 'w'
  | 'W'
  | 'D'
  | 'd'
  | 'F'
  | 'E'
  | 'u'
  | 'a'
  | 'H'
  | 'k'
  | 'K'
  | 'h'
  | 'm'
  | 's'
  | 'S'
  | 'z'
  | 'Z'
  | 'X'
const patternLengthMax = 128

/** The pattern's items, or what is wrong with it. */
export function parseDatetimePattern(pattern: string): readonly PatternItem[] | string {
  if (pattern.length > patternLengthMax)
    return `a datetime pattern has at most ${patternLengthMax} characters`
  const items: PatternItem[] = []
  for (let i = 0; i < pattern.length; ) {
    const character = pattern[i]!
    if (character === "'") {
      const end = pattern.indexOf("'", i + 1)
      if (end < 0) return `pattern '${pattern}': the quoted text from ${i + 1} on does not end`
      items.push({ kind: 'text', text: end === i + 1 ? "'" : pattern.slice(i + 1, end) })
      i = end + 1
    } else if (/[a-zA-Z]/.test(character)) {
      if (!isFieldLetter(character)) {
        return `pattern '${pattern}': the letter ${character} is not supported; fields are G y M w W D d F E u a H k K h m s S z Z X, other letters go in single quotes`
      }
      let end = i
      while (pattern[end] === character) end++
      items.push({ kind: 'field', letter: character, count: end - i })
      i = end
    } else {
      items.push({ kind: 'text', text: character })
      i++
    }
  }
  return items
}

function isFieldLetter(character: string): character is FieldLetter {
  return fieldLetters.includes(character)
}

/** `timestamp` is the time that clocks show; `offset`, ms east of UTC, is what X and Z write. */
export function formatDatetime(items: readonly PatternItem[], timestamp: number, offset = 0): string {
  const { year, month, day } = civilOf(dateOfTimestamp(timestamp))
  const time = timeOfTimestamp(timestamp)
  const hour = Math.floor(time / 3_600_000)
  let out = ''
  for (const item of items) {
    if (item.kind === 'text') {
      out += item.text
      continue
    }
    const { letter, count } = item
    const number = (value: number) => String(value).padStart(count, '0')
    switch (letter) {
      case 'y':
        out += count === 2 ? String(year % 100).padStart(2, '0') : number(year)
        break
      case 'M':
        out +=
          count >= 4
            ? monthNames[month - 1]!
            : count === 3
              ? monthNames[month - 1]!.slice(0, 3)
              : number(month)
        break
      case 'G':
        out += year > 0 ? 'AD' : 'BC'
        break
      case 'w':
        out += number(weekOf(dateOfTimestamp(timestamp), daysOf(year, 1, 1)))
        break
      case 'W':
        out += number(weekOf(dateOfTimestamp(timestamp), daysOf(year, month, 1)))
        break
      case 'F':
        out += number(Math.floor((day - 1) / 7) + 1)
        break
      case 'u':
        out += number(weekday(dateOfTimestamp(timestamp)) || 7)
        break
      case 'd':
        out += number(day)
        break
      case 'D':
        out += number(dateOfTimestamp(timestamp) - daysOf(year, 1, 1) + 1)
        break
      case 'H':
        out += number(hour)
        break
      case 'h':
        out += number(hour % 12 === 0 ? 12 : hour % 12)
        break
      case 'k':
        out += number(hour === 0 ? 24 : hour)
        break
      case 'K':
        out += number(hour % 12)
        break
      case 'm':
        out += number(Math.floor(time / 60_000) % 60)
        break
      case 's':
        out += number(Math.floor(time / 1000) % 60)
        break
      case 'S':
        out += number(time % 1000)
        break
      case 'a':
        out += hour < 12 ? 'AM' : 'PM'
        break
      case 'X':
      case 'Z':
        out += offsetText(letter, count, offset)
        break
      case 'z':
        out += offset === 0 ? 'UTC' : `GMT${offsetText('X', 3, offset)}`
        break
      case 'E': {
        const name = dayNames[weekday(dateOfTimestamp(timestamp))]!
        out += count >= 4 ? name : name.slice(0, 3)
        break
      }
    }
  }
  return out
}

/** 0 is Sunday; 1970-01-01 was a Thursday. */
function weekday(days: number): number {
  return (((days + 4) % 7) + 7) % 7
}

/** Number of the week that began last, from the week of the first day of a year or month on. */
function weekOf(days: number, first: number): number {
  return Math.floor((days - first + weekday(first)) / 7) + 1
}

/** Z gives +0200. One X gives +02, two +0200, three +02:00; all of them Z for UTC. */
function offsetText(letter: 'X' | 'Z', count: number, offset: number): string {
  if (letter === 'X' && offset === 0) return 'Z'
  const minutes = Math.abs(Math.trunc(offset / 60_000))
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'))
  const rest = letter === 'X' && count === 1 ? '' : letter === 'X' && count === 3 ? `:${minute}` : minute
  return `${offset < 0 ? '-' : '+'}${hour}${rest}`
}

interface Fields {
  year: number
  month: number
  day: number
  dayOfYear: number | undefined
  hour: number
  halfHour: number | undefined
  afternoon: boolean | undefined
  minute: number
  second: number
  ms: number
  /** ms east of UTC, when the text says so. */
  offset: number | undefined
}

/** What becomes of a field out of its range: it moves the next greater one, or nothing matches. */
export type FieldRanges = 'roll' | 'keep'

/**
 * The time in ms that the text tells, undefined if it does not match. A two-digit year under `yy` is the year of those
 * digits from 80 years before to 20 years after `now`; any other number of digits is the year itself.
 */
export function readDatetime(
  items: readonly PatternItem[],
  text: string,
  now: number,
  ranges: FieldRanges = 'roll',
): number | undefined {
  const read = readZonedDatetime(items, text, now, ranges)
  return read === undefined ? undefined : read.local - (read.offset ?? 0)
}

/** The time that clocks show, and the offset from UTC if the text has one. */
export function readZonedDatetime(
  items: readonly PatternItem[],
  text: string,
  now: number,
  ranges: FieldRanges = 'roll',
): { readonly local: number; readonly offset: number | undefined } | undefined {
  const fields: Fields = {
    year: 1970,
    month: 1,
    day: 1,
    dayOfYear: undefined,
    hour: 0,
    halfHour: undefined,
    afternoon: undefined,
    minute: 0,
    second: 0,
    ms: 0,
    offset: undefined,
  }
  let at = 0
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!
    if (item.kind === 'text') {
      if (!text.startsWith(item.text, at)) return undefined
      at += item.text.length
      continue
    }
    while (text[at] === ' ') at++
    const end = isNumberField(item)
      ? readNumber(item, items[i + 1], text, at, fields, now)
      : readName(item, text, at, fields)
    if (end === undefined) return undefined
    at = end
  }
  if (ranges === 'keep' && !isInRange(fields)) return undefined
  return { local: timestampOf(fields), offset: fields.offset }
}

function isNumberField(item: PatternItem | undefined): boolean {
  if (item?.kind !== 'field') return false
  return !'GaEzZX'.includes(item.letter) && !(item.letter === 'M' && item.count >= 3)
}

function readNumber(
  item: PatternItem & { kind: 'field' },
  following: PatternItem | undefined,
  text: string,
  at: number,
  fields: Fields,
  now: number,
): number | undefined {
  const limit = isNumberField(following) ? at + item.count : Math.min(text.length, at + 9)
  let end = at
  while (end < limit && end < text.length && text[end]! >= '0' && text[end]! <= '9') end++
  if (end === at) return undefined
  const value = Number(text.slice(at, end))
  switch (item.letter) {
    case 'y':
      fields.year = item.count === 2 && end - at === 2 ? centuryOf(value, now) : value
      break
    case 'M':
      fields.month = value
      break
    case 'd':
      fields.day = value
      break
    case 'D':
      fields.dayOfYear = value
      break
    case 'H':
      fields.hour = value
      break
    case 'h':
      fields.halfHour = value === 12 ? 0 : value
      break
    case 'k':
      fields.hour = value === 24 ? 0 : value
      break
    case 'K':
      fields.halfHour = value
      break
    case 'w':
    case 'W':
    case 'F':
    case 'u':
      break
    case 'm':
      fields.minute = value
      break
    case 's':
      fields.second = value
      break
    default:
      fields.ms = value
  }
  return end
}

function readName(
  item: PatternItem & { kind: 'field' },
  text: string,
  at: number,
  fields: Fields,
): number | undefined {
  if ('zZX'.includes(item.letter)) return readOffset(text, at, fields)
  const rest = text.slice(at, at + 12).toUpperCase()
  if (item.letter === 'G') return rest.startsWith('AD') ? at + 2 : undefined
  if (item.letter === 'a') {
    if (!rest.startsWith('AM') && !rest.startsWith('PM')) return undefined
    fields.afternoon = rest.startsWith('PM')
    return at + 2
  }
  const names = item.letter === 'M' ? monthNames : dayNames
  const index = names.findIndex((name) => rest.startsWith(name.slice(0, 3).toUpperCase()))
  if (index < 0) return undefined
  if (item.letter === 'M') fields.month = index + 1
  const name = names[index]!
  return at + (rest.startsWith(name.toUpperCase()) ? name.length : 3)
}

/** Z, UTC or GMT, or a sign with hours and minutes, which may have a colon between them and GMT before them. */
function readOffset(text: string, at: number, fields: Fields): number | undefined {
  const match = /^(?:Z|UTC|(?:GMT)?([+-])(\d{2})(?::?(\d{2}))?|GMT)/.exec(text.slice(at, at + 9))
  if (match === null) return undefined
  const size = (Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)) * 60_000
  fields.offset = match[1] === '-' ? -size : size
  return at + match[0].length
}

function centuryOf(twoDigits: number, now: number): number {
  const first = civilOf(dateOfTimestamp(now)).year - 80
  const year = Math.floor(first / 100) * 100 + twoDigits
  return year < first ? year + 100 : year
}

function isInRange(fields: Fields): boolean {
  const { year, month, day, dayOfYear, hour, halfHour, minute, second } = fields
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59 || fields.ms > 999) return false
  if (halfHour !== undefined && halfHour > 11) return false
  if (dayOfYear !== undefined)
    return dayOfYear >= 1 && dayOfYear <= daysOf(year + 1, 1, 1) - daysOf(year, 1, 1)
  const next = month === 12 ? daysOf(year + 1, 1, 1) : daysOf(year, month + 1, 1)
  return day >= 1 && day <= next - daysOf(year, month, 1)
}

function timestampOf(fields: Fields): number {
  const hour =
    fields.halfHour === undefined ? fields.hour : fields.halfHour + (fields.afternoon === true ? 12 : 0)
  const monthIndex = fields.year * 12 + fields.month - 1
  const year = Math.floor(monthIndex / 12)
  const days =
    fields.dayOfYear === undefined
      ? daysOf(year, monthIndex - year * 12 + 1, 1) + fields.day - 1
      : daysOf(fields.year, 1, 1) + fields.dayOfYear - 1
  return days * dayMs + hour * 3_600_000 + fields.minute * 60_000 + fields.second * 1000 + fields.ms
}
