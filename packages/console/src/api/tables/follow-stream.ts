/**
 * Changes of a table from its change stream, of all items or of one, from now on. A look reads what was added since the last one,
 * the newest `recordsMax` records at most; of these it tells the newest `toldMax` changes, and how many it passed over.
 *
 * Records of one item are told apart by their partition key, so that those of others are not parsed.
 */
import type { Store } from '@millrace/store'
import { type ChangeRecord, equalItems, type TypedItem } from '@millrace/tables'
import type { ChangeShape, ChangesEvent } from '../../protocol/tables.ts'

/** A look at this many takes some milliseconds. */
const recordsMax = 5_000
const bytesMax = 16 * 1024 * 1024
const toldMax = 50

export interface FollowedItems {
  readonly stream: string
  /** Key attributes of the only item that is followed; undefined: all are. */
  readonly keys: TypedItem | undefined
  /** `changeKey` of it. */
  readonly changeKey: string | undefined
}

export class StreamFollower {
  readonly #store: Store
  readonly #followed: FollowedItems
  readonly #key: Buffer | undefined
  /** By shard: the next sequence to read. */
  readonly #positions: number[] = []

  constructor(store: Store, followed: FollowedItems) {
    this.#store = store
    this.#followed = followed
    this.#key = followed.changeKey === undefined ? undefined : Buffer.from(followed.changeKey)
    for (const { shard, next } of store.stream(followed.stream)?.shardInfos ?? [])
      this.#positions[shard] = next
  }

  look(): ChangesEvent | undefined {
    const store = this.#store
    const { stream } = this.#followed
    const found: ChangeShape[] = []
    let skipped = 0
    // The stream is gone when the table's changes were switched off.
    if (store.stream(stream) === undefined) return undefined
    for (let shard = 0; shard < store.shardCount(stream); shard++) {
      const { oldest, next } = store.shard(stream, shard)
      const from = this.#positions[shard] ?? oldest
      // Whole tables change faster than anybody reads: what would not be told is not read.
      const first = Math.max(from, next - (this.#key === undefined ? toldMax : recordsMax))
      skipped += first - from
      if (first < next) skipped += this.#read(shard, first, next, found)
      this.#positions[shard] = next
    }
    const told = found.slice(-toldMax)
    skipped += found.length - told.length
    return told.length === 0 && skipped === 0 ? undefined : { changes: told, skipped }
  }

  /** Adds the changes in [from, to); gives how many records were passed over. */
  #read(shard: number, from: number, to: number, found: ChangeShape[]): number {
    const { stream } = this.#followed
    const options = { maxRecords: to - from, maxBytes: bytesMax }
    let position = from
    for (const batch of this.#store.read(stream, shard, from, options).batches) {
      if ('reason' in batch) {
        position = batch.nextSequence
        continue
      }
      const { firstSequence, count, bytes, keyStart, dataStart } = batch
      for (let i = Math.max(0, from - firstSequence); i < count && firstSequence + i < to; i++) {
        if (this.#isOther(bytes.subarray(keyStart[i], keyStart[i + 1]))) continue
        const change = this.#changeOf(bytes.subarray(dataStart[i], dataStart[i + 1]), batch.arrivalTime)
        if (change !== undefined) found.push(change)
      }
      position = Math.min(to, firstSequence + count)
    }
    return to - position
  }

  #isOther(key: Uint8Array): boolean {
    return this.#key !== undefined && !this.#key.equals(key)
  }

  #changeOf(data: Uint8Array, time: number): ChangeShape | undefined {
    // Only the engine of tables writes to a change stream.
    const { eventName, dynamodb, userIdentity } = JSON.parse(Buffer.from(data).toString()) as ChangeRecord
    const { Keys: key, NewImage: after, OldImage: before } = dynamodb
    const { keys } = this.#followed
    // Texts of two keys may meet in one partition key: a/b and c, a and b/c.
    if (keys !== undefined && !equalItems(keys, key)) return undefined
    return {
      kind: eventName,
      key,
      time,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(userIdentity === undefined ? {} : { isExpiry: true }),
    }
  }
}
