/**
 * Whether everything that was fed has been committed by every stage: all positions stand at the heads of their shards.
 *
 * All stage records are read before any head. Positions and heads only grow, so if every position read equals the head
 * read after it, then at the moment between the two, every stage had committed all of its input, and nothing was in
 * flight that could append more; a query of tables must have noticed the ends of its sources as well. Sources must be done
 * already; bounds from the clock may still close windows later.
 */
import type { Store } from '@millrace/store'
import type { AppDefinition, FlinkQueryStage, StageDefinition } from './app-model.ts'
import { hasEnded } from './ended-stream.ts'
import { readsShard } from './query-parts.ts'
import { inputsOf } from './stage-inputs.ts'
import { neededFrom, readStageRecord } from './stage-record.ts'

export function isQuiescent(app: AppDefinition, store: Store): boolean {
  return areQuiescent(app.stages, app, store)
}

/** Of all stages but deliveries, which may wait for more until they are told that none comes. */
export function hasProcessedAll(app: AppDefinition, store: Store): boolean {
  return areQuiescent(
    app.stages.filter(({ kind }) => kind !== 'delivery'),
    app,
    store,
  )
}

function areQuiescent(stages: readonly StageDefinition[], app: AppDefinition, store: Store): boolean {
  const records = new Map(
    stages.map((stage) => [stage.name, readStageRecord(stage.name, store.getStage(stage.name))]),
  )
  for (const stage of stages) {
    const record = records.get(stage.name)
    for (const input of inputsOf(stage)) {
      for (const info of store.stream(input)?.shardInfos ?? []) {
        if (neededFrom(record, input, info) !== info.next) return false
      }
    }
    if (stage.kind === 'query' && stage.dialect === 'flink' && !knowsEnds(stage, record, app, store))
      return false
  }
  return true
}

/** A table that has ended still brings rows out of open windows: the stage has to have committed that it knows. */
function knowsEnds(
  stage: FlinkQueryStage,
  record: ReturnType<typeof readStageRecord>,
  app: AppDefinition,
  store: Store,
): boolean {
  const finished = record?.kind === 'changelog' ? record.finished : []
  return stage.inputs.every(({ table, stream }) => finished.includes(table) || !hasEnded(app, store, stream))
}

/** Records of its input that a stage has not committed yet. */
export function lagOf(app: AppDefinition, store: Store, stageName: string): number {
  const stage = app.stages.find((candidate) => candidate.name === stageName)
  if (stage === undefined) return 0
  const record = readStageRecord(stageName, store.getStage(stageName))
  let lag = 0
  for (const input of inputsOf(stage)) {
    const infos = store.stream(input)?.shardInfos ?? []
    for (const info of infos) {
      // A part that has never committed is behind in its own shards only.
      if (!readsShard(stage, info.shard, infos.length)) continue
      lag += Math.max(0, info.next - neededFrom(record, input, info))
    }
  }
  return lag
}
