/** SplitShard, MergeShards, UpdateShardCount: changes of the shards of provisioned streams. */
import type { Reshard, ShardInfo } from '@millrace/store'
import { canonicalShardId, formatShardId, parseShardId, parseStreamArn } from '@millrace/values'
import type { Caller } from '../../wire/wire-service.ts'
import { isExpired } from '../data/shard-id.ts'
import type { KinesisStream, StreamReference } from '../kinesis-context.ts'
import { invalidArgument, limitExceeded, mustBeActive, notFound, validation } from '../streams/faults.ts'
import { DAY_MS } from '../streams/kinesis-streams.ts'
import { areNeighbours, mergeOf, openShards, splitAt, uniformSteps } from '../streams/reshard-plan.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'
import { mustHaveShards } from './create-stream.ts'

const TARGET_MAX = 10_000

export const splitShard: ControlOperation<'SplitShard'> = (input, { caller }, plane) => {
  const { streams, clock } = plane
  mustBeShardId(input.ShardToSplit, input, caller)
  const stream = streams.resolve(input, caller, 'kinesis:SplitShard')
  const shard = mustShard(stream, input.ShardToSplit, clock.now())
  mustBeActive(stream)
  mustBeProvisioned(stream, 'SplitShard')
  mustBeOpen(stream, shard)
  const at = BigInt(input.NewStartingHashKey)
  const { start, end } = shard.range
  if (!(at > start + 1n && at < end)) {
    throw invalidArgument(
      `NewStartingHashKey ${at} used in SplitShard() on shard ${formatShardId(shard.shard)} in stream ${stream.name} ` +
        `under account ${stream.account} is not both greater than one plus the shard's StartingHashKey ${start} ` +
        `and less than the shard's EndingHashKey ${end}.`,
    )
  }
  mustHaveShards(1, stream.account, plane)
  streams.reshard(stream, splitAt(shard, at))
  return undefined
}

export const mergeShards: ControlOperation<'MergeShards'> = (input, { caller }, { streams, clock }) => {
  mustBeShardId(input.ShardToMerge, input, caller)
  mustBeShardId(input.AdjacentShardToMerge, input, caller)
  const stream = streams.resolve(input, caller, 'kinesis:MergeShards')
  const first = mustShard(stream, input.ShardToMerge, clock.now())
  const second = mustShard(stream, input.AdjacentShardToMerge, clock.now())
  mustBeActive(stream)
  mustBeProvisioned(stream, 'MergeShards')
  mustBeOpen(stream, first)
  mustBeOpen(stream, second)
  if (!areNeighbours(first, second)) {
    throw invalidArgument(
      `Shards ${formatShardId(first.shard)} and ${formatShardId(second.shard)} in stream ${stream.name} ` +
        `under account ${stream.account} are not an adjacent pair of shards eligible for merging`,
    )
  }
  streams.reshard(stream, mergeOf(first, second))
  return undefined
}

export const updateShardCount: ControlOperation<'UpdateShardCount'> = (input, { caller }, plane) => {
  const { stream, current, target, updates } = checkShardCount(input, input.TargetShardCount, caller, plane)
  if (target !== current) plane.streams.resize(stream, target, { shardCountUpdates: updates })
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    CurrentShardCount: current,
    TargetShardCount: target,
  }
}

/** What UpdateShardCount would do: the steps of the change, each one commit; none if the count is what it is now. */
export interface ShardCountPlan {
  readonly current: number
  readonly target: number
  /** Numbers in `close` that are below zero are of shards that an earlier step opens: -1 is the first one, -2 the second. */
  readonly steps: readonly Reshard[]
}

/** Refuses what UpdateShardCount would refuse, with the same faults. */
export function planShardCount(
  reference: StreamReference,
  target: number,
  caller: Caller,
  plane: ControlPlane,
): ShardCountPlan {
  const { stream, current } = checkShardCount(reference, target, caller, plane)
  if (target !== current) plane.streams.mustAllowResize(stream, target)
  const open = openShards(stream.info.shardInfos)
  return { current, target, steps: target === current ? [] : uniformSteps(open, target) }
}

function checkShardCount(reference: StreamReference, target: number, caller: Caller, plane: ControlPlane) {
  const { streams, clock, limits } = plane
  const stream = streams.resolve(reference, caller, 'kinesis:UpdateShardCount')
  mustBeActive(stream)
  mustBeProvisioned(stream, 'UpdateShardCount')
  const current = openShards(stream.info.shardInfos).length
  if (target === current) return { stream, current, target, updates: [] }
  if (target > current * 2 || target * 2 < current || target > TARGET_MAX) {
    throw invalidArgument(
      `UpdateShardCount of stream ${stream.name} under account ${stream.account} to ${target} shards: it has ${current}, ` +
        `so allowed are ${Math.ceil(current / 2)} to ${Math.min(current * 2, TARGET_MAX)}.`,
    )
  }
  const now = clock.now()
  const updates = withinDay(streams.storedOf(stream).shardCountUpdates, now)
  if (updates.length >= limits.shardCountUpdatesPerDay) {
    throw limitExceeded(
      `Stream ${stream.name} under account ${stream.account} was updated ${updates.length} times in the last 24 hours. ` +
        `Limit: ${limits.shardCountUpdatesPerDay}.`,
    )
  }
  if (target > current) mustHaveShards(target - current, stream.account, plane)
  return { stream, current, target, updates: [...updates, now] }
}

/** Of these times, those of the last 24 hours. */
export function withinDay(times: readonly number[] | undefined, now: number): readonly number[] {
  return (times ?? []).filter((time) => time > now - DAY_MS)
}

/** What is no id at all is told first, as the service does; it says nothing about the stream. */
function mustBeShardId(id: string, { StreamName, StreamARN }: StreamReference, { account }: Caller): void {
  const name = StreamName ?? (StreamARN === undefined ? undefined : parseStreamArn(StreamARN)?.stream)
  if (name === undefined || parseShardId(id) !== undefined) return
  throw notFound(`Could not find shard ${id} in stream ${name} under account ${account}.`)
}

function mustShard(stream: KinesisStream, id: string, now: number): ShardInfo {
  const number = parseShardId(id)
  const shard = number === undefined ? undefined : stream.info.shardInfos[number]
  if (shard !== undefined && !isExpired(stream, shard.closedAt, now)) return shard
  throw notFound(
    `Could not find shard ${canonicalShardId(id)} in stream ${stream.name} under account ${stream.account}.`,
  )
}

function mustBeOpen(stream: KinesisStream, { shard, closedAt }: ShardInfo): void {
  if (closedAt === undefined) return
  throw invalidArgument(
    `Shard ${formatShardId(shard)} in stream ${stream.name} under account ${stream.account} is closed.`,
  )
}

function mustBeProvisioned(stream: KinesisStream, operation: string): void {
  if (stream.settings.mode === 'PROVISIONED') return
  throw validation(
    `${operation} is not supported for stream ${stream.name} under account ${stream.account}: it is in ON_DEMAND mode.`,
  )
}
