/** What a stage reads, from its definition alone. */
import type { StageDefinition } from './app-model.ts'
import { redriveStreamName } from './redrive-stream-name.ts'

/** The streams that a stage reads; none for a source. That of a function's redriven dead letters may not exist. */
export function inputsOf(stage: StageDefinition): readonly string[] {
  if (stage.kind === 'source') return []
  if (stage.kind === 'function') return [stage.from, redriveStreamName(stage.name)]
  if (stage.kind === 'delivery') return stage.from
  if (stage.dialect === 'kda') return [stage.input.stream]
  return [...new Set(stage.inputs.map(({ stream }) => stream))]
}
