/** The shards that a per-record function reads: those of its stream, and of the stream of its redriven dead letters once there is one. */
import type { ShardInfo, Store } from '@millrace/store'
import type { StartingPosition } from '../mapping/mapping-settings.ts'
import { originalOf } from '../mapping/redriven-record.ts'
import type { Stretch } from '../shard-cursor.ts'
import { firstSequence } from '../shard-lineage.ts'
import type { FunctionRecord, FunctionShardPosition } from '../stage-record.ts'
import { type EachReading, EachShard } from './each-shard.ts'
import type { Task } from './task.ts'

export interface EachStreamsSettings extends Pick<EachReading, 'filter' | 'storedFilter'> {
  readonly startingPosition: StartingPosition
}

const redriveReading: EachReading = { filter: undefined, storedFilter: undefined, original: originalOf }

export class EachStreams {
  /** In the order in which they are read. */
  shards: readonly EachShard[] = []
  private readonly store: Store
  private readonly from: string
  private readonly redrive: string
  private readonly add: (task: Task) => void
  private own: EachShard[] = []
  /** Undefined as long as the stream does not exist. */
  private redriven: EachShard[] | undefined
  private settings: EachStreamsSettings | undefined

  constructor(store: Store, from: string, redrive: string, add: (task: Task) => void) {
    this.store = store
    this.from = from
    this.redrive = redrive
    this.add = add
  }

  /** What was open at the last stop is added at once. */
  open(record: FunctionRecord | undefined, settings: EachStreamsSettings): void {
    this.settings = settings
    const { startingPosition } = settings
    const first = (info: ShardInfo): number => {
      if (record !== undefined) return firstSequence(info, true)
      if (startingPosition === 'TRIM_HORIZON') return info.oldest
      if (startingPosition === 'LATEST') return info.next
      return this.store.sequenceAtTime(this.from, info.shard, startingPosition.atMs)
    }
    // Letters that went back were older than what is read from here on.
    this.growRedrive(record?.redrive?.shards)
    this.extend(this.from, this.own, settings, first, record?.shards)
    this.arrange()
  }

  /** Takes in new shards, and the redrive stream when it is there; true if that one has come. */
  grow(): boolean {
    const settings = this.settings
    if (settings === undefined) return false
    const before = this.redriven
    if (this.store.shardCount(this.from) > this.own.length) {
      this.extend(this.from, this.own, settings, (info) => firstSequence(info, true), undefined)
      this.arrange()
    }
    if (this.growRedrive(undefined)) this.arrange()
    return this.redriven !== before
  }

  takeStretches(): Stretch[] {
    const stretches: Stretch[] = []
    for (const shard of this.shards) {
      if (shard.stretches.length === 0) continue
      stretches.push(...shard.stretches)
      shard.stretches = []
    }
    return stretches
  }

  get hasFiltered(): boolean {
    return this.shards.some(({ filtered }) => filtered > 0)
  }

  /** Records left out since the last commit. */
  takeFiltered(): number {
    let filtered = 0
    for (const shard of this.shards) {
      filtered += shard.filtered
      shard.filtered = 0
    }
    return filtered
  }

  positions(): Pick<FunctionRecord, 'shards' | 'redrive'> {
    const shards = this.own.map((shard) => shard.position())
    if (this.redriven === undefined) return { shards }
    return {
      shards,
      redrive: { stream: this.redrive, shards: this.redriven.map((shard) => shard.position()) },
    }
  }

  /** True if there are more shards than before. */
  private growRedrive(stored: readonly FunctionShardPosition[] | undefined): boolean {
    if (this.redriven === undefined) {
      if (this.store.stream(this.redrive) === undefined) return false
      this.redriven = []
    }
    const { length } = this.redriven
    if (this.store.shardCount(this.redrive) === length) return false
    this.extend(this.redrive, this.redriven, redriveReading, ({ oldest }) => oldest, stored)
    return true
  }

  private extend(
    stream: string,
    shards: EachShard[],
    reading: EachReading,
    first: (info: ShardInfo) => number,
    stored: readonly FunctionShardPosition[] | undefined,
  ): void {
    for (const info of this.store.stream(stream)?.shardInfos.slice(shards.length) ?? []) {
      // Numbers of parents are lower than those of their children.
      const parents = info.parents.map((parent) => shards[parent]!)
      const place = { store: this.store, stream, shard: info.shard, parents, first: first(info) }
      shards.push(new EachShard(place, reading, stored?.[info.shard], this.add))
    }
  }

  private arrange(): void {
    this.shards = [...(this.redriven ?? []), ...this.own]
  }
}
