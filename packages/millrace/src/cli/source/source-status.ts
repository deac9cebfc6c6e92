/**
 * `millrace source status`: one source as it is now, asked of the running app; of an app that has stopped, what the data directory
 * holds of it.
 */
import { readStageRecordOf } from '@millrace/runtime'
import { MillraceError } from '../../error.ts'
import { chooseDataDir, openToRead } from '../data-directory.ts'
import { chooseSource, RunningSources } from './running-sources.ts'
import { statusText } from './status-text.ts'

export interface SourceStatusFlags {
  readonly name: string | undefined
  readonly dataDir: string | undefined
  readonly json: boolean
}

export async function sourceStatus({ name, dataDir, json }: SourceStatusFlags): Promise<void> {
  const dir = chooseDataDir(dataDir)
  const running = RunningSources.find(dir)
  if (running === undefined) return printStopped(dir, name, json)
  const source = chooseSource(await running.list(), name)
  process.stdout.write(json ? `${JSON.stringify(source)}\n` : statusText(source))
}

async function printStopped(dir: string, name: string | undefined, json: boolean): Promise<void> {
  if (name === undefined) {
    throw new MillraceError(
      'SOURCE_NOT_RUNNING',
      `No process with a gateway runs on ${dir}, and only one knows the sources of its app.`,
      {
        next: 'Say which one: millrace source status NAME. Unless the app names it, it is STREAM-source.',
      },
    )
  }
  const store = await openToRead(dir)
  try {
    const record = readStageRecordOf('source', name, store.getStage(name))
    if (record === undefined) {
      throw new MillraceError(
        'SOURCE_UNKNOWN',
        `No source "${name}" has ever committed anything in ${dir}.`,
        {
          next: 'Unless the app names it, a source is called STREAM-source.',
        },
      )
    }
    const { taken, position, done, ledger } = record
    const state = done ? 'done' : 'stopped'
    const view = {
      name,
      state,
      taken,
      appended: ledger.out,
      dead: ledger.dead,
      filtered: ledger.filtered,
      position,
    }
    process.stdout.write(
      json
        ? `${JSON.stringify(view)}\n`
        : [
            `${name}: ${state}; no process with a gateway runs on ${dir}`,
            `taken     ${taken} (${ledger.out} appended, ${ledger.filtered} left out, ${ledger.dead} dead)`,
            `position  ${JSON.stringify(position)}`,
            '',
          ].join('\n'),
    )
  } finally {
    await store.close()
  }
}
