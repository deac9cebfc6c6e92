/** Compaction in the background: a pass, a wait, until it is stopped. Failures are warnings, one for each table, taken back when it works. */
import type { Warnings } from '@millrace/runtime'
import type { Clock } from '@millrace/values'
import type { Compactor } from './open-compactor.ts'

export interface RunCompactorOptions {
  readonly compactor: Compactor
  readonly clock: Clock
  readonly warnings: Warnings
  readonly signal: AbortSignal
  /** Between passes: a minute unless given. */
  readonly intervalMs?: number
}

/** Resolves when the signal aborts, after the pass that runs. */
export async function runCompactor({
  compactor,
  clock,
  warnings,
  signal,
  intervalMs = 60_000,
}: RunCompactorOptions): Promise<void> {
  let told = new Set<string>()
  while (!signal.aborted) {
    const failing = new Set<string>()
    await compactor.pass(({ database, name }, error) => {
      const table = `${database}.${name}`
      failing.add(table)
      const reason = error instanceof Error ? error.message : String(error)
      warnings.say('COMPACTION_FAILED', table, `small files of table "${table}" stay as they are: ${reason}`)
    })
    for (const table of told) if (!failing.has(table)) warnings.retract('COMPACTION_FAILED', table)
    told = failing
    await clock.sleep(intervalMs, signal)
  }
}
