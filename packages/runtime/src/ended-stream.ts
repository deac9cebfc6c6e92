/** Whether a stream has ended: nothing feeds it but sources, and all of them are done. */
import type { Store } from '@millrace/store'
import type { AppDefinition } from './app-model.ts'
import { readStageRecord } from './stage-record.ts'

export function hasEnded(app: AppDefinition, store: Store, stream: string): boolean {
  const feeders = app.stages.filter(
    (stage) =>
      (stage.kind === 'source' && stage.into === stream) ||
      (stage.kind === 'query' && stage.outputs.some((output) => output.stream === stream)),
  )
  return (
    feeders.length > 0 &&
    feeders.every((stage) => {
      const record = readStageRecord(stage.name, store.getStage(stage.name))
      return record?.kind === 'source' && record.done
    })
  )
}
