/** What a stream is and how it goes: for the list of streams, and for the page of one with its shards and readers. */
import {
  awsLimits,
  defaultAccount,
  kinesisSequences,
  metricsSnapshot,
  type StoreGateway,
} from '@millrace/gateway'
import { bucketOfStream, errorStreamName, lateStreamName, queryNameOf } from '@millrace/runtime'
import type { ShardInfo, StreamInfo } from '@millrace/store'
import { tableOfChanges } from '@millrace/tables'
import { formatShardId } from '@millrace/values'
import type {
  ReaderPositions,
  ShardLimitValues,
  ShardState,
  StreamAnswer,
  StreamSummary,
} from '../../protocol/streams.ts'
import type { ShardRate, StreamRates } from './stream-rates.ts'
import { arrivalTime, clientReaders, type ReaderSources, stagePositions } from './stream-readers.ts'

/** From which share of a shard's limits on it is called hot. */
const hotUse = 0.8
/** A shard that takes so many times its share of the stream's records is hot, if the stream has more than a few of them. */
const unevenTimes = 2
const unevenRecordsPerSecond = 20
const hashSpace = 2 ** 128

export function streamSummary(info: StreamInfo, rates: StreamRates, sources: ReaderSources): StreamSummary {
  return summaryOf(info, rates.of(info), stagePositions(info, sources), sources)
}

export function streamAnswer(info: StreamInfo, rates: StreamRates, sources: ReaderSources): StreamAnswer {
  const { gateway } = sources
  const perShard = rates.of(info)
  const positions = stagePositions(info, sources)
  const stream = gateway?.service.streams.named(info.name, defaultAccount)
  const limits = shardLimits(gateway)
  const measured =
    gateway === undefined
      ? undefined
      : metricsSnapshot(gateway.registry).streams.find(({ stream: name }) => name === info.name)
  const fixedShards = whyFixed(info, gateway)
  return {
    ...summaryOf(info, perShard, positions, sources),
    arn: stream?.arn ?? '',
    region: gateway?.service.region ?? '',
    status: stream?.status ?? 'ACTIVE',
    mode: stream?.settings.mode ?? 'PROVISIONED',
    createdAt: info.createdAt,
    limits,
    clientReads: {
      recordsPerSecond: measured?.outRecordsPerSecond ?? 0,
      bytesPerSecond: measured?.outBytesPerSecond ?? 0,
    },
    throttled: { writes: measured?.writesThrottled ?? 0, reads: measured?.readsThrottled ?? 0 },
    shards: shardStates(info, perShard, limits, sources),
    positions,
    ...(fixedShards === undefined ? {} : { fixedShards }),
  }
}

function summaryOf(
  info: StreamInfo,
  rates: readonly ShardRate[],
  positions: readonly ReaderPositions[],
  sources: ReaderSources,
): StreamSummary {
  const { store, app } = sources
  const openShards = info.shardInfos.filter(({ closedAt }) => closedAt === undefined).length
  const table = tableOfChanges(store, info.name)
  const bucket = table === undefined ? bucketOfStream(store, info.name) : undefined
  const query = app?.stages.find(
    (stage) =>
      stage.kind === 'query' &&
      [errorStreamName(queryNameOf(stage)), lateStreamName(queryNameOf(stage))].includes(info.name),
  )
  return {
    name: info.name,
    openShards,
    closedShards: info.shardInfos.length - openShards,
    records: info.shardInfos.reduce((sum, { oldest, next }) => sum + next - oldest, 0),
    bytes: info.shardInfos.reduce((sum, { bytes }) => sum + bytes, 0),
    retentionMs: Number.isFinite(info.retentionMs) ? info.retentionMs : null,
    recordsPerSecond: rates.reduce((sum, rate) => sum + rate.recordsPerSecond, 0),
    bytesPerSecond: rates.reduce((sum, rate) => sum + rate.bytesPerSecond, 0),
    readers: [...positions.map(({ reader }) => reader), ...clientReaders(info, sources, defaultAccount)],
    ...(table === undefined ? {} : { filledBy: { kind: 'table', name: table } as const }),
    ...(bucket === undefined ? {} : { filledBy: { kind: 'bucket', name: bucket } as const }),
    ...(query === undefined
      ? {}
      : {
          leftBy: {
            kind: info.name === errorStreamName(queryNameOf(query)) ? ('errors' as const) : ('late' as const),
            query: queryNameOf(query),
          },
        }),
  }
}

