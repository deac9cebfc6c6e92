/** `date.*`: the time of the record, and times around it. */
import { findZone, type Zone } from '@millrace/values'
import { type Helper, type Helpers, optionsOf, plain, type RecordContext } from '../helper.ts'
import { compileMomentPattern } from '../moment-pattern.ts'
import { word } from './word-helper.ts'

const dayMs = 86_400_000
const yearMs = 365 * dayMs
const isoLocal = 'YYYY-MM-DDTHH:mm:ssZ'
const isoUtc = 'YYYY-MM-DDTHH:mm:ss[Z]'

export const dateHelpers: Helpers[string] = {
  now: plain((pattern) => dateBy(pattern, isoLocal, ({ now }) => now)),
  utc: plain((pattern) => dateBy(pattern, isoUtc, ({ now }) => now, findZone('UTC'))),
  simTime: plain((pattern) => dateBy(pattern, isoLocal, ({ simulated }) => simulated)),
  past: plain((years) => around(years, 1, yearMs, -1)),
  future: plain((years) => around(years, 1, yearMs, 1)),
  recent: plain((days) => around(days, 1, dayMs, -1)),
  soon: plain((days) => around(days, 1, dayMs, 1)),
  between: plain((argument) => {
    const { from, to } = optionsOf(argument)
    const start = timeOf(from)
    const end = timeOf(to)
    if (start === undefined || end === undefined || start > end) {
      return 'it needs {"from":"2026-01-01","to":"2026-12-31"}'
    }
    return ({ random }) => new Date(start + random.below(end - start + 1))
  }),
  month: word((faker, argument) => faker.date.month({ abbreviated: optionsOf(argument).abbr === true })),
  weekday: word((faker, argument) => faker.date.weekday({ abbreviated: optionsOf(argument).abbr === true })),
}

function dateBy(
  pattern: unknown,
  usual: string,
  instant: (context: RecordContext) => number,
  fixed?: Zone,
): Helper | string {
  if (pattern !== undefined && typeof pattern !== 'string') return 'it needs a pattern, like "YYYY-MM-DD"'
  const format = compileMomentPattern(pattern ?? usual)
  return (context) => format(instant(context), fixed ?? context.zone)
}

function around(argument: unknown, usual: number, unitMs: number, sign: 1 | -1): Helper | string {
  const count = argument ?? usual
  if (typeof count !== 'number' || !(count > 0)) return 'it needs a number above 0'
  const range = Math.floor(count * unitMs)
  return ({ random, now }) => new Date(Math.floor(now) + sign * (1 + random.below(range)))
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
