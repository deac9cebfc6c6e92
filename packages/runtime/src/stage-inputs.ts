/** What a stage reads, from its definition alone. */
import type { StageDefinition } from './app-model.ts'

/** The streams that a stage reads; none for a source. */
export function inputsOf(stage: StageDefinition): readonly string[] {
  if (stage.kind === 'source') return []
  if (stage.kind === 'function') return [stage.from]
  if (stage.dialect === 'kda') return [stage.input.stream]
  return [...new Set(stage.inputs.map(({ stream }) => stream))]
}
