/**
 * Versions of a table by key and time. A version holds from its time until that of the next; null stands for the end of the
 * key. Of two versions of one time the later arrival holds.
 *
 * What the watermark has passed by is dropped: of the versions with times up to it only the last one can be asked for by
 * rows that are not late. `since` is the time from which on everything is still known, so that a late question is told
 * from one before the first version.
 */
import type { Row } from '../row.ts'
import type { Key, KeyedState, StateStore } from '../state/state-store.ts'
import { TimeQueue } from './join-time-queue.ts'

/** Times ascending, the row of each time, and `since`. */
type Versions = [times: number[], rows: (Row | null)[], since: number]

export class TemporalVersions {
  readonly #byKey: KeyedState<Versions>
  /** Times at which something before them can be dropped, with the key by number. Not state. */
  readonly #due = new TimeQueue()
  readonly #dueKeys = new Map<number, Key>()
  #nextNumber = 0

  constructor(state: StateStore) {
    this.#byKey = state.keyed('versions')
  }

  resume(): void {
    for (const [key, [times, rows]] of this.#byKey.entries()) {
      for (let i = 0; i < times.length; i++) if (i > 0 || rows[i] === null) this.#noteDue(key, times[i]!)
    }
  }

  put(key: Key, time: number, row: Row | null): void {
    const versions = this.#byKey.get(key)
    if (versions === undefined) {
      this.#byKey.set(key, [[time], [row], Number.NEGATIVE_INFINITY])
      if (row === null) this.#noteDue(key, time)
      return
    }
    const [times, rows] = versions
    const at = lastUpTo(times, time)
    if (at >= 0 && times[at] === time) rows[at] = row
    else {
      times.splice(at + 1, 0, time)
      rows.splice(at + 1, 0, row)
    }
    this.#byKey.touch(key)
    // The version after it can now drop this one, and this one what is before it.
    this.#noteDue(key, at + 2 < times.length ? times[at + 2]! : time)
    this.#noteDue(key, time)
  }

  /** Time of the last version that is known; -Infinity if there is none. */
  lastTime(key: Key): number {
    return this.#byKey.get(key)?.[0].at(-1) ?? Number.NEGATIVE_INFINITY
  }

  /** The row at a time; null: there is none; undefined: it is not known any more. */
  at(key: Key, time: number): Row | null | undefined {
    const versions = this.#byKey.get(key)
    if (versions === undefined) return null
    const [times, rows, since] = versions
    if (time < since) return undefined
    const at = lastUpTo(times, time)
    return at < 0 ? null : rows[at]!
  }

  /** Drops what no row with a time above `passed` asks for. */
  trim(passed: number): void {
    while (this.#due.size > 0 && this.#due.firstTime <= passed) {
      const number = this.#due.pop()
      const key = this.#dueKeys.get(number)!
      this.#dueKeys.delete(number)
      this.#trimKey(key, passed)
    }
  }

  #trimKey(key: Key, passed: number): void {
    const versions = this.#byKey.get(key)
    if (versions === undefined) return
    const [times, rows] = versions
    let dropped = lastUpTo(times, passed)
    if (dropped < 0) return
    const since = times[dropped]!
    // The end of a key is as good as no version.
    if (rows[dropped] === null) dropped++
    if (dropped === 0) return
    if (dropped === times.length) {
      this.#byKey.delete(key)
      return
    }
    versions[2] = since
    times.splice(0, dropped)
    rows.splice(0, dropped)
    this.#byKey.touch(key)
  }

  #noteDue(key: Key, time: number): void {
    const number = this.#nextNumber++
    this.#dueKeys.set(number, key)
    this.#due.push(time, number)
  }
}

/** Index of the last time that is not above; -1 if there is none. */
function lastUpTo(times: readonly number[], time: number): number {
  let at = times.length - 1
  while (at >= 0 && times[at]! > time) at--
  return at
}
