/**
 * Source `kinesis`: the records of a stream behind the Kinesis API, here or elsewhere. All shards are read at the same time,
 * each in order; a shard that followed others is begun when those are read to their ends.
 *
 * Position (JSON): {stream, shards}, and for each shard where its next record is: after a place (sequence number and place
 * in the aggregate), at the start, or at its end. Shards of the list that have none of them yet follow from that.
 * Promise: exactly once, together with the runtime's commit, as long as the stream keeps its records until they are read.
 * The source is done only when every shard is closed and read, as when the stream was deleted.
 *
 * Memory: one answer of each shard, up to 10 MiB; a shard is not read further before its answer is taken.
 */
import type { Source, SourceContext, SourceFactory, SourceRead } from '@millrace/runtime'
import { RECORD_DATA_BYTES_MAX, RECORD_KEY_BYTES_MAX, type RecordBatchBuilder } from '@millrace/store'
import { seededRandom } from '@millrace/values'
import { ConnectError, shown } from '../errors.ts'
import type { AwsStreamName } from './aws-kinesis.ts'
import { awsStream } from './aws-stream.ts'
import type { UserRecord } from './consumer-options.ts'
import type {
  KinesisShard,
  KinesisStreamPort,
  ShardPosition,
  ShardReader,
  StartPosition,
} from './kinesis-stream-port.ts'
import { type Checkpoint, type Lease, newLease, shardEnd } from './lease.ts'
import { expiredLeases, firstShards, shardsWithoutLease } from './lease-plan.ts'
import { codeOf } from './shard-processor.ts'
import { type StartOption, startPosition } from './start-position.ts'
import { UserRecords } from './user-records.ts'

export interface KinesisSourceOptions extends AwsStreamName {
  /** Where the first start begins. Default 'trim-horizon'. */
  readonly from?: StartOption
  /** Default 'polling'. */
  readonly mode?: 'polling' | 'fan-out'
  /** For fan-out: name of the stream's consumer, registered where there is none. */
  readonly consumerName?: string
  /** Take records of Kinesis' producer library out of their aggregates. Default true. */
  readonly deaggregate?: boolean
}

export interface StreamSourceOptions {
  readonly from: StartPosition
  readonly deaggregate: boolean
}

/** Records of one answer. */
const recordsMax = 1000

/** Errors: KINESIS_OPTION here; AWS_SDK_MISSING, KINESIS_CALL, SOURCE_POSITION when it is opened and read. */
export function kinesis(options: KinesisSourceOptions): SourceFactory {
  const from = startPosition('kinesis', options.from ?? 'trim-horizon')
  // Made for its checks, so that a wrong option is reported where the app is defined.
  awsStream(options)
  return (context) => {
    const { clock } = context
    const stream = awsStream({ ...options, clock, random: seededRandom(clock.now()) })
    return openStreamSource(stream, { from, deaggregate: options.deaggregate ?? true }, context)
  }
}

/** The source over any stream of the port, which it closes in the end. */
export async function openStreamSource(
  stream: KinesisStreamPort,
  options: StreamSourceOptions,
  context: SourceContext,
): Promise<Source> {
  try {
    const source = new StreamSource(stream, options, context)
    await source.open()
    return source
  } catch (error) {
    await stream.close()
    throw error
  }
}

interface SavedPosition {
  readonly stream: string
  readonly shards: { readonly [shardId: string]: SavedShard }
}

/** After a place; at a start; or at the end. */
type SavedShard =
  | { readonly after: string; readonly sub: number }
  | { readonly start: StartPosition }
  | { readonly ended: true }

class StreamSource implements Source {
  readonly #stream: KinesisStreamPort
  readonly #options: StreamSourceOptions
  readonly #context: SourceContext
  /** By shard id: those that are read, and those that were. */
  readonly #tracked = new Map<string, TrackedShard>()
  readonly #closing = new AbortController()
  readonly #signal: AbortSignal
  /** Resolved when any shard has an answer. */
  #news = deferred()

  constructor(stream: KinesisStreamPort, options: StreamSourceOptions, context: SourceContext) {
    this.#stream = stream
    this.#options = options
    this.#context = context
    this.#signal = AbortSignal.any([context.signal, this.#closing.signal])
    this.#signal.addEventListener('abort', () => this.#news.resolve(), { once: true })
  }

