/**
 * What wakes subscriptions: one watch of the store's news and one timer, however many subscriptions there are.
 *
 * News. A subscription watches its shard. When something was committed, the watched shards are looked at, and only
 * subscriptions of those that have grown or were closed are woken. Commits of this thread say which shards they wrote, so
 * nothing else is looked at; those of other threads are learned of by the store's counter. Rounds are at least 5 ms apart
 * (the first of a burst is at once): a thousand small commits in a second do not become a thousand events.
 *
 * Time. Deadlines fall into slots of 100 ms, so that a thousand heartbeats wake the process ten times a second at most. A
 * deadline is never missed late: a slot is due at its beginning.
 */
import type { ShardInfo, Store } from '@millrace/store'
import type { Clock } from '@millrace/values'

const ROUND_MS = 5
export const SLOT_MS = 100
/** waitForNews takes real time; it only bounds how long a wait can last unnoticed. */
const NEWS_WAIT_MS = 0x7fff_ffff

export interface Wakeable {
  /** The shard may have changed, or the deadline has come. Does not throw. */
  wake(): void
}

interface Watch {
  readonly stream: string
  readonly shard: number
  readonly watchers: Set<Wakeable>
  next: number
  closedAt: number | undefined
}

export class FanOutHub {
  readonly #store: Store
  readonly #clock: Clock
  readonly #watches = new Map<string, Watch>()
  readonly #dirty = new Set<Watch>()
  readonly #slots = new Map<number, Set<Wakeable>>()
  readonly #slotOf = new Map<Wakeable, number>()
  readonly #closing = new AbortController()
  #seenNews = 0
  #mustLookAtAll = false
  #lastRound = Number.NEGATIVE_INFINITY
  #isRoundDue = false
  #isWatching = false
  /** Ends the timer's sleep, when a deadline before its end is set. */
  #sleep: { readonly slot: number; readonly abort: AbortController } | undefined

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  watch(stream: string, shard: ShardInfo, watcher: Wakeable): void {
    const id = watchId(stream, shard.shard)
    let watch = this.#watches.get(id)
    if (watch === undefined) {
      const { next, closedAt } = shard
      watch = { stream, shard: shard.shard, watchers: new Set(), next, closedAt }
      this.#watches.set(id, watch)
    }
    watch.watchers.add(watcher)
    void this.#watchNews()
  }

  /** Ends its watch and its deadline. */
  leave(stream: string, shard: number, watcher: Wakeable): void {
    const id = watchId(stream, shard)
    const watch = this.#watches.get(id)
    watch?.watchers.delete(watcher)
    if (watch?.watchers.size === 0) {
      this.#watches.delete(id)
      this.#dirty.delete(watch)
    }
    this.#dropDeadline(watcher)
  }

  /** This thread has committed records to the shards. */
  committed(stream: string, shards: Iterable<number>): void {
    if (this.#watches.size === 0) return
    for (const shard of shards) {
      const watch = this.#watches.get(watchId(stream, shard))
      if (watch !== undefined) this.#dirty.add(watch)
    }
    // If more than this commit was made, another thread's may be among them; then the news tell of it.
    const news = this.#store.news()
    if (news === this.#seenNews + 1) this.#seenNews = news
    if (this.#dirty.size > 0) this.#requestRound()
  }

  /** Wakes the watcher at or shortly before a time; replaces its deadline. */
  wakeBy(timeMs: number, watcher: Wakeable): void {
    this.#dropDeadline(watcher)
    const slot = Math.max(Math.floor(timeMs / SLOT_MS), Math.floor(this.#clock.now() / SLOT_MS) + 1)
    this.#slotOf.set(watcher, slot)
    const waiting = this.#slots.get(slot)
    if (waiting === undefined) this.#slots.set(slot, new Set([watcher]))
    else waiting.add(watcher)
    if (this.#sleep === undefined) void this.#runTimer()
    else if (slot < this.#sleep.slot) this.#sleep.abort.abort()
  }

  close(): void {
    this.#closing.abort()
    this.#sleep?.abort.abort()
  }

  #dropDeadline(watcher: Wakeable): void {
    const slot = this.#slotOf.get(watcher)
    if (slot === undefined) return
    this.#slotOf.delete(watcher)
    const waiting = this.#slots.get(slot)
    waiting?.delete(watcher)
    if (waiting?.size === 0) this.#slots.delete(slot)
  }

  async #runTimer(): Promise<void> {
    while (this.#slots.size > 0 && !this.#closing.signal.aborted) {
      const slot = Math.min(...this.#slots.keys())
      const abort = new AbortController()
      this.#sleep = { slot, abort }
      const waitMs = slot * SLOT_MS - this.#clock.now()
      if (waitMs > 0) {
        await this.#clock.sleep(waitMs, abort.signal)
        continue
      }
      const due = this.#slots.get(slot) ?? []
      this.#slots.delete(slot)
      for (const watcher of due) {
        this.#slotOf.delete(watcher)
        watcher.wake()
      }
    }
    this.#sleep = undefined
  }

  async #watchNews(): Promise<void> {
    if (this.#isWatching) return
    this.#isWatching = true
    this.#seenNews = this.#store.news()
    const { signal } = this.#closing
    try {
      while (this.#watches.size > 0 && !signal.aborted) {
        await this.#store.waitForNews(this.#seenNews, NEWS_WAIT_MS, signal)
        const news = this.#store.news()
        if (news === this.#seenNews) continue
        this.#seenNews = news
        this.#mustLookAtAll = true
        this.#requestRound()
      }
    } catch {
      // The store was closed: there are no more news.
    }
    this.#isWatching = false
  }

  #requestRound(): void {
    if (this.#isRoundDue) return
    const waitMs = this.#lastRound + ROUND_MS - this.#clock.now()
    if (waitMs <= 0) {
      this.#round()
      return
    }
    this.#isRoundDue = true
    void this.#clock.sleep(waitMs, this.#closing.signal).then(() => {
      this.#isRoundDue = false
      if (!this.#closing.signal.aborted) this.#round()
    })
  }

  #round(): void {
    this.#lastRound = this.#clock.now()
    const watches = this.#mustLookAtAll ? [...this.#watches.values()] : [...this.#dirty]
    this.#mustLookAtAll = false
    this.#dirty.clear()
    for (const watch of watches) {
      if (!this.#hasChanged(watch)) continue
      for (const watcher of [...watch.watchers]) watcher.wake()
    }
  }

  #hasChanged(watch: Watch): boolean {
    try {
      const { next, closedAt } = this.#store.shard(watch.stream, watch.shard)
      if (next === watch.next && closedAt === watch.closedAt) return false
      watch.next = next
      watch.closedAt = closedAt
    } catch {
      // The stream was deleted, which the subscriptions find out when they look.
    }
    return true
  }
}

function watchId(stream: string, shard: number): string {
  return `${shard}/${stream}`
}
