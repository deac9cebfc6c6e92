/**
 * Small JSON documents with names and versions, in a folder: NAME.VERSION.json, each written once. People can read them, every process
 * of a data directory can write them, and none of them overwrites what another one has changed.
 *
 * A save writes and syncs a hidden file, then gives it its name by a hard link, of which the file system makes one at most: of two that
 * were made of the same version one wins. Readers take the highest version, so they see it whole or not at all. Older versions are
 * removed after it, but for some that a slow writer may still be measured against; a writer that finds that it came behind one of
 * these takes its own away.
 */
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface VersionedFile {
  readonly name: string
  /** From 1. */
  readonly version: number
  readonly text: string
}

const namePattern = /^([A-Za-z0-9_-]{1,100})\.([1-9]\d{0,8})\.json$/
/** Newest versions of a document that stay. */
const versionsKept = 3

export class VersionedFiles {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** By name. */
  async list(): Promise<VersionedFile[]> {
    const newest = new Map<string, number>()
    for (const { name, version } of await this.#versions())
      newest.set(name, Math.max(version, newest.get(name) ?? 0))
    const names = [...newest.keys()].sort()
    const files = await Promise.all(names.map((name) => this.read(name)))
    return files.filter((file) => file !== undefined)
  }

  async read(name: string): Promise<VersionedFile | undefined> {
    // A newer version may take the place of the one found, at any time. One that is found again and cannot be read is a link to nothing.
    for (let before = 0; ; ) {
      const version = await this.version(name)
      if (version === 0 || version === before) return undefined
      before = version
      const text = await readText(this.#path(name, version))
      if (text !== undefined) return { name, version, text }
    }
  }

  /** 0: there is none. */
  async version(name: string): Promise<number> {
    const versions = await this.#versions()
    return Math.max(0, ...versions.filter((file) => file.name === name).map((file) => file.version))
  }

  /** Undefined: it is at another version than `of` by now. 0: there is to be none. */
  async save(name: string, text: string, of: number): Promise<number | undefined> {
    await mkdir(this.#dir, { recursive: true })
    if ((await this.version(name)) !== of) return undefined
    const version = of + 1
    const part = join(this.#dir, `.${randomUUID()}.part`)
    try {
      await writeSynced(part, text)
      try {
        await link(part, this.#path(name, version))
      } catch (error) {
        if (isCode(error, 'EEXIST')) return undefined
        throw error
      }
    } finally {
      await rm(part, { force: true })
    }
    if ((await this.version(name)) !== version) {
      await rm(this.#path(name, version), { force: true })
      return undefined
    }
    await this.#sync()
    await this.#removeOlder(name, version - versionsKept)
    return version
  }

  /** false: it is at another version by now. */
  async remove(name: string, of: number): Promise<boolean> {
    if ((await this.version(name)) !== of) return false
    // The oldest first, so that no older version is the newest in between.
    await this.#removeOlder(name, of)
    await this.#sync()
    return true
  }

  async #removeOlder(name: string, upTo: number): Promise<void> {
    const versions = (await this.#versions()).filter((file) => file.name === name && file.version <= upTo)
    for (const { version } of versions.sort((a, b) => a.version - b.version))
      await rm(this.#path(name, version), { force: true })
  }

  async #versions(): Promise<{ readonly name: string; readonly version: number }[]> {
    let entries: string[]
    try {
      entries = await readdir(this.#dir)
    } catch (error) {
      if (isCode(error, 'ENOENT')) return []
      throw error
    }
    return entries.flatMap((entry) => {
      const [, name, version] = namePattern.exec(entry) ?? []
      return name === undefined ? [] : [{ name, version: Number(version) }]
    })
  }

  async #sync(): Promise<void> {
    const folder = await open(this.#dir)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  #path(name: string, version: number): string {
    return join(this.#dir, `${name}.${version}.json`)
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
