/**
 * A ListState in memory. A key with one row holds it directly, one with more in a list. Changes since the last commit are
 * noted one by one in order: rows that came, each with its place in the list of its key, and keys that have left.
 *
 * The youngest rows are objects; older ones are bytes outside the heap (row-arena.ts), made objects again for each look.
 */
import type { Row } from '../row.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { op } from './change-format.ts'
import { KeyAges } from './key-ages.ts'
import { RowArena } from './row-arena.ts'
import { type Key, type ListState, RowList } from './state-store.ts'
import { packedMax, type Structure, sampleSize, youngMax } from './structure.ts'

/** Rows of a key of which some are addresses in the arena. */
class PackedList {
  readonly items: (Row | number)[]

  constructor(items: (Row | number)[]) {
    this.items = items
  }
}

export class MemoryListState implements ListState, Structure {
  readonly #lists = new Map<Key, Row | number | RowList | PackedList>()
  readonly #arena = new RowArena()
  /** A ring of the places of rows that are objects, and where the next one goes. */
  readonly #youngKeys: Key[] = []
  readonly #youngPlaces: number[] = []
  #youngAt = 0
  readonly #youngMax: number
  readonly #writes: { count: number }
  #size = 0
  readonly #changedKeys: Key[] = []
  /** undefined: the key has left. */
  readonly #changedRows: (Row | undefined)[] = []
  readonly #changedPlaces: number[] = []
  readonly #changedTimes = new Set<Key>()
  readonly #ages: KeyAges | undefined
  readonly #now: () => number

  /** `writes` counts what is written; `young`: how many rows stay objects. */
  constructor(ttl: number, now: () => number, writes: { count: number }, young = youngMax) {
    this.#ages = ttl > 0 ? new KeyAges(ttl) : undefined
    this.#now = now
    this.#writes = writes
    this.#youngMax = young
  }

  get size(): number {
    return this.#size
  }

  add(key: Key, row: Row): void {
    if (this.#ages !== undefined) this.#touch(this.#ages, key)
    this.#writes.count++
    const place = this.#append(key, row)
    this.#changedKeys.push(key)
    this.#changedRows.push(row)
    this.#changedPlaces.push(place)
  }

  get(key: Key): Row | RowList | undefined {
    if (this.#ages?.isDead(key, this.#now()) === true) this.delete(key)
    const found = this.#lists.get(key)
    if (typeof found === 'number') return this.#arena.get(found)
    if (!(found instanceof PackedList)) return found
    const rows = new RowList(found.items.map((item) => this.#rowOf(item)))
    if (found.items.length <= packedMax) return rows
    for (const item of found.items) if (typeof item === 'number') this.#arena.free(item)
    this.#lists.set(key, rows)
    return rows
  }

  delete(key: Key): void {
    if (!this.#forget(key)) return
    this.#writes.count++
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
    let place = 0
    if (found === undefined) this.#lists.set(key, row)
    else if (found instanceof RowList) place = found.rows.push(row) - 1
    else if (found instanceof PackedList) place = found.items.push(row) - 1
    else {
      this.#lists.set(
        key,
        typeof found === 'number' ? new PackedList([found, row]) : new RowList([found, row]),
      )
      place = 1
    }
    this.#grow(key, place)
    return place
  }

  /** The oldest of the young makes room. Its key may have left and come again; then another row is packed early. */
  #grow(key: Key, place: number): void {
    const at = this.#youngAt
    if (at < this.#youngKeys.length) this.#pack(this.#youngKeys[at]!, this.#youngPlaces[at]!)
    this.#youngKeys[at] = key
    this.#youngPlaces[at] = place
    this.#youngAt = (at + 1) % this.#youngMax
  }

  #pack(key: Key, place: number): void {
    const found = this.#lists.get(key)
    if (found === undefined || typeof found === 'number') return
    if (found instanceof RowList || found instanceof PackedList) {
      const items: readonly (Row | number)[] = found instanceof RowList ? found.rows : found.items
      const row = items.length > packedMax ? undefined : items[place]
      if (row === undefined || typeof row === 'number') return
      const address = this.#arena.put(row)
      if (address === undefined) return
      const packed = found instanceof PackedList ? found : new PackedList([...items])
      packed.items[place] = address
      if (packed !== found) this.#lists.set(key, packed)
      return
    }
    const address = place === 0 ? this.#arena.put(found) : undefined
    if (address !== undefined) this.#lists.set(key, address)
  }

  #rowOf(item: Row | number): Row {
    return typeof item === 'number' ? this.#arena.get(item) : item
  }

  #forget(key: Key): boolean {
    const found = this.#lists.get(key)
    if (found === undefined) return false
    const items = itemsOf(found)
    this.#size -= items.length
    for (const item of items) if (typeof item === 'number') this.#arena.free(item)
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
      const items = itemsOf(found)
      for (let i = 0; i < items.length; i++) {
        this.#writeItem(writer, key, i, items[i]!)
        cut()
      }
      if (this.#ages !== undefined) this.#writeTime(writer, key)
    }
  }

  #writeItem(writer: ByteWriter, key: Key, place: number, item: Row | number): void {
    if (typeof item !== 'number') {
      writeRow(writer, key, place, item)
      return
    }
    writer.byte(op.listRow)
    writer.value(key)
    writer.varint(place)
    this.#arena.copyTo(writer, item)
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
    const length = found === undefined ? 0 : itemsOf(found).length
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
      for (const item of itemsOf(found)) {
        if (seen++ >= sampleSize) break
        this.#writeItem(writer, key, 0, item)
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

function itemsOf(found: Row | number | RowList | PackedList): readonly (Row | number)[] {
  if (found instanceof RowList) return found.rows
  return found instanceof PackedList ? found.items : [found]
}
