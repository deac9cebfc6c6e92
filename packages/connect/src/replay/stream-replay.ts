/**
 * StreamReplay: the retained records of a stream between two times, read in time slices side by side into one result, and
 * from there on live.
 *
 * The end is fixed at the start: a snapshot of the stream. For a snapshot that knows each shard's last record the
 * cut-over is known then; else it is where the slices have ended. Either way it is a sequence number for each shard, and
 * the live reader goes on after it, so that the result and what follows share no record and leave none out.
 *
 * Order: in a slice, records of a shard as in the log, and a shard after its parents. What order the result has between
 * slices is its sink's choice.
 * Cost: in each slice `shardsAtOnce` readers, each with one read in memory.
 */
import type { Clock } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import { sleepUntil } from '../pace.ts'
import { followShards } from './follow-shards.ts'
import { RecordWriter } from './record-writer.ts'
import { ReplayProgress } from './replay-progress.ts'
import type { ReplaySink, SliceSink } from './replay-sink.ts'
import type {
  ReplayPosition,
  ReplayRecord,
  ReplaySnapshot,
  ReplaySource,
  SnapshotShard,
} from './replay-source.ts'
import { inShardOrder } from './shard-order.ts'
import { readShardSlice, type ShardSliceEnd } from './shard-slice.ts'
import { type TimeSlice, timeSlices } from './time-slices.ts'

export const slicesMax = 20
const shardsAtOnce = 8
/**
 * Where only the time tells a slice's end, a slice that ends within the moment could miss a record that is committed while
 * it is read and met by the next slice. So the last border is at least this far back, more than clocks differ.
 */
const inexactSliceMsMin = 1000

export interface StreamReplayOptions {
  readonly source: ReplaySource
  readonly sink: ReplaySink
  readonly clock: Clock
  /** First arrival time; the oldest record unless given. */
  readonly fromMs?: number
  /** Arrival time at which it ends, exclusive; the moment of the start unless given. */
  readonly toMs?: number
  /** 1 to 20. */
  readonly slices: number
  /** Arrival seconds for each second of the clock; Infinity for no pauses. Needs one slice. */
  readonly speed: number
  readonly deaggregate: boolean
  /** Stops it: before it is complete nothing is left of it, after that it ends well. */
  readonly signal: AbortSignal
  readonly progress?: ReplayProgress
  /** Called when it is known between which times, and in how many slices, is read. */
  readonly onStart?: (start: ReplayStart) => void
}

export interface ReplayStart {
  readonly fromMs: number
  readonly toMs: number
  readonly slices: number
  readonly shards: number
  /** Set where the snapshot tells. */
  readonly cutOver: CutOver | undefined
}

/**
 * For each shard that may have more: where a live reader goes on. After a sequence number; only where a stream that cannot
 * say its end had nothing in the range, at the range's beginning.
 */
export type CutOver = Readonly<Record<string, ReplayPosition>>

export interface ReplayResult extends ReplayStart {
  readonly cutOver: CutOver
}

interface Plan {
  readonly snapshot: ReplaySnapshot
  readonly slices: readonly TimeSlice[]
  /** The last slice ends at the shards' ends, not at a time. */
  readonly isToNow: boolean
}

export class StreamReplay {
  readonly #options: StreamReplayOptions
  readonly #progress: ReplayProgress
  readonly #writer: RecordWriter
  #snapshot: ReplaySnapshot | undefined

  constructor(options: StreamReplayOptions) {
    if (options.speed !== Number.POSITIVE_INFINITY && options.slices !== 1)
      throw new RangeError('a paced replay has one slice')
    this.#options = options
    this.#progress = options.progress ?? new ReplayProgress()
    this.#writer = new RecordWriter({ progress: this.#progress, deaggregate: options.deaggregate })
  }

