/**
 * A KeyedState in memory. Changes since the last commit are a set of keys; values are encoded when they are taken, so a
 * value that changes often is written once.
 */
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { op } from './change-format.ts'
import { KeyAges } from './key-ages.ts'
import type { Key, KeyedState } from './state-store.ts'
import { type Structure, sampleSize } from './structure.ts'

/** fresh: the last commit does not have the key. again: it has it, and the key has left and come back since. */
const dirt = { changed: 0, fresh: 1, again: 2, deleted: 3 } as const
type Dirt = (typeof dirt)[keyof typeof dirt]

export class MemoryKeyedState<V> implements KeyedState<V>, Structure {
  readonly #values = new Map<Key, V>()
  readonly #dirty = new Map<Key, Dirt>()
  readonly #ages: KeyAges | undefined
  readonly #now: () => number
  readonly #writes: { count: number }

  /** `writes` counts what is written. */
  constructor(ttl: number, now: () => number, writes: { count: number }) {
    this.#ages = ttl > 0 ? new KeyAges(ttl) : undefined
    this.#now = now
    this.#writes = writes
  }

  get size(): number {
    return this.#values.size
  }

  get(key: Key): V | undefined {
    const value = this.#values.get(key)
    if (value === undefined || this.#ages === undefined) return value
    return this.#dropIfDead(key) ? undefined : value
  }

  has(key: Key): boolean {
    return this.#values.has(key) && !this.#dropIfDead(key)
  }

  set(key: Key, value: V): void {
    this.#dropIfDead(key)
    if (this.#values.has(key)) this.#markChanged(key)
    else this.#markInserted(key)
    this.#values.set(key, value)
    this.#ages?.touch(key, this.#now())
  }

  touch(key: Key): void {
    if (!this.#values.has(key)) return
    this.#markChanged(key)
    this.#ages?.touch(key, this.#now())
  }

  delete(key: Key): void {
    if (!this.#values.delete(key)) return
    this.#ages?.delete(key)
    if (this.#dirty.get(key) === dirt.fresh) this.#dirty.delete(key)
    else this.#dirty.set(key, dirt.deleted)
  }

  *entries(): IterableIterator<[Key, V]> {
    if (this.#ages !== undefined) this.expire(this.#now())
    yield* this.#values.entries()
  }

  #markChanged(key: Key): void {
    this.#writes.count++
    if (!this.#dirty.has(key)) this.#dirty.set(key, dirt.changed)
  }

  #markInserted(key: Key): void {
    this.#writes.count++
    // Deleted before: it is put last, as it is in the values.
    const before = this.#dirty.delete(key)
    this.#dirty.set(key, before ? dirt.again : dirt.fresh)
  }

  #dropIfDead(key: Key): boolean {
    if (this.#ages?.isDead(key, this.#now()) !== true) return false
    this.delete(key)
    return true
  }

  get changed(): boolean {
    return this.#dirty.size > 0
  }

  writeChanges(writer: ByteWriter): void {
    for (const [key, state] of this.#dirty) {
      if (state === dirt.deleted) {
        writer.byte(op.delete)
        writer.value(key)
      } else this.#writeEntry(writer, state === dirt.changed ? op.set : op.insert, key, this.#values.get(key))
    }
    this.#dirty.clear()
  }

  writeAll(writer: ByteWriter, cut: () => void): void {
    for (const [key, value] of this.#values) {
      this.#writeEntry(writer, op.insert, key, value)
      cut()
    }
  }

  #writeEntry(writer: ByteWriter, operation: number, key: Key, value: V | undefined): void {
    writer.byte(operation)
    writer.value(key)
    writer.value(value)
    if (this.#ages !== undefined) writer.value(this.#ages.timeOf(key))
  }

  readOperation(operation: number, reader: ByteReader): void {
    const key = reader.value() as Key // writeEntry wrote one.
    if (operation !== op.set && operation !== op.insert) {
      this.#values.delete(key)
      this.#ages?.delete(key)
      return
    }
    if (operation === op.insert) this.#values.delete(key)
    this.#values.set(key, reader.value() as V) // The same structure wrote it.
    this.#ages?.put(key, reader.value() as number) // As above.
  }

  expire(now: number): void {
    if (this.#ages !== undefined) for (const key of this.#ages.dead(now)) this.delete(key)
  }

  get entryCount(): number {
    return this.#values.size
  }

  estimateBytes(writer: ByteWriter): number {
    writer.clear()
    let seen = 0
    for (const [key, value] of this.#values) {
      if (seen++ === sampleSize) break
      writer.value(key)
      writer.value(value)
    }
    return seen === 0 ? 0 : Math.round((writer.at / Math.min(seen, sampleSize)) * this.#values.size)
  }
}
