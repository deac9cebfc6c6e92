/**
 * What the tail holds: the newest records that came, newest first, in a list of bounded length, and counts of all that was. Rates are
 * over the last seconds. Plain data without React, so that messages cost nothing until a frame is drawn.
 */
import type { StreamRecord, TailMessage } from '../../../../src/protocol/streams.ts'

export const tailRowsMax = 1_000
const rateWindowMs = 5_000

export interface TailCounts {
  readonly lookedAt: number
  readonly matched: number
  /** Matched, but not sent: more than a page can show. */
  readonly notShown: number
  readonly skipped: number
  readonly lost: number
}

export const noCounts: TailCounts = { lookedAt: 0, matched: 0, notShown: 0, skipped: 0, lost: 0 }

export class TailBuffer {
  /** Newest first. */
  rows: readonly StreamRecord[] = []
  counts: TailCounts = noCounts
  #recent: { readonly at: number; readonly seen: number; readonly matched: number }[] = []
  #since: number | undefined

  /** `at`: a clock in ms. */
  add(message: TailMessage, at: number): void {
    const { records, lookedAt, matched, notShown, skipped, lost, spanMs } = message
    this.rows = [...records.toReversed(), ...this.rows].slice(0, tailRowsMax)
    this.counts = {
      lookedAt: this.counts.lookedAt + lookedAt,
      matched: this.counts.matched + matched,
      notShown: this.counts.notShown + notShown,
      skipped: this.counts.skipped + skipped,
      lost: this.counts.lost + lost,
    }
    this.#since ??= at - spanMs
    this.#recent.push({ at, seen: lookedAt + skipped, matched })
    this.#drop(at)
  }

  clear(): void {
    this.rows = []
    this.counts = noCounts
    this.#recent = []
    this.#since = undefined
  }

  /** In a second: all that came, and what matched of it. */
  rates(at: number): { readonly seen: number; readonly matched: number } {
    this.#drop(at)
    const spanMs = Math.min(rateWindowMs, Math.max(1_000, at - (this.#since ?? at)))
    const sum = (name: 'seen' | 'matched') => this.#recent.reduce((total, each) => total + each[name], 0)
    return { seen: (sum('seen') * 1_000) / spanMs, matched: (sum('matched') * 1_000) / spanMs }
  }

  #drop(at: number): void {
    const from = this.#recent.findIndex((each) => at - each.at <= rateWindowMs)
    this.#recent = from < 0 ? [] : this.#recent.slice(from)
  }
}
