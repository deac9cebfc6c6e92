/**
 * Writing the records of one call: limits of shards in request order, routing, the running group, metrics. Both put
 * operations and the short cut use it, after everything that rejects a whole call has been checked; from then on only
 * throttling and the disk decide, record by record.
 *
 * A call is `begin`, `add` for each record, `finish`, all in one turn, then `await done`; then the writer answers where
 * each record is. No allocation per record.
 */
import type { Store } from '@millrace/store'
import { formatShardId } from '@millrace/values'
import type { ShardLimits } from '../../limits/shard-limits.ts'
import { PlacedNumbers } from '../../puts/placed-numbers.ts'
import type { PutGroups, StreamPut } from '../../puts/put-group.ts'
import type { StreamLayouts } from '../../puts/stream-layouts.ts'
import type { KinesisContext, KinesisStream } from '../kinesis-context.ts'
import type { KinesisLimits } from '../kinesis-limits.ts'
import { isShardMetricOn, type StreamMeter, type StreamMeters } from './stream-meters.ts'
import { mustBeThere } from './stream-state.ts'

export interface WriterParts {
  readonly context: KinesisContext
  readonly groups: PutGroups
  readonly layouts: StreamLayouts
  readonly limits: ShardLimits
  readonly meters: StreamMeters
}

export type RecordOutcome = 'stored' | 'throttled' | 'failed'

export class CallWriter {
  readonly stream: KinesisStream
  readonly meter: StreamMeter
  /** Of the records accepted, data and keys. */
  bytes = 0
  accepted = 0
  throttled = 0
  readonly shards: Int32Array
  readonly indexes: Uint32Array
  readonly #parts: WriterParts
  readonly #store: Store
  readonly #part: StreamPut
  readonly #now: number
  readonly #isLimited: boolean
  readonly #isOnDemand: boolean
  readonly #exists: (stream: string) => boolean
  /** Bytes accepted by shard, if shards are metered. */
  readonly #shardBytes: Map<number, number> | undefined
  #count = 0
  #numbers: PlacedNumbers | undefined

  constructor(parts: WriterParts, stream: KinesisStream, records: number) {
    const { context } = parts
    this.stream = stream
    this.meter = parts.meters.of(stream.name)
    this.shards = new Int32Array(records)
    this.indexes = new Uint32Array(records)
    this.#parts = parts
    this.#store = context.store
    this.#part = parts.groups.part(mustBeThere(parts.layouts.of(stream.name), stream))
    this.#now = context.clock.now()
    this.#isLimited = isLimited(context.limits)
    this.#isOnDemand = stream.settings.mode === 'ON_DEMAND'
    this.#exists = (name) => context.streams.settings(name) !== undefined
    this.#shardBytes = stream.settings.shardLevelMetrics.length > 0 ? new Map() : undefined
  }

  /** Takes one record. `hash` is its explicit hash; without, its key's MD5 decides. */
  add(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    data: Uint8Array,
    dataStart: number,
    dataEnd: number,
    hash: Uint32Array | undefined,
  ): void {
    const { name } = this.stream
    const i = this.#count++
    const shard =
      hash === undefined ? this.#store.route(name, key, keyStart, keyEnd) : this.#store.routeHash(name, hash)
    const bytes = keyEnd - keyStart + dataEnd - dataStart
    if (this.#isLimited && !this.#takeRate(shard, bytes)) {
      this.shards[i] = -1 - shard
      this.throttled++
      return
    }
    const builder = this.#part.builder(shard)
    const index = builder.count
    this.shards[i] = shard
    this.indexes[i] = index
    if (hash !== undefined) this.#part.addExplicitHash(shard, index, hash)
    builder.add(key, keyStart, keyEnd, data, dataStart, dataEnd, 0)
    this.bytes += bytes
    this.accepted++
    if (this.#shardBytes !== undefined)
      this.#shardBytes.set(shard, (this.#shardBytes.get(shard) ?? 0) + bytes)
  }

  /** Resolves when the accepted records are durable, or could not be made so. */
  async finish(): Promise<void> {
    if (this.accepted > 0) {
      this.#part.addPlacement(this)
      this.#parts.groups.added(this.bytes)
      await this.#part.done
    }
    if (this.failure === undefined) this.#numbers = new PlacedNumbers(this.#part)
    this.#observe()
  }

  /** Why the accepted records were not stored. */
  get failure(): unknown {
    return this.#part.failure
  }

  /** Records that were refused or could not be stored. */
  get failedCount(): number {
    return this.throttled + (this.failure === undefined ? 0 : this.accepted)
  }

  outcome(i: number): RecordOutcome {
    if (this.shards[i]! < 0) return 'throttled'
    return this.failure === undefined ? 'stored' : 'failed'
  }

  /** The shard that the record is in or was refused by. */
  shard(i: number): number {
    const shard = this.shards[i]!
    return shard < 0 ? -1 - shard : shard
  }

  /** Writes the digits of a stored record's number. */
  writeSequenceNumber(i: number, bytes: Uint8Array, at: number): void {
    this.#mustNumbers().writeTo(this.shards[i]!, this.indexes[i]!, bytes, at)
  }

  sequenceNumber(i: number): string {
    return this.#mustNumbers().text(this.shards[i]!, this.indexes[i]!)
  }

  throttleMessage(i: number): string {
    const { name, account } = this.stream
    return `Rate exceeded for shard ${formatShardId(this.shard(i))} in stream ${name} under account ${account}.`
  }

  #takeRate(shard: number, bytes: number): boolean {
    return this.#parts.limits
      .of(this.#part.info, shard, this.#exists)
      .takeWrite(bytes, { isOnDemand: this.#isOnDemand }, this.#now)
  }

  #observe(): void {
    const { meter } = this
    const { settings } = this.stream
    if (this.throttled > 0) meter.observe('WriteProvisionedThroughputExceeded', this.throttled)
    const isStored = this.failure === undefined
    if (isStored && this.accepted > 0) {
      meter.observe('IncomingBytes', this.bytes)
      meter.observe('IncomingRecords', this.accepted)
    }
    if (this.#shardBytes === undefined) return
    const stored = new Map<number, number>()
    const refused = new Map<number, number>()
    for (const shard of this.shards) {
      if (shard < 0) refused.set(-1 - shard, (refused.get(-1 - shard) ?? 0) + 1)
      else stored.set(shard, (stored.get(shard) ?? 0) + 1)
    }
    if (isStored && isShardMetricOn(settings, 'IncomingBytes'))
      for (const [shard, bytes] of this.#shardBytes) meter.observeShard('IncomingBytes', shard, bytes)
    if (isStored && isShardMetricOn(settings, 'IncomingRecords'))
      for (const [shard, count] of stored) meter.observeShard('IncomingRecords', shard, count)
    if (isShardMetricOn(settings, 'WriteProvisionedThroughputExceeded')) {
      for (const [shard, count] of refused)
        meter.observeShard('WriteProvisionedThroughputExceeded', shard, count)
    }
  }

  #mustNumbers(): PlacedNumbers {
    if (this.#numbers === undefined) throw new Error('gateway invariant: the records have no numbers yet')
    return this.#numbers
  }
}

function isLimited(limits: KinesisLimits): boolean {
  return limits.shardWriteBytesPerSecond !== Infinity || limits.shardWriteRecordsPerSecond !== Infinity
}
