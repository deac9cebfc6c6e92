/**
 * A stream of our own store as a Kinesis stream: read straight from the log, woken by commits. Polling and fan-out are the
 * same here: a reader waits for news and takes what there is.
 */
import type { CorruptBatch, RecordBatch, ShardInfo, Store, StreamInfo } from '@millrace/store'
import { type Clock, systemClock } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'
import {
  type KinesisRecord,
  type KinesisShard,
  type KinesisStreamPort,
  type OpenReader,
  type ShardPosition,
  type ShardRead,
  type ShardReader,
  type StartPosition,
  shardGone,
} from './kinesis-stream-port.ts'
import { type LocalSequences, plainSequences } from './local-sequences.ts'

export interface LocalStreamOptions {
  readonly clock?: Clock
  readonly sequences?: LocalSequences
}

const readBytesMax = 10 * 1024 * 1024
/** A reader that is told nothing looks again after this. */
const newsWaitMs = 1000
const shardDigits = 12

/** Error of its calls: KINESIS_CALL when there is no such stream. */
export function localStream(store: Store, name: string, options: LocalStreamOptions = {}): KinesisStreamPort {
  return new LocalStream(store, name, options)
}

export function shardIdOf(shard: number): string {
  return `shardId-${String(shard).padStart(shardDigits, '0')}`
}

class LocalStream implements KinesisStreamPort {
  readonly name: string
  readonly #store: Store
  readonly #clock: Clock
  readonly #sequences: LocalSequences

  constructor(store: Store, name: string, options: LocalStreamOptions) {
    this.name = name
    this.#store = store
    this.#clock = options.clock ?? systemClock
    this.#sequences = options.sequences ?? plainSequences
  }

