/**
 * Date patterns of moment.js, compiled once, English. Letters are fields, text in [brackets] is itself, and so is every other
 * character. Weeks begin on Sunday (w, e, gg) or are those of ISO 8601 (W, E, GG).
 */
import {
  civilFromDays,
  dayMs,
  dayNames,
  daysFromCivil,
  localTimeIn,
  monthNames,
  type Zone,
} from '@millrace/values'

/** The text of an instant (ms) in a zone. */
export type MomentFormat = (instant: number, zone: Zone) => string

interface Fields {
  readonly instant: number
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly days: number
  /** From 1. */
  readonly dayOfYear: number
  /** Sunday is 0. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly ms: number
  /** Minutes east of UTC. */
  readonly offset: number
}

type Write = (fields: Fields) => string

/** Names that stand for other patterns, as moment's English locale has them. */
const longForms: Readonly<Record<string, string>> = {
  LTS: 'h:mm:ss A',
  LT: 'h:mm A',
  LLLL: 'dddd, MMMM D, YYYY h:mm A',
  LLL: 'MMMM D, YYYY h:mm A',
  LL: 'MMMM D, YYYY',
  L: 'MM/DD/YYYY',
  llll: 'ddd, MMM D, YYYY h:mm A',
  lll: 'MMM D, YYYY h:mm A',
  ll: 'MMM D, YYYY',
  l: 'M/D/YYYY',
}

