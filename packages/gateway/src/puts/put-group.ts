/**
 * Group commit: all puts of one turn of the event loop share one transaction, and so one sync of the disk. A call adds
 * its records to the builders of the running group and waits; the group is committed when the turn's input has been
 * handled (setImmediate), or at once when it has grown large. `done` resolves when the records are durable, or when the
 * commit failed; nothing rejects, and no failure of a commit ends the process.
 *
 * One stream's failure (it was deleted meanwhile) is not the others': if the common transaction fails, each stream is
 * tried alone. A shard that was closed since records were routed to it is found inside the transaction; its records go
 * by their hashes to the shards that followed, so each is on exactly one side of a split, and `info` is renewed.
 */
import type { Store, StoreBatchBuilder, StreamInfo, Transaction } from '@millrace/store'

/** A group of this size does not wait for the end of the turn: what waits is held in memory. */
const GROUP_BYTES_MAX = 32 * 1024 * 1024
/** Builders above this size are not kept for later groups. */
const KEPT_BUILDER_BYTES_MAX = 4 * 1024 * 1024
/** Builders kept for later groups at most; a stream of more shards makes some anew. */
const KEPT_BUILDERS_MAX = 64
/** Each attempt fails only if another reshard came in between. */
const ROUTING_ATTEMPTS = 8

/** Where the records of one call went: entry i is for its record i. */
export interface Placement {
  /** The shard; of records that were refused, -1 - shard. */
  readonly shards: Int32Array
  /** Index among the group's records of the shard. */
  readonly indexes: Uint32Array
}

export class PutGroups {
  readonly #store: Store
  readonly #builders: StoreBatchBuilder[] = []
  readonly #committed: (stream: string, shards: Iterable<number>) => void
  #parts = new Map<string, StreamPut>()
  #bytes = 0
  #isScheduled = false

  /** `committed` is told of each stream's shards that a group has written. */
  constructor(store: Store, committed: (stream: string, shards: Iterable<number>) => void) {
    this.#store = store
    this.#committed = committed
  }

