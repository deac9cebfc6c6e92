/**
 * Which keys wait for which window end. Ends come out in order; the keys of one end in the order in which they were added.
 * Not state: operators fill it again from their state when they resume.
 */
import type { Key } from '../state/state-store.ts'

export class WindowTimers {
  readonly #keys = new Map<number, Set<Key>>()
  /** Binary heap of the ends that have keys. */
  readonly #heap: number[] = []

  /** The earliest end; Infinity if there is none. */
  get next(): number {
    return this.#heap[0] ?? Number.POSITIVE_INFINITY
  }

  add(end: number, key: Key): void {
    const keys = this.#keys.get(end)
    if (keys !== undefined) {
      keys.add(key)
      return
    }
    this.#keys.set(end, new Set([key]))
    this.#push(end)
  }

  /** Takes the earliest end out, with its keys. */
  take(): Set<Key> {
    const end = this.#pop()
    const keys = this.#keys.get(end)!
    this.#keys.delete(end)
    return keys
  }

  #push(end: number): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(end)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]! <= end) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = end
  }

  #pop(): number {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined) throw new Error('window timers: nothing to take')
    const { length } = heap
    if (length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= last) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return top
  }
}
