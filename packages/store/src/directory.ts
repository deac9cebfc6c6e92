/**
 * The directory around the data: is it ours, may this version open it, are its files whole enough to map?
 *
 * Marker `millrace-store.json`: {"millrace":"store","format":N,"ready":true}. It is written before LMDB makes its files
 * with ready = false, and again with ready = true once the trees exist. So:
 *   no entries or no directory       new
 *   marker, ready = false            a first start was cut off: start again, there is nothing to lose
 *   marker, ready = true, no data    STORE_DAMAGED: the data was taken away
 *   marker of a higher format        STORE_FORMAT_NEWER, before any other file is touched
 *   anything else                    STORE_NOT_A_STORE; nothing is changed
 * The marker is replaced by rename, so it is always whole.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { checkDataFile, type DataFileFacts } from './data-file.ts'
import { StoreError } from './errors.ts'
import { DATA_FILE, FORMAT_VERSION } from './layout.ts'

export const MARKER_FILE = 'millrace-store.json'
/**
 * Names that may lie in a directory that is taken as empty: what file systems put there themselves, and what the gateway
 * keeps there (its keys can be made before the store).
 */
const IGNORED = new Set(['lost+found', '.DS_Store', 'access-keys.json', 'self-signed.pem'])

/** Checks the directory for a writer and claims it if new. */
export function prepareDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true })
  } catch (error) {
    throw cannotUse(dir, error)
  }
  const names = listDirectory(dir)
  if (!names.includes(MARKER_FILE)) {
    const foreign = names.filter((name) => !IGNORED.has(name) && !name.startsWith(`${MARKER_FILE}.`))
    if (foreign.length > 0) throw notAStore(dir, foreign)
    writeMarker(dir, false)
    return
  }
  if (checkMarker(dir).ready) checkDataFile(join(dir, DATA_FILE))
}

/** Checks the directory for a reader. */
export function inspectDirectory(dir: string): DataFileFacts {
  const names = listDirectory(dir)
  if (!names.includes(MARKER_FILE) || !checkMarker(dir).ready) throw notAStore(dir, names)
  return checkDataFile(join(dir, DATA_FILE))
}

/** Says that the directory holds a whole store of this format from now on. */
export function markReady(dir: string): void {
  const { ready, format } = checkMarker(dir)
  if (!ready || format < FORMAT_VERSION) writeMarker(dir, true)
}

function checkMarker(dir: string): { ready: boolean; format: number } {
  const path = join(dir, MARKER_FILE)
  let marker: unknown
  try {
    marker = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new StoreError(
      'STORE_DAMAGED',
      `${path} is not readable as the marker of a store. Restore the directory from a copy, or use another one.`,
      { cause: error },
    )
  }
  const { millrace, format, ready } = (marker ?? {}) as Record<string, unknown>
  if (millrace !== 'store' || typeof format !== 'number') throw notAStore(dir, [MARKER_FILE])
  if (format > FORMAT_VERSION) {
    throw new StoreError(
      'STORE_FORMAT_NEWER',
      `${dir} has format ${format}; this version of millrace reads up to ${FORMAT_VERSION}. ` +
        'Nothing was changed. Use the version that wrote it, or a newer one.',
    )
  }
  return { ready: ready === true, format }
}

function writeMarker(dir: string, ready: boolean): void {
  const path = join(dir, MARKER_FILE)
  try {
    const file = openSync(`${path}.new`, 'w')
    writeSync(file, `${JSON.stringify({ millrace: 'store', format: FORMAT_VERSION, ready })}\n`)
    fsyncSync(file)
    closeSync(file)
    renameSync(`${path}.new`, path)
  } catch (error) {
    throw cannotUse(dir, error)
  }
}

function listDirectory(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    throw cannotUse(dir, error)
  }
}

function cannotUse(dir: string, error: unknown): StoreError {
  return new StoreError(
    'STORE_OPEN_FAILED',
    `cannot use ${dir} as data directory: ${error instanceof Error ? error.message : String(error)}. ` +
      'Name a directory that this user may write, on a disk with free space.',
    { cause: error },
  )
}

function notAStore(dir: string, names: readonly string[]): StoreError {
  const found =
    names.length === 0
      ? 'is empty'
      : `holds ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', ...' : ''}`
  return new StoreError(
    'STORE_NOT_A_STORE',
    `${dir} is not a data directory of millrace: it ${found} and has no finished ${MARKER_FILE}. Nothing was changed. ` +
      'Name an empty directory, or the one that was used before.',
  )
}