  /**
   * Reads the range into the sink and completes it. Undefined when it was stopped before; then, and when it fails, the
   * sink was discarded. Error: REPLAY_RANGE, and those of source and sink.
   */
  async backfill(): Promise<ReplayResult | undefined> {
    const { source, sink, signal } = this.#options
    // A slice that fails ends the others.
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    try {
      const plan = await this.#plan()
      const start = startOf(plan, this.#options)
      this.#options.onStart?.(start)
      this.#progress.begin(plan.slices, plan.snapshot.shards.length)
      await source.prepare(plan.slices.length, either)
      const paceFrom = { fromMs: start.fromMs, clockMs: this.#options.clock.now() }
      const settled = await Promise.allSettled(
        plan.slices.map(async (_, index) => {
          try {
            return await this.#slice(plan, index, paceFrom, either)
          } catch (error) {
            stop.abort()
            throw error
          }
        }),
      )
      const failed = settled.find((each) => each.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      if (signal.aborted) {
        await sink.discard()
        return undefined
      }
      await sink.complete(plan.slices.length)
      const ends = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      const cutOver = start.cutOver ?? cutOverOf(plan.snapshot.shards, ends, this.#options.fromMs)
      return { ...start, cutOver }
    } catch (error) {
      await sink.discard()
      throw error
    }
  }

  /** Goes on from the result of `backfill` until it is stopped. */
  async follow({ cutOver }: ReplayResult): Promise<void> {
    const { source, sink, signal } = this.#options
    this.#progress.phase = 'live'
    const shards = this.#snapshot?.shards ?? []
    await followShards({ source, shards, cutOver, out: sink.live(), writer: this.#writer, signal })
  }

  async #plan(): Promise<Plan> {
    const { source, slices } = this.#options
    const snapshot = await source.snapshot()
    this.#snapshot = snapshot
    for (const shard of snapshot.shards) this.#writer.meet(shard)
    const { toMs } = this.#options
    const isToNow = toMs === undefined
    const end = toMs ?? snapshot.timeMs
    const from = this.#options.fromMs ?? (await this.#oldest(snapshot)) ?? end
    if (this.#options.fromMs !== undefined && from > end) {
      const until = isToNow ? 'is in the future' : `is after the end, ${new Date(end).toISOString()}`
      throw new ConnectError(
        'REPLAY_RANGE',
        `the beginning, ${new Date(from).toISOString()}, ${until}. Give an earlier time.`,
      )
    }
    if (end > snapshot.timeMs) {
      throw new ConnectError(
        'REPLAY_RANGE',
        `the end, ${new Date(end).toISOString()}, is in the future. Leave it out to read up to now, or follow the stream.`,
      )
    }
    const isExact = snapshot.shards.every(({ last }) => last !== undefined)
    const spread = { count: slices, msMin: isExact ? 1 : inexactSliceMsMin }
    // Up to now there is always a slice, whatever the clocks say: what is there belongs to it.
    const cut = timeSlices(from, isToNow ? Math.max(end, from + 1) : end, spread)
    return { snapshot, slices: cut, isToNow }
  }

  /** Arrival time of the oldest record. */
  async #oldest({ shards }: ReplaySnapshot): Promise<number | undefined> {
    const { source, signal } = this.#options
    let oldest: number | undefined
    const look = async ({ shardId }: SnapshotShard): Promise<void> => {
      const reader = source.open({ shardId, position: { type: 'oldest' }, slice: undefined, signal })
      try {
        while (!signal.aborted) {
          const { records, isCaughtUp, children } = await reader.read()
          const first = records[0]?.arrivalTimeMs
          if (first !== undefined) oldest = Math.min(oldest ?? first, first)
          if (first !== undefined || isCaughtUp || children !== undefined) return
        }
      } finally {
        await reader.close()
      }
    }
    await inShardOrder(
      shards.map((shard) => ({ ...shard, parents: [] })),
      shardsAtOnce,
      look,
      signal,
    )
    return oldest === undefined ? undefined : Math.floor(oldest)
  }

  async #slice(
    plan: Plan,
    index: number,
    paceFrom: PaceStart,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ShardSliceEnd>> {
    const { source, sink } = this.#options
    // In bounds: index counts the slices.
    const { fromMs, toMs } = plan.slices[index] as TimeSlice
    const isFirst = index === 0 && this.#options.fromMs === undefined
    const isLast = plan.isToNow && index === plan.slices.length - 1
    const out = sink.slice(index)
    const ends = new Map<string, ShardSliceEnd>()
    const read = async (shard: SnapshotShard): Promise<void> => {
      const meter = new Coverage(this.#progress, index, fromMs, toMs)
      const end = await readShardSlice(
        source,
        {
          shardId: shard.shardId,
          slice: index,
          position: isFirst ? { type: 'oldest' } : { type: 'time', timeMs: fromMs },
          toMs: isLast && shard.last !== undefined ? Number.POSITIVE_INFINITY : toMs,
          last: shard.last,
          isClosed: shard.isClosed,
        },
        async (records) => {
          await this.#paced(shard.shardId, records, out, paceFrom, signal)
          meter.reach(records.at(-1)?.arrivalTimeMs ?? fromMs)
        },
        signal,
      )
      meter.reach(toMs)
      ends.set(shard.shardId, end)
    }
    // Shards that are paced must not wait for one another.
    const atOnce = this.#options.speed === Number.POSITIVE_INFINITY ? shardsAtOnce : Number.POSITIVE_INFINITY
    await inShardOrder(plan.snapshot.shards, atOnce, read, signal)
    if (!signal.aborted) await out.end()
    return ends
  }

  /** Writes the records when they are due: those that are, at once. */
  async #paced(
    shardId: string,
    records: readonly ReplayRecord[],
    out: SliceSink,
    { fromMs, clockMs }: PaceStart,
    signal: AbortSignal,
  ): Promise<void> {
    const { speed, clock } = this.#options
    if (speed === Number.POSITIVE_INFINITY) return this.#writer.write(shardId, records, out)
    for (let at = 0; at < records.length && !signal.aborted; ) {
      const due = (record: ReplayRecord | undefined) =>
        record === undefined ? Number.POSITIVE_INFINITY : clockMs + (record.arrivalTimeMs - fromMs) / speed
      await sleepUntil(clock, due(records[at]), signal)
      if (signal.aborted) return
      let end = at + 1
      while (due(records[end]) <= clock.now()) end++
      await this.#writer.write(shardId, records.slice(at, end), out)
      at = end
    }
  }
}

interface PaceStart {
  readonly fromMs: number
  readonly clockMs: number
}

/** Tells the progress how much of a slice one shard has covered. */
class Coverage {
  readonly #progress: ReplayProgress
  readonly #slice: number
  readonly #toMs: number
  #atMs: number

  constructor(progress: ReplayProgress, slice: number, fromMs: number, toMs: number) {
    this.#progress = progress
    this.#slice = slice
    this.#atMs = fromMs
    this.#toMs = toMs
  }

  reach(timeMs: number): void {
    const at = Math.min(timeMs, this.#toMs)
    if (at <= this.#atMs) return
    this.#progress.cover(this.#slice, at - this.#atMs)
    this.#atMs = at
  }
}

function startOf({ snapshot, slices, isToNow }: Plan, options: StreamReplayOptions): ReplayStart {
  const fromMs = slices[0]?.fromMs ?? options.fromMs ?? snapshot.timeMs
  const cut: Record<string, ReplayPosition> = {}
  let isKnown = isToNow
  for (const { shardId, last, isClosed } of snapshot.shards) {
    if (last === undefined) isKnown = false
    else if (!isClosed) cut[shardId] = { type: 'after', sequenceNumber: last }
  }
  return {
    fromMs,
    toMs: options.toMs ?? snapshot.timeMs,
    slices: slices.length,
    shards: snapshot.shards.length,
    cutOver: isKnown ? cut : undefined,
  }
}

/** Each shard that has not ended, after the last record that any slice took of it. */
function cutOverOf(
  shards: readonly SnapshotShard[],
  slices: readonly ReadonlyMap<string, ShardSliceEnd>[],
  fromMs: number | undefined,
): CutOver {
  const cut: Record<string, ReplayPosition> = {}
  for (const { shardId, before } of shards) {
    if (slices.at(-1)?.get(shardId)?.isEnded === true) continue
    let taken: string | undefined
    for (const ends of slices) taken = ends.get(shardId)?.taken ?? taken
    if (taken === undefined && fromMs !== undefined) cut[shardId] = { type: 'time', timeMs: fromMs }
    else cut[shardId] = { type: 'after', sequenceNumber: taken ?? before }
  }
  return cut
}