const longForm = /\[[^[]*\]|LTS|LT|L{1,4}|l{1,4}/g
const tokenForm =
  /\[([^[]*)\]|YYYYYY|YYYYY|YYYY|YY|Y|Qo|Q|MMMM|MMM|MM|Mo|M|DDDD|DDDo|DDD|DD|Do|D|dddd|ddd|dd|do|d|E|e|ww|wo|w|WW|Wo|W|ggggg|gggg|gg|GGGGG|GGGG|GG|HH|H|hh|h|kk|k|mm|m|ss|s|S{1,9}|A|a|ZZ|Z|X|x|[\s\S]/g

const writers: Readonly<Record<string, Write>> = {
  YYYYYY: ({ year }) => `${year < 0 ? '-' : '+'}${padded(Math.abs(year), 6)}`,
  YYYYY: ({ year }) => padded(year, 5),
  YYYY: ({ year }) => padded(year, 4),
  YY: ({ year }) => padded(year % 100, 2),
  Y: ({ year }) => String(year),
  Q: ({ month }) => String(Math.ceil(month / 3)),
  Qo: ({ month }) => ordinal(Math.ceil(month / 3)),
  M: ({ month }) => String(month),
  Mo: ({ month }) => ordinal(month),
  MM: ({ month }) => padded(month, 2),
  MMM: ({ month }) => (monthNames[month - 1] ?? '').slice(0, 3),
  MMMM: ({ month }) => monthNames[month - 1] ?? '',
  D: ({ day }) => String(day),
  Do: ({ day }) => ordinal(day),
  DD: ({ day }) => padded(day, 2),
  DDD: ({ dayOfYear }) => String(dayOfYear),
  DDDo: ({ dayOfYear }) => ordinal(dayOfYear),
  DDDD: ({ dayOfYear }) => padded(dayOfYear, 3),
  d: ({ weekday }) => String(weekday),
  do: ({ weekday }) => ordinal(weekday),
  dd: ({ weekday }) => (dayNames[weekday] ?? '').slice(0, 2),
  ddd: ({ weekday }) => (dayNames[weekday] ?? '').slice(0, 3),
  dddd: ({ weekday }) => dayNames[weekday] ?? '',
  e: ({ weekday }) => String(weekday),
  E: ({ weekday }) => String(weekday || 7),
  w: (fields) => String(usWeek(fields).week),
  wo: (fields) => ordinal(usWeek(fields).week),
  ww: (fields) => padded(usWeek(fields).week, 2),
  W: (fields) => String(isoWeek(fields).week),
  Wo: (fields) => ordinal(isoWeek(fields).week),
  WW: (fields) => padded(isoWeek(fields).week, 2),
  gg: (fields) => padded(usWeek(fields).year % 100, 2),
  ggggg: (fields) => padded(usWeek(fields).year, 5),
  gggg: (fields) => padded(usWeek(fields).year, 4),
  GG: (fields) => padded(isoWeek(fields).year % 100, 2),
  GGGGG: (fields) => padded(isoWeek(fields).year, 5),
  GGGG: (fields) => padded(isoWeek(fields).year, 4),
  H: ({ hour }) => String(hour),
  HH: ({ hour }) => padded(hour, 2),
  h: ({ hour }) => String(hour % 12 || 12),
  hh: ({ hour }) => padded(hour % 12 || 12, 2),
  k: ({ hour }) => String(hour || 24),
  kk: ({ hour }) => padded(hour || 24, 2),
  m: ({ minute }) => String(minute),
  mm: ({ minute }) => padded(minute, 2),
  s: ({ second }) => String(second),
  ss: ({ second }) => padded(second, 2),
  A: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  a: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  Z: ({ offset }) => offsetText(offset, ':'),
  ZZ: ({ offset }) => offsetText(offset, ''),
  X: ({ instant }) => String(Math.floor(instant / 1000)),
  x: ({ instant }) => String(Math.floor(instant)),
}

export function compileMomentPattern(pattern: string): MomentFormat {
  const parts = partsOf(pattern)
  return (instant, zone) => {
    const fields = fieldsOf(Math.floor(instant), zone)
    let text = ''
    for (const part of parts) text += typeof part === 'string' ? part : part(fields)
    return text
  }
}

function partsOf(pattern: string): (string | Write)[] {
  // As text, before letters are looked at, so that a letter beside a long form may join it, as in moment.
  const whole = pattern.replace(longForm, (form) => longForms[form] ?? form)
  return [...whole.matchAll(tokenForm)].map(([token, quoted]) => {
    if (quoted !== undefined) return quoted
    if (/^S+$/.test(token)) return ({ ms }: Fields) => `${padded(ms, 3)}000000`.slice(0, token.length)
    return writers[token] ?? token
  })
}

function fieldsOf(instant: number, zone: Zone): Fields {
  const local = localTimeIn(zone, instant)
  const days = Math.floor(local / dayMs)
  const rest = local - days * dayMs
  const { year, month, day } = civilFromDays(days)
  return {
    instant,
    year,
    month,
    day,
    days,
    dayOfYear: days - daysFromCivil(year, 1, 1) + 1,
    weekday: (((days + 4) % 7) + 7) % 7,
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / 60_000) % 60,
    second: Math.floor(rest / 1000) % 60,
    ms: rest % 1000,
    offset: Math.round((local - instant) / 60_000),
  }
}

/** Weeks from Sunday; the first one holds January 1st. */
function usWeek({ year, days, weekday }: Fields): { year: number; week: number } {
  const saturday = days - weekday + 6
  const weekYear = civilFromDays(saturday).year
  // A week that holds next year's first day is that year's.
  const own = weekYear > year ? weekYear : year
  return { year: own, week: Math.floor((saturday - daysFromCivil(own, 1, 1)) / 7) + 1 }
}

/** Weeks from Monday; the first one holds the year's first Thursday. */
function isoWeek({ days, weekday }: Fields): { year: number; week: number } {
  const thursday = days - ((weekday + 6) % 7) + 3
  const { year } = civilFromDays(thursday)
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 }
}

function offsetText(minutes: number, colon: string): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${padded(Math.floor(size / 60), 2)}${colon}${padded(size % 60, 2)}`
}

function ordinal(value: number): string {
  const tens = Math.floor((value % 100) / 10)
  const ending = tens === 1 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th')
  return `${value}${ending}`
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
