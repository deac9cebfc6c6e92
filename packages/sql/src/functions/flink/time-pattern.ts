/**
 * Patterns of Java's DateTimeFormatter, for DATE_FORMAT and TO_TIMESTAMP. English names. Letters:
 *
 *   y u year   M L month   d day   D day of the year   Q q quarter   E day of the week   a AM or PM   G era
 *   H 0-23   k 1-24   K 0-11   h 1-12   m s   S fraction of the second   n nanosecond   A ms of the day
 *   X x Z an offset: read and not used, refused in formatting, since a TIMESTAMP has none
 *   '...' text, '' a quote, [ ] an optional part, any other character that is no letter itself
 *
 * Reading takes the whole text. One letter reads any number of digits, two or more read just so many (yyyy four), a
 * two-digit year is one of 2000 to 2099; where fields of fixed width follow at once, a field leaves them their digits. What
 * is out of its range does not match; a day beyond the end of its month (up to 31) is the last one. Missing fields are
 * those of 1970-01-01 00:00:00.
 */
import { dayNames, daysInMonth, monthNames } from '@millrace/values'
import { civilOf, dateOfTimestamp, dayMs, daysOf, timeOfTimestamp } from '../civil-time.ts'

export type TimePattern = readonly TimeItem[]
type TimeItem =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly letter: string; readonly count: number }
  | { readonly kind: 'optional'; readonly items: TimePattern }

const letters = 'yuMLdDQqEaGHkKhmsSnAXxZ'
const patternLengthMax = 128

