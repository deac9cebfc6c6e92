/**
 * Shard ids of table change streams: `shardId-`, 20 digits of its creation second in ms, `-`, 8 hex digits of its number;
 * at least 28 characters, as the Streams API has them.
 */
import { creationSeconds, type NumberedStream } from './sequence-number.ts'

const PATTERN = /^shardId-([0-9]{20})-([0-9a-f]{8})$/

export function formatChangeShardId(stream: NumberedStream, shard: number): string {
  const milliseconds = String(creationSeconds(stream, shard) * 1000)
  return `shardId-${milliseconds.padStart(20, '0')}-${shard.toString(16).padStart(8, '0')}`
}

/** The shard's number, undefined if the stream has no shard of this id. */
export function parseChangeShardId(id: string, stream: NumberedStream): number | undefined {
  const match = PATTERN.exec(id)
  const shard = match === null ? undefined : Number.parseInt(match[2]!, 16)
  if (shard === undefined || stream.shardInfos[shard] === undefined) return undefined
  return formatChangeShardId(stream, shard) === id ? shard : undefined
}
