/**
 * Asks the sources of an app, without opening them, what would keep them from working: prerequisites of a database that are missing,
 * a position that is lost. One that cannot be asked (nobody answers there) is a finding as well.
 */
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { AppDefinition } from './app-model.ts'
import { codeOf, messageOf } from './errors.ts'
import { sourceDirectory } from './source-directory.ts'
import { SourceKept } from './source-kept.ts'
import type { SourceFinding } from './source-port.ts'
import { readStageRecordOf } from './stage-record.ts'

export interface CheckedSource {
  readonly name: string
  readonly findings: readonly SourceFinding[]
}

export interface CheckSourcesOptions {
  readonly app: AppDefinition
  readonly dataDir: string
  /** Undefined where the app has not run yet. */
  readonly store: Store | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Only sources that can be checked, in the app's order. */
export async function checkSources(options: CheckSourcesOptions): Promise<CheckedSource[]> {
  const { app, dataDir, store, clock, signal } = options
  const checked: CheckedSource[] = []
  for (const stage of app.stages) {
    if (stage.kind !== 'source' || stage.open.check === undefined) continue
    const { name, open } = stage
    const record = readStageRecordOf('source', name, store?.getStage(name))
    const kept = store === undefined ? new SourceKept() : SourceKept.read(store, name)
    try {
      const directory = sourceDirectory(dataDir, name)
      const findings = await open.check?.({
        name,
        position: record?.position,
        kept,
        clock,
        signal,
        directory,
      })
      checked.push({ name, findings: findings ?? [] })
    } catch (error) {
      checked.push({ name, findings: [failure(error)] })
    }
  }
  return checked
}

function failure(error: unknown): SourceFinding {
  return {
    level: 'error',
    code: codeOf(error) ?? 'SOURCE_FAILED',
    message: messageOf(error),
    next: 'Mend that first; then ask again for what else is missing.',
  }
}