/** The pattern's items, or what is wrong with it. */
export function parseTimePattern(pattern: string): TimePattern | string {
  if (pattern.length > patternLengthMax) return `a time pattern has at most ${patternLengthMax} characters`
  const stack: TimeItem[][] = [[]]
  for (let i = 0; i < pattern.length; ) {
    const items = stack.at(-1)!
    const character = pattern[i]!
    let end = i + 1
    if (character === "'") {
      let text = ''
      for (;;) {
        const quote = pattern.indexOf("'", end)
        if (quote < 0) return `pattern '${pattern}': the quoted text from ${i + 1} on does not end`
        text += pattern.slice(end, quote)
        end = quote + 1
        if (pattern[end] !== "'" || quote === i + 1) break
        text += "'"
        end++
      }
      items.push({ kind: 'text', text: text === '' ? "'" : text })
    } else if (character === '[') {
      stack.push([])
    } else if (character === ']') {
      stack.pop()
      if (stack.length === 0) return `pattern '${pattern}': ']' without '['`
      stack.at(-1)!.push({ kind: 'optional', items })
    } else if (/[a-zA-Z]/.test(character)) {
      if (!letters.includes(character)) {
        return `pattern '${pattern}': the letter ${character} is not supported; fields are ${[...letters].join(' ')}, other letters go in single quotes`
      }
      while (pattern[end] === character) end++
      items.push({ kind: 'field', letter: character, count: end - i })
    } else if (/[{}#]/.test(character)) {
      return `pattern '${pattern}': '${character}' is reserved; write it in single quotes`
    } else items.push({ kind: 'text', text: character })
    i = end
  }
  return stack.length === 1 ? stack[0]! : `pattern '${pattern}': '[' without ']'`
}

/** The local time in ms as text; undefined when the pattern has a field that a local time lacks. */
export function formatTime(items: TimePattern, local: number): string | undefined {
  const days = dateOfTimestamp(local)
  return formatItems(items, { days, time: timeOfTimestamp(local), ...civilOf(days) })
}

interface LocalTime {
  readonly days: number
  /** ms of the day. */
  readonly time: number
  readonly year: number
  readonly month: number
  readonly day: number
}

function formatItems(items: TimePattern, local: LocalTime): string | undefined {
  let out = ''
  for (const item of items) {
    const text =
      item.kind === 'text'
        ? item.text
        : item.kind === 'optional'
          ? (formatItems(item.items, local) ?? '')
          : formatField(item.letter, item.count, local)
    if (text === undefined) return undefined
    out += text
  }
  return out
}

function formatField(letter: string, count: number, local: LocalTime): string | undefined {
  const { days, time, year, month, day } = local
  const hour = Math.floor(time / 3_600_000)
  const number = (value: number) => String(value).padStart(count, '0')
  const named = (name: string) => (count === 4 ? name : name.slice(0, count === 5 ? 1 : 3))
  switch (letter) {
    case 'y':
    case 'u':
      if (count === 2) return String(year % 100).padStart(2, '0')
      return count >= 4 && year > 9999 ? `+${year}` : number(year)
    case 'M':
    case 'L':
      return count >= 3 ? named(monthNames[month - 1]!) : number(month)
    case 'd':
      return number(day)
    case 'D':
      return number(days - daysOf(year, 1, 1) + 1)
    case 'Q':
    case 'q': {
      const quarter = Math.floor((month - 1) / 3) + 1
      if (count < 3) return number(quarter)
      return count === 3 ? `Q${quarter}` : `${quarter}${['st', 'nd', 'rd', 'th'][quarter - 1]} quarter`
    }
    case 'E':
      // 1970-01-01 was a Thursday.
      return named(dayNames[(((days + 4) % 7) + 7) % 7]!)
    case 'a':
      return hour < 12 ? 'AM' : 'PM'
    case 'G':
      return count === 4 ? 'Anno Domini' : count === 5 ? 'A' : 'AD'
    case 'H':
      return number(hour)
    case 'k':
      return number(hour === 0 ? 24 : hour)
    case 'K':
      return number(hour % 12)
    case 'h':
      return number(hour % 12 === 0 ? 12 : hour % 12)
    case 'm':
      return number(Math.floor(time / 60_000) % 60)
    case 's':
      return number(Math.floor(time / 1000) % 60)
    case 'S':
      return String(time % 1000)
        .padStart(3, '0')
        .padEnd(count, '0')
        .slice(0, count)
    case 'n':
      return number((time % 1000) * 1_000_000)
    case 'A':
      return number(time)
    default:
      return undefined
  }
}

/** Values of the fields read so far, by letter; M, y and so on hold the last one read. */
type Fields = Map<string, number>

/** The local time in ms that the whole text tells, undefined if it does not match. */
export function readTime(items: TimePattern, text: string): number | undefined {
  const fields: Fields = new Map()
  return readItems(items, text, 0, fields) === text.length ? localOf(fields) : undefined
}

/** Where the text behind the items begins, undefined if they do not match. */
function readItems(items: TimePattern, text: string, start: number, fields: Fields): number | undefined {
  let at = start
  for (const [i, item] of items.entries()) {
    let end: number | undefined
    if (item.kind === 'text') end = text.startsWith(item.text, at) ? at + item.text.length : undefined
    else if (item.kind === 'optional') {
      const tried: Fields = new Map(fields)
      end = readItems(item.items, text, at, tried) ?? at
      if (end > at) for (const [letter, value] of tried) fields.set(letter, value)
    } else end = readField(item.letter, item.count, text, at, fields, reserved(items, i + 1))
    if (end === undefined) return undefined
    at = end
  }
  return at
}

/** Digits that the fields of fixed width right behind a field need. */
function reserved(items: TimePattern, from: number): number {
  let digits = 0
  for (let i = from; i < items.length; i++) {
    const item = items[i]!
    const [min, max] = item.kind === 'field' ? widthOf(item.letter, item.count) : [0, -1]
    if (min !== max) break
    digits += min
  }
  return digits
}

/** Least and most digits of a number field; [0, -1] for what is read otherwise. */
function widthOf(letter: string, count: number): readonly [number, number] {
  if ('aEGXxZ'.includes(letter) || ('MLQq'.includes(letter) && count >= 3)) return [0, -1]
  if (letter === 'S') return [count, count]
  if (letter === 'D') return [count, 3]
  if (letter === 'n' || letter === 'A') return [count, 19]
  if (letter === 'y' || letter === 'u') return count === 1 ? [1, 19] : count === 3 ? [3, 19] : [count, count]
  return count === 1 ? [1, 19] : [count, count]
}

function readField(
  letter: string,
  count: number,
  text: string,
  at: number,
  fields: Fields,
  reserve: number,
): number | undefined {
  const [min, max] = widthOf(letter, count)
  if (max < 0) return readWord(letter, count, text, at, fields)
  let digits = 0
  while (text[at + digits]! >= '0' && text[at + digits]! <= '9') digits++
  const taken = Math.min(max, min === max ? max : Math.max(min, digits - reserve))
  if (taken > digits || taken === 0) return undefined
  const value = Number(text.slice(at, at + taken))
  if (letter === 'S') fields.set('S', Math.floor(value * 10 ** (3 - count)))
  else if ((letter === 'y' || letter === 'u') && count === 2) fields.set('y', 2000 + value)
  else fields.set(letter === 'u' ? 'y' : letter === 'L' ? 'M' : letter, value)
  return at + taken
}

function readWord(
  letter: string,
  count: number,
  text: string,
  at: number,
  fields: Fields,
): number | undefined {
  if (letter === 'X' || letter === 'x' || letter === 'Z') {
    const offset = /^(?:Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)/.exec(text.slice(at, at + 9))
    return offset === null ? undefined : at + offset[0].length
  }
  const names =
    letter === 'a' ? ['AM', 'PM'] : letter === 'G' ? ['BC', 'AD'] : letter === 'E' ? dayNames : monthNames
  if (letter === 'Q' || letter === 'q') return undefined
  const long = count >= 4 || letter === 'a' || letter === 'G'
  const index = names.findIndex((name) => text.startsWith(long ? name : name.slice(0, 3), at))
  if (index < 0) return undefined
  fields.set(letter === 'L' ? 'M' : letter, letter === 'M' || letter === 'L' ? index + 1 : index)
  return at + (long ? names[index]!.length : 3)
}

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  y: [1, 9999],
  M: [1, 12],
  d: [1, 31],
  D: [1, 366],
  H: [0, 23],
  k: [1, 24],
  K: [0, 11],
  h: [1, 12],
  m: [0, 59],
  s: [0, 59],
  A: [0, dayMs - 1],
  n: [0, 999_999_999],
}

