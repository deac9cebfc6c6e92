/** `millrace plan`: the state of an app's queries before and after a change, operator by operator. */
import { resolve } from 'node:path'
import { planApp, type QueryPlan } from '@millrace/runtime'
import { systemClock } from '@millrace/values'
import { buildApp, loadAppFile } from '../load/load-app.ts'
import { textTable } from '../shell/result-table.ts'
import { chooseDataDir, defaultDataDir, openToRead } from './data-directory.ts'
import { formatBytes } from './format.ts'

export interface AppFlags {
  readonly dataDir: string | undefined
  readonly json: boolean
}

export async function plan(file: string, flags: AppFlags, appArguments: readonly string[]): Promise<void> {
  const { definition } = buildApp(await loadAppFile(file), appArguments)
  const dir = chooseDataDir(
    flags.dataDir === undefined ? defaultDataDir(definition.name) : resolve(flags.dataDir),
  )
  const store = await openToRead(dir)
  try {
    for (const query of planApp(definition, store, systemClock)) {
      if (flags.json) process.stdout.write(`${JSON.stringify(query)}\n`)
      else print(query)
    }
  } finally {
    await store.close()
  }
}

const actions: Record<QueryPlan['action'], string> = {
  keep: 'goes on with its state',
  rebuild: 'will be rebuilt from the log when the app starts',
  'start-empty': 'begins in part empty: the log no longer reaches back to where it started',
}

function print({ stage, hasRun, action, operators, warnings }: QueryPlan): void {
  process.stdout.write(`query ${stage} ${hasRun ? actions[action] : 'has not run here; it starts empty'}\n`)
  const rows = operators.map(({ verdict, kind, id, bytes }) => [
    verdict,
    kind,
    formatBytes(bytes),
    id.slice(0, 12),
  ])
  if (rows.length === 0) process.stdout.write('  it keeps no state\n')
  else
    for (const line of textTable(['state', 'operator', 'stored', 'address'], rows, [false, false, true]))
      process.stdout.write(`  ${line}\n`)
  for (const warning of warnings) process.stdout.write(`  warning ${warning.split('\n')[0]}\n`)
}
