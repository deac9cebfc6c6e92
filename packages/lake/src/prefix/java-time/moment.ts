/** An instant as the clocks of a zone show it, taken apart once for all fields of a pattern. Proleptic Gregorian, as in java.time. */
import { civilFromDays, dayMs, daysFromCivil, localTimeIn, type Zone } from '@millrace/values'

export interface Moment {
  readonly instant: number
  readonly zone: Zone
  /** Proleptic: 0 is 1 BC. */
  readonly year: number
  readonly month: number
  readonly day: number
  /** Days since 1970-01-01 of the local date. */
  readonly epochDay: number
  /** From 1. */
  readonly dayOfYear: number
  /** Sunday is 1, as weeks begin in the US. */
  readonly dayOfWeek: number
  readonly msOfDay: number
  /** ms east of UTC. */
  readonly offset: number
}

/** `instant`: ms since the epoch; a fraction is dropped (toward the past). */
export function momentAt(instant: number, zone: Zone): Moment {
  const whole = Math.floor(instant)
  const local = localTimeIn(zone, whole)
  const epochDay = Math.floor(local / dayMs)
  const { year, month, day } = civilFromDays(epochDay)
  return {
    instant: whole,
    zone,
    year,
    month,
    day,
    epochDay,
    dayOfYear: epochDay - daysFromCivil(year, 1, 1) + 1,
    dayOfWeek: weekday(epochDay),
    msOfDay: local - epochDay * dayMs,
    offset: local - whole,
  }
}

/** Year and number of the week; week 1 is that of January 1st, also where it began in December (US: Sunday first, one day is enough). */
export function weekOfYear({ year, epochDay, dayOfYear }: Moment): { year: number; week: number } {
  const next = daysFromCivil(year + 1, 1, 1)
  if (epochDay >= next - (weekday(next) - 1)) return { year: year + 1, week: 1 }
  return { year, week: weekNumber(dayOfYear, weekday(daysFromCivil(year, 1, 1))) }
}

/** The week of the first day of the month is 1. */
export function weekOfMonth({ day, epochDay }: Moment): number {
  return weekNumber(day, weekday(epochDay - day + 1))
}

function weekNumber(day: number, firstWeekday: number): number {
  return Math.floor((day - 1 + firstWeekday - 1) / 7) + 1
}

/** Sunday is 1; 1970-01-01 was a Thursday. */
function weekday(epochDay: number): number {
  return ((((epochDay + 4) % 7) + 7) % 7) + 1
}
