/**
 * Streams that follow their load: a loop that looks once a minute at what was written to each shard, and splits and
 * merges as decideScaling says: on-demand streams always, provisioned ones with a target.
 *
 * What was written follows from the heads that the store keeps: the next sequence counts records; bytes retained grow by
 * what was written as long as nothing expired meanwhile, else the mean size of the retained records stands for those of
 * the minute. Nothing of it is stored: after a restart the past begins anew, which at worst delays a change.
 * Cost: a look at the head of each shard of these streams, each minute.
 */
import type { ShardInfo, Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { WireError } from '../wire/wire-error.ts'
import {
  decideScaling,
  onDemandRule,
  type ScalingRule,
  type ShardLoad,
  targetRule,
} from './decide-scaling.ts'
import type { KinesisStream } from './kinesis-context.ts'
import { awsLimits, type KinesisLimits } from './kinesis-limits.ts'
import { warmShards } from './operations/warm-throughput.ts'
import { type KinesisStreams, noAccount } from './streams/kinesis-streams.ts'
import { mergeOf, openShards, splitAt, together } from './streams/reshard-plan.ts'

const TICK_MS = 60_000
/** On-demand streams take up to 200 MiB/s, 1 MiB/s a shard. */
const ON_DEMAND_SHARDS_MAX = 200
/** And have 4 shards at least, unless they were made with fewer. */
const ON_DEMAND_SHARDS_MIN = 4

export interface ScalingEvent {
  readonly stream: string
  /** Numbers of the shards. */
  readonly splits: readonly number[]
  readonly merges: readonly (readonly [number, number])[]
  /** Why nothing was done. */
  readonly refused: string | undefined
}

interface Sample {
  readonly next: number
  readonly oldest: number
  readonly bytes: number
  readonly at: number
}

interface ShardPast {
  last: Sample
  useByMinute: readonly number[]
}

export class Autoscaler {
  readonly #store: Store
  readonly #clock: Clock
  readonly #limits: KinesisLimits
  readonly #streams: KinesisStreams
  readonly #onScaling: (event: ScalingEvent) => void
  readonly #pasts = new Map<string, { createdAt: number; shards: Map<number, ShardPast> }>()

  constructor(options: {
    store: Store
    clock: Clock
    limits: KinesisLimits
    streams: KinesisStreams
    onScaling: (event: ScalingEvent) => void
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#limits = options.limits
    this.#streams = options.streams
    this.#onScaling = options.onScaling
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(TICK_MS, signal)
      if (!signal.aborted) this.tick()
    }
  }

  /** One look at all streams. */
  tick(): void {
    const scaled = new Set<string>()
    for (const { name } of this.#store.streams()) {
      const settings = this.#streams.settings(name)
      if (settings === undefined || !(settings.mode === 'ON_DEMAND' || settings.autoscale !== undefined))
        continue
      scaled.add(name)
      try {
        // Looking at a stream finishes what it is in the middle of, which a full disk may not allow.
        const stream = this.#streams.named(name, noAccount)
        if (stream !== undefined) this.#scale(stream)
      } catch (error) {
        // One stream's trouble is not the others', and the loop goes on: the next minute tries again.
        this.#onScaling({ stream: name, splits: [], merges: [], refused: String(error) })
      }
    }
    for (const name of [...this.#pasts.keys()]) if (!scaled.has(name)) this.#pasts.delete(name)
  }

  #scale(stream: KinesisStream): void {
    const rule = this.#rule(stream)
    const loads = this.#look(stream, rule.coldMinutes)
    if (stream.status !== 'ACTIVE') return
    const { splits, merges } = decideScaling(loads, rule)
    if (splits.length + merges.length === 0) return
    const change = together([
      ...splits.map((load) => splitAt(load, (load.range.start + load.range.end) / 2n + 1n)),
      ...merges.map(([lower, upper]) => mergeOf(lower, upper)),
    ])
    const event = {
      stream: stream.name,
      splits: splits.map(({ shard }) => shard),
      merges: merges.map(([lower, upper]) => [lower.shard, upper.shard] as const),
    }
    try {
      this.#streams.reshard(stream, change)
      this.#onScaling({ ...event, refused: undefined })
    } catch (error) {
      // The running app may not allow it, a quota or the disk may be full; the next minute tries again.
      if (!(error instanceof Error)) throw error
      this.#onScaling({ ...event, refused: error instanceof WireError ? error.message : String(error) })
    }
  }

  /** Notes what each open shard took since the last look; all open shards in order of their ranges. */
  #look(stream: KinesisStream, minutes: number): ShardLoad[] {
    const { info } = stream
    let past = this.#pasts.get(info.name)
    if (past === undefined || past.createdAt !== info.createdAt) {
      past = { createdAt: info.createdAt, shards: new Map() }
      this.#pasts.set(info.name, past)
    }
    const now = this.#clock.now()
    const seen = new Map<number, ShardPast>()
    const loads: ShardLoad[] = []
    for (const { shard, range } of openShards(info.shardInfos)) {
      // openShards gives shards of this list.
      const { next, oldest, bytes } = info.shardInfos[shard] as ShardInfo
      const sample: Sample = { next, oldest, bytes, at: now }
      const before = past.shards.get(shard)
      const useByMinute =
        before === undefined ? [] : [...before.useByMinute, this.#use(before.last, sample)].slice(-minutes)
      seen.set(shard, { last: sample, useByMinute })
      loads.push({ shard, range, useByMinute })
    }
    past.shards = seen
    return loads
  }

  #use(before: Sample, after: Sample): number {
    const seconds = (after.at - before.at) / 1000
    if (seconds <= 0) return 0
    const { shardWriteBytesPerSecond, shardWriteRecordsPerSecond } = this.#limits
    return Math.max(
      writtenBytes(before, after) /
        seconds /
        finite(shardWriteBytesPerSecond, awsLimits.shardWriteBytesPerSecond),
      (after.next - before.next) /
        seconds /
        finite(shardWriteRecordsPerSecond, awsLimits.shardWriteRecordsPerSecond),
    )
  }

  #rule(stream: KinesisStream): ScalingRule {
    const { settings, info } = stream
    const { autoscale } = settings
    if (settings.mode === 'PROVISIONED' && autoscale !== undefined) {
      const left = this.#limits.shardsMax - this.#streams.provisionedShardCount()
      const max = Math.min(autoscale.max, openShards(info.shardInfos).length + Math.max(0, left))
      return targetRule(autoscale.target, { min: Math.min(autoscale.min, max), max })
    }
    const warm = warmShards(settings.warmThroughputMiBps)
    return onDemandRule({
      min: Math.max(Math.min(ON_DEMAND_SHARDS_MIN, info.shards), warm),
      max: Math.max(ON_DEMAND_SHARDS_MAX, warm),
    })
  }
}

function writtenBytes(before: Sample, after: Sample): number {
  const records = after.next - before.next
  if (records === 0) return 0
  if (after.oldest === before.oldest) return after.bytes - before.bytes
  const retained = after.next - after.oldest
  return retained === 0 ? 0 : (after.bytes / retained) * records
}

/** A profile without rates is measured by those of the service. */
function finite(value: number, otherwise: number): number {
  return Number.isFinite(value) && value > 0 ? value : otherwise
}