  /** The stream's part of the running group. Records have to be added to it in the same turn. */
  part(info: StreamInfo): StreamPut {
    let part = this.#parts.get(info.name)
    if (part !== undefined && part.info.createdAt !== info.createdAt) {
      // The name was given to a new stream: what was routed in the old one's shards is not mixed with its records.
      this.flush()
      part = undefined
    }
    if (part === undefined) {
      part = new StreamPut(info, () => this.#builders.pop() ?? this.#store.builder())
      this.#parts.set(info.name, part)
    } else if (part.info.shardInfos.length < info.shardInfos.length) {
      part.info = info
    }
    if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => this.flush())
    }
    return part
  }

  /** To be called once for each call whose records were added. */
  added(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes >= GROUP_BYTES_MAX) this.flush()
  }

  /** Commits what was added so far. */
  flush(): void {
    this.#isScheduled = false
    if (this.#parts.size === 0) return
    const parts = [...this.#parts.values()].filter(({ builders }) => builders.size > 0)
    this.#parts = new Map()
    this.#bytes = 0
    if (parts.length === 0) return
    if (!this.#commit(parts) && parts.length > 1) for (const part of parts) this.#commit([part])
    for (const part of parts) {
      for (const builder of part.builders.values()) {
        const isKept = builder.byteLength <= KEPT_BUILDER_BYTES_MAX
        builder.reset()
        if (isKept && this.#builders.length < KEPT_BUILDERS_MAX) this.#builders.push(builder)
      }
      part.settle()
      if (part.failure === undefined) this.#committed(part.info.name, part.builders.keys())
    }
  }

  #commit(parts: readonly StreamPut[]): boolean {
    let closed: ShardsClosed | undefined
    for (let attempt = 1; ; attempt++) {
      try {
        closed?.part.reroute(this.#store, closed.shards)
        closed = undefined
        for (const part of parts) part.mustBeCurrent(this.#store)
        this.#store.commit((transaction) => {
          for (const part of parts) part.append(transaction)
        })
        for (const part of parts) part.failure = undefined
        return true
      } catch (error) {
        if (error instanceof ShardsClosed && attempt < ROUTING_ATTEMPTS) {
          closed = error
          continue
        }
        for (const part of parts) part.failure = error
        return false
      }
    }
  }
}

/** What one stream gets from a group. */
export class StreamPut {
  /** Describes the shards that the records are in, once `done` has resolved. */
  info: StreamInfo
  readonly builders = new Map<number, StoreBatchBuilder>()
  readonly done: Promise<void>
  /** Why nothing was stored. */
  failure: unknown
  /** Arrival time of all records. */
  time = 0
  readonly #firsts = new Map<number, number>()
  readonly #placements: Placement[] = []
  /** Explicit hashes, for routing anew: of record indexes[i] of the shard the words [4 i, 4 i + 4). */
  readonly #explicit = new Map<number, { indexes: number[]; words: number[] }>()
  readonly #makeBuilder: () => StoreBatchBuilder
  #spoiled: unknown
  #resolve: () => void = () => {}

  constructor(info: StreamInfo, makeBuilder: () => StoreBatchBuilder) {
    this.info = info
    this.#makeBuilder = makeBuilder
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** The shard's builder; a record added to it has its count before as index. */
  builder(shard: number): StoreBatchBuilder {
    let builder = this.builders.get(shard)
    if (builder === undefined) {
      builder = this.#makeBuilder()
      this.builders.set(shard, builder)
    }
    return builder
  }

  /** Notes that the record was routed by this hash and not by its key. */
  addExplicitHash(shard: number, index: number, hash: Uint32Array): void {
    let explicit = this.#explicit.get(shard)
    if (explicit === undefined) {
      explicit = { indexes: [], words: [] }
      this.#explicit.set(shard, explicit)
    }
    explicit.indexes.push(index)
    for (let i = 0; i < 4; i++) explicit.words.push(hash[i]!)
  }

  addPlacement(placement: Placement): void {
    this.#placements.push(placement)
  }

  /** The store's sequence of a shard's record 0 in this group; after `done`, unless it failed. */
  firstSequence(shard: number): number {
    const first = this.#firsts.get(shard)
    if (first === undefined) throw new Error(`gateway invariant: nothing was put into shard ${shard}`)
    return first
  }

  /** The records were routed in this very stream, which another one of its name may have followed since. */
  mustBeCurrent(store: Store): void {
    if (this.#spoiled !== undefined) throw this.#spoiled
    const { name, createdAt } = this.info
    // Shards of the beginning are as old as their stream.
    if (store.shard(name, 0).createdAt !== createdAt)
      throw new Error(`stream "${name}" was made anew after the records were routed`)
  }

  append(transaction: Transaction): void {
    const { name } = this.info
    const closed = [...this.builders.keys()].filter((shard) => !transaction.isOpen(name, shard))
    if (closed.length > 0) throw new ShardsClosed(this, closed)
    this.time = transaction.time
    for (const [shard, builder] of this.builders)
      this.#firsts.set(shard, transaction.appendBatch(name, shard, builder))
  }

  /** Takes the records of closed shards to the shards that followed them. */
  reroute(store: Store, closed: readonly number[]): void {
    try {
      this.#reroute(store, closed)
    } catch (error) {
      // Some records have moved and some have not: nothing of it may be stored.
      this.#spoiled = error
      throw error
    }
  }

  #reroute(store: Store, closed: readonly number[]): void {
    const { name } = this.info
    const hash = new Uint32Array(4)
    for (const from of closed) {
      const builder = this.builders.get(from)
      if (builder === undefined) continue
      this.builders.delete(from)
      const explicit = this.#explicit.get(from)
      this.#explicit.delete(from)
      const shards = new Int32Array(builder.count)
      const indexes = new Uint32Array(builder.count)
      let nextExplicit = 0
      for (let i = 0; i < builder.count; i++) {
        const { key, data } = builder.record(i)
        const isExplicit = explicit?.indexes[nextExplicit] === i
        if (isExplicit)
          for (let word = 0; word < 4; word++) hash[word] = explicit.words[4 * nextExplicit + word]!
        const to = isExplicit ? store.routeHash(name, hash) : store.route(name, key, 0, key.length)
        const target = this.builder(to)
        shards[i] = to
        indexes[i] = target.count
        if (isExplicit) {
          nextExplicit++
          this.addExplicitHash(to, target.count, hash)
        }
        target.add(key, 0, key.length, data, 0, data.length, 0)
      }
      for (const placement of this.#placements) {
        for (let i = 0; i < placement.shards.length; i++) {
          if (placement.shards[i] !== from) continue
          const index = placement.indexes[i]!
          placement.shards[i] = shards[index]!
          placement.indexes[i] = indexes[index]!
        }
      }
    }
    const info = store.stream(name)
    if (info !== undefined) this.info = info
  }

  settle(): void {
    this.#resolve()
  }
}

/** Ends the transaction: some of a stream's shards were closed since its records were routed. */
class ShardsClosed extends Error {
  readonly part: StreamPut
  readonly shards: readonly number[]

  constructor(part: StreamPut, shards: readonly number[]) {
    super('shards were closed')
    this.part = part
    this.shards = shards
  }
}
