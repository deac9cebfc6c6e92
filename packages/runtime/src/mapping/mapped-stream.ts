/** The shards of one stream that a function stage reads: all at the start, later those of a reshard. */
import type { ShardInfo, Store } from '@millrace/store'
import { firstSequence } from '../shard-lineage.ts'
import type { FunctionShardPosition } from '../stage-record.ts'
import { type Dealing, MappedShard } from './mapped-shard.ts'
import type { StartingPosition } from './mapping-settings.ts'
import { TumblingWindow } from './tumbling-window.ts'

export interface StreamReading {
  readonly stream: string
  readonly dealing: Dealing
  readonly startingPosition: StartingPosition
  /** Undefined: no windows. */
  readonly window: { readonly lengthMs: number; readonly carries: boolean } | undefined
}

/** What is stored of a stage that has run before. */
export interface StoredReading {
  readonly shards: readonly FunctionShardPosition[]
  /** By name of operator: see windowOperator. */
  readonly states: ReadonlyMap<string, Uint8Array>
}

export class MappedStream {
  readonly stream: string
  readonly shards: MappedShard[] = []
  private readonly store: Store
  private readonly reading: StreamReading

  constructor(store: Store, reading: StreamReading) {
    this.store = store
    this.reading = reading
    this.stream = reading.stream
  }

  /** Takes in the shards that the stream has and the stage does not know yet. `hasRun`: it has committed or dealt before. */
  grow(stored: StoredReading | undefined, hasRun: boolean): void {
    const { store, stream, reading } = this
    if (store.shardCount(stream) === this.shards.length) return
    for (const info of store.stream(stream)?.shardInfos.slice(this.shards.length) ?? []) {
      const { shard } = info
      const position = stored?.shards[shard]
      const window = reading.window && new TumblingWindow(reading.window)
      window?.restore(position?.window, stored?.states.get(windowOperator(stream, shard)))
      // Numbers of parents are lower than those of their children.
      const parents = info.parents.map((parent) => this.shards[parent]!)
      const first = hasRun ? firstSequence(info, true) : this.startOf(info)
      const place = { store, stream, shard, parents, first }
      this.shards.push(new MappedShard(place, reading.dealing, position, window))
    }
  }

  positions(): FunctionShardPosition[] {
    return this.shards.map((shard) => shard.position())
  }

  private startOf(info: ShardInfo): number {
    const { startingPosition } = this.reading
    if (startingPosition === 'TRIM_HORIZON') return info.oldest
    if (startingPosition === 'LATEST') return info.next
    return this.store.sequenceAtTime(this.stream, info.shard, startingPosition.atMs)
  }
}

/** Under which name the state of a shard's window is kept. */
export function windowOperator(stream: string, shard: number): string {
  return `window/${stream}/${shard}`
}
