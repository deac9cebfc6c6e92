/**
 * Builders for what a stage is about to append to a stream, one for each shard. The stream may be resharded at any time: a
 * shard that was opened meanwhile gets its builder when the first record is routed to it, and records for a shard that was
 * closed are routed anew by the commit.
 */
import type { RecordBatchBuilder, Store, Transaction } from '@millrace/store'

export class ShardBuilders {
  /** By shard. Grows; builders that are there stay where they are. */
  readonly list: RecordBatchBuilder[] = []
  private readonly store: Store
  private readonly stream: string
  /** As of the last reset, so that a record costs no look at the store; the commit routes anew what a split came before. */
  private isSingle: boolean

  constructor(store: Store, stream: string) {
    this.store = store
    this.stream = stream
    this.grow(store.shardCount(stream))
    this.isSingle = this.list.length === 1
  }

  /** The shard of a key; it has a builder. */
  route(key: Uint8Array, start: number, end: number): number {
    if (this.isSingle) return 0
    const { store, stream, list } = this
    const shard = store.route(stream, key, start, end)
    if (shard >= list.length) this.grow(store.shardCount(stream))
    return shard
  }

  /** The builder that a key's record belongs in. */
  of(key: Uint8Array, start: number, end: number): RecordBatchBuilder {
    return this.list[this.route(key, start, end)]!
  }

  /** Of what was added since the last reset. */
  get byteLength(): number {
    let bytes = 0
    for (const builder of this.list) bytes += builder.byteLength
    return bytes
  }

  get count(): number {
    let count = 0
    for (const builder of this.list) count += builder.count
    return count
  }

  commit(transaction: Transaction): void {
    for (let shard = 0; shard < this.list.length; shard++) {
      const builder = this.list[shard]!
      if (builder.count > 0) transaction.appendBatch(this.stream, shard, builder)
    }
  }

  reset(): void {
    for (const builder of this.list) builder.reset()
    this.isSingle &&= this.store.shardCount(this.stream) === 1
  }

  private grow(shards: number): void {
    while (this.list.length < shards) this.list.push(this.store.builder())
  }
}
