/**
 * Local copies of remote objects, bounded in bytes. A copy's name says what it is a copy of, in which version, so a copy is never
 * stale; it appears whole (fetched beside, then renamed), also where several threads and processes share the folder. When there
 * are more bytes than allowed, the copies unused for longest go first; those used within the last ten minutes stay even so,
 * because somebody may be about to open the path that it was given.
 */
import { lstat, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@millrace/values'
import { partName, removeLeftovers } from './part-files.ts'

export interface FileCacheOptions {
  readonly dir: string
  readonly bytesMax: number
  readonly clock: Clock
}

const inUseMs = 600_000

export class FileCache {
  readonly #dir: string
  readonly #bytesMax: number
  readonly #clock: Clock
  readonly #fetching = new Map<string, Promise<string>>()
  /** Of all copies, as far as we know: others may have added some, which the next look at the folder finds. */
  #bytes: number | undefined

  constructor({ dir, bytesMax, clock }: FileCacheOptions) {
    this.#dir = dir
    this.#bytesMax = bytesMax
    this.#clock = clock
  }

  /** Path of the copy of this name, which `fetch` writes to the path that it is given if there is none. */
  file(name: string, fetch: (path: string) => Promise<void>): Promise<string> {
    let fetching = this.#fetching.get(name)
    if (fetching === undefined) {
      fetching = this.#find(name, fetch).finally(() => this.#fetching.delete(name))
      this.#fetching.set(name, fetching)
    }
    return fetching
  }

  async #find(name: string, fetch: (path: string) => Promise<void>): Promise<string> {
    const path = join(this.#dir, name)
    const now = this.#clock.now() / 1000
    try {
      await utimes(path, now, now)
      return path
    } catch {
      // There is no copy.
    }
    if (this.#bytes === undefined) {
      await mkdir(this.#dir, { recursive: true })
      await removeLeftovers(this.#dir, this.#clock)
      this.#bytes = sum(await this.#copies())
    }
    const part = join(this.#dir, partName())
    try {
      await fetch(part)
      this.#bytes += (await lstat(part)).size
      await utimes(part, now, now)
      await rename(part, path)
    } catch (cause) {
      await rm(part, { force: true })
      throw cause
    }
    if (this.#bytes > this.#bytesMax) await this.#evict()
    return path
  }

  async #evict(): Promise<void> {
    const copies = await this.#copies()
    let bytes = sum(copies)
    const unused = this.#clock.now() - inUseMs
    for (const copy of copies.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= this.#bytesMax || copy.usedAt > unused) break
      await rm(copy.path, { force: true })
      bytes -= copy.bytes
    }
    this.#bytes = bytes
  }

  async #copies(): Promise<Copy[]> {
    const copies: Copy[] = []
    for (const name of await readdir(this.#dir)) {
      if (name.endsWith('.part')) continue
      const path = join(this.#dir, name)
      const entry = await lstat(path).catch(() => undefined)
      if (entry?.isFile()) copies.push({ path, bytes: entry.size, usedAt: entry.mtimeMs })
    }
    return copies
  }
}

interface Copy {
  readonly path: string
  readonly bytes: number
  readonly usedAt: number
}

function sum(copies: readonly Copy[]): number {
  return copies.reduce((bytes, copy) => bytes + copy.bytes, 0)
}
