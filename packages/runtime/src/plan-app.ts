/**
 * What starting an app on a data directory would do to the state of its queries, found out without starting anything: each
 * operator keeps its state, is rebuilt from the log, begins empty, or its state is lost (state-plan.ts).
 */
import type { Store } from '@millrace/store'
import { type Clock, seededRandom } from '@millrace/values'
import type { AppDefinition, FlinkQueryStage, QueryStage } from './app-model.ts'
import { partsChange } from './change-parts.ts'
import { assertParts, bindFlink, type FlinkProgram, startFlink } from './flink-program.ts'
import { readsShard } from './query-parts.ts'
import { bindQuery, compileQuery } from './query-program.ts'
import { inputsOf } from './stage-inputs.ts'
import { readStageRecord, type StoredOperator } from './stage-record.ts'
import { planState, type StatePlan, storedOperators } from './state-plan.ts'
import { allStreams } from './system-names.ts'
import { Warnings } from './warnings.ts'

export interface OperatorPlan {
  readonly kind: string
  readonly id: string
  readonly verdict: 'kept' | 'rebuilt' | 'empty' | 'lost'
  /** Of the blobs that are stored now. */
  readonly bytes: number
}

export interface QueryPlan {
  readonly stage: string
  /** False: the stage has never run here, so nothing can be kept or lost. */
  readonly hasRun: boolean
  readonly action: StatePlan['action']
  readonly operators: readonly OperatorPlan[]
  /** Warnings of the program, rendered. */
  readonly warnings: readonly string[]
}

/** Error QUERY_INVALID if a program is refused. */
export function planApp(app: AppDefinition, store: Store, clock: Clock): QueryPlan[] {
  return app.stages.flatMap((stage) => (stage.kind === 'query' ? [planQuery(stage, app, store, clock)] : []))
}

function planQuery(
  stage: QueryStage | FlinkQueryStage,
  app: AppDefinition,
  store: Store,
  clock: Clock,
): QueryPlan {
  const warnings = new Warnings()
  const instance =
    stage.dialect === 'kda'
      ? compileQuery(bindQuery(stage, warnings).program)
      : startFlink({ ...stage, lookups: [] }, bindParts(stage, app, warnings), clock, seededRandom(0))
  const change = stage.dialect === 'flink' ? partsChange(stage, app, store, clock) : undefined
  const record = change?.records.get(stage.name) ?? readStageRecord(stage.name, store.getStage(stage.name))
  const stored = record !== undefined && 'operators' in record ? record.operators : undefined
  const shards = inputsOf(stage).flatMap((stream) => {
    const infos = store.stream(stream)?.shardInfos ?? []
    return infos
      .filter(({ shard }) => readsShard(stage, shard, infos.length))
      .map(({ shard, oldest }) => ({ oldest, start: startOf(record, stream, shard) ?? oldest }))
  })
  const plan = planState(stored, storedOperators(instance), shards)
  const bytes = new Map<string, number>()
  for (const { operator, blob } of store.readState(stage.name))
    bytes.set(operator, (bytes.get(operator) ?? 0) + blob.length)
  const verdictOf =
    (verdict: OperatorPlan['verdict']) =>
    ([id, kind]: StoredOperator) => ({
      id,
      kind,
      verdict,
      bytes: bytes.get(id) ?? 0,
    })
  // Rebuilding reads everything again, so it renews what could have been kept as well.
  return {
    stage: stage.name,
    hasRun: record !== undefined,
    action: plan.action,
    operators: [
      ...plan.kept.map(verdictOf(plan.action === 'rebuild' ? 'rebuilt' : 'kept')),
      ...plan.fresh.map(verdictOf(plan.action === 'rebuild' ? 'rebuilt' : 'empty')),
      ...plan.gone.map(verdictOf('lost')),
    ],
    warnings: warnings.list().map(({ message }) => message),
  }
}

function bindParts(stage: FlinkQueryStage, app: AppDefinition, warnings: Warnings): FlinkProgram {
  const bound = bindFlink(stage, warnings)
  const streams = allStreams(app)
  assertParts(stage, bound, (stream) => streams.find(({ name }) => name === stream)?.shards ?? 1)
  return bound
}

function startOf(
  record: ReturnType<typeof readStageRecord>,
  stream: string,
  shard: number,
): number | undefined {
  if (record?.kind === 'changelog') return record.streams[stream]?.[shard]?.start
  return record?.kind === 'query' ? record.shards[shard]?.start : undefined
}
