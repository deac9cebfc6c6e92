/**
 * The live part of a replay: every shard of a cut-over from its position on, and the shards that follow them, each after
 * all of its parents. A shard that closes leads to its children; one of them is known as soon as its first parent ends and
 * waits for the other one, which may not even be known yet.
 */
import type { RecordWriter } from './record-writer.ts'
import type { SliceSink } from './replay-sink.ts'
import type { ReplayPosition, ReplayShard, ReplaySource } from './replay-source.ts'

export interface FollowOptions {
  readonly source: ReplaySource
  /** All shards of the snapshot; those that are not in the cut-over were read to their end. */
  readonly shards: readonly ReplayShard[]
  readonly cutOver: Readonly<Record<string, ReplayPosition>>
  readonly out: SliceSink
  readonly writer: RecordWriter
  readonly signal: AbortSignal
}

/** Resolves when the signal aborts. The first failure ends it. */
export async function followShards(options: FollowOptions): Promise<void> {
  const { shards, cutOver, out } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const known = new Set(shards.map(({ shardId }) => shardId))
  const finished = new Set<string>()
  const waiting = new Map<string, { readonly shard: ReplayShard; readonly isNew: boolean }>()
  for (const shard of shards) waiting.set(shard.shardId, { shard, isNew: false })
  const running = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined

  // Parents of the snapshot's shards that it does not list have expired; those of later shards are still to be met.
  const isReady = (shard: ReplayShard, isNew: boolean) =>
    shard.parents.every((parent) => finished.has(parent) || (!isNew && !known.has(parent)))
  // One that was read to its end has nothing more to give, but its children still come after its parents.
  const passFinished = () => {
    for (let passed = true; passed; ) {
      passed = false
      for (const { shard, isNew } of waiting.values()) {
        const isOver = !isNew && !Object.hasOwn(cutOver, shard.shardId)
        if (!isOver || !isReady(shard, isNew)) continue
        waiting.delete(shard.shardId)
        finished.add(shard.shardId)
        passed = true
      }
    }
  }
  const startReady = () => {
    passFinished()
    for (const { shard, isNew } of waiting.values()) {
      if (!isReady(shard, isNew)) continue
      waiting.delete(shard.shardId)
      const work: Promise<void> = followShard(options, shard, signal)
        .then((children) => {
          finished.add(shard.shardId)
          for (const child of children) {
            if (known.has(child.shardId)) continue
            known.add(child.shardId)
            options.writer.meet(child)
            waiting.set(child.shardId, { shard: child, isNew: true })
          }
        })
        .catch((error: unknown) => {
          failure ??= { error }
          stop.abort()
        })
        .finally(() => running.delete(work))
      running.add(work)
    }
  }
  startReady()
  while (running.size > 0) {
    await Promise.race(running)
    if (!signal.aborted) startReady()
  }
  if (failure !== undefined) throw failure.error
  await out.end()
}

/** Reads a shard until it ends or the signal aborts; gives the shards that followed it. */
async function followShard(
  { source, cutOver, out, writer }: FollowOptions,
  { shardId }: ReplayShard,
  signal: AbortSignal,
): Promise<readonly ReplayShard[]> {
  const position = cutOver[shardId] ?? { type: 'oldest' }
  const reader = source.open({ shardId, position, slice: undefined, signal })
  try {
    while (!signal.aborted) {
      const { records, isCaughtUp, children } = await reader.read()
      if (records.length > 0) await writer.write(shardId, records, out)
      if (children !== undefined) return children
      if (isCaughtUp && records.length === 0) await reader.waitForNews()
    }
    return []
  } finally {
    await reader.close()
  }
}
