/**
 * Numbers of a chart's axes: ranges that stay the same while data moves inside of them, so that a live chart does not tremble, and
 * ticks written as short as their distance allows. Pure functions.
 */

/** 1, 2 or 5 times a power of ten, not less than `rough`. */
export function niceStep(rough: number): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const lead = rough / power
  // Just above a nice number because of rounding is that number.
  const nice = lead <= 1.000_001 ? 1 : lead <= 2.000_001 ? 2 : lead <= 5.000_001 ? 5 : 10
  return nice * power
}

/**
 * Whole steps around the values. From zero where a part of the whole is shown (bars, areas), and where values are so far from each
 * other that zero costs little room.
 */
export function valueRange(
  least: number | null | undefined,
  greatest: number | null | undefined,
  fromZero: boolean,
): [number, number] {
  if (least === null || least === undefined || greatest === null || greatest === undefined) return [0, 1]
  if (!Number.isFinite(least) || !Number.isFinite(greatest)) return [0, 1]
  let from = least
  let to = greatest
  if (fromZero || (from > 0 && from < to / 2)) from = Math.min(0, from)
  if (fromZero || (to < 0 && to > from / 2)) to = Math.max(0, to)
  if (from === to) {
    const around = from === 0 ? 1 : Math.abs(from) / 10
    from = from === 0 ? 0 : from - around
    to += around
  }
  const step = niceStep((to - from) / 4)
  return [Math.floor(from / step + 1e-9) * step, Math.ceil(to / step - 1e-9) * step]
}

/** The least distance of neighbours: the room that a bar has. `x` ascends. */
export function slotOf(x: readonly number[], alone: number): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 1; i < x.length; i++) {
    const distance = x[i]! - x[i - 1]!
    if (distance > 0 && distance < least) least = distance
  }
  return Number.isFinite(least) ? least : alone
}

/** A tick whose neighbours are `step` away: 0.05, 1,200, 25k. */
export function tickText(value: number, step: number): string {
  const size = Math.max(Math.abs(value), step)
  const [divisor, unit] =
    size < 10_000 ? [1, ''] : size < 1e6 ? [1e3, 'k'] : size < 1e9 ? [1e6, 'M'] : [1e9, 'G']
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step / divisor) - 1e-9)))
  return `${(value / divisor).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit}`
}

/** A value that somebody reads: all digits of whole numbers, six of others. */
export function valueText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return value.toLocaleString('en', { maximumSignificantDigits: 6 })
}

/** Ticks of a time axis, UTC: as fine as their distance, the day where it begins. */
export function timeTicks(points: readonly number[], step: number): string[] {
  return points.map((ms, i) => {
    const iso = isoOf(ms)
    const before = points[i - 1]
    const isNewDay = before === undefined || isoOf(before).slice(0, 10) !== iso.slice(0, 10)
    if (step >= 86_400_000) return iso.slice(0, 10)
    const time = step >= 60_000 ? iso.slice(11, 16) : step >= 1_000 ? iso.slice(11, 19) : iso.slice(14, 23)
    return isNewDay && i > 0 ? `${time}\n${iso.slice(0, 10)}` : time
  })
}

/** `2026-11-21 23:17:05`, with milliseconds where there are any; UTC. */
export function timeText(ms: number): string {
  const iso = isoOf(ms)
  if (!iso.endsWith('Z')) return iso
  const end = iso.endsWith('.000Z') ? -5 : -1
  return iso.slice(0, end).replace('T', ' ')
}

/** Far beyond what a Date holds: the number itself, so that one odd row cannot break a chart. */
function isoOf(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}
