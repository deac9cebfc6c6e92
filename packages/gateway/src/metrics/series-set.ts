/**
 * A bounded set of series by key. When it is full, series without an observation for as long as minutes are kept make
 * room (they have nothing left to show but totals); if there are none, new ones are refused, and what is lost is counted.
 * So clients that make streams, shards or metric names without end cannot make the process grow, nor push out what is alive.
 */
import type { Clock } from '@millrace/values'
import { Series, type SeriesHome, type SeriesId } from './series.ts'
import { minuteOf } from './statistics.ts'

export interface SeriesSetOptions {
  readonly clock: Clock
  readonly minutesKept: number
  readonly seriesMax: number
}

export interface SeriesOverflow {
  /** Look-ups of new series that found no room. */
  readonly seriesRefused: number
  /** Observations of series that have no place. */
  readonly observationsDropped: number
}

export class SeriesSet implements SeriesHome {
  readonly clock: Clock
  readonly minutesKept: number
  readonly seriesMax: number
  readonly #byKey = new Map<string, Series>()
  #seriesRefused = 0
  #observationsDropped = 0
  /** Looking for idle series costs a pass over all of them: done at most once a minute. */
  #searchedMinute = Number.NEGATIVE_INFINITY

  constructor({ clock, minutesKept, seriesMax }: SeriesSetOptions) {
    this.clock = clock
    this.minutesKept = minutesKept
    this.seriesMax = seriesMax
  }

  /** The key stands for the id: equal ones have equal keys, and no others. */
  get(key: string): Series | undefined {
    return this.#byKey.get(key)
  }

  /** A new series, under a key that `get` does not know. */
  add(key: string, id: SeriesId): Series {
    const series = new Series(id, key, this)
    if (!this.#keep(series)) this.#seriesRefused++
    return series
  }

  adopt(series: Series): Series | undefined {
    const known = this.#byKey.get(series.key)
    if (known !== undefined) return known
    if (this.#keep(series)) return series
    this.#observationsDropped++
    return undefined
  }

  all(): IterableIterator<Series> {
    return this.#byKey.values()
  }

  get size(): number {
    return this.#byKey.size
  }

  get overflow(): SeriesOverflow {
    return { seriesRefused: this.#seriesRefused, observationsDropped: this.#observationsDropped }
  }

  #keep(series: Series): boolean {
    if (this.#byKey.size >= this.seriesMax && !this.#evictIdle()) return false
    this.#byKey.set(series.key, series)
    series.attach()
    return true
  }

  #evictIdle(): boolean {
    const minute = minuteOf(this.clock.now())
    if (minute === this.#searchedMinute) return false
    this.#searchedMinute = minute
    for (const series of this.#byKey.values()) {
      if (series.idleSince > minute - this.minutesKept) continue
      this.#byKey.delete(series.key)
      series.detach()
    }
    return this.#byKey.size < this.seriesMax
  }
}
