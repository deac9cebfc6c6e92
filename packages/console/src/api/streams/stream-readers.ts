/**
 * Who reads a stream and how far behind: stages of the app by their positions in the store, registered consumers and other clients by
 * what the gateway has measured while it served them. Ages are those of the oldest record that is not done.
 */
import type { StoreGateway } from '@millrace/gateway'
import { kinesisSequences } from '@millrace/gateway'
import { type AppDefinition, neededFrom, queryNameOf, readStageRecord } from '@millrace/runtime'
import type { ShardInfo, Store, StreamInfo } from '@millrace/store'
import type { ReaderPositions, StreamReader } from '../../protocol/streams.ts'
import { listStages } from '../pipeline/stage-list.ts'

type ShardPosition = ReaderPositions['shards'][number]

export interface ReaderSources {
  readonly store: Store
  readonly app: AppDefinition | undefined
  readonly gateway: StoreGateway | undefined
  readonly nowMs: number
}

/** Stages with where they are in each shard: of the app, and deliveries that clients have made. The parts of a query are one reader. */
export function stagePositions(info: StreamInfo, { store, app, nowMs }: ReaderSources): ReaderPositions[] {
  const groups = new Map<string, { kind: StreamReader['kind']; stage: string; needed: number[] }>()
  const shards = info.shardInfos.length
  for (const { kind, name: stage, title, place, definition } of listStages(app, store)) {
    if (kind === 'source' || !place.inputs.includes(info.name)) continue
    const record = readStageRecord(stage, store.getStage(stage))
    const needed = info.shardInfos.map((shard) => {
      if (!place.reads(shard.shard, shards)) return shard.next
      return Math.min(shard.next, Math.max(shard.oldest, neededFrom(record, info.name, shard)))
    })
    const name = definition === undefined ? title : queryNameOf(definition)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { kind, stage, needed })
    // A part of a query needs nothing of a shard that another part reads.
    else group.needed = group.needed.map((position, i) => Math.min(position, needed[i] ?? position))
  }
  return [...groups].map(([name, { kind, stage, needed }]) => {
    const places = info.shardInfos
      .map((shard, i) => shardPosition(store, info, shard, needed[i] ?? shard.next, nowMs))
      .filter(({ lagRecords }, i) => lagRecords > 0 || info.shardInfos[i]?.closedAt === undefined)
    const lagRecords = places.reduce((sum, shard) => sum + shard.lagRecords, 0)
    const ageMs = Math.max(0, ...places.map((shard) => shard.ageMs))
    return { reader: { kind, name, stage, lagRecords, ageMs }, shards: places }
  })
}

/** Consumers that are registered, and all who call GetRecords as one. */
export function clientReaders(info: StreamInfo, { gateway }: ReaderSources, account: string): StreamReader[] {
  if (gateway === undefined) return []
  const stream = gateway.service.streams.named(info.name, account)
  if (stream === undefined) return []
  const consumers = gateway.service.streams.consumers.of(stream).map(({ name }): StreamReader => {
    const ageMs = newest(gateway, 'SubscribeToShardEvent.MillisBehindLatest', info.name, name)
    return { kind: 'consumer', name, ...(ageMs === undefined ? {} : { ageMs }) }
  })
  const ageMs = newest(gateway, 'GetRecords.IteratorAgeMilliseconds', info.name, undefined)
  return ageMs === undefined ? consumers : [...consumers, { kind: 'clients', name: 'GetRecords', ageMs }]
}

/** The worst of the running minute and the one before. */
function newest(
  { registry }: StoreGateway,
  metric: 'SubscribeToShardEvent.MillisBehindLatest' | 'GetRecords.IteratorAgeMilliseconds',
  stream: string,
  consumer: string | undefined,
): number | undefined {
  const { minute } = registry
  const sets = registry
    .find({ metric, stream, consumer })
    .flatMap((series) => series.minutes(minute - 1, minute))
  return sets.length === 0 ? undefined : Math.max(...sets.map(({ max }) => max))
}

function shardPosition(
  store: Store,
  info: StreamInfo,
  { shard, next, oldest }: ShardInfo,
  position: number,
  nowMs: number,
): ShardPosition {
  const lagRecords = next - position
  const waits = lagRecords === 0 ? undefined : arrivalTime(store, info.name, shard, position)
  const done = position > oldest ? arrivalTime(store, info.name, shard, position - 1) : undefined
  return {
    shard,
    lagRecords,
    ageMs: waits === undefined ? 0 : Math.max(0, nowMs - waits),
    ...(done === undefined
      ? {}
      : { sequenceNumber: kinesisSequences.format(info, shard, position - 1, done) }),
  }
}

/** Of the batch that holds the record; undefined if it cannot be read. */
export function arrivalTime(
  store: Store,
  stream: string,
  shard: number,
  sequence: number,
): number | undefined {
  const { batches } = store.read(stream, shard, sequence, { maxRecords: 1, maxBytes: 1 })
  const [batch] = batches
  return batch === undefined || 'reason' in batch ? undefined : batch.arrivalTime
}
