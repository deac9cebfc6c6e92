/**
 * Definitions of streams and tables, kept in the meta tree and cached by each thread.
 *
 * A definition gets a number when first made; keys of the log and names of item trees use the number, so names may be
 * long. The stored catalog version grows with each change; a thread reloads its cache when the version it holds is old
 * (the owner's threads learn that from shared memory, readers from the stored number).
 */
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
import type { KeyDefinition, Reshard, StreamDefinition, TableDefinition } from './port.ts'
import { emptyLayout, reshardLayout, ShardLayout, type StoredLayout } from './shard-layout.ts'

export interface StreamEntry extends StreamDefinition {
  readonly id: number
  readonly createdAt: number
  readonly layout: ShardLayout
  readonly stored: StoredLayout
}

/** A stream's definition as written; version 1 of the format had neither a time nor a layout. */
interface StoredStream extends StreamDefinition {
  readonly id: number
  readonly createdAt?: number
  readonly layout?: StoredLayout
}

/** A stream that was deleted while its records still lie in the log. */
export interface DeletedStream {
  readonly id: number
  readonly shards: number
}

export interface TableEntry {
  readonly id: number
  readonly definition: TableDefinition
  readonly items: Tree
}

export class Catalog {
  readonly streams = new Map<string, StreamEntry>()
  readonly tables = new Map<string, TableEntry>()
  readonly #environment: Environment
  #loadedVersion = -1
  #streamsVersion = -1

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** Brings the cache up to the latest commit. Not inside a write transaction: it opens trees. */
  refresh(): void {
    const { meta } = this.#environment
    this.#environment.refresh()
    const version = storedVersion(meta)
    if (version === this.#loadedVersion) return
    this.refreshStreams()
    const tables = entries<{ id: number; definition: TableDefinition }>(meta, 't')
    for (const { id, definition } of tables) {
      const items = this.#environment.tree(itemsTree(id))
      this.tables.set(definition.name, { id, definition, items })
    }
    this.#loadedVersion = version
  }

  /**
   * Streams alone, as of the transaction at hand; also inside a write transaction, where another thread may have closed a shard
   * since this one looked last.
   */
  refreshStreams(): void {
    const { meta } = this.#environment
    const version = storedVersion(meta)
    if (version === this.#streamsVersion) return
    this.streams.clear()
    for (const stored of entries<StoredStream>(meta, 's')) this.streams.set(stored.name, entryOf(stored))
    this.#streamsVersion = version
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
      let createdAt = stored?.createdAt
      if (stored === undefined) {
        createdAt = commitTime(meta, nowMs)
        // No record of the stream is older than the stream, though the clock be set back.
        writeClock(meta, { commit: readClock(meta).commit, time: createdAt })
      }
      // JSON has no Infinity; null stands for "keep all".
      putJson(meta, streamKey(name), { id, name, shards, retentionMs, createdAt, layout: stored?.layout })
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
      const stored = storedEntry<StoredStream>(meta, streamKey(name))
      if (stored === undefined) throw this.#unknownStream(name)
      const deleted: DeletedStream = { id: stored.id, shards: entryOf(stored).layout.shards.length }
      meta.removeSync(streamKey(name))
      putJson(meta, deletedKey(stored.id), deleted)
      bumpVersion(meta)
      // A stream made anew under the name is younger, though no time passes: its time of creation tells them apart.
      const { commit, time } = readClock(meta)
      writeClock(meta, { commit, time: time + 1 })
    })
    this.refresh()
  }

  /** Streams whose records are to be removed from the log still. */
  deleted(): DeletedStream[] {
    return entries<DeletedStream>(this.#environment.meta, 'd')
  }

  /** Makes a table or checks that it is as defined. True if it was made. */
  defineTable(definition: TableDefinition): boolean {
    checkName('table', definition.name)
    checkName('key attribute', definition.partitionKey.name)
    if (definition.sortKey !== undefined) checkName('key attribute', definition.sortKey.name)
    this.refresh()
    const known = this.tables.get(definition.name)
    if (known !== undefined) {
      this.#checkTable(known.definition, definition)
      return false
    }
    const { meta } = this.#environment
    this.#environment.write(() => {
      const stored = storedEntry<{ definition: TableDefinition }>(meta, tableKey(definition.name))
      if (stored !== undefined) {
        this.#checkTable(stored.definition, definition)
        return
      }
      const id = nextId(meta, 't')
      if (id >= TABLES_MAX) {
        throw new StoreError(
          'STORE_TOO_MANY_TABLES',
          `table "${definition.name}" would be number ${id + 1}; allowed are ${TABLES_MAX} in one data directory. Use a second directory.`,
        )
      }
      const { name, partitionKey, sortKey } = definition
      putJson(meta, tableKey(name), { id, definition: { name, partitionKey, sortKey } })
      bumpVersion(meta)
    })
    this.refresh()
    return true
  }

  stream(name: string): StreamEntry {
    const entry = this.streams.get(name)
    if (entry === undefined) throw this.#unknownStream(name)
    return entry
  }

  table(name: string): TableEntry {
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
