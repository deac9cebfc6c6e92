/**
 * When each key was last written, for a time to live: a key is dead once `ttl` ms of processing time have passed since.
 * Oldest first, so that what has died is found without a look at the rest.
 */
import type { Key } from './state-store.ts'

export class KeyAges {
  readonly #ttl: number
  readonly #times = new Map<Key, number>()
  #sorted = true

  constructor(ttl: number) {
    this.#ttl = ttl
  }

  touch(key: Key, now: number): void {
    if (this.#times.get(key) === now) return
    this.#times.delete(key)
    this.#times.set(key, now)
  }

  /** A time out of a blob; these do not come in order. */
  put(key: Key, time: number): void {
    this.touch(key, time)
    this.#sorted = false
  }

  delete(key: Key): void {
    this.#times.delete(key)
  }

  timeOf(key: Key): number {
    return this.#times.get(key) ?? 0
  }

  isDead(key: Key, now: number): boolean {
    const time = this.#times.get(key)
    return time !== undefined && time + this.#ttl <= now
  }

  /** Keys that are dead at `now`. */
  dead(now: number): Key[] {
    if (!this.#sorted) {
      const inOrder = [...this.#times].sort((a, b) => a[1] - b[1])
      this.#times.clear()
      for (const [key, time] of inOrder) this.#times.set(key, time)
      this.#sorted = true
    }
    const found: Key[] = []
    for (const [key, time] of this.#times) {
      if (time + this.#ttl > now) break
      found.push(key)
    }
    return found
  }
}
