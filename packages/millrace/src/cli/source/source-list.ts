/** `millrace source list`: the sources of the running app, one line each. */
import { MillraceError } from '../../error.ts'
import { chooseDataDir } from '../data-directory.ts'
import { plainTable } from '../dead/letter-text.ts'
import { RunningSources } from './running-sources.ts'

export async function sourceList({
  dataDir,
  json,
}: {
  readonly dataDir: string | undefined
  readonly json: boolean
}): Promise<void> {
  const dir = chooseDataDir(dataDir)
  const running = RunningSources.find(dir)
  if (running === undefined) {
    throw new MillraceError(
      'SOURCE_NOT_RUNNING',
      `No process with a gateway runs on ${dir}, and only one knows the sources of its app.`,
      {
        next: 'Run the app; of one that has stopped, ask by name: millrace source status NAME.',
      },
    )
  }
  const sources = await running.list()
  const lines = json
    ? sources.map((source) => JSON.stringify(source))
    : sources.length === 0
      ? ['the app has no sources']
      : plainTable([
          ['source', 'stream', 'state', 'what it does'],
          ...sources.map(({ name, into, state, line }) => [name, into, state, line ?? '-']),
        ])
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}
