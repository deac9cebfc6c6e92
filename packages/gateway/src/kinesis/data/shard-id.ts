/** Shards that callers name, and whether they can still be read. */
import { canonicalShardId, parseShardId } from '@millrace/values'
import { WireError } from '../../wire/wire-error.ts'
import type { KinesisStream } from '../kinesis-context.ts'

/**
 * The number of a shard that can still be read: one that was closed longer ago than records are kept has expired.
 * Error: ResourceNotFoundException.
 */
export function mustShardId(id: string, stream: KinesisStream, nowMs: number): number {
  const shard = parseShardId(id)
  const place = shard === undefined ? undefined : stream.info.shardInfos[shard]
  if (place === undefined || isExpired(stream, place.closedAt, nowMs)) {
    throw new WireError(
      'ResourceNotFoundException',
      `Shard ${canonicalShardId(id)} in stream ${stream.name} under account ${stream.account} does not exist`,
    )
  }
  return place.shard
}

/** Closed longer ago than records are kept; what expired once stays so, though the retention be raised later. */
export function isExpired(
  { info, settings }: KinesisStream,
  closedAt: number | undefined,
  nowMs: number,
): boolean {
  return closedAt !== undefined && closedAt < Math.max(nowMs - info.retentionMs, settings.expiredBefore)
}