function localOf(fields: Fields): number | undefined {
  for (const [letter, value] of fields) {
    const range = ranges[letter]
    if (range !== undefined && (value < range[0] || value > range[1])) return undefined
  }
  const year = fields.get('y') ?? 1970
  const month = fields.get('M') ?? 1
  const dayOfYear = fields.get('D')
  const day = Math.min(fields.get('d') ?? 1, daysInMonth(year, month))
  const days =
    dayOfYear !== undefined && !fields.has('M') && !fields.has('d')
      ? daysOf(year, 1, 1) + dayOfYear - 1
      : daysOf(year, month, day)
  const whole = fields.get('A')
  if (whole !== undefined) return days * dayMs + whole
  const ms = fields.get('S') ?? Math.floor((fields.get('n') ?? 0) / 1_000_000)
  return (
    days * dayMs +
    hourOf(fields) * 3_600_000 +
    (fields.get('m') ?? 0) * 60_000 +
    (fields.get('s') ?? 0) * 1000 +
    ms
  )
}

/** Twelve-hour clocks count only together with AM or PM. */
function hourOf(fields: Fields): number {
  const hour = fields.get('H')
  if (hour !== undefined) return hour
  const clockHour = fields.get('k')
  if (clockHour !== undefined) return clockHour % 24
  const half = fields.get('a')
  const twelfth = fields.get('K') ?? (fields.has('h') ? fields.get('h')! % 12 : undefined)
  return half === undefined || twelfth === undefined ? 0 : twelfth + 12 * half
}
