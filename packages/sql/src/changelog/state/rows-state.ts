/**
 * A RowsState in memory. Changes are noted by entry, so a key with many rows costs what has changed of it. A key with one
 * entry holds it directly; with few, in a list; with many, by the text of the row.
 *
 * Order: entries within a key, and keys, are in order of first insertion, and come back in that order after a restart.
 */
import type { SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'
import { sameRow, valueKey } from '../value.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { op } from './change-format.ts'
import { KeyAges } from './key-ages.ts'
import type { Key, RowEntry, RowGroup, RowsState } from './state-store.ts'
import { type Structure, sampleSize } from './structure.ts'

/** Beyond this many entries a key gets an index. */
const listMax = 12

class Entry implements RowEntry, RowGroup {
  readonly row: Row
  count: number
  extra = 0
  /** On the list of changes. */
  dirty = false
  /** The last commit has it. */
  logged = false

  constructor(row: Row, count: number) {
    this.row = row
    this.count = count
  }

  /** An entry is the group of itself. */
  get size(): number {
    return 1
  }

  [Symbol.iterator](): Iterator<RowEntry> {
    return [this][Symbol.iterator]()
  }
}

class Group implements RowGroup {
  #list: Entry[] | undefined
  #index: Map<string, Entry> | undefined

  constructor(first: Entry) {
    this.#list = [first]
  }

  get size(): number {
    return this.#index === undefined ? this.#list!.length : this.#index.size
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#index === undefined ? this.#list![Symbol.iterator]() : this.#index.values()
  }

  find(row: Row): Entry | undefined {
    if (this.#index !== undefined) return this.#index.get(rowKey(row))
    for (const entry of this.#list!) if (sameRow(entry.row, row)) return entry
    return undefined
  }

  add(entry: Entry): void {
    if (this.#index !== undefined) {
      this.#index.set(rowKey(entry.row), entry)
      return
    }
    this.#list!.push(entry)
    if (this.#list!.length <= listMax) return
    this.#index = new Map(this.#list!.map((each) => [rowKey(each.row), each]))
    this.#list = undefined
  }

  remove(entry: Entry): void {
    if (this.#index !== undefined) this.#index.delete(rowKey(entry.row))
    else this.#list!.splice(this.#list!.indexOf(entry), 1)
  }
}

function rowKey(row: Row): string {
  let key = ''
  for (let i = 0; i < row.length; i++) key += valueKey(row[i]!)
  return key
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

  /** `writes` counts what is written. */
  constructor(ttl: number, now: () => number, writes: { count: number }) {
    this.#ages = ttl > 0 ? new KeyAges(ttl) : undefined
    this.#now = now
    this.#writes = writes
  }

  get size(): number {
    return this.#size
  }

  add(key: Key, row: Row): RowEntry {
    if (this.#ages !== undefined) this.#touch(key)
    const found = this.#find(key, row)
    if (found !== undefined) {
      found.count++
      this.#note(key, found)
      return found
    }
    const entry = new Entry(row, 1)
    this.#attach(key, entry)
    this.#note(key, entry)
    return entry
  }

  remove(key: Key, row: Row): RowEntry | undefined {
    if (this.#ages !== undefined) this.#dropIfDead(key)
    const entry = this.#find(key, row)
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
      this.#note(key, entry)
      this.#size--
    }
    this.#end(key)
  }

  *keys(): IterableIterator<Key> {
    if (this.#ages !== undefined) this.expire(this.#now())
    yield* this.#groups.keys()
  }

  #find(key: Key, row: Row): Entry | undefined {
    const group = this.#groups.get(key)
    if (group instanceof Entry) return sameRow(group.row, row) ? group : undefined
    return group?.find(row)
  }

  #attach(key: Key, entry: Entry): void {
    const group = this.#groups.get(key)
    this.#size++
    if (group === undefined) this.#groups.set(key, entry)
    else if (group instanceof Group) group.add(entry)
    else {
      const pair = new Group(group)
      pair.add(entry)
      this.#groups.set(key, pair)
    }
  }

  #detach(key: Key, entry: Entry): void {
    const group = this.#groups.get(key)
    this.#size--
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
        writer.value(entry.row)
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
    let entry = this.#find(key, row)
    if (entry === undefined) {
      entry = new Entry(row, count)
      entry.logged = true
      this.#attach(key, entry)
    }
    entry.count = count
    entry.extra = extra
  }

  #readRemoval(key: Key, row: Row): void {
    const entry = this.#find(key, row)
    if (entry === undefined) return
    this.#detach(key, entry)
    this.#ended.clear()
  }

  /** An empty group; rows for it follow in the same blob. */
  #holdPlace(key: Key): void {
    if (this.#groups.has(key)) return
    const holder = new Entry([], 0)
    const group = new Group(holder)
    group.remove(holder)
    this.#groups.set(key, group)
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
  writer.value(entry.row)
  writer.varint(entry.count)
  writer.value(entry.extra)
}
