/** `millrace doctor`: findings as sentences, each with what to do next. */
import { resolve } from 'node:path'
import { diagnoseApp } from '@millrace/runtime'
import { systemClock } from '@millrace/values'
import { buildApp, loadAppFile } from '../load/load-app.ts'
import { chooseDataDir, defaultDataDir, openToRead } from './data-directory.ts'
import type { AppFlags } from './plan.ts'

export async function doctor(file: string, flags: AppFlags, appArguments: readonly string[]): Promise<void> {
  const { definition } = buildApp(await loadAppFile(file), appArguments)
  const dir = chooseDataDir(
    flags.dataDir === undefined ? defaultDataDir(definition.name) : resolve(flags.dataDir),
  )
  const store = await openToRead(dir)
  try {
    const findings = diagnoseApp(definition, store, systemClock)
    for (const finding of findings)
      process.stdout.write(
        flags.json ? `${JSON.stringify(finding)}\n` : `${finding.message}\n  ${finding.next}\n`,
      )
    if (findings.length === 0 && !flags.json)
      process.stdout.write('nothing waits, is behind, died or came late\n')
  } finally {
    await store.close()
  }
}
