/**
 * Works on shards side by side, a child only after its parents, so that records of one key are met in their order also
 * across splits and merges. At most `atOnce` at a time. The first failure ends it, once those at work have ended.
 */
import type { ReplayShard } from './replay-source.ts'

export async function inShardOrder<T extends ReplayShard>(
  shards: readonly T[],
  atOnce: number,
  work: (shard: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const left = new Set(shards)
  const unfinished = new Set(shards.map(({ shardId }) => shardId))
  const running = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  for (;;) {
    for (const shard of left) {
      if (running.size >= atOnce || failure !== undefined || signal.aborted) break
      if (shard.parents.some((parent) => unfinished.has(parent))) continue
      left.delete(shard)
      const run: Promise<void> = work(shard)
        .catch((error: unknown) => {
          failure ??= { error }
        })
        .finally(() => {
          running.delete(run)
          unfinished.delete(shard.shardId)
        })
      running.add(run)
    }
    if (running.size === 0) break
    await Promise.race(running)
  }
  if (failure !== undefined) throw failure.error
}
