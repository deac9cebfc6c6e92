/**
 * Packs user records into aggregates, each of records of one shard only: readers throw away an aggregate with a record
 * that does not belong to the shard it came from. Which shard a record goes to follows from a map of the open shards,
 * which a split or a merge makes old; `belongs` tells, `use` takes the new map.
 *
 * Invariant: records of one key come out in the order in which they were added, as long as the map stays.
 */
import {
  AggregateBuilder,
  hasAggregateMagic,
  hashToBigInt,
  md5Words,
  type PackedRecord,
  type UserRecord,
} from '@millrace/values'
import type { PutShard } from './put-port.ts'

export interface PackedEntry {
  readonly record: PackedRecord
  /** What is in it, in order. */
  readonly users: readonly UserRecord[]
  /** Where it should go; undefined for a record that is not packed. */
  readonly shardId: string | undefined
}

interface Bin {
  readonly shard: PutShard
  readonly builder: AggregateBuilder
  users: UserRecord[]
}

export class ShardPacker {
  readonly #bytesMax: number
  /** By the start of their ranges. */
  #bins: Bin[] = []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Takes a new map. The bins must be empty. */
  use(shards: readonly PutShard[]): void {
    this.#bins = [...shards]
      .sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
      .map((shard) => ({ shard, builder: new AggregateBuilder({ bytesMax: this.#bytesMax }), users: [] }))
  }

  /** Adds a record; gives the aggregate that had no room for it. Error: VAL1202. */
  add(record: UserRecord): PackedEntry | undefined {
    const bin = this.#binOf(record)
    const full = bin.builder.add(record) ? undefined : take(bin)
    if (full !== undefined) bin.builder.add(record)
    bin.users.push(record)
    return full
  }

  /** Everything that is not full yet. */
  drain(): PackedEntry[] {
    return this.#bins.map(take).filter((entry) => entry !== undefined)
  }

  /** Whether all records of the entry belong to the shard, by the map now in use. */
  belongs(entry: PackedEntry, shardId: string): boolean {
    return entry.users.every((user) => this.#binOf(user).shard.shardId === shardId)
  }

  #binOf(record: UserRecord): Bin {
    const hash = hashOf(record)
    let low = 0
    let high = this.#bins.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      // Bins between low and high exist.
      if (this.#bins[middle]!.shard.range.start <= hash) low = middle
      else high = middle - 1
    }
    const bin = this.#bins[low]
    if (bin === undefined) throw new RangeError('records are packed before the shards are known')
    return bin
  }
}

function take(bin: Bin): PackedEntry | undefined {
  const record = bin.builder.build()
  if (record === undefined) return undefined
  // A single record goes bare: it is at home wherever it is routed to.
  const isPacked = hasAggregateMagic(record.data, 0, record.data.length)
  const entry = { record, users: bin.users, shardId: isPacked ? bin.shard.shardId : undefined }
  bin.users = []
  return entry
}

const words = new Uint32Array(4)

function hashOf({ explicitHashKey, partitionKey }: UserRecord): bigint {
  if (explicitHashKey !== undefined) return BigInt(explicitHashKey)
  const key = Buffer.from(partitionKey)
  md5Words(key, 0, key.length, words)
  return hashToBigInt(words)
}
