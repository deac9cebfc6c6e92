/**
 * Lets a process open the data beside a live owner without costing it a commit.
 *
 * lmdb 3.5.6 sets the shared number of the last transaction each time a process opens the file (mdb_env_open2), from a header
 * that it read before. If the owner commits in between, its next transaction would begin from the older number and overwrite
 * that commit. So a visitor makes the file `opening`, opens, and opens again until no commit fell between; the owner begins no
 * transaction while the file is there. A commit that had begun before sets the number itself when it ends, or the visitor
 * sees it and opens again: the number is right before the next transaction begins.
 */
import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const OPENING_FILE = 'opening'
/** Waits of a millisecond. An open takes a few of them; a visitor that takes all of these has ended. */
const WAITS_MAX = 2_000
const pause = new Int32Array(new SharedArrayBuffer(4))

/** Runs `open` until `lastTransaction` is the same before and after it; what it opened before is closed. */
export async function openBeside<T extends { close(): Promise<void> }>(
  dir: string,
  lastTransaction: () => number,
  open: () => T,
): Promise<T> {
  const path = join(dir, OPENING_FILE)
  const made = announce(path)
  try {
    for (;;) {
      const before = lastTransaction()
      const opened = open()
      if (lastTransaction() === before) return opened
      await opened.close()
    }
  } finally {
    if (made) rmSync(path, { force: true })
  }
}

/** True while another process opens the data. */
export function isBeingOpened(dir: string): boolean {
  return statSync(join(dir, OPENING_FILE), { throwIfNoEntry: false }) !== undefined
}

/** Returns when nobody opens the data any more. */
export function waitForOpening(dir: string, waitsMax = WAITS_MAX): void {
  waitUntil(() => !isBeingOpened(dir), join(dir, OPENING_FILE), waitsMax)
}

/** False where the directory cannot be written, which no owner can then do either. */
function announce(path: string): boolean {
  let made = false
  const isSettled = (): boolean => {
    try {
      closeSync(openSync(path, 'wx'))
      made = true
    } catch (error) {
      // Node's own errors carry a code.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    }
    return true
  }
  waitUntil(isSettled, path, WAITS_MAX)
  return made
}

/** The file of a visitor that ended while it opened is removed when its time is over. */
function waitUntil(done: () => boolean, path: string, waitsMax: number): void {
  for (let waited = 0; !done(); waited++) {
    if (waited >= waitsMax) rmSync(path, { force: true })
    Atomics.wait(pause, 0, 0, 1)
  }
}
