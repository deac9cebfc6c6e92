/**
 * Windows by time (spec 3.5): which windows a moment belongs to, and when a window fires. All times here are local: ms as the
 * clock of the window's zone shows them; without a zone, as the values are written.
 *
 * Windows of one function are made of slices that do not overlap: of TUMBLE the window itself, of HOP the greatest common
 * divisor of slide and size, of CUMULATE the step. A slice belongs to the windows whose ends are `firstEnd(slice)`,
 * `+ endStep`, ... up to `lastEnd(slice)`. A slice is named by its end.
 */
import { SqlRuntimeError } from '../../functions/scalar-function.ts'
import { instantOf, localTime } from '../../functions/zone.ts'
import type { TimeAttribute, WindowSpec } from '../plan.ts'
import type { Row } from '../row.ts'

export interface Slices {
  /** End of the slice that holds a moment. */
  sliceEnd(time: number): number
  /** Ends of the first and the last window of a slice; where no window holds it, the last lies before the first. */
  firstEnd(sliceEnd: number): number
  lastEnd(sliceEnd: number): number
  readonly endStep: number
  /** Start of the window with an end. */
  windowStart(end: number): number
}

export type AlignedSpec = Exclude<WindowSpec, { readonly kind: 'session' }>

export function makeSlices(spec: AlignedSpec): Slices {
  switch (spec.kind) {
    case 'tumble': {
      const { size, offset } = spec
      return {
        sliceEnd: (time) => time - floorMod(time - offset, size) + size,
        firstEnd: (end) => end,
        lastEnd: (end) => end,
        endStep: size,
        windowStart: (end) => end - size,
      }
    }
    case 'hop': {
      const { size, slide, offset } = spec
      const slice = greatestCommonDivisor(size, slide)
      return {
        sliceEnd: (time) => time - floorMod(time - offset, slice) + slice,
        // The earliest window that still reaches the end of the slice: starts lie a slide apart.
        firstEnd: (end) => end + floorMod(offset - (end - size), slide),
        // The latest window that has begun by the start of the slice.
        lastEnd: (end) => end - slice - floorMod(end - slice - offset, slide) + size,
        endStep: slide,
        windowStart: (end) => end - size,
      }
    }
    case 'cumulate': {
      const { size, step, offset } = spec
      const startOf = (time: number) => time - floorMod(time - offset, size)
      return {
        // Steps are counted from the window's start, which matters where the last step is cut off by the size.
        sliceEnd: (time) => {
          const start = startOf(time)
          return Math.min(start + size, time - floorMod(time - start, step) + step)
        },
        firstEnd: (end) => end,
        lastEnd: (end) => startOf(end - 1) + size,
        endStep: step,
        windowStart: (end) => startOf(end - 1),
      }
    }
  }
}

export function floorMod(value: number, by: number): number {
  const rest = value % by
  return rest < 0 ? rest + by : rest + 0
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** Between instants, as time attributes and watermarks say them, and local time. */
export interface WindowZone {
  local(instant: number): number
  /** The instant at which a local time is over for good: the later one, where a clock change shows it twice. */
  instant(local: number): number
}

export function makeWindowZone(zone: string | undefined): WindowZone {
  if (zone === undefined || zone === 'UTC') return { local: (time) => time, instant: (time) => time }
  return {
    local: (instant) => localTime(instant, zone),
    instant: (local) => laterInstant(local, zone),
  }
}

const dayMs = 86_400_000

function laterInstant(local: number, zone: string): number {
  const early = instantOf(local, zone)
  const after = early + dayMs
  const late = local - (localTime(after, zone) - after)
  return late > early && localTime(late, zone) === local ? late : early
}

/** The value of a time attribute in a row, or undefined where it is NULL. */
export function timeOf(row: Row, attribute: TimeAttribute, now: number): number | undefined {
  if (attribute.kind === 'proctime') return now
  const time = row[attribute.column]
  return typeof time === 'number' ? time : undefined
}

export function nullTime(): Error {
  return new SqlRuntimeError(
    'NotNullViolation',
    'the time attribute of the row is NULL, so it belongs to no window; leave such rows out with WHERE ... IS NOT NULL',
  )
}
