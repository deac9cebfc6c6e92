/**
 * A ListState in memory. A key with one row holds it directly, one with more in a list. Changes since the last commit are
 * noted one by one in order: rows that came, each with its place in the list of its key, and keys that have left.
 */
import type { Row } from '../row.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { op } from './change-format.ts'
import { KeyAges } from './key-ages.ts'
import { type Key, type ListState, RowList } from './state-store.ts'
import { type Structure, sampleSize } from './structure.ts'

export class MemoryListState implements ListState, Structure {
  readonly #lists = new Map<Key, Row | RowList>()
  #size = 0
  readonly #changedKeys: Key[] = []
  /** undefined: the key has left. */
  readonly #changedRows: (Row | undefined)[] = []
  readonly #changedPlaces: number[] = []
  readonly #changedTimes = new Set<Key>()
  readonly #ages: KeyAges | undefined
  readonly #now: () => number

  constructor(ttl: number, now: () => number) {
    this.#ages = ttl > 0 ? new KeyAges(ttl) : undefined
    this.#now = now
  }

  get size(): number {
    return this.#size
  }

  add(key: Key, row: Row): void {
    if (this.#ages !== undefined) this.#touch(this.#ages, key)
    const place = this.#append(key, row)
    this.#changedKeys.push(key)
    this.#changedRows.push(row)
    this.#changedPlaces.push(place)
  }

  get(key: Key): Row | RowList | undefined {
    if (this.#ages?.isDead(key, this.#now()) === true) this.delete(key)
    return this.#lists.get(key)
  }

  delete(key: Key): void {
    if (!this.#forget(key)) return
    this.#changedKeys.push(key)
    this.#changedRows.push(undefined)
    this.#changedPlaces.push(0)
  }

  *keys(): IterableIterator<Key> {
    if (this.#ages !== undefined) this.expire(this.#now())
    yield* this.#lists.keys()
  }

  /** The row's place in the list of its key. */
  #append(key: Key, row: Row): number {
    const found = this.#lists.get(key)
    this.#size++
    if (found === undefined) {
      this.#lists.set(key, row)
      return 0
    }
    if (found instanceof RowList) return found.rows.push(row) - 1
    this.#lists.set(key, new RowList([found, row]))
    return 1
  }

  #forget(key: Key): boolean {
    const found = this.#lists.get(key)
    if (found === undefined) return false
    this.#size -= found instanceof RowList ? found.rows.length : 1
    this.#lists.delete(key)
    this.#ages?.delete(key)
    return true
  }

  #touch(ages: KeyAges, key: Key): void {
    if (ages.isDead(key, this.#now())) this.delete(key)
    ages.touch(key, this.#now())
    this.#changedTimes.add(key)
  }

  get changed(): boolean {
    return this.#changedKeys.length > 0
  }

  writeChanges(writer: ByteWriter): void {
    for (let i = 0; i < this.#changedKeys.length; i++) {
      const row = this.#changedRows[i]
      if (row !== undefined) writeRow(writer, this.#changedKeys[i]!, this.#changedPlaces[i]!, row)
      else {
        writer.byte(op.delete)
        writer.value(this.#changedKeys[i]!)
      }
    }
    this.#changedKeys.length = 0
    this.#changedRows.length = 0
    this.#changedPlaces.length = 0
    for (const key of this.#changedTimes) if (this.#lists.has(key)) this.#writeTime(writer, key)
    this.#changedTimes.clear()
  }

  writeAll(writer: ByteWriter, cut: () => void): void {
    for (const [key, found] of this.#lists) {
      const rows = found instanceof RowList ? found.rows : [found]
      for (let i = 0; i < rows.length; i++) {
        writeRow(writer, key, i, rows[i]!)
        cut()
      }
      if (this.#ages !== undefined) this.#writeTime(writer, key)
    }
  }

  #writeTime(writer: ByteWriter, key: Key): void {
    writer.byte(op.time)
    writer.value(key)
    writer.value(this.#ages!.timeOf(key))
  }

  readOperation(operation: number, reader: ByteReader): void {
    const key = reader.value() as Key // One follows each operation.
    if (operation === op.delete) this.#forget(key)
    else if (operation === op.time)
      this.#ages?.put(key, reader.value() as number) // writeTime wrote it.
    else this.#readRow(key, reader.varint(), reader.value() as Row) // writeRow wrote them.
  }

  /** A row that is there already is read again. */
  #readRow(key: Key, place: number, row: Row): void {
    const found = this.#lists.get(key)
    const length = found === undefined ? 0 : found instanceof RowList ? found.rows.length : 1
    if (place >= length) this.#append(key, row)
  }

  expire(now: number): void {
    if (this.#ages !== undefined) for (const key of this.#ages.dead(now)) this.delete(key)
  }

  get entryCount(): number {
    return this.#size
  }

  estimateBytes(writer: ByteWriter): number {
    writer.clear()
    let seen = 0
    for (const [key, found] of this.#lists) {
      if (seen >= sampleSize) break
      for (const row of found instanceof RowList ? found.rows : [found]) {
        if (seen++ >= sampleSize) break
        writeRow(writer, key, 0, row)
      }
    }
    return seen === 0 ? 0 : Math.round((writer.at / Math.min(seen, sampleSize)) * this.#size)
  }
}

function writeRow(writer: ByteWriter, key: Key, place: number, row: Row): void {
  writer.byte(op.listRow)
  writer.value(key)
  writer.varint(place)
  writer.value(row)
}
