/**
 * Hash index of a row store: from a key to its newest row, whose links lead to the older ones. Open addressing with linear
 * probing; a slot is a pair (hash, newest row id), hash 0 means empty.
 *
 * Rows leave the store from the front without a word to the index: a slot whose row is no longer live is dead, and so is
 * the rest of a chain from the first dead row on. Dead slots go when the table is renewed, and the table is renewed in
 * steps: when it is 60 % full a new one is begun, and every insert moves 8 slots, live ones only, until the old one is
 * empty; meanwhile both are searched. So no insert takes long, however large the table is.
 *
 * Cost: 8 bytes per slot; an insert O(1) expected.
 */
import type { RowStore } from './row-store.ts'

const slotsMin = 1024
const movedPerInsert = 8

/** Whether row `id` of the index's own store has the key of row `probe` of the store that is looked up from. */
export type SameKey = (id: number, probe: number) => boolean

export class RowIndex {
  readonly #store: RowStore
  readonly #sameOwn: SameKey
  #hashes = new Int32Array(slotsMin)
  #heads = new Int32Array(slotsMin)
  #used = 0
  /** The table being emptied, and how far; length 0 when there is none. */
  #oldHashes = new Int32Array(0)
  #oldHeads = new Int32Array(0)
  #movedTo = 0

  /** `sameOwn` compares two rows of the store itself. */
  constructor(store: RowStore, sameOwn: SameKey) {
    this.#store = store
    this.#sameOwn = sameOwn
  }

  get bytes(): number {
    return 8 * (this.#hashes.length + this.#oldHashes.length)
  }

  /** Whether the last `find` found a row; only then its result means anything, since every integer can be an id. */
  hit = false

  find(hash: number, probe: number, same: SameKey): number {
    const slot = this.#search(this.#hashes, this.#heads, hash, probe, same)
    if (slot >= 0) {
      this.hit = true
      return this.#heads[slot]!
    }
    if (this.#oldHashes.length > 0) {
      const old = this.#search(this.#oldHashes, this.#oldHeads, hash, probe, same)
      if (old >= 0) {
        this.hit = true
        return this.#oldHeads[old]!
      }
    }
    this.hit = false
    return 0
  }

  /** Makes row `id`, just appended, the newest of its key and links it to the older ones. */
  insert(hash: number, id: number): void {
    const same = this.#sameOwn
    const store = this.#store
    const slot = this.#search(this.#hashes, this.#heads, hash, id, same)
    if (slot >= 0) {
      store.setLink(id, this.#heads[slot]!)
      this.#heads[slot] = id
    } else {
      // A dead id ends a chain.
      let older = (store.first - 1) | 0
      if (this.#oldHashes.length > 0) {
        const old = this.#search(this.#oldHashes, this.#oldHeads, hash, id, same)
        if (old >= 0) older = this.#oldHeads[old]!
      }
      store.setLink(id, older)
      this.#place(hash, id)
    }
    if (this.#oldHashes.length > 0) this.#move()
    else if (this.#used * 5 > this.#hashes.length * 3) this.#renew()
  }

  #search(hashes: Int32Array, heads: Int32Array, hash: number, probe: number, same: SameKey): number {
    const mask = hashes.length - 1
    const store = this.#store
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = hashes[slot]!
      if (found === 0) return -1
      if (found === hash) {
        const head = heads[slot]!
        if (store.isLive(head) && same(head, probe)) return slot
      }
    }
  }

  #place(hash: number, id: number): void {
    const hashes = this.#hashes
    const mask = hashes.length - 1
    let slot = hash & mask
    // A dead slot of the same hash is taken over: its key has no live row, so nobody looks for it.
    while (hashes[slot] !== 0 && !(hashes[slot] === hash && !this.#store.isLive(this.#heads[slot]!)))
      slot = (slot + 1) & mask
    if (hashes[slot] === 0) this.#used++
    hashes[slot] = hash
    this.#heads[slot] = id
  }

  #renew(): void {
    const live = Math.min(this.#used, this.#store.count)
    let slots = slotsMin
    while (slots < live * 3 || slots < this.#hashes.length / 4) slots *= 2
    this.#oldHashes = this.#hashes
    this.#oldHeads = this.#heads
    this.#movedTo = 0
    this.#hashes = new Int32Array(slots)
    this.#heads = new Int32Array(slots)
    this.#used = 0
  }

  /** Moves some slots. A slot that was moved stays readable in the old table; the new one is asked first. */
  #move(): void {
    const hashes = this.#oldHashes
    const stop = Math.min(hashes.length, this.#movedTo + movedPerInsert)
    for (let slot = this.#movedTo; slot < stop; slot++) {
      const hash = hashes[slot]!
      const head = this.#oldHeads[slot]!
      if (hash === 0 || !this.#store.isLive(head)) continue
      // A key that got a newer row has a slot already, from which a chain leads to this row.
      if (this.#search(this.#hashes, this.#heads, hash, head, this.#sameOwn) < 0) this.#place(hash, head)
    }
    this.#movedTo = stop
    if (stop === hashes.length) {
      this.#oldHashes = new Int32Array(0)
      this.#oldHeads = new Int32Array(0)
    }
  }
}