/** The gateway's own where it enforces any; else those of AWS, so that one sees what the load would mean there. */
export function shardLimits(gateway: StoreGateway | undefined): ShardLimitValues {
  const own = gateway?.service.limits
  const { shardWriteRecordsPerSecond, shardWriteBytesPerSecond, shardReadBytesPerSecond } = own ?? awsLimits
  const or = (value: number, aws: number) => (Number.isFinite(value) ? value : aws)
  return {
    writeRecords: or(shardWriteRecordsPerSecond, awsLimits.shardWriteRecordsPerSecond),
    writeBytes: or(shardWriteBytesPerSecond, awsLimits.shardWriteBytesPerSecond),
    readBytes: or(shardReadBytesPerSecond, awsLimits.shardReadBytesPerSecond),
    isEnforced: own !== undefined && Number.isFinite(shardWriteRecordsPerSecond),
  }
}

/** Why its shards cannot be changed at all, whatever their number. */
function whyFixed(info: StreamInfo, gateway: StoreGateway | undefined): string | undefined {
  if (gateway === undefined) return undefined
  try {
    gateway.service.streams.mustAllowReshard(info.name)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function shardStates(
  info: StreamInfo,
  rates: readonly ShardRate[],
  limits: ShardLimitValues,
  { store }: ReaderSources,
): ShardState[] {
  const generations: number[] = []
  const total = rates.reduce((sum, rate) => sum + rate.recordsPerSecond, 0)
  return info.shardInfos.map((shard) => {
    const { range, parents, oldest, next, closedAt } = shard
    const generation = Math.max(-1, ...parents.map((parent) => generations[parent] ?? 0)) + 1
    generations.push(generation)
    const rate = rates[shard.shard] ?? { recordsPerSecond: 0, bytesPerSecond: 0 }
    const use = Math.max(rate.recordsPerSecond / limits.writeRecords, rate.bytesPerSecond / limits.writeBytes)
    const width = Number(range.end - range.start + 1n) / hashSpace
    const isUneven =
      closedAt === undefined &&
      total >= unevenRecordsPerSecond &&
      rate.recordsPerSecond > total * width * unevenTimes
    const hot = use >= hotUse ? 'limit' : isUneven ? 'uneven' : undefined
    return {
      shard: shard.shard,
      shardId: formatShardId(shard.shard),
      startingHashKey: String(range.start),
      endingHashKey: String(range.end),
      from: Number(range.start) / hashSpace,
      width,
      parents,
      children: info.shardInfos
        .filter((other) => other.parents.includes(shard.shard))
        .map((other) => other.shard),
      generation,
      createdAt: shard.createdAt,
      ...(closedAt === undefined ? {} : { closedAt }),
      records: next - oldest,
      bytes: shard.bytes,
      oldest,
      next,
      ...numbered('oldestSequenceNumber', info, shard, oldest),
      ...numbered('newestSequenceNumber', info, shard, next - 1),
      recordsPerSecond: rate.recordsPerSecond,
      bytesPerSecond: rate.bytesPerSecond,
      use,
      ...(hot === undefined ? {} : { hot }),
    }
  })

  function numbered<Name extends string>(name: Name, of: StreamInfo, shard: ShardInfo, sequence: number) {
    const time = shard.oldest === shard.next ? undefined : arrivalTime(store, of.name, shard.shard, sequence)
    if (time === undefined) return {}
    // One member of this name, as its caller spreads it.
    return { [name]: kinesisSequences.format(of, shard.shard, sequence, time) } as { [key in Name]: string }
  }
}
