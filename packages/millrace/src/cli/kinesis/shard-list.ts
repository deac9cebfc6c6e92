/** Shards as ListShards and the ends of shards describe them. */
import type { HashRange } from '@millrace/values'
import type { KinesisClient } from './kinesis-client.ts'
import { listMember, member, mustText, textMember } from './reply-fields.ts'

/** All pages. */
export async function listShards(client: KinesisClient, stream: string, filter?: object): Promise<unknown[]> {
  const shards: unknown[] = []
  let token: string | undefined
  do {
    const input = token === undefined ? { StreamName: stream, ShardFilter: filter } : { NextToken: token }
    const page: unknown = await client.call('ListShards', input)
    shards.push(...listMember(page, 'Shards'))
    token = textMember(page, 'NextToken')
  } while (token !== undefined)
  return shards
}

export function rangeOf(shard: unknown): HashRange {
  const range = member(shard, 'HashKeyRange')
  return {
    start: BigInt(mustText(range, 'StartingHashKey')),
    end: BigInt(mustText(range, 'EndingHashKey')),
  }
}

/** Ids of the shards that it followed: as ListShards names them, or as an event of a shard's end does. */
export function parentsOf(shard: unknown): string[] {
  const listed = [textMember(shard, 'ParentShardId'), textMember(shard, 'AdjacentParentShardId')]
  const ended = listMember(shard, 'ParentShards')
  return [...listed, ...ended].filter((id) => typeof id === 'string')
}
