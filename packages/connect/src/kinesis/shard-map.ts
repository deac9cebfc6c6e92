/** Which shard a record goes to, by the list of open shards as it was last asked for. */
import { hashToBigInt, md5Words } from '@millrace/values'
import type { KinesisShard } from './kinesis-stream-port.ts'

export class ShardMap {
  readonly #list: () => Promise<readonly KinesisShard[]>
  #shards: readonly KinesisShard[] = []

  constructor(list: () => Promise<readonly KinesisShard[]>) {
    this.#list = list
  }

  get isEmpty(): boolean {
    return this.#shards.length === 0
  }

  async refresh(): Promise<void> {
    const listed = await this.#list()
    // Not every endpoint leaves closed shards out; those are the ones that others follow.
    const closed = new Set(listed.flatMap((shard) => shard.parents))
    this.#shards = listed.filter((shard) => !closed.has(shard.shardId))
  }

  shardOf(hash: bigint): string | undefined {
    return this.#shards.find(({ range }) => hash >= range.start && hash <= range.end)?.shardId
  }

  holds(shardId: string, hash: bigint): boolean {
    const range = this.#shards.find((shard) => shard.shardId === shardId)?.range
    return range !== undefined && hash >= range.start && hash <= range.end
  }
}

const words = new Uint32Array(4)

export function hashOf(partitionKey: string): bigint {
  const bytes = Buffer.from(partitionKey)
  md5Words(bytes, 0, bytes.length, words)
  return hashToBigInt(words)
}
