/**
 * How far event time has come in a Flink query, read off a data directory while the query runs or after it. Only what its watermarks
 * keep is restored, a few values for each shard, so it costs little however much the query holds. Nothing is written.
 */
import type { SourceStatus } from '@millrace/sql'
import type { Store } from '@millrace/store'
import { type Clock, seededRandom } from '@millrace/values'
import type { FlinkQueryStage } from './app-model.ts'
import { bindFlink, startFlink } from './flink-program.ts'
import { readStageRecord } from './stage-record.ts'
import { Warnings } from './warnings.ts'

export interface QueryTime extends SourceStatus {
  readonly stream: string
}

/** Of each table with a watermark. Error: QUERY_INVALID. */
export function queryTimes(stage: FlinkQueryStage, store: Store, clock: Clock): QueryTime[] {
  const instance = startFlink(
    { ...stage, lookups: [] },
    bindFlink(stage, new Warnings()),
    clock,
    seededRandom(0),
  )
  for (const { operator, blob } of store.readState(stage.name))
    if (instance.kindOf(operator) === 'watermark') instance.restore(operator, blob)
  const record = readStageRecord(stage.name, store.getStage(stage.name))
  const finished = record?.kind === 'changelog' ? record.finished : []
  return instance.status().map((status) => ({
    ...status,
    watermark: finished.includes(status.table) ? Number.POSITIVE_INFINITY : reached(status),
    stream: stage.inputs.find(({ table }) => table === status.table)?.stream ?? status.table,
  }))
}

/** What the shards have come to. The operator itself says it when the first row comes, and none comes here. */
function reached({ watermark, shards }: SourceStatus): number {
  const counted = shards.filter(({ idle }) => !idle)
  return counted.length === 0 ? watermark : Math.min(...counted.map((shard) => shard.watermark))
}