  async open(): Promise<void> {
    const { position } = this.#context
    const shards = await this.#stream.listShards()
    if (position === undefined) {
      const first = await this.#stream.listShards(this.#options.from)
      for (const shard of firstShards(first, shards, [])) this.#track(shard, this.#options.from)
    } else {
      const byId = new Map(shards.map((shard) => [shard.shardId, shard]))
      for (const [shardId, saved] of Object.entries(readPosition(position, this.#stream.name).shards)) {
        this.#restore(shardId, saved, byId.get(shardId))
      }
      this.#follow(shards)
    }
  }

  async read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead> {
    const dead: SourceRead['dead'][number][] = []
    let taken = 0
    let bytes = 0
    while (!this.#context.signal.aborted) {
      this.#news = deferred()
      if (this.#signal.aborted) this.#news.resolve()
      for (const shard of [...this.#tracked.values()]) {
        if (shard.failure !== undefined) throw shard.failure
        while (bytes < maxBytes) {
          const record = shard.next()
          if (record === undefined) break
          bytes += this.#add(builders, record, shard.shardId, dead)
          taken++
        }
        if (bytes >= maxBytes) break
      }
      if (taken === 0 && (await this.#passEnds())) continue
      const readers = [...this.#tracked.values()].filter((shard) => !shard.isEnded)
      if (readers.length === 0) return { position: this.#position(), taken, dead, done: true }
      // Also when there is something to commit: the next answers come meanwhile.
      for (const shard of readers) shard.ask(this.#news.resolve)
      if (taken > 0) break
      await this.#news.promise
    }
    return { position: this.#position(), taken, dead, done: false }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(Array.from(this.#tracked.values(), (shard) => shard.close()))
    await this.#stream.close()
  }

  /** Ends shards that are read to the end, and begins with those that follow. True if there were any. */
  async #passEnds(): Promise<boolean> {
    const ended = [...this.#tracked.values()].filter((shard) => shard.isAtEnd && !shard.isEnded)
    if (ended.length === 0) return false
    const shards = await this.#stream.listShards()
    if (this.#signal.aborted) return true
    for (const shard of ended) {
      shard.isEnded = true
      await shard.close()
    }
    this.#follow(shards)
    return true
  }

  /** Begins with listed shards whose turn it is, and forgets what has expired. The rules are those of leases. */
  #follow(shards: readonly KinesisShard[]): void {
    const leases = Array.from(this.#tracked.values(), asLease)
    for (const shard of shardsWithoutLease(shards, leases)) this.#track(shard, { type: 'TRIM_HORIZON' })
    for (const { leaseKey } of expiredLeases(shards, leases)) this.#tracked.delete(leaseKey)
  }

  #track(shard: KinesisShard, start: StartPosition): void {
    const now = this.#context.clock.now()
    // What comes before the first record is not committed; the next start then begins at the time of this one.
    const saved: StartPosition = start.type === 'LATEST' ? { type: 'AT_TIMESTAMP', timeMs: now } : start
    this.#restore(shard.shardId, { start: saved }, shard, start)
  }

  #restore(shardId: string, saved: SavedShard, shard: KinesisShard | undefined, start?: StartPosition): void {
    const after = 'after' in saved ? { sequenceNumber: saved.after, subSequence: saved.sub } : undefined
    const users = new UserRecords({
      deaggregate: this.#options.deaggregate,
      range: shard?.range,
      after,
      say: (code, message) => this.#context.warn(code, message),
    })
    const position: ShardPosition =
      after !== undefined
        ? { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: after.sequenceNumber }
        : (start ?? ('start' in saved ? saved.start : { type: 'TRIM_HORIZON' }))
    const open = () => this.#stream.openReader({ shardId, position, recordsMax, signal: this.#signal })
    const tracked = new TrackedShard(shardId, open, users, saved)
    this.#tracked.set(shardId, tracked)
  }

  #add(
    builders: readonly RecordBatchBuilder[],
    record: UserRecord,
    shardId: string,
    dead: SourceRead['dead'][number][],
  ): number {
    const { data } = record
    const key = Buffer.from(record.partitionKey)
    if (key.length > RECORD_KEY_BYTES_MAX || data.length > RECORD_DATA_BYTES_MAX) {
      dead.push({
        data: data.slice(),
        code: 'RECORD_TOO_LARGE',
        message:
          `The record has ${data.length} bytes and a key of ${key.length} bytes. A record may have ${RECORD_DATA_BYTES_MAX} ` +
          `bytes and a key of ${RECORD_KEY_BYTES_MAX}.`,
        place: `${this.#stream.name}/${shardId}/${record.sequenceNumber}/${record.subSequenceNumber}`,
      })
    } else {
      const shard = this.#context.route(key, 0, key.length)
      const builder = builders[shard]
      if (builder === undefined) throw new RangeError(`no builder for shard ${shard} of ${builders.length}`)
      builder.add(key, 0, key.length, data, 0, data.length, 0)
    }
    return data.length
  }

  #position(): SavedPosition {
    const shards: Record<string, SavedShard> = {}
    for (const shard of this.#tracked.values()) shards[shard.shardId] = shard.saved
    return { stream: this.#stream.name, shards }
  }
}

class TrackedShard {
  readonly shardId: string
  /** Read to the end, and what follows it has begun. */
  isEnded: boolean
  /** Why it cannot be read. */
  failure: unknown
  readonly #open: () => ShardReader
  readonly #users: UserRecords
  #reader: ShardReader | undefined
  #answer: readonly UserRecord[] = []
  #at = 0
  #isClosed = false
  #asking: Promise<void> | undefined
  #start: SavedShard
  #after: Checkpoint | undefined

  constructor(shardId: string, open: () => ShardReader, users: UserRecords, saved: SavedShard) {
    this.shardId = shardId
    this.#open = open
    this.#users = users
    this.#start = saved
    this.isEnded = 'ended' in saved
  }

  get isAtEnd(): boolean {
    return this.#isClosed && this.#at === this.#answer.length
  }

  get saved(): SavedShard {
    if (this.isEnded) return { ended: true }
    return this.#after === undefined
      ? this.#start
      : { after: this.#after.sequenceNumber, sub: this.#after.subSequence }
  }

  /** The next record of the answer that is there. */
  next(): UserRecord | undefined {
    const record = this.#answer[this.#at]
    if (record === undefined) return undefined
    this.#at++
    this.#after = { sequenceNumber: record.sequenceNumber, subSequence: record.subSequenceNumber }
    return record
  }

  /** Asks for the next answer when this one is taken, unless that was done already; `told` is called when it is there. */
  ask(told: () => void): void {
    if (this.#at < this.#answer.length || this.#isClosed || this.failure !== undefined) {
      told()
      return
    }
    this.#asking ??= this.#read().finally(() => {
      this.#asking = undefined
    })
    void this.#asking.then(told)
  }

  async close(): Promise<void> {
    // A reader of a closed source ends its waiting by its signal.
    await this.#asking
    await this.#reader?.close()
    this.#reader = undefined
  }

  async #read(): Promise<void> {
    try {
      this.#reader ??= this.#open()
      const read = await this.#reader.read()
      this.#answer = this.#users.of(read.records)
      this.#at = 0
      this.#isClosed = read.ended !== undefined
    } catch (error) {
      if (codeOf(error) === 'KINESIS_SHARD_GONE') this.#isClosed = true
      else this.failure = error
    }
  }
}

/** The shard as a lease, for the rules of what follows it. */
function asLease({ shardId, isEnded }: TrackedShard): Lease {
  const lease = newLease({ shardId, parents: [], range: { start: 0n, end: 0n } }, { type: 'TRIM_HORIZON' })
  return isEnded ? { ...lease, checkpoint: shardEnd } : lease
}

function readPosition(value: unknown, stream: string): SavedPosition {
  // Checked field by field.
  const position = (typeof value === 'object' && value !== null ? value : {}) as Partial<SavedPosition>
  const { shards } = position
  if (typeof position.stream !== 'string' || typeof shards !== 'object' || shards === null) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `kinesis: the committed position is not one of this source: ${shown(JSON.stringify(value))}. ` +
        'Give the source another name, or use another data directory.',
    )
  }
  if (position.stream !== stream) {
    throw new ConnectError(
      'SOURCE_POSITION',
      `kinesis: the committed position is one of stream "${position.stream}", but the source reads "${stream}". ` +
        'Set it back, or give the source another name.',
    )
  }
  return { stream, shards }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
