/**
 * The letters of a pattern and what each prints, by java.time's DateTimeFormatterBuilder.appendPattern. How often a letter stands
 * decides between a number, its padding, and a text; a count that Java refuses is refused here in words.
 */
import { dayNames, monthNames } from '@millrace/values'
import { type Moment, weekOfMonth, weekOfYear } from './moment.ts'
import { quarterNames, styled, textStyle } from './names.ts'
import { localizedOffset, offsetText } from './offset-text.ts'
import { zoneName } from './zone-names.ts'

export type FieldWriter = (moment: Moment) => string

/** A writer, or what is wrong with so many of the letter. */
type FieldRule = (count: number) => FieldWriter | string

const rules: Readonly<Record<string, FieldRule>> = {
  G: (count) => {
    if (count > 5) return 'stands 1 to 5 times'
    if (count === 4) return ({ year }) => (year > 0 ? 'Anno Domini' : 'Before Christ')
    if (count === 5) return ({ year }) => (year > 0 ? 'A' : 'B')
    return ({ year }) => (year > 0 ? 'AD' : 'BC')
  },
  u: (count) => yearWriter(count, ({ year }) => year),
  y: (count) => yearWriter(count, ({ year }) => (year > 0 ? year : 1 - year)),
  Y: (count) => {
    if (count === 2) return (moment) => padded(Math.abs(weekOfYear(moment).year) % 100, 2)
    return (moment) => signed(weekOfYear(moment).year, count)
  },
  Q: quarter,
  q: quarter,
  M: month,
  L: month,
  w: (count) => upTo(count, 2, (moment) => weekOfYear(moment).week),
  W: (count) => upTo(count, 1, weekOfMonth),
  d: (count) => upTo(count, 2, ({ day }) => day),
  D: (count) => upTo(count, 3, ({ dayOfYear }) => dayOfYear),
  E: (count) => (count > 5 ? 'stands 1 to 5 times' : dayName(count)),
  e: (count) =>
    count > 5
      ? 'stands 1 to 5 times'
      : count < 3
        ? ({ dayOfWeek }) => padded(dayOfWeek, count)
        : dayName(count),
  a: (count) => (count > 1 ? 'stands once' : ({ msOfDay }) => (msOfDay < 43_200_000 ? 'AM' : 'PM')),
  H: (count) => upTo(count, 2, hour),
  k: (count) => upTo(count, 2, (moment) => hour(moment) || 24),
  K: (count) => upTo(count, 2, (moment) => hour(moment) % 12),
  h: (count) => upTo(count, 2, (moment) => hour(moment) % 12 || 12),
  m: (count) => upTo(count, 2, ({ msOfDay }) => Math.floor(msOfDay / 60_000) % 60),
  s: (count) => upTo(count, 2, ({ msOfDay }) => Math.floor(msOfDay / 1000) % 60),
  S: (count) =>
    count > 9 ? 'stands 1 to 9 times' : ({ msOfDay }) => `${padded(msOfDay % 1000, 3)}000000`.slice(0, count),
  A: (count) => upTo(count, 19, ({ msOfDay }) => msOfDay),
  n: (count) => upTo(count, 19, ({ msOfDay }) => (msOfDay % 1000) * 1_000_000),
  z: (count) => (count > 4 ? 'stands 1 to 4 times' : (moment) => zoneName(moment, count === 4)),
  V: (count) => (count === 2 ? ({ zone }) => zone.name : 'stands twice'),
  Z: (count) => {
    if (count > 5) return 'stands 1 to 5 times'
    if (count === 4) return ({ offset }) => localizedOffset(offset, true)
    if (count === 5) return offsetWriter({ colon: true, seconds: 'if-any', zero: 'Z' })
    return offsetWriter({ colon: false, seconds: 'never', zero: '+0000' })
  },
  O: (count) =>
    count === 1 || count === 4
      ? ({ offset }) => localizedOffset(offset, count === 4)
      : 'stands once or 4 times',
  X: (count) => shortOffset(count, 'Z'),
  x: (count) => shortOffset(count, count === 1 ? '+00' : count % 2 === 0 ? '+0000' : '+00:00'),
}

/** All letters that a pattern may have. */
export const fieldLetters = Object.keys(rules).join(' ')

/** Undefined: not a letter of a field. A string says what is wrong with the count. */
export function fieldWriter(letter: string, count: number): FieldWriter | string | undefined {
  return rules[letter]?.(count)
}

function yearWriter(count: number, year: (moment: Moment) => number): FieldWriter | string {
  if (count > 19) return 'stands 1 to 19 times'
  if (count === 2) return (moment) => padded(Math.abs(year(moment)) % 100, 2)
  return (moment) => signed(year(moment), count)
}

/** From 4 letters on a number that is longer than the letters has a sign, so that it can be read back. */
function signed(value: number, count: number): string {
  const digits = padded(Math.abs(value), count)
  if (value < 0) return `-${digits}`
  return count >= 4 && count < 19 && value >= 10 ** count ? `+${digits}` : digits
}

function quarter(count: number): FieldWriter | string {
  const index = ({ month: m }: Moment) => Math.floor((m - 1) / 3)
  if (count > 5) return 'stands 1 to 5 times'
  if (count === 3) return (moment) => `Q${index(moment) + 1}`
  // A quarter of a year is 0 to 3.
  if (count === 4) return (moment) => quarterNames[index(moment)]!
  return (moment) => padded(index(moment) + 1, count === 5 ? 1 : count)
}

function month(count: number): FieldWriter | string {
  if (count > 5) return 'stands 1 to 5 times'
  if (count < 3) return (moment) => padded(moment.month, count)
  const style = textStyle(count)
  // A month is 1 to 12.
  return (moment) => styled(monthNames[moment.month - 1]!, style)
}

function dayName(count: number): FieldWriter {
  const style = textStyle(count)
  // A day of the week is 1 to 7.
  return ({ dayOfWeek }) => styled(dayNames[dayOfWeek - 1]!, style)
}

function hour({ msOfDay }: Moment): number {
  return Math.floor(msOfDay / 3_600_000)
}

function upTo(count: number, max: number, value: (moment: Moment) => number): FieldWriter | string {
  if (count > max) return max === 1 ? 'stands once' : `stands 1 to ${max} times`
  return (moment) => padded(value(moment), count)
}

function shortOffset(count: number, zero: string): FieldWriter | string {
  if (count > 5) return 'stands 1 to 5 times'
  return offsetWriter({
    colon: count === 3 || count === 5,
    minutes: count === 1 ? 'if-any' : 'always',
    seconds: count > 3 ? 'if-any' : 'never',
    zero,
  })
}

function offsetWriter(form: {
  colon: boolean
  minutes?: 'if-any' | 'always'
  seconds: 'never' | 'if-any'
  zero: string
}): FieldWriter {
  const whole = { minutes: 'always' as const, ...form }
  return ({ offset }) => offsetText(offset, whole)
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
