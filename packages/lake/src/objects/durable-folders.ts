/**
 * Makes folders whose entries survive a power cut: `ensure` resolves when each folder on the way has been synced into its parent since
 * it was made, whoever made it: another put that has not synced yet, or a process that was killed before it could.
 *
 * A folder is known by its number in the file system, so one that was deleted and made again is synced again. Cost: one stat for a
 * folder that is known; for another one a sync of each parent up to one that is.
 */
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** So many are remembered; what is forgotten is synced once more. */
const knownMax = 100_000

export class DurableFolders {
  readonly #known = new Map<string, bigint>()
  readonly #sync: (dir: string) => Promise<void>

  constructor(sync: (dir: string) => Promise<void> = syncFolder) {
    this.#sync = sync
  }

  /** Makes the folder, and what is missing on the way from `root`, which has to be there. */
  async ensure(root: string, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true })
    const synced: (readonly [string, bigint])[] = []
    for (let dir = folder; dir !== root; dir = dirname(dir)) {
      const { ino } = await stat(dir, { bigint: true })
      if (this.#known.get(dir) === ino) break
      await this.#sync(dirname(dir))
      synced.push([dir, ino])
    }
    if (this.#known.size + synced.length > knownMax) this.#known.clear()
    // Only now: a folder that is known stands for all above it.
    for (const [dir, ino] of synced) this.#known.set(dir, ino)
  }
}

export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
