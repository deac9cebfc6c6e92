/**
 * A RowsState in memory. Changes are noted by entry, so a key with many rows costs what has changed of it. A key with one
 * entry holds it directly; with few, in a list; with many, by the hash of the row.
 *
 * The youngest rows are objects, because they are asked for most; older ones are bytes outside the heap (row-arena.ts) and
 * are made objects again for each look at them.
 *
 * Order: entries within a key, and keys, are in order of first insertion, and come back in that order after a restart.
 */
import type { SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'
import { sameRow } from '../value.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { op } from './change-format.ts'
import { KeyAges } from './key-ages.ts'
import { RowArena } from './row-arena.ts'
import { rowHash } from './row-hash.ts'
import type { Key, RowEntry, RowGroup, RowsState } from './state-store.ts'
import { packedMax, type Structure, sampleSize, youngMax } from './structure.ts'

/** Beyond this many entries a key gets an index, and its rows stay objects. */
const listMax = packedMax

class Entry implements RowEntry, RowGroup {
  /** The row, or its address in the arena. */
  data: Row | number
  readonly #arena: RowArena
  readonly hash: number
  count: number
  extra = 0
  /** On the list of changes. */
  dirty = false
  /** The last commit has it. */
  logged = false
  /** It is one of many of its key: the row stays an object. */
  crowded = false

  constructor(row: Row, hash: number, count: number, arena: RowArena) {
    this.data = row
    this.hash = hash
    this.count = count
    this.#arena = arena
  }

  get row(): Row {
    return typeof this.data === 'number' ? this.#arena.get(this.data) : this.data
  }

  /** The row becomes bytes. */
  pack(): void {
    if (typeof this.data === 'number' || this.crowded) return
    this.data = this.#arena.put(this.data) ?? this.data
  }

  /** The row becomes an object, and its bytes are free. */
  unpack(): void {
    if (typeof this.data !== 'number') return
    const address = this.data
    this.data = this.#arena.get(address)
    this.#arena.free(address)
  }

  is(row: Row, hash: number): boolean {
    return this.hash === hash && sameRow(this.row, row)
  }

  write(writer: ByteWriter): void {
    if (typeof this.data === 'number') this.#arena.copyTo(writer, this.data)
    else writer.value(this.data)
  }

  /** An entry is the group of itself. */
  get size(): number {
    return 1
  }

  [Symbol.iterator](): Iterator<Entry> {
    return [this][Symbol.iterator]()
  }
}

/** Several entries in order: a list of few, or many with an index by hash. */
class Group implements RowGroup {
  #entries: Entry[] | Set<Entry>
  #index: Map<number, Entry[]> | undefined

  constructor(entries: Entry[]) {
    this.#entries = entries
  }

  get size(): number {
    return Array.isArray(this.#entries) ? this.#entries.length : this.#entries.size
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries[Symbol.iterator]()
  }

  find(row: Row, hash: number): Entry | undefined {
    const candidates = this.#index === undefined ? this.#entries : this.#index.get(hash)
    if (candidates !== undefined) for (const entry of candidates) if (entry.is(row, hash)) return entry
    return undefined
  }

  add(entry: Entry): void {
    if (!Array.isArray(this.#entries)) {
      this.#entries.add(entry)
      this.#register(entry)
      return
    }
    // A copy has no room to spare, of which pushing would leave much.
    const entries = [...this.#entries, entry]
    this.#entries = entries
    if (entries.length <= listMax) return
    this.#entries = new Set(entries)
    this.#index = new Map()
    for (const each of entries) this.#register(each)
  }

  remove(entry: Entry): void {
    if (Array.isArray(this.#entries)) {
      this.#entries.splice(this.#entries.indexOf(entry), 1)
      return
    }
    this.#entries.delete(entry)
    const same = this.#index!.get(entry.hash)!
    if (same.length === 1) this.#index!.delete(entry.hash)
    else same.splice(same.indexOf(entry), 1)
  }

  #register(entry: Entry): void {
    entry.crowded = true
    entry.unpack()
    const same = this.#index!.get(entry.hash)
    if (same === undefined) this.#index!.set(entry.hash, [entry])
    else same.push(entry)
  }
}

export class MemoryRowsState implements RowsState, Structure {
  readonly #groups = new Map<Key, Entry | Group>()
  #size = 0
  readonly #dirtyKeys: Key[] = []
  readonly #dirtyEntries: Entry[] = []
  /** Keys that have ended since the last commit, with how many changes were noted by then. */
  readonly #ended = new Map<Key, number>()
  readonly #dirtyTimes = new Set<Key>()
  readonly #ages: KeyAges | undefined
  readonly #now: () => number
  readonly #writes: { count: number }
  readonly #arena = new RowArena()
  /** A ring of the entries whose rows are objects, and where the next one goes. */
  readonly #young: (Entry | undefined)[] = []
  #youngAt = 0
  readonly #youngMax: number

  /** `writes` counts what is written. */
  constructor(ttl: number, now: () => number, writes: { count: number }, young = youngMax) {
    this.#ages = ttl > 0 ? new KeyAges(ttl) : undefined
    this.#now = now
    this.#writes = writes
    this.#youngMax = young
  }

  get size(): number {
    return this.#size
  }

  add(key: Key, row: Row): RowEntry {
    if (this.#ages !== undefined) this.#touch(key)
    const hash = rowHash(row)
    const found = this.#find(key, row, hash)
    if (found !== undefined) {
      found.count++
      this.#note(key, found)
      return found
    }
    const entry = new Entry(row, hash, 1, this.#arena)
    this.#attach(key, entry)
    this.#note(key, entry)
    return entry
  }

  remove(key: Key, row: Row): RowEntry | undefined {
    if (this.#ages !== undefined) this.#dropIfDead(key)
    const entry = this.#find(key, row, rowHash(row))
    if (entry === undefined) return undefined
    if (this.#ages !== undefined) this.#touch(key)
    entry.count--
    this.#note(key, entry)
    if (entry.count === 0) this.#detach(key, entry)
    return entry
  }

  get(key: Key): RowGroup | undefined {
    if (this.#ages !== undefined) this.#dropIfDead(key)
    return this.#groups.get(key)
  }

  setExtra(key: Key, entry: RowEntry, extra: number): void {
    const own = entry as Entry // Entries come from this structure only.
    if (own.extra === extra) return
    own.extra = extra
    if (own.count > 0) this.#note(key, own)
  }

  delete(key: Key): void {
    const group = this.#groups.get(key)
    if (group === undefined) return
    for (const entry of group as Iterable<Entry>) {
      entry.count = 0
      entry.unpack()
      this.#note(key, entry)
      this.#size--
    }
    this.#end(key)
  }

  *keys(): IterableIterator<Key> {
    if (this.#ages !== undefined) this.expire(this.#now())
    yield* this.#groups.keys()
  }

  #find(key: Key, row: Row, hash: number): Entry | undefined {
    const group = this.#groups.get(key)
    if (group instanceof Entry) return group.is(row, hash) ? group : undefined
    return group?.find(row, hash)
  }

  /** The oldest of the young makes room. */
  #grow(entry: Entry): void {
    const oldest = this.#young[this.#youngAt]
    if (oldest !== undefined && oldest.count > 0) oldest.pack()
    this.#young[this.#youngAt] = entry
    this.#youngAt = (this.#youngAt + 1) % this.#youngMax
  }

  #attach(key: Key, entry: Entry): void {
    const group = this.#groups.get(key)
    this.#size++
    this.#grow(entry)
    if (group === undefined) this.#groups.set(key, entry)
    else if (group instanceof Group) group.add(entry)
    else this.#groups.set(key, new Group([group, entry]))
  }

  #detach(key: Key, entry: Entry): void {
    const group = this.#groups.get(key)
    this.#size--
    entry.unpack()
    if (group instanceof Group) {
      group.remove(entry)
      if (group.size === 0) this.#end(key)
    } else this.#end(key)
  }

  #end(key: Key): void {
    this.#groups.delete(key)
    this.#ages?.delete(key)
    this.#ended.set(key, this.#dirtyEntries.length)
  }

  #note(key: Key, entry: Entry): void {
    this.#writes.count++
    if (entry.dirty) return
    entry.dirty = true
    this.#dirtyKeys.push(key)
    this.#dirtyEntries.push(entry)
  }

  #touch(key: Key): void {
    this.#dropIfDead(key)
    this.#ages!.touch(key, this.#now())
    this.#dirtyTimes.add(key)
  }

  #dropIfDead(key: Key): void {
    if (this.#ages!.isDead(key, this.#now())) this.delete(key)
  }

  get changed(): boolean {
    return this.#dirtyEntries.length > 0
  }

  writeChanges(writer: ByteWriter): void {
    for (let i = 0; i < this.#dirtyEntries.length; i++) {
      const [key, entry] = [this.#dirtyKeys[i]!, this.#dirtyEntries[i]!]
      entry.dirty = false
      if (entry.count > 0) {
        writeEntry(writer, key, entry)
        entry.logged = true
      } else if (entry.logged) {
        writer.byte(op.removeRow)
        writer.value(key)
        entry.write(writer)
      } else if (this.#groups.has(key) && i >= (this.#ended.get(key) ?? 0)) {
        // The entry came and went between two commits, but it gave the key its place.
        writer.byte(op.key)
        writer.value(key)
      }
    }
    this.#dirtyKeys.length = 0
    this.#dirtyEntries.length = 0
    this.#ended.clear()
    for (const key of this.#dirtyTimes) if (this.#groups.has(key)) this.#writeTime(writer, key)
    this.#dirtyTimes.clear()
  }

  writeAll(writer: ByteWriter, cut: () => void): void {
    for (const [key, group] of this.#groups) {
      for (const entry of group as Iterable<Entry>) {
        writeEntry(writer, key, entry)
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
    switch (operation) {
      case op.key:
        this.#holdPlace(key)
        return
      case op.time:
        this.#ages?.put(key, reader.value() as number) // writeTime wrote it.
        return
      case op.row:
        this.#readEntry(key, reader)
        return
      default:
        this.#readRemoval(key, reader.value() as Row) // removeRow wrote it.
    }
  }

  #readEntry(key: Key, reader: ByteReader): void {
    const row = reader.value() as readonly SqlValue[] // writeEntry wrote a row and two numbers.
    const [count, extra] = [reader.varint(), reader.value() as number]
    const hash = rowHash(row)
    let entry = this.#find(key, row, hash)
    if (entry === undefined) {
      entry = new Entry(row, hash, count, this.#arena)
      entry.logged = true
      this.#attach(key, entry)
    }
    entry.count = count
    entry.extra = extra
  }

  #readRemoval(key: Key, row: Row): void {
    const entry = this.#find(key, row, rowHash(row))
    if (entry === undefined) return
    this.#detach(key, entry)
    this.#ended.clear()
  }

  /** An empty group; rows for it follow in the same blob. */
  #holdPlace(key: Key): void {
    if (this.#groups.has(key)) return
    this.#groups.set(key, new Group([]))
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
    for (const [key, group] of this.#groups) {
      if (seen >= sampleSize) break
      for (const entry of group as Iterable<Entry>) {
        if (seen++ >= sampleSize) break
        writeEntry(writer, key, entry)
      }
    }
    return seen === 0 ? 0 : Math.round((writer.at / Math.min(seen, sampleSize)) * this.#size)
  }
}

function writeEntry(writer: ByteWriter, key: Key, entry: Entry): void {
  writer.byte(op.row)
  writer.value(key)
  entry.write(writer)
  writer.varint(entry.count)
  writer.value(entry.extra)
}
