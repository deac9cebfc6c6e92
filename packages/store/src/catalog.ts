/**
 * Definitions of streams and tables, kept in the meta tree and cached by each thread.
 *
 * A definition gets a number when first made; keys of the log and names of item trees use the number, so names may be
 * long. The stored catalog version grows with each change; a thread reloads its cache when the version it holds is old
 * (the owner's threads learn that from shared memory, readers from the stored number).
 */
import { randomUUID } from 'node:crypto'
import { shardsMax } from '@millrace/values'
import type { Environment, Tree } from './environment.ts'
import { StoreError } from './errors.ts'
import { readClock, writeClock } from './heads.ts'
import {
  afterPrefix,
  CATALOG_VERSION_KEY,
  deletedKey,
  itemsTree,
  streamKey,
  TABLES_MAX,
  tableKey,
} from './layout.ts'
import { NAME_BYTES_MAX } from './limits.ts'
import type { KeyDefinition, Reshard, StreamDefinition, TableDefinition, TableEntry } from './port.ts'
import { emptyLayout, reshardLayout, ShardLayout, type StoredLayout } from './shard-layout.ts'

export interface StreamEntry extends StreamDefinition {
  readonly id: number
  readonly uid: string
  readonly createdAt: number
  readonly layout: ShardLayout
  readonly stored: StoredLayout
}

/** A stream's definition as written; version 1 of the format had neither a time nor a layout. */
interface StoredStream extends StreamDefinition {
  readonly id: number
  /** Absent where an earlier version made the stream. */
  readonly uid?: string
  readonly createdAt?: number
  readonly layout?: StoredLayout
}

/** A stream that was deleted while its records still lie in the log. */
export interface DeletedStream {
  readonly id: number
  readonly shards: number
}

/** A table's definition as written; versions 1 and 2 of the format had neither a time nor settings. */
interface StoredTable {
  readonly id: number
  readonly definition: TableDefinition
  readonly createdAt?: number
  readonly settings?: unknown
}

export interface TableRecord {
  readonly id: number
  readonly entry: TableEntry
  readonly items: Tree
  /** As stored, to see whether the table has changed. */
  readonly text: string
}

