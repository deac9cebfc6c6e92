/** The plan of a query in plain words, as it runs: bound, optimized, explained. Nothing is opened. */
import { changelogSteps, type PlanStep, programSteps } from '@millrace/sql'
import type { FlinkQueryStage, QueryStage } from './app-model.ts'
import { bindFlink } from './flink-program.ts'
import { bindQuery } from './query-program.ts'
import { Warnings } from './warnings.ts'

/** Error QUERY_INVALID: the program is refused. */
export function querySteps(stage: QueryStage | FlinkQueryStage): readonly PlanStep[] {
  const warnings = new Warnings()
  return stage.dialect === 'kda'
    ? programSteps(bindQuery(stage, warnings).program)
    : changelogSteps(bindFlink(stage, warnings).program)
}
