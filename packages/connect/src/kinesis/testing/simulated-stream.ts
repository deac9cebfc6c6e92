/** A stream in memory under virtual time: puts, splits, merges, expiry, and readers that poll. */
import type { Clock } from '@millrace/values'
import {
  type KinesisRecord,
  type KinesisShard,
  type KinesisStreamPort,
  type OpenReader,
  type ShardPosition,
  type ShardReader,
  type StartPosition,
  shardGone,
} from '../kinesis-stream-port.ts'

const hashSpace = 2n ** 128n

export interface SimulatedShard extends KinesisShard {
  readonly number: number
  readonly records: KinesisRecord[]
  readonly createdAt: number
  closedAt: number | undefined
  isExpired: boolean
}

export class SimulatedStream implements KinesisStreamPort {
  readonly name = 'simulated'
  readonly shards: SimulatedShard[] = []
  /** How long an empty read waits. */
  pollMs = 250
  /** Readers sleep by it; a host that counts sleepers puts its own in. */
  clock: Clock
  #sequence = 0

  constructor(clock: Clock, shards: number) {
    this.clock = clock
    const width = hashSpace / BigInt(shards)
    for (let i = 0; i < shards; i++) {
      const start = width * BigInt(i)
      this.#open([], { start, end: i === shards - 1 ? hashSpace - 1n : start + width - 1n })
    }
  }

  get open(): SimulatedShard[] {
    return this.shards.filter((shard) => shard.closedAt === undefined)
  }

  put(shard: SimulatedShard, partitionKey: string, data: Uint8Array): KinesisRecord {
    if (shard.closedAt !== undefined) throw new Error(`${shard.shardId} is closed`)
    // Not contiguous, and growing in length, since numbers are compared by value.
    this.#sequence += 1 + ((this.#sequence * 7) % 13)
    const record = {
      sequenceNumber: String(this.#sequence),
      partitionKey,
      data,
      arrivalTimeMs: this.clock.now(),
    }
    shard.records.push(record)
    return record
  }

  split(shard: SimulatedShard): SimulatedShard[] {
    const { start, end } = shard.range
    const middle = (start + end) / 2n
    this.close1(shard)
    return [
      this.#open([shard.shardId], { start, end: middle }),
      this.#open([shard.shardId], { start: middle + 1n, end }),
    ]
  }

  /** Both must be neighbours. */
  merge(lower: SimulatedShard, upper: SimulatedShard): SimulatedShard {
    if (lower.range.end + 1n !== upper.range.start) throw new Error('not neighbours')
    this.close1(lower)
    this.close1(upper)
    return this.#open([lower.shardId, upper.shardId], { start: lower.range.start, end: upper.range.end })
  }

  /** Closes without children, as the deletion of a stream would. */
  close1(shard: SimulatedShard): void {
    shard.closedAt = this.clock.now()
  }

  async listShards(from?: StartPosition): Promise<readonly KinesisShard[]> {
    const listed = this.shards.filter((shard) => !shard.isExpired)
    if (from === undefined) return listed.map(shown)
    if (from.type === 'LATEST') return listed.filter((shard) => shard.closedAt === undefined).map(shown)
    if (from.type === 'TRIM_HORIZON') {
      return listed.filter((shard) => !shard.parents.some((id) => this.#find(id) !== undefined)).map(shown)
    }
    return listed
      .filter(
        ({ createdAt, closedAt }) =>
          createdAt <= from.timeMs && (closedAt === undefined || closedAt > from.timeMs),
      )
      .map(shown)
  }

  openReader({ shardId, position, recordsMax, signal }: OpenReader): ShardReader {
    const shard = this.#find(shardId)
    if (shard === undefined) throw shardGone(this.name, shardId)
    let next = this.#indexOf(shard, position)
    const take = () => {
      if (shard.isExpired) throw shardGone(this.name, shardId)
      const records = shard.records.slice(next, next + recordsMax)
      next += records.length
      const isAll = next === shard.records.length
      return {
        records,
        millisBehindLatest: isAll ? 0 : this.clock.now() - shard.records[next]!.arrivalTimeMs,
        ended: isAll && shard.closedAt !== undefined ? { children: this.#children(shardId) } : undefined,
      }
    }
    return {
      read: async () => {
        const read = take()
        if (read.records.length > 0 || read.ended !== undefined || signal.aborted) return read
        await this.clock.sleep(this.pollMs, signal)
        return signal.aborted ? read : take()
      },
      close: async () => {},
    }
  }

  async close(): Promise<void> {}

  #open(parents: readonly string[], range: KinesisShard['range']): SimulatedShard {
    const number = this.shards.length
    const shard: SimulatedShard = {
      shardId: `shardId-${String(number).padStart(12, '0')}`,
      number,
      parents,
      range,
      records: [],
      createdAt: this.clock.now(),
      closedAt: undefined,
      isExpired: false,
    }
    this.shards.push(shard)
    return shard
  }

  #find(shardId: string): SimulatedShard | undefined {
    return this.shards.find((shard) => shard.shardId === shardId && !shard.isExpired)
  }

  #children(shardId: string): KinesisShard[] {
    return this.shards.filter((shard) => shard.parents.includes(shardId)).map(shown)
  }

  #indexOf(shard: SimulatedShard, position: ShardPosition): number {
    const first = (test: (record: KinesisRecord) => boolean) => {
      const index = shard.records.findIndex(test)
      return index === -1 ? shard.records.length : index
    }
    switch (position.type) {
      case 'TRIM_HORIZON':
        return 0
      case 'LATEST':
        return shard.records.length
      case 'AT_TIMESTAMP':
        return first((record) => record.arrivalTimeMs >= position.timeMs)
      case 'AT_SEQUENCE_NUMBER':
        return first((record) => Number(record.sequenceNumber) >= Number(position.sequenceNumber))
      case 'AFTER_SEQUENCE_NUMBER':
        return first((record) => Number(record.sequenceNumber) > Number(position.sequenceNumber))
    }
  }
}

function shown({ shardId, parents, range }: SimulatedShard): KinesisShard {
  return { shardId, parents, range }
}