export class Catalog {
  readonly streams = new Map<string, StreamEntry>()
  readonly tables = new Map<string, TableRecord>()
  readonly #environment: Environment
  #loadedVersion = -1

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** Brings the cache up to the latest commit. Not inside a write transaction: it opens trees. */
  refresh(): void {
    const { meta } = this.#environment
    this.#environment.refresh()
    const version = storedVersion(meta)
    if (version === this.#loadedVersion) return
    this.streams.clear()
    for (const stored of entries<StoredStream>(meta, 's')) this.streams.set(stored.name, entryOf(stored))
    const before = new Map(this.tables)
    this.tables.clear()
    for (const { key, value } of [...meta.getRange({ start: Buffer.from('t'), end: afterPrefix('t') })]) {
      const name = Buffer.from(key).toString('utf8').slice(1)
      const text = Buffer.from(value).toString('utf8')
      const known = before.get(name)
      this.tables.set(name, known?.text === text ? known : this.#record(text, parse<StoredTable>(value)))
    }
    this.#loadedVersion = version
  }

  /** Whether the cache is as the transaction at hand has it. */
  isCurrent(): boolean {
    return storedVersion(this.#environment.meta) === this.#loadedVersion
  }

  #record(text: string, { id, definition, createdAt = 0, settings }: StoredTable): TableRecord {
    const { name, partitionKey, sortKey } = definition
    const entry: TableEntry = {
      name,
      partitionKey,
      ...(sortKey === undefined ? {} : { sortKey }),
      settings,
      createdAt,
    }
    return { id, entry, items: this.#environment.tree(itemsTree(id)), text }
  }

  /** Makes or updates a stream. True if something changed. */
  defineStream(definition: StreamDefinition, nowMs: number): boolean {
    const { name, shards, retentionMs } = definition
    checkName('stream', name)
    if (!Number.isInteger(shards) || shards < 1 || shards > shardsMax) {
      throw new StoreError(
        'STORE_OPTION_INVALID',
        `stream "${name}": shards is ${shards}, allowed are whole numbers from 1 to ${shardsMax}.`,
      )
    }
    if (!(retentionMs > 0)) {
      throw new StoreError(
        'STORE_OPTION_INVALID',
        `stream "${name}": retentionMs is ${retentionMs}, allowed is any number above 0 (Infinity keeps all).`,
      )
    }
    this.refresh()
    const known = this.streams.get(name)
    if (known !== undefined && known.shards === shards && known.retentionMs === retentionMs) return false
    const { meta } = this.#environment
    this.#environment.write(() => {
      const stored = storedEntry<StoredStream>(meta, streamKey(name))
      if (stored !== undefined && stored.shards !== shards) {
        throw new StoreError(
          'STORE_STREAM_CHANGED',
          `stream "${name}" began with ${stored.shards} shards in ${this.#environment.dir} and is defined with ${shards} now. ` +
            'Keep the number in the definition and change the stream itself (UpdateShardCount), use another stream name, ' +
            'or use an empty data directory.',
        )
      }
      const id = stored?.id ?? nextStreamId(meta)
      const uid = stored === undefined ? randomUUID() : stored.uid
      let createdAt = stored?.createdAt
      if (stored === undefined) {
        createdAt = commitTime(meta, nowMs)
        // No record of the stream is older than the stream, though the clock be set back.
        writeClock(meta, { commit: readClock(meta).commit, time: createdAt })
      }
      // JSON has no Infinity; null stands for "keep all".
      putJson(meta, streamKey(name), {
        id,
        uid,
        name,
        shards,
        retentionMs,
        createdAt,
        layout: stored?.layout,
      })
      bumpVersion(meta)
    })
    this.refresh()
    return true
  }

  /** Closes and opens shards; the numbers of the new ones. */
  reshard(name: string, change: Reshard, nowMs: number): number[] {
    this.refresh()
    this.stream(name)
    const { meta } = this.#environment
    let first = 0
    this.#environment.write(() => {
      const stored = storedEntry<StoredStream>(meta, streamKey(name))
      if (stored === undefined) throw this.#unknownStream(name)
      const entry = entryOf(stored)
      first = entry.layout.shards.length
      if (first + change.open.length > shardsMax) {
        throw new StoreError(
          'STORE_RESHARD_INVALID',
          `stream "${name}" has had ${first} shards; allowed are ${shardsMax} over its life. Use a new stream.`,
        )
      }
      const time = commitTime(meta, nowMs)
      const layout = reshardLayout(entry, change, time)
      putJson(meta, streamKey(name), { ...stored, layout })
      bumpVersion(meta)
      // A commit of its own: what is stamped later is not older than the shards.
      writeClock(meta, { commit: readClock(meta).commit + 1, time })
    })
    this.refresh()
    return change.open.map((_, i) => first + i)
  }

  /** Forgets a stream; its records are left to `removeDeleted`. */
  deleteStream(name: string): void {
    this.refresh()
    this.stream(name)
    const { meta } = this.#environment
    this.#environment.write(() => {
      if (!this.#forgetStream(name)) throw this.#unknownStream(name)
      bumpVersion(meta)
      // A stream made anew under the name is younger, though no time passes: its time of creation tells them apart.
      const { commit, time } = readClock(meta)
      writeClock(meta, { commit, time: time + 1 })
    })
    this.refresh()
  }

  /** False if there is none. */
  #forgetStream(name: string): boolean {
    const { meta } = this.#environment
    const stored = storedEntry<StoredStream>(meta, streamKey(name))
    if (stored === undefined) return false
    const deleted: DeletedStream = { id: stored.id, shards: entryOf(stored).layout.shards.length }
    meta.removeSync(streamKey(name))
    putJson(meta, deletedKey(stored.id), deleted)
    return true
  }

  /** Streams whose records are to be removed from the log still. */
  deleted(): DeletedStream[] {
    return entries<DeletedStream>(this.#environment.meta, 'd')
  }

  /** Makes a table or checks that its keys are as defined. True if it was made. */
  defineTable(definition: TableDefinition, settings: unknown, nowMs: number): boolean {
    checkName('table', definition.name)
    checkName('key attribute', definition.partitionKey.name)
    if (definition.sortKey !== undefined) checkName('key attribute', definition.sortKey.name)
    const { name, partitionKey, sortKey } = definition
    const { meta } = this.#environment
    for (let isMade = false; !isMade; ) {
      this.refresh()
      const known = this.tables.get(name)
      if (known !== undefined) {
        this.#checkTable(known.entry, definition)
        return false
      }
      const id = this.#freeTableId(name)
      // The tree first: a reader that sees the table opens it.
      this.#environment.tree(itemsTree(id))
      this.#environment.write(() => {
        // Another thread was faster with some change.
        if (!this.isCurrent()) return
        const createdAt = commitTime(meta, nowMs)
        putJson(meta, tableKey(name), {
          id,
          definition: { name, partitionKey, sortKey },
          createdAt,
          settings,
        })
        // No change of the table is older than the table, though the clock be set back.
        writeClock(meta, { commit: readClock(meta).commit, time: createdAt })
        bumpVersion(meta)
        isMade = true
      })
    }
    this.refresh()
    return true
  }

  /** The first number that no table has. */
  #freeTableId(name: string): number {
    const taken = new Set(Array.from(this.tables.values(), ({ id }) => id))
    let id = 0
    while (taken.has(id)) id++
    if (id < TABLES_MAX) return id
    throw new StoreError(
      'STORE_TOO_MANY_TABLES',
      `table "${name}" would be one of ${id + 1}; allowed are ${TABLES_MAX} in one data directory, each index of a table ` +
        'being one. Delete some, or use a second directory.',
    )
  }

  /** Inside a transaction: replaces a table's settings. Gives the entry as it is now; the cache follows with the next refresh. */
  setTableSettings(name: string, settings: unknown): TableEntry {
    const { entry } = this.table(name)
    const { meta } = this.#environment
    const stored = storedEntry<StoredTable>(meta, tableKey(name))
    // A commit begins with the catalog that is stored.
    if (stored === undefined) throw new Error(`store invariant: table "${name}" is not stored`)
    putJson(meta, tableKey(name), { ...stored, settings })
    bumpVersion(meta)
    return { ...entry, settings }
  }

  /** Forgets tables and empties their trees, and forgets those of the streams that there are. */
  deleteTables(names: readonly string[], streams: readonly string[] = []): void {
    const { meta } = this.#environment
    for (let isDone = false; !isDone; ) {
      this.refresh()
      const records = names.map((name) => this.table(name))
      this.#environment.write(() => {
        // Another thread was faster with some change: its trees may have to be opened first.
        if (!this.isCurrent()) return
        for (const { entry, items } of records) {
          items.clearSync()
          meta.removeSync(tableKey(entry.name))
        }
        for (const stream of streams) this.#forgetStream(stream)
        bumpVersion(meta)
        // As for streams: a table made anew under the name is younger.
        const { commit, time } = readClock(meta)
        writeClock(meta, { commit, time: time + 1 })
        isDone = true
      })
    }
    this.refresh()
  }

  stream(name: string): StreamEntry {
    const entry = this.streams.get(name)
    if (entry === undefined) throw this.#unknownStream(name)
    return entry
  }

  table(name: string): TableRecord {
    const entry = this.tables.get(name)
    if (entry === undefined) {
      throw new StoreError(
        'STORE_UNKNOWN_TABLE',
        `table "${name}" is not defined in ${this.#environment.dir}. Defined are: ${list(this.tables)}. Call defineTable first.`,
      )
    }
    return entry
  }

  #unknownStream(name: string): StoreError {
    return new StoreError(
      'STORE_UNKNOWN_STREAM',
      `stream "${name}" is not defined in ${this.#environment.dir}. Defined are: ${list(this.streams)}. Call defineStream first.`,
    )
  }

  #checkTable(stored: TableDefinition, definition: TableDefinition): void {
    if (keyText(stored) === keyText(definition)) return
    throw new StoreError(
      'STORE_TABLE_CHANGED',
      `table "${definition.name}" has ${keyText(stored)} in ${this.#environment.dir} and is defined with ${keyText(definition)} now. ` +
        'Keep the keys, use another table name, or use an empty data directory.',
    )
  }
}

