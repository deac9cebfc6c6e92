/**
 * `millrace doctor`: findings as sentences, each with what to do next. First what the app's sources lack outside, which needs no run;
 * then what a run has left in the data directory.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type CheckedSource, checkSources, diagnoseApp } from '@millrace/runtime'
import { systemClock } from '@millrace/values'
import { shortPath } from '../define/call-site.ts'
import { buildApp, loadAppFile } from '../load/load-app.ts'
import type { Outcome } from './commands/command.ts'
import { chooseDataDir, defaultDataDir, openToRead } from './data-directory.ts'
import { exitCodes } from './exit-code.ts'
import type { AppFlags } from './plan.ts'

/** Exit code 1 where a source lacks what it cannot work without. */
export async function doctor(
  file: string,
  flags: AppFlags,
  appArguments: readonly string[],
  outcome: Outcome,
): Promise<void> {
  const { definition } = buildApp(await loadAppFile(file), appArguments)
  const dir = flags.dataDir === undefined ? defaultDataDir(definition.name) : resolve(flags.dataDir)
  const canCheck = definition.stages.some(
    ({ kind, ...stage }) => 'open' in stage && stage.open.check !== undefined,
  )
  // An app that has never run can be asked about its sources alone.
  const hasRun = existsSync(dir)
  const store = hasRun || !canCheck ? await openToRead(chooseDataDir(dir)) : undefined
  try {
    const signal = new AbortController().signal
    const sources = await checkSources({ app: definition, dataDir: dir, store, clock: systemClock, signal })
    printSources(sources, flags.json)
    if (sources.some(({ findings }) => findings.some(({ level }) => level === 'error')))
      outcome.exitCode = exitCodes.failed
    if (store !== undefined) printRun(diagnoseApp(definition, store, systemClock), flags.json)
    else if (!flags.json) print(`${definition.name} has not run in ${shortPath(dir)} yet`)
  } finally {
    await store?.close()
  }
}

function printSources(sources: readonly CheckedSource[], json: boolean): void {
  for (const { name, findings } of sources) {
    for (const finding of findings) {
      const { level, code, message, next } = finding
      // Errors of the layers below carry their code in front.
      const text = message.startsWith(code) ? message : `${code} ${message}`
      print(
        json
          ? JSON.stringify({ stage: name, kind: 'source', ...finding })
          : `${level} ${name}: ${text}\n  ${next}`,
      )
    }
    if (findings.length === 0 && !json) print(`${name}: its database has all that it needs`)
  }
}

function printRun(findings: ReturnType<typeof diagnoseApp>, json: boolean): void {
  for (const finding of findings)
    print(json ? JSON.stringify(finding) : `${finding.message}\n  ${finding.next}`)
  if (findings.length === 0 && !json) print('nothing waits, is behind, died or came late')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
