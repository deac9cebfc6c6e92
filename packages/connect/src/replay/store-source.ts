/**
 * A stream of our own store to replay, read straight from the log, beside the app that owns it or after it. A snapshot knows
 * each shard's last record, so the end and the cut-over are exact. Damaged stretches are stepped over and reported.
 */
import { setImmediate as macrotask } from 'node:timers/promises'
import type { RecordBatch, ShardInfo, Store, StreamInfo } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'
import { type LocalSequences, plainSequences } from '../kinesis/local-sequences.ts'
import { shardIdOf } from '../kinesis/local-stream.ts'
import type {
  OpenReplayReader,
  ReplayRead,
  ReplayReader,
  ReplayRecord,
  ReplayShard,
  ReplaySnapshot,
  ReplaySource,
  SnapshotShard,
} from './replay-source.ts'

export interface StoreSourceOptions {
  readonly clock: Clock
  readonly sequences?: LocalSequences
  /** Called for each stretch of the log that cannot be read. */
  readonly onDamage?: (damage: { readonly shardId: string; readonly records: number }) => void
}

const readLimits = { maxRecords: 2000, maxBytes: 4 * 1024 * 1024 }
/** A follower that is told nothing looks again after this. */
const newsWaitMs = 1000

/** Error of its calls: REPLAY_STREAM when there is no such stream or shard. */
export function storeSource(store: Store, name: string, options: StoreSourceOptions): ReplaySource {
  const sequences = options.sequences ?? plainSequences
  return {
    name,
    async snapshot(): Promise<ReplaySnapshot> {
      const stream = mustStream(store, name)
      const shards = stream.shardInfos.map((info): SnapshotShard => {
        return {
          ...shardOf(info),
          before: sequences.format(stream, info.shard, -1, info.createdAt),
          last: lastOf(store, stream, info, sequences),
          isClosed: info.closedAt !== undefined,
        }
      })
      return { timeMs: Math.floor(options.clock.now()), shards }
    },
    async prepare() {},
    open: (open) => new StoreReader(store, name, sequences, open, options.onDamage),
    async close() {},
  }
}

class StoreReader implements ReplayReader {
  readonly #store: Store
  readonly #stream: StreamInfo
  readonly #shard: number
  readonly #sequences: LocalSequences
  readonly #signal: AbortSignal
  readonly #onDamage: StoreSourceOptions['onDamage']
  #next: number
  /** Commits up to the last read: taken before it, so that none is slept through. */
  #seen = 0

  constructor(
    store: Store,
    name: string,
    sequences: LocalSequences,
    { shardId, position, signal }: OpenReplayReader,
    onDamage: StoreSourceOptions['onDamage'],
  ) {
    this.#store = store
    this.#stream = mustStream(store, name)
    this.#sequences = sequences
    this.#signal = signal
    this.#onDamage = onDamage
    const info = this.#stream.shardInfos.find(({ shard }) => shardIdOf(shard) === shardId)
    if (info === undefined)
      throw new ConnectError('REPLAY_STREAM', `stream ${shown(name)} has no ${shardId}.`)
    this.#shard = info.shard
    switch (position.type) {
      case 'oldest':
        this.#next = info.oldest
        break
      case 'time':
        this.#next = store.sequenceAtTime(name, info.shard, position.timeMs)
        break
      case 'after': {
        const count = sequences.countUpTo(this.#stream, info.shard, position.sequenceNumber)
        if (count === undefined)
          throw new ConnectError(
            'REPLAY_STREAM',
            `stream ${shown(name)}, ${shardId}: ${shown(position.sequenceNumber)} is no sequence number of this shard.`,
          )
        this.#next = Math.max(count, info.oldest)
      }
    }
  }

  async read(): Promise<ReplayRead> {
    // Reading is synchronous: others get their turn between two reads.
    await macrotask()
    if (this.#signal.aborted) return { records: [], isCaughtUp: true, children: undefined }
    const { name } = this.#stream
    this.#seen = this.#store.news()
    // Asked for before the records: what is closed then has no records after those that are read.
    const info = this.#store.shard(name, this.#shard)
    if (info.createdAt !== this.#stream.shardInfos[this.#shard]?.createdAt)
      throw new ConnectError(
        'REPLAY_STREAM',
        `stream ${shown(name)} was deleted and made anew while it was read.`,
      )
    const { batches, atHead } = this.#store.read(name, this.#shard, this.#next, readLimits)
    const records: ReplayRecord[] = []
    for (const batch of batches) {
      if ('reason' in batch) {
        this.#onDamage?.({
          shardId: shardIdOf(this.#shard),
          records: batch.nextSequence - batch.firstSequence,
        })
        this.#next = batch.nextSequence
        continue
      }
      for (let i = Math.max(0, this.#next - batch.firstSequence); i < batch.count; i++)
        records.push(new StoreRecord(this.#stream, batch, i, this.#sequences))
      this.#next = batch.firstSequence + batch.count
    }
    const isEnded = atHead && this.#next >= info.next && info.closedAt !== undefined
    return { records, isCaughtUp: atHead, children: isEnded ? this.#children() : undefined }
  }

  waitForNews(): Promise<void> {
    return this.#store.waitForNews(this.#seen, newsWaitMs, this.#signal)
  }

  async close(): Promise<void> {}

  #children(): ReplayShard[] {
    return mustStream(this.#store, this.#stream.name)
      .shardInfos.filter(({ parents }) => parents.includes(this.#shard))
      .map(shardOf)
  }
}

class StoreRecord implements ReplayRecord {
  readonly partitionKey: string
  readonly data: Uint8Array
  readonly arrivalTimeMs: number
  readonly #stream: StreamInfo
  readonly #shard: number
  readonly #sequence: number
  readonly #sequences: LocalSequences

  constructor(stream: StreamInfo, batch: RecordBatch, index: number, sequences: LocalSequences) {
    const { bytes, keyStart, dataStart } = batch
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.partitionKey = text.toString('utf8', keyStart[index], keyStart[index + 1])
    this.data = bytes.subarray(dataStart[index], dataStart[index + 1])
    this.arrivalTimeMs = batch.arrivalTime
    this.#stream = stream
    this.#shard = batch.shard
    this.#sequence = batch.firstSequence + index
    this.#sequences = sequences
  }

  /** Written when it is asked for: most readers want that of a read's last record alone. */
  get sequenceNumber(): string {
    return this.#sequences.format(this.#stream, this.#shard, this.#sequence, this.arrivalTimeMs)
  }
}

function shardOf(info: ShardInfo): ReplayShard {
  return {
    shardId: shardIdOf(info.shard),
    parents: info.parents.map(shardIdOf),
    range: info.range,
  }
}

/** The number of the newest record; its time is in the record's batch, where that is still there and whole. */
function lastOf(
  store: Store,
  stream: StreamInfo,
  { shard, next, createdAt }: ShardInfo,
  sequences: LocalSequences,
) {
  if (next === 0) return sequences.format(stream, shard, -1, createdAt)
  const [batch] = store.read(stream.name, shard, next - 1, { maxRecords: 1, maxBytes: 1 }).batches
  const isThere = batch !== undefined && !('reason' in batch) && batch.firstSequence < next
  return sequences.format(stream, shard, next - 1, isThere ? batch.arrivalTime : createdAt)
}

function mustStream(store: Store, name: string): StreamInfo {
  const stream = store.stream(name)
  if (stream !== undefined) return stream
  throw new ConnectError('REPLAY_STREAM', `there is no stream ${shown(name)} in ${shown(store.dir)}.`)
}
