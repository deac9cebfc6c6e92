/** Shard ids of the API: `shardId-` and twelve digits. */
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