  async listShards(from?: StartPosition): Promise<readonly KinesisShard[]> {
    const stream = mustStream(this.#store, this.name)
    const horizon = Math.max(stream.createdAt, this.#clock.now() - stream.retentionMs)
    return stream.shardInfos.filter((shard) => isListed(shard, horizon, from)).map(shardOf)
  }

  openReader(options: OpenReader): ShardReader {
    const stream = mustStream(this.#store, this.name)
    const shard = stream.shardInfos.find((info) => shardIdOf(info.shard) === options.shardId)
    if (shard === undefined) throw shardGone(this.name, options.shardId)
    const next = startOf(this.#store, stream, shard, options.position, this.#sequences)
    return new LocalReader(this.#store, this.#clock, this.#sequences, stream, shard.shard, next, options)
  }

  async close(): Promise<void> {}
}

class LocalReader implements ShardReader {
  readonly #store: Store
  readonly #clock: Clock
  readonly #sequences: LocalSequences
  readonly #stream: StreamInfo
  readonly #shard: number
  readonly #options: OpenReader
  #next: number

  constructor(
    store: Store,
    clock: Clock,
    sequences: LocalSequences,
    stream: StreamInfo,
    shard: number,
    next: number,
    options: OpenReader,
  ) {
    this.#store = store
    this.#clock = clock
    this.#sequences = sequences
    this.#stream = stream
    this.#shard = shard
    this.#next = next
    this.#options = options
  }

  async read(): Promise<ShardRead> {
    const { signal } = this.#options
    const seen = this.#store.news()
    const read = this.#take()
    if (read.records.length > 0 || read.ended !== undefined || signal.aborted) return read
    await this.#store.waitForNews(seen, newsWaitMs, signal)
    return signal.aborted ? read : this.#take()
  }

  async close(): Promise<void> {}

  #take(): ShardRead {
    const { recordsMax } = this.#options
    // Asked for before the records: what is closed then has no records after those that are read.
    const info = this.#store.shard(this.#stream.name, this.#shard)
    if (info.createdAt !== this.#stream.shardInfos[this.#shard]?.createdAt) {
      throw new ConnectError(
        'KINESIS_CALL',
        `stream "${this.#stream.name}" was deleted and made anew while it was read.`,
      )
    }
    const { batches, atHead } = this.#store.read(this.#stream.name, this.#shard, this.#next, {
      maxRecords: recordsMax,
      maxBytes: readBytesMax,
    })
    const records: KinesisRecord[] = []
    let arrivalTimeMs = 0
    for (const batch of batches) {
      // What is left of the batch before comes first.
      if (records.length === recordsMax) break
      if (isCorrupt(batch)) {
        // The store keeps such stretches in its quarantine; readers step over them.
        this.#next = batch.nextSequence
        continue
      }
      arrivalTimeMs = batch.arrivalTime
      for (let i = Math.max(0, this.#next - batch.firstSequence); i < batch.count; i++) {
        if (records.length === recordsMax) break
        records.push(this.#record(batch, i))
        this.#next = batch.firstSequence + i + 1
      }
    }
    const isAll = atHead && this.#next >= info.next
    const isEnded = isAll && info.closedAt !== undefined && records.length === 0
    return {
      records,
      millisBehindLatest: isAll || records.length === 0 ? 0 : Math.max(0, this.#clock.now() - arrivalTimeMs),
      ended: isEnded ? { children: this.#children() } : undefined,
    }
  }

  #record(batch: RecordBatch, index: number): KinesisRecord {
    const { bytes, keyStart, dataStart, arrivalTime, firstSequence } = batch
    return {
      sequenceNumber: this.#sequences.format(this.#stream, this.#shard, firstSequence + index, arrivalTime),
      partitionKey: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
        'utf8',
        keyStart[index],
        keyStart[index + 1],
      ),
      data: bytes.subarray(dataStart[index], dataStart[index + 1]),
      arrivalTimeMs: arrivalTime,
    }
  }

  #children(): KinesisShard[] {
    const { shardInfos } = mustStream(this.#store, this.#stream.name)
    return shardInfos.filter((info) => info.parents.includes(this.#shard)).map(shardOf)
  }
}

/** The rules of ListShards' filters. */
function isListed(shard: ShardInfo, horizon: number, from: StartPosition | undefined): boolean {
  const { createdAt, closedAt } = shard
  if (closedAt !== undefined && closedAt < horizon && shard.oldest === shard.next) return false
  if (from === undefined) return true
  if (from.type === 'LATEST') return closedAt === undefined
  const at = from.type === 'AT_TIMESTAMP' ? Math.max(horizon, from.timeMs) : horizon
  return createdAt <= at && (closedAt === undefined || closedAt > at)
}

function shardOf(info: ShardInfo): KinesisShard {
  return { shardId: shardIdOf(info.shard), parents: info.parents.map(shardIdOf), range: info.range }
}

function startOf(
  store: Store,
  stream: StreamInfo,
  { shard, oldest, next }: ShardInfo,
  position: ShardPosition,
  sequences: LocalSequences,
): number {
  switch (position.type) {
    case 'TRIM_HORIZON':
      return oldest
    case 'LATEST':
      return next
    case 'AT_TIMESTAMP':
      return store.sequenceAtTime(stream.name, shard, position.timeMs)
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      const count = sequences.countUpTo(stream, shard, position.sequenceNumber)
      if (count === undefined) {
        throw new ConnectError(
          'KINESIS_CALL',
          `stream "${stream.name}", ${shardIdOf(shard)}: ${shown(position.sequenceNumber)} is no sequence number of this ` +
            'shard. The stream was made anew, or the checkpoint is another stream’s: give the consumer another lease table.',
        )
      }
      const isAt = position.type === 'AT_SEQUENCE_NUMBER' && count > 0
      return Math.max(oldest, isAt ? count - 1 : count)
    }
  }
}

function mustStream(store: Store, name: string): StreamInfo {
  const stream = store.stream(name)
  if (stream !== undefined) return stream
  throw new ConnectError(
    'KINESIS_CALL',
    `There is no stream "${name}" in ${shown(store.dir)}. Make it first.`,
  )
}

function isCorrupt(batch: RecordBatch | CorruptBatch): batch is CorruptBatch {
  return 'reason' in batch
}
