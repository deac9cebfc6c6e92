import { formatShardId } from '@millrace/values'
import type { KinesisStream } from '../kinesis-context.ts'
import { inUse, invalidArgument, streamNotFound } from '../streams/faults.ts'
import { type PageToken, readToken, type TokenFilter, writeToken } from '../streams/page-token.ts'
import {
  checkFilter,
  describeShard,
  listedShards,
  matchesFilter,
  type ShardFilter,
  trimHorizon,
} from '../streams/shard-list.ts'
import type { ControlOperation } from './control-plane.ts'

const PAGE_SHARDS_MAX = 1000

export const listShards: ControlOperation<'ListShards'> = (input, { caller }, { streams, clock }) => {
  const { NextToken, StreamName, StreamARN } = input
  const now = clock.now()
  if (NextToken !== undefined) mustStandAlone(input)
  else if (StreamName === undefined && StreamARN === undefined) {
    throw invalidArgument('Either NextToken or StreamName should be provided.')
  }
  const token = NextToken === undefined ? undefined : readToken(NextToken, 'ListShards', now)
  const reference = token === undefined ? { StreamName, StreamARN } : { StreamName: token.stream }
  const stream = streams.resolve(reference, caller, 'kinesis:ListShards')
  mustBeThat(stream, token?.createdAt ?? input.StreamCreationTimestamp?.getTime())
  if (stream.status === 'CREATING') {
    throw inUse(
      `Stream ${stream.name} under account ${stream.account} not ACTIVE, instead in state ${stream.status}`,
    )
  }
  const filter = token === undefined ? input.ShardFilter : filterOf(token)
  if (filter !== undefined) checkFilter(filter)
  const after = token?.after ?? input.ExclusiveStartShardId ?? ''
  const horizon = trimHorizon(stream, now)
  const all = listedShards(stream, now).filter(
    (shard) =>
      formatShardId(shard.shard) > after && (filter === undefined || matchesFilter(filter, shard, horizon)),
  )
  const page = all.slice(0, Math.min(input.MaxResults ?? PAGE_SHARDS_MAX, PAGE_SHARDS_MAX))
  const last = page.at(-1)
  return {
    Shards: page.map((shard) => describeShard(stream, shard)),
    NextToken:
      last === undefined || page.length === all.length
        ? undefined
        : writeToken(
            {
              list: 'ListShards',
              after: formatShardId(last.shard),
              stream: stream.name,
              createdAt: stream.info.createdAt,
              filter: filter === undefined ? undefined : tokenFilter(filter),
            },
            now,
          ),
  }
}

function mustStandAlone(input: Parameters<typeof listShards>[0]): void {
  const others = {
    StreamName: input.StreamName,
    StreamARN: input.StreamARN,
    StreamCreationTimestamp: input.StreamCreationTimestamp,
    ExclusiveStartShardId: input.ExclusiveStartShardId,
  }
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) throw invalidArgument(`NextToken and ${name} cannot be provided together.`)
  }
}

/** The stream that was meant is told from another of the same name by its second of creation. */
export function mustBeThat({ name, account, info }: KinesisStream, createdAt: number | undefined): void {
  if (createdAt === undefined) return
  // Clients that print timestamps may have lost the fraction.
  if (Math.floor(createdAt / 1000) !== Math.floor(info.createdAt / 1000)) throw streamNotFound(name, account)
}

function tokenFilter({ Type, ShardId, Timestamp }: ShardFilter): TokenFilter {
  return { type: Type, shardId: ShardId, timeMs: Timestamp?.getTime() }
}

const filterTypes: readonly ShardFilter['Type'][] = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
]

function filterOf({ filter }: PageToken): ShardFilter | undefined {
  if (filter === undefined) return undefined
  const type = filterTypes.find((each) => each === filter.type)
  if (type === undefined) throw invalidArgument('NextToken is not one that this list has given.')
  return {
    Type: type,
    ShardId: filter.shardId,
    Timestamp: filter.timeMs === undefined ? undefined : new Date(filter.timeMs),
  }
}
