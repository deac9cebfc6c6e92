/** ListStreams and DescribeLimits: the account's streams together. */

import { readToken, writeToken } from '../streams/page-token.ts'
import { openShards } from '../streams/reshard-plan.ts'
import type { ControlOperation } from './control-plane.ts'

const PAGE_STREAMS_MAX = 100
/** The largest number that the model allows for these counts. */
const COUNT_MAX = 1_000_000

export const listStreams: ControlOperation<'ListStreams'> = (input, { caller }, { streams, clock }) => {
  caller.authorize('kinesis:ListStreams', '*')
  const { NextToken } = input
  const after =
    NextToken === undefined
      ? input.ExclusiveStartStreamName
      : readToken(NextToken, 'ListStreams', clock.now()).after
  const all = streams.list(caller.account).filter(({ name }) => after === undefined || name > after)
  const page = all.slice(0, Math.min(input.Limit ?? PAGE_STREAMS_MAX, PAGE_STREAMS_MAX))
  const last = page.at(-1)
  const hasMore = all.length > page.length
  return {
    StreamNames: page.map(({ name }) => name),
    HasMoreStreams: hasMore,
    NextToken:
      hasMore && last !== undefined
        ? writeToken({ list: 'ListStreams', after: last.name }, clock.now())
        : undefined,
    StreamSummaries: page.map(({ name, arn, status, settings, info }) => ({
      StreamName: name,
      StreamARN: arn,
      StreamStatus: status,
      StreamModeDetails: { StreamMode: settings.mode },
      StreamCreationTimestamp: new Date(info.createdAt),
    })),
  }
}

export const describeLimits: ControlOperation<'DescribeLimits'> = (
  _input,
  { caller },
  { streams, limits },
) => {
  caller.authorize('kinesis:DescribeLimits', '*')
  const all = streams.list(caller.account)
  let shards = 0
  let onDemand = 0
  for (const { settings, info } of all) {
    if (settings.mode === 'ON_DEMAND') onDemand++
    else shards += openShards(info.shardInfos).length
  }
  return {
    ShardLimit: Math.min(limits.shardsMax, COUNT_MAX),
    OpenShardCount: shards,
    OnDemandStreamCount: onDemand,
    OnDemandStreamCountLimit: Math.min(limits.onDemandStreamsMax, COUNT_MAX),
  }
}
