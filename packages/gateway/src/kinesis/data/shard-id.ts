/** Shard ids of the API: `shardId-` and twelve digits. */
import { WireError } from '../../wire/wire-error.ts'
import type { KinesisStream } from '../kinesis-context.ts'

export function formatShardId(shard: number): string {
  return `shardId-${String(shard).padStart(12, '0')}`
}

/** Numbers of shards have 31 bits. */
const SHARD_MAX = 0x7fff_ffff

/** The shard's number, undefined if the text is not an id. The service takes short forms too: `shardId-5`, `x-005`, `5`. */
export function parseShardId(id: string): number | undefined {
  const match = /^(?:[^-]*-)?0*([0-9]{1,10})$/.exec(id)
  const shard = match === null ? undefined : Number(match[1])
  return shard === undefined || shard > SHARD_MAX ? undefined : shard
}

/** As texts name a shard that a caller has named. */
export function canonicalShardId(id: string): string {
  const shard = parseShardId(id)
  return shard === undefined ? id : formatShardId(shard)
}

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
