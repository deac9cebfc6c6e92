/**
 * Which charts of a dashboard are asked when: each at its own interval, counted from its last answer, so that a slow one is not asked on
 * top of itself; few at a time, those that wait longest first; none while it is paused. A chart without an interval is asked once,
 * and when somebody says so.
 *
 * Time is the caller's: it calls `tick` every now and then, and `ended` when an answer has come.
 */

export interface RefreshEntry {
  readonly name: string
  /** null: once. */
  readonly everyMs: number | null
}

/** Statements of one page that may run at the same time: the lake runs four, and others ask too. */
export const atOnceMax = 2

interface Waiting {
  everyMs: number | null
  /** When it is due; Infinity: not by itself. */
  dueAt: number
  isAsked: boolean
  /** Which ask of all it was; of two that are due at the same time the one asked earlier goes first. */
  turn: number
}

export class RefreshQueue {
  readonly #entries = new Map<string, Waiting>()
  #turn = 0

  /** Charts that are new are due at once; of those that stay the interval may change. */
  set(entries: readonly RefreshEntry[], now: number): void {
    const names = new Set(entries.map(({ name }) => name))
    for (const name of this.#entries.keys()) if (!names.has(name)) this.#entries.delete(name)
    for (const { name, everyMs } of entries) {
      const known = this.#entries.get(name)
      if (known === undefined) this.#entries.set(name, { everyMs, dueAt: now, isAsked: false, turn: 0 })
      else if (known.everyMs !== everyMs) {
        known.everyMs = everyMs
        if (!known.isAsked) known.dueAt = everyMs === null ? Number.POSITIVE_INFINITY : now
      }
    }
  }

  /** Names to ask now; they count as asked until `ended`. */
  tick(now: number): string[] {
    let free = atOnceMax - [...this.#entries.values()].filter(({ isAsked }) => isAsked).length
    const due = [...this.#entries]
      .filter(([, entry]) => !entry.isAsked && entry.dueAt <= now)
      .sort(([, a], [, b]) => a.dueAt - b.dueAt || a.turn - b.turn)
    const asked: string[] = []
    for (const [name, entry] of due) {
      if (free-- <= 0) break
      entry.isAsked = true
      entry.turn = ++this.#turn
      asked.push(name)
    }
    return asked
  }

  /** An answer has come, or an error. */
  ended(name: string, now: number): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    entry.isAsked = false
    entry.dueAt = entry.everyMs === null ? Number.POSITIVE_INFINITY : now + entry.everyMs
  }

  /** At the next tick; without a name all. */
  now(now: number, name?: string): void {
    for (const [each, entry] of this.#entries)
      if ((name === undefined || each === name) && !entry.isAsked) entry.dueAt = Math.min(entry.dueAt, now)
  }
}
