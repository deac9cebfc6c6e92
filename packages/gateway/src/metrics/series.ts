/**
 * One series: running totals, and a statistic set for each minute that had observations, of the last `minutesKept`.
 *
 * All of it is one Float64Array, so that an observation is a few additions without allocation:
 *
 *   0 total of the sums | 1 total of the counts | slots of 5: minute, sum, count, minimum, maximum
 *
 * The slots are a ring in order of minutes. It begins small and doubles while its oldest minute is still wanted, so a
 * series costs memory for the minutes in which something happened (40 bytes each), up to `minutesKept` of them.
 *
 * A series is attached while its set keeps it. A detached one (refused because the set was full, or evicted after a long
 * silence) offers itself to the set again with its next observation: then it is kept, or the set holds another one under
 * the same key by now and gets the observation, or the observation is dropped and counted. So callers may hold handles
 * for ever. Cost of `observe`: one reading of the clock and seven writes; a new minute also looks for a slot.
 */
import type { Clock } from '@millrace/values'
import type { MetricHandle } from './meter.ts'
import { type MinuteStatistics, minuteOf, type StatisticSet } from './statistics.ts'

export interface SeriesId {
  readonly namespace: string
  readonly metric: string
  readonly unit: string
  /** By AWS's names (StreamName, ShardId, ConsumerName), in this order; a client's own as it sent them. */
  readonly dimensions: ReadonlyArray<readonly [name: string, value: string]>
}

/** What keeps series. */
export interface SeriesHome {
  readonly clock: Clock
  readonly minutesKept: number
  /** Keeps the series, or says which one has its key; undefined (and the observation counts as dropped): no room. */
  adopt(series: Series): Series | undefined
}

const headCells = 2
const slotCells = 5
const slotsAtFirst = 2
/** Before every minute, so that the first observation opens one. */
const noMinute = Number.NEGATIVE_INFINITY

export class Series implements MetricHandle {
  readonly id: SeriesId
  readonly key: string
  readonly #home: SeriesHome
  #cells = new Float64Array(headCells + slotsAtFirst * slotCells)
  /** Ring: slot `#newest` holds the newest minute, and `#filled` slots up to it are in use. */
  #newest = -1
  #filled = 0
  /** First cell of the newest slot. */
  #at = 0
  /** Minute of the newest slot while attached; noMinute otherwise, so that each observation passes #open. */
  #minute = noMinute
  #attached = false
  /** When it was attached, or the last minute with observations: how long it has been idle follows. */
  #activeMinute: number

  constructor(id: SeriesId, key: string, home: SeriesHome) {
    this.id = id
    this.key = key
    this.#home = home
    this.#activeMinute = minuteOf(home.clock.now())
  }

  observe(value: number): void {
    this.add(value, 1, value, value)
  }

  /** Many observations at once, as one statistic set. */
  add(sum: number, count: number, min: number, max: number): void {
    const minute = minuteOf(this.#home.clock.now())
    if (minute > this.#minute && !this.#open(minute)) {
      this.#offer(sum, count, min, max)
      return
    }
    const cells = this.#cells
    const at = this.#at
    cells[0]! += sum
    cells[1]! += count
    cells[at + 1]! += sum
    cells[at + 2]! += count
    if (min < cells[at + 3]!) cells[at + 3] = min
    if (max > cells[at + 4]!) cells[at + 4] = max
  }

  /** Sums and counts since the process started (or since the series was first asked for). */
  get total(): { readonly sum: number; readonly count: number } {
    return { sum: this.#cells[0]!, count: this.#cells[1]! }
  }

  /** The sets of the minutes from `from` to `to`, both included, in order; minutes without observations are left out. */
  minutes(from: number, to: number): MinuteStatistics[] {
    const oldestKept = minuteOf(this.#home.clock.now()) - this.#home.minutesKept + 1
    const found: MinuteStatistics[] = []
    for (let age = this.#filled - 1; age >= 0; age--) {
      const at = this.#slotCell(age)
      const minute = this.#cells[at]!
      if (minute < from || minute > to || minute < oldestKept) continue
      found.push(readSlot(this.#cells, at))
    }
    return found
  }

  get idleSince(): number {
    return this.#activeMinute
  }

  /** Only the home says these two. */
  attach(): void {
    this.#attached = true
    this.#activeMinute = minuteOf(this.#home.clock.now())
  }

  detach(): void {
    const [sum, count] = this.#cells
    this.#cells = new Float64Array(headCells + slotsAtFirst * slotCells)
    this.#cells.set([sum!, count!])
    this.#newest = -1
    this.#filled = 0
    this.#minute = noMinute
    this.#attached = false
  }

  /** Makes the slot of a minute that has none yet the newest one. False: this series is not attached. */
  #open(minute: number): boolean {
    if (!this.#attached) return false
    const oldestKept = minute - this.#home.minutesKept + 1
    const full = this.#filled === this.#capacity
    if (full && this.#cells[this.#slotCell(this.#filled - 1)]! >= oldestKept) this.#grow()
    this.#newest = (this.#newest + 1) % this.#capacity
    this.#filled = Math.min(this.#filled + 1, this.#capacity)
    this.#at = headCells + this.#newest * slotCells
    this.#cells[this.#at] = minute
    this.#cells[this.#at + 1] = 0
    this.#cells[this.#at + 2] = 0
    this.#cells[this.#at + 3] = Number.POSITIVE_INFINITY
    this.#cells[this.#at + 4] = Number.NEGATIVE_INFINITY
    this.#minute = minute
    this.#activeMinute = minute
    return true
  }

  #offer(sum: number, count: number, min: number, max: number): void {
    this.#home.adopt(this)?.add(sum, count, min, max)
  }

  get #capacity(): number {
    return (this.#cells.length - headCells) / slotCells
  }

  /** First cell of the slot that is `age` minutes-with-observations older than the newest. */
  #slotCell(age: number): number {
    const capacity = this.#capacity
    return headCells + ((this.#newest - age + capacity) % capacity) * slotCells
  }

  /**
   * Twice the slots, oldest first from the front. Never past minutesKept: minutes rise, so a full ring of that size has
   * an oldest slot that no longer counts and is overwritten.
   */
  #grow(): void {
    const slots = Math.min(this.#capacity * 2, this.#home.minutesKept)
    const grown = new Float64Array(headCells + slots * slotCells)
    grown.set(this.#cells.subarray(0, headCells))
    for (let age = this.#filled - 1, at = headCells; age >= 0; age--, at += slotCells) {
      const from = this.#slotCell(age)
      grown.set(this.#cells.subarray(from, from + slotCells), at)
    }
    this.#cells = grown
    this.#newest = this.#filled - 1
  }
}

function readSlot(cells: Float64Array, at: number): MinuteStatistics & StatisticSet {
  return {
    minute: cells[at]!,
    sum: cells[at + 1]!,
    count: cells[at + 2]!,
    min: cells[at + 3]!,
    max: cells[at + 4]!,
  }
}
