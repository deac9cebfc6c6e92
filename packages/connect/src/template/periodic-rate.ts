/**
 * Rates that change by weekday and hour: a mean and a deviation for each, and the records of a second drawn from the normal
 * distribution. With `smooth` the mean goes in straight lines from the middle of one hour to that of the next.
 *
 *   { "mean": 100, "deviation": 10,
 *     "hours": { "monday": { "9-17": { "mean": 500, "deviation": 50 } }, "*": { "12": { "mean": 200 } } },
 *     "smooth": true,
 *     "simulate": { "from": "2026-01-05T00:00:00Z", "to": "2026-01-12T00:00:00Z", "secondsPerTick": 60, "tickMs": 100 } }
 *
 * A weekday's hours are stronger than those of `*`, which are stronger than the mean of all. With `simulate` time is that of a
 * clock of its own: each tick stands for so many of its seconds, and ticks are so many ms apart.
 */
import { didYouMean, localTimeIn, type Random, type Zone } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'

export interface Rate {
  /** Records of a second. */
  readonly mean: number
  readonly deviation: number
}

export interface Simulation {
  /** ms, whole seconds. */
  readonly from: number
  /** ms; the last second is before it. */
  readonly to: number
  readonly secondsPerTick: number
  readonly tickMs: number
}

export interface PeriodicRate {
  /** By weekday from Sunday, then hour: 168 of them. */
  readonly rates: readonly Rate[]
  readonly isSmooth: boolean
  readonly simulation: Simulation | undefined
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const hoursOfWeek = 168
const meanMax = 1_000_000
const members = ['mean', 'deviation', 'hours', 'smooth', 'simulate']

/** Error: TEMPLATE_RATE, for `value` from outside. */
export function readPeriodicRate(value: unknown): PeriodicRate {
  const settings = objectOf(value, 'the periodic rate')
  for (const name of Object.keys(settings)) {
    if (!members.includes(name)) {
      throw invalid(
        `there is no member "${name}". ${didYouMean(name, members)}There are: ${members.join(', ')}`,
      )
    }
  }
  const usual = rateOf(settings, { mean: 0, deviation: 0 }, 'the periodic rate')
  const hours = settings.hours === undefined ? {} : objectOf(settings.hours, '"hours"')
  const days = [...weekdays, '*']
  for (const day of Object.keys(hours)) {
    if (!days.includes(day))
      throw invalid(`"hours" has "${day}". ${didYouMean(day, days)}Weekdays are: ${days.join(', ')}`)
  }
  const rates = Array.from({ length: hoursOfWeek }, () => usual)
  for (const day of ['*', ...weekdays]) {
    if (hours[day] === undefined) continue
    for (const [span, entry] of Object.entries(objectOf(hours[day], `the hours of ${day}`))) {
      const [first, last] = hoursOf(span)
      for (const [index, name] of weekdays.entries()) {
        if (day !== '*' && day !== name) continue
        for (let hour = first; hour <= last; hour++) {
          const at = index * 24 + hour
          rates[at] = rateOf(objectOf(entry, `${day} ${span}`), rates[at] ?? usual, `${day} ${span}`)
        }
      }
    }
  }
  const { smooth = false } = settings
  if (typeof smooth !== 'boolean') throw invalid('"smooth" is true or false')
  return {
    rates,
    isSmooth: smooth,
    simulation: settings.simulate === undefined ? undefined : simulationOf(settings.simulate),
  }
}

/** Records of the second that begins at `time`, by the clocks of the zone. */
export function recordsOfSecond(
  { rates, isSmooth }: PeriodicRate,
  time: number,
  zone: Zone,
  random: Random,
): number {
  const local = localTimeIn(zone, time)
  // 1970-01-01 was a Thursday, the fourth day from Sunday.
  const hour = Math.floor(local / 3_600_000) + 4 * 24
  const at = (offset: number) =>
    rates[(((hour + offset) % hoursOfWeek) + hoursOfWeek) % hoursOfWeek] ?? { mean: 0, deviation: 0 }
  const { mean, deviation } = at(0)
  let centre = mean
  if (isSmooth) {
    // From -0.5 at the beginning of the hour to 0.5 at its end.
    const share = local / 3_600_000 - Math.floor(local / 3_600_000) - 0.5
    const neighbour = at(share < 0 ? -1 : 1).mean
    centre = mean + (neighbour - mean) * Math.abs(share)
  }
  return Math.max(0, Math.round(centre + deviation * normal(random)))
}

/** Of mean 0 and deviation 1, by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

function rateOf(entry: Readonly<Record<string, unknown>>, usual: Rate, what: string): Rate {
  const { mean = usual.mean, deviation = usual.deviation } = entry
  if (typeof mean !== 'number' || !(mean >= 0 && mean <= meanMax)) {
    throw invalid(`"mean" of ${what} is ${shown(mean)}; allowed is a number from 0 to ${meanMax}`)
  }
  if (typeof deviation !== 'number' || !(deviation >= 0 && deviation <= meanMax)) {
    throw invalid(`"deviation" of ${what} is ${shown(deviation)}; allowed is a number from 0 to ${meanMax}`)
  }
  return { mean, deviation }
}

/** `9` or `9-17`, both ends included. */
function hoursOf(span: string): [number, number] {
  const [, from, to = from] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(span) ?? []
  const [first, last] = [Number(from), Number(to)]
  if (!(first <= last && last <= 23)) throw invalid(`"${span}" is no hour; write 9, or 9-17`)
  return [first, last]
}

function simulationOf(value: unknown): Simulation {
  const { from, to, secondsPerTick = 1, tickMs = 1000, ...rest } = objectOf(value, '"simulate"')
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) {
    throw invalid(`"simulate" has "${unknown}". It has: from, to, secondsPerTick, tickMs`)
  }
  const [start, end] = [timeOf(from, 'from'), timeOf(to, 'to')]
  if (end <= start) throw invalid('"simulate" ends before it begins')
  if (typeof secondsPerTick !== 'number' || !Number.isInteger(secondsPerTick) || secondsPerTick < 1) {
    throw invalid(`"secondsPerTick" is ${shown(secondsPerTick)}; allowed is a whole number from 1`)
  }
  if (typeof tickMs !== 'number' || !(tickMs >= 0))
    throw invalid(`"tickMs" is ${shown(tickMs)}; allowed is a number from 0`)
  return { from: Math.floor(start / 1000) * 1000, to: end, secondsPerTick, tickMs }
}

function timeOf(value: unknown, name: string): number {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time))
    throw invalid(`"${name}" of "simulate" is ${shown(value)}; write a time like 2026-01-05T00:00:00Z`)
  return time
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${what} is ${shown(value)}, not an object`)
  // Checked right above.
  return value as Record<string, unknown>
}

function invalid(problem: string): ConnectError {
  return new ConnectError('TEMPLATE_RATE', `${problem}.`)
}
