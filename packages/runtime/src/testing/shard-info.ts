/** A shard's description for logs that a test makes up: open, and the owner of all keys. */
import type { ShardInfo } from '@millrace/store'

export function shardInfo(known: Pick<ShardInfo, 'shard' | 'oldest' | 'next'>): ShardInfo {
  return {
    ...known,
    bytes: 0,
    range: { start: 0n, end: 2n ** 128n - 1n },
    parents: [],
    createdAt: 0,
    closedAt: undefined,
  }
}
