/**
 * A query that runs in parts: one stage for each part, `<query>-1-of-4` and so on, each with its own thread, positions, state,
 * watermark and ledger. A part reads a run of neighbouring shards of every input stream. They write to the same output
 * streams, and share the query's error stream and late stream.
 *
 * Shards are equal ranges of the hash space in order, so two streams with the same number of shards, or with numbers that the
 * number of parts divides, give every key to the same part.
 */
import type { Store } from '@millrace/store'
import type { FlinkQueryStage, StageDefinition } from './app-model.ts'
import { RuntimeError } from './errors.ts'
import { inputsOf } from './stage-inputs.ts'

export const partsMax = 64

/** The stages of a query that is to run in `of` parts; the query itself if that is one. */
export function partStages(query: FlinkQueryStage, of: number): FlinkQueryStage[] {
  if (of <= 1) return [query]
  return Array.from({ length: of }, (_, index) => ({
    ...query,
    name: partName(query.name, index, of),
    part: { query: query.name, index, of },
  }))
}

export function partName(query: string, index: number, of: number): string {
  return of <= 1 ? query : `${query}-${index + 1}-of-${of}`
}

/** The name under which people know the query; it names the query's error stream and late stream. */
export function queryNameOf(stage: StageDefinition): string {
  return stage.kind === 'query' && stage.dialect === 'flink' ? (stage.part?.query ?? stage.name) : stage.name
}

/** False for all parts of a query but the first: what is said once for a query is said of that one. */
export function isFirstPart(stage: StageDefinition): boolean {
  return stage.kind !== 'query' || stage.dialect !== 'flink' || (stage.part?.index ?? 0) === 0
}

/** Whether a stage reads a shard of its input, of `shards` in all. */
export function readsShard(stage: StageDefinition, shard: number, shards: number): boolean {
  if (stage.kind !== 'query' || stage.dialect !== 'flink' || stage.part === undefined) return true
  return partOfShard(shard, shards, stage.part.of) === stage.part.index
}

export function partOfShard(shard: number, shards: number, of: number): number {
  return Math.floor((shard * of) / shards)
}

/** Whether streams with these numbers of shards give every key to the same part. */
export function sharesKeys(shards: readonly number[], of: number): boolean {
  return shards.every((count) => count === shards[0]) || shards.every((count) => count % of === 0)
}

/**
 * Parts own shards by their numbers, so a key must keep its shard: a stream that was resharded cannot be read in parts.
 * Error: STREAM_RESHARDED.
 */
export function refuseReshardedParts(query: FlinkQueryStage, store: Store): void {
  const { part } = query
  if (part === undefined) return
  for (const stream of inputsOf(query)) {
    const infos = store.stream(stream)?.shardInfos ?? []
    const closed = infos.filter(({ closedAt }) => closedAt !== undefined)
    if (closed.length === 0) continue
    throw new RuntimeError('STREAM_RESHARDED', {
      place: `query "${part.query}"`,
      what: `stream "${stream}" was resharded (closed: ${closed.map(({ shard }) => shard).join(', ')}), so its keys have moved between parts`,
      value: `parallelism ${part.of}`,
      allowed: 'parallelism 1',
      next: 'Set the parallelism to 1, or let the app read a new stream with the number of shards that it needs',
    })
  }
}
