/**
 * Tells which of some files have changed, by looking at them now and then: no event is missed, on whatever file system, however
 * an editor saves. A change is told once nothing changes any more, so that what is saved together is told together.
 * Cost: a stat for each file, and a listing for each folder, five times a second.
 */
import { readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Clock } from '@millrace/values'

const lookEveryMs = 200
/** What code is made of. Other files in a folder of code may be what it writes. */
const codeExtensions = new Set([
  '.js',
  '.mjs',
  '.cjs',
  '.ts',
  '.mts',
  '.cts',
  '.jsx',
  '.tsx',
  '.json',
  '.sql',
])
const filesMax = 20_000

export interface Watched {
  readonly files: readonly string[]
  /** With all below them but node_modules and what begins with a dot. */
  readonly folders: readonly string[]
}

export class FileWatch {
  readonly #clock: Clock
  #watched: Watched = { files: [], folders: [] }
  #marks = new Map<string, string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is watched from now on. What was watched before has its changes since the last look told by the next one. */
  set(watched: Watched): void {
    this.#watched = watched
    const marks = marksOf(watched)
    for (const [file, mark] of this.#marks) if (marks.has(file)) marks.set(file, mark)
    this.#marks = marks
  }

  /** Resolves with the files that have changed, come or gone; with none when the signal aborts. */
  async next(signal: AbortSignal): Promise<string[]> {
    const changed = new Set<string>()
    while (!signal.aborted) {
      const found = this.#look()
      if (found.length === 0 && changed.size > 0) return [...changed].sort()
      for (const file of found) changed.add(file)
      await this.#clock.sleep(lookEveryMs, signal)
    }
    return []
  }

  #look(): string[] {
    const before = this.#marks
    const now = marksOf(this.#watched)
    this.#marks = now
    const gone = [...before.keys()].filter((file) => !now.has(file))
    return [...gone, ...[...now].filter(([file, mark]) => before.get(file) !== mark).map(([file]) => file)]
  }
}

/** True for a file that lies in the folder or below it, and that the watch would find there. */
export function isBelow(folder: string, file: string): boolean {
  return file.startsWith(join(folder, '/'))
}

function marksOf({ files, folders }: Watched): Map<string, string> {
  const marks = new Map(files.map((file) => [file, markOf(file)]))
  for (const folder of folders) addFolder(folder, marks)
  return marks
}

function addFolder(folder: string, marks: Map<string, string>): void {
  for (const entry of entriesOf(folder)) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules' || marks.size >= filesMax) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) addFolder(path, marks)
    else if (codeExtensions.has(extname(entry.name))) marks.set(path, markOf(path))
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // It has just gone; its files are gone with it.
    return []
  }
}

function markOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? 'none' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
}
