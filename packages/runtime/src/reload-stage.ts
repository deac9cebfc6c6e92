/** Reads the reference files of a stage again. A faulty file leaves what was there, and is said. */
import { messageOf } from './errors.ts'
import type { Stage } from './stage.ts'
import type { Warnings } from './warnings.ts'

export function reloadStage(stage: Stage | undefined, warnings: Warnings): void {
  if (stage?.reload === undefined) return
  try {
    stage.reload()
    warnings.retract('REFERENCE_NOT_RELOADED', stage.name)
  } catch (error) {
    warnings.say(
      'REFERENCE_NOT_RELOADED',
      stage.name,
      `the reference tables of query "${stage.name}" stay as they were: ${messageOf(error)}`,
    )
  }
}
