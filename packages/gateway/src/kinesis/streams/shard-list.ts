/**
 * Shards as the API lists them. An open shard takes records; a closed one can be read until all of its records have
 * expired (it was closed longer ago than records are kept), then it is not listed and does not exist for calls, though
 * its number stays and its children still name it.
 */
import type { ShardInfo } from '@millrace/store'
import { endingSequenceNumber, formatShardId, startingSequenceNumber } from '@millrace/values'
import { isExpired } from '../data/shard-id.ts'
import type { InputOf } from '../input-shapes.ts'
import type { KinesisStream } from '../kinesis-context.ts'
import { invalidArgument } from './faults.ts'

export type ShardFilter = NonNullable<InputOf<'ListShards'>['ShardFilter']>

/** The oldest time, ms, whose records are kept: the stream's own beginning at least. */
export function trimHorizon({ info, settings }: KinesisStream, nowMs: number): number {
  return Math.max(info.createdAt, nowMs - info.retentionMs, settings.expiredBefore)
}

export function listedShards(stream: KinesisStream, nowMs: number): ShardInfo[] {
  return stream.info.shardInfos.filter(({ closedAt }) => !isExpired(stream, closedAt, nowMs))
}

/** Errors: InvalidArgumentException for a filter that lacks what its type needs, or has what it does not. */
export function checkFilter({ Type, ShardId, Timestamp }: ShardFilter): void {
  const takesId = Type === 'AFTER_SHARD_ID'
  const takesTime = Type === 'AT_TIMESTAMP' || Type === 'FROM_TIMESTAMP'
  if (takesId !== (ShardId !== undefined)) {
    throw invalidArgument(`ShardFilter.ShardId ${takesId ? 'has to' : 'may not'} be given with type ${Type}.`)
  }
  if (takesTime !== (Timestamp !== undefined)) {
    throw invalidArgument(
      `ShardFilter.Timestamp ${takesTime ? 'has to' : 'may not'} be given with type ${Type}.`,
    )
  }
}

/** Of listed shards, those that a checked filter lets through. */
export function matchesFilter(filter: ShardFilter, shard: ShardInfo, horizon: number): boolean {
  const { createdAt, closedAt } = shard
  const openAt = (time: number): boolean => createdAt <= time && (closedAt === undefined || closedAt >= time)
  const time = Math.max(filter.Timestamp?.getTime() ?? 0, horizon)
  switch (filter.Type) {
    case 'FROM_TRIM_HORIZON':
      return true
    case 'AT_TRIM_HORIZON':
      return openAt(horizon)
    case 'AT_LATEST':
      return closedAt === undefined
    case 'AFTER_SHARD_ID':
      return formatShardId(shard.shard) > (filter.ShardId ?? '')
    case 'AT_TIMESTAMP':
      return openAt(time)
    case 'FROM_TIMESTAMP':
      return closedAt === undefined || closedAt >= time
  }
}

export function describeShard({ info }: KinesisStream, { shard, range, parents }: ShardInfo): object {
  const [parent, adjacent] = parents
  return {
    ShardId: formatShardId(shard),
    ParentShardId: parent === undefined ? undefined : formatShardId(parent),
    AdjacentParentShardId: adjacent === undefined ? undefined : formatShardId(adjacent),
    HashKeyRange: { StartingHashKey: String(range.start), EndingHashKey: String(range.end) },
    SequenceNumberRange: {
      StartingSequenceNumber: startingSequenceNumber(info, shard),
      EndingSequenceNumber: endingSequenceNumber(info, shard),
    },
  }
}
