/**
 * One look at a data directory: all that the graph and its samples are made of, as it stands now. Counts only grow, so that rates are
 * made of two looks. It reads each stream's and each stage's record once, some microseconds each; nothing is restored.
 */
import { type AppCounts, DeadLetters, type StageFlows, stageFlows } from '@millrace/runtime'
import type { Store, StreamInfo, TableInfo } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { AppDoor } from '../../console-options.ts'
import { type KnownStage, listStages } from './stage-list.ts'

export interface Look {
  readonly at: number
  readonly app: Pick<AppDoor, 'definition' | 'file'> | undefined
  /** Of an app that has started. */
  readonly counts: AppCounts | undefined
  readonly stages: readonly KnownStage[]
  readonly flows: ReadonlyMap<string, StageFlows>
  readonly streams: ReadonlyMap<string, StreamInfo>
  readonly tables: readonly TableInfo[]
  /** Dead letters that wait, by stage. */
  readonly waiting: ReadonlyMap<string, number>
}

export interface LookPlaces {
  readonly store: Store
  readonly clock: Clock
  readonly app:
    | (Pick<AppDoor, 'definition' | 'file'> & { readonly app: { counts(): AppCounts } | undefined })
    | undefined
}

export function lookAt({ store, clock, app }: LookPlaces): Look {
  const counts = app?.app?.counts()
  const stages = listStages(app?.definition, store)
  const streams = new Map(store.streams().map((stream) => [stream.name, stream]))
  return {
    at: clock.now(),
    app,
    counts,
    stages,
    flows: new Map(stages.map(({ name, place }) => [name, stageFlows(place, store, streams)])),
    streams,
    tables: store.tables(),
    waiting: new Map(new DeadLetters(store).counts().map(({ stage, records }) => [stage, records])),
  }
}

export interface StreamSize {
  /** Appended since the stream was made. */
  readonly records: number
  /** Now retained. */
  readonly bytes: number
  /** Mean of the retained records; undefined: there are none. */
  readonly bytesEach: number | undefined
  readonly openShards: number
}

export function sizeOf({ shardInfos }: StreamInfo): StreamSize {
  let records = 0
  let retained = 0
  let bytes = 0
  let openShards = 0
  for (const shard of shardInfos) {
    records += shard.next
    retained += shard.next - shard.oldest
    bytes += shard.bytes
    if (shard.closedAt === undefined) openShards++
  }
  return { records, bytes, bytesEach: retained === 0 ? undefined : bytes / retained, openShards }
}