/** Names become parts of keys, which LMDB bounds. */
export function checkName(what: string, name: string): void {
  if (
    typeof name !== 'string' ||
    name === '' ||
    name.includes('\0') ||
    Buffer.byteLength(name) > NAME_BYTES_MAX
  ) {
    throw new StoreError(
      'STORE_NAME_INVALID',
      `${what} name ${JSON.stringify(String(name).slice(0, 80))}: allowed are 1 to ${NAME_BYTES_MAX} bytes of text without NUL.`,
    )
  }
}

function keyText(definition: TableDefinition): string {
  const text = (key: KeyDefinition): string => `${key.name} (${key.type})`
  const sort = definition.sortKey === undefined ? 'no sort key' : `sort key ${text(definition.sortKey)}`
  return `partition key ${text(definition.partitionKey)} and ${sort}`
}

function list(map: ReadonlyMap<string, unknown>): string {
  return map.size === 0 ? 'none' : [...map.keys()].slice(0, 20).join(', ')
}

function entries<T>(meta: Tree, prefix: string): T[] {
  const found: T[] = []
  for (const { value } of meta.getRange({ start: Buffer.from(prefix), end: afterPrefix(prefix) })) {
    found.push(parse<T>(value))
  }
  return found
}

function storedEntry<T>(meta: Tree, key: Uint8Array): T | undefined {
  const value = meta.getBinary(key)
  return value === undefined ? undefined : parse<T>(value)
}

