/** Which data directory a command means, and opening it to read, beside a running app or after it. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { MillraceError } from '../error.ts'

/** Where an app keeps its data unless told otherwise, below the current folder. */
const home = '.millrace'

export function defaultDataDir(app: string): string {
  return resolve(home, app)
}

/** Where `millrace serve` keeps its streams; other commands of the gateway take an app's directory if that is the only one. */
export function serveDataDir(): string {
  const found = listDataDirs()
  const [only] = found
  return only !== undefined && found.length === 1 ? resolve(only) : defaultDataDir('serve')
}

/** The directory given, or the only one below `.millrace`; which one, is said on standard error. */
export function chooseDataDir(given: string | undefined): string {
  if (given !== undefined) {
    if (existsSync(given)) return resolve(given)
    throw new MillraceError('DATA_DIR_MISSING', `There is no data directory at ${given}.`, {
      next: 'Check --data-dir, or run the app first: millrace run APP --data-dir DIR.',
    })
  }
  const found = listDataDirs()
  const [only] = found
  if (only !== undefined && found.length === 1) {
    process.stderr.write(`reading ${only} (say --data-dir DIR for another)\n`)
    return resolve(only)
  }
  throw found.length === 0
    ? new MillraceError(
        'DATA_DIR_MISSING',
        `There is no data directory below ${home} in the current folder.`,
        {
          next: 'Give one with --data-dir DIR, or run an app here first: millrace run APP.',
        },
      )
    : new MillraceError('DATA_DIR_MISSING', `There are several data directories: ${found.join(', ')}.`, {
        next: `Choose one: --data-dir ${found[0]}.`,
      })
}

export function openToRead(dir: string): Promise<Store> {
  return openStore({ dir, clock: systemClock, mode: 'reader' })
}

export function listDataDirs(): string[] {
  if (!existsSync(home)) return []
  return readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(home, entry.name))
    .sort()
}
