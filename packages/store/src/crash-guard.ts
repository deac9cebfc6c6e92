/**
 * Keeps a damaged directory from ending the process on every start.
 *
 * The file `unclean-starts` counts starts of an owner since the last clean close. When UNCLEAN_STARTS_MAX of them ended
 * without one, the next start first lets another process walk the data (verify.ts). If that process crashes or reports
 * damage, the start is refused with STORE_DAMAGED, as every later one is, until the directory is replaced or the file removed.
 * Ends that have nothing to do with the data (a kill, a power cut) cost one walk in a few starts.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StoreError } from './errors.ts'

export const STARTS_FILE = 'unclean-starts'
export const UNCLEAN_STARTS_MAX = 3
const DAMAGED_EXIT = 86
/** A walk that takes longer goes round in circles: at 1 GB/s this is 600 GB. */
const WALK_MS_MAX = 600_000
const verifier = fileURLToPath(new URL('./verify.js', import.meta.url))

/** Before an owner opens the data. The function given back undoes the count, for a start that is refused for another reason. */
export function beginStart(dir: string): () => void {
  const path = join(dir, STARTS_FILE)
  let starts = count(path)
  if (starts >= UNCLEAN_STARTS_MAX) {
    const fault = walk(dir)
    if (fault !== undefined) {
      throw new StoreError(
        'STORE_DAMAGED',
        `${join(dir, 'data.mdb')} is damaged: after ${starts} starts without a clean end it was checked by another process, which ${fault}. ` +
          `The file was left as it is. Restore the directory from a copy; to try anyway, remove ${path}.`,
      )
    }
    starts = 0
  }
  record(path, starts + 1)
  return () => record(path, starts)
}

/** After an owner closed the data. */
export function endStart(dir: string): void {
  rmSync(join(dir, STARTS_FILE), { force: true })
}

function record(path: string, starts: number): void {
  try {
    writeFileSync(path, String(starts))
  } catch {
    // Without room for one digit the start goes on unguarded: reading must work on a full disk.
  }
}

function count(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8')) || 0
  } catch {
    return 0
  }
}

/** What the checking process met, undefined if the data is sound or could not be checked. */
function walk(dir: string): string | undefined {
  const { status, signal, stderr } = spawnSync(process.execPath, [verifier, dir], {
    encoding: 'utf8',
    timeout: WALK_MS_MAX,
  })
  if (signal !== null) return `was ended by ${signal}`
  if (status === DAMAGED_EXIT) return `found: ${stderr.trim().slice(0, 300)}`
  return undefined
}