/** The store alone writes these values, inside checked pages of its own marker's format, so the shape is known. */
function parse<T>(value: Uint8Array): T {
  return JSON.parse(Buffer.from(value).toString('utf8'), (key, item: unknown) =>
    key === 'retentionMs' && item === null ? Number.POSITIVE_INFINITY : item,
  ) as T
}

function putJson(meta: Tree, key: Uint8Array, value: unknown): void {
  meta.putSync(key, Buffer.from(JSON.stringify(value)))
}

function entryOf(stored: StoredStream): StreamEntry {
  const { id, name, shards, retentionMs, createdAt = 0, layout = emptyLayout } = stored
  return {
    id,
    uid: stored.uid ?? `${name}@${createdAt}`,
    name,
    shards,
    retentionMs,
    createdAt,
    layout: new ShardLayout(shards, createdAt, layout),
    stored: layout,
  }
}

/** As a commit would be stamped. */
function commitTime(meta: Tree, nowMs: number): number {
  return Math.max(Math.floor(nowMs), readClock(meta).time)
}

/** Numbers of deleted streams count until nothing is stored under them. */
function nextStreamId(meta: Tree): number {
  return Math.max(nextId(meta, 's'), nextId(meta, 'd'))
}

function nextId(meta: Tree, prefix: string): number {
  return entries<{ id: number }>(meta, prefix).reduce((next, entry) => Math.max(next, entry.id + 1), 0)
}

function storedVersion(meta: Tree): number {
  const value = meta.getBinary(CATALOG_VERSION_KEY)
  return value === undefined ? 0 : new DataView(value.buffer, value.byteOffset).getFloat64(0, true)
}

function bumpVersion(meta: Tree): void {
  const value = new Uint8Array(8)
  new DataView(value.buffer).setFloat64(0, storedVersion(meta) + 1, true)
  meta.putSync(CATALOG_VERSION_KEY, value)
}
