/**
 * Objects as files of a folder: the object `a/b` is the file `a/b`, so that every other tool can read it. What is being written
 * lies in the hidden folder `.millrace/`, of the same file system, under a name that says who writes it; listings never show that
 * folder, and what writers have left there that are no more is removed when the store is first used.
 *
 * A put: temporary file, sync, then rename (with `ifAbsent` a hard link, of which the file system makes one at most), then sync of
 * the folder. So a reader sees an object whole or not at all, and what was acknowledged survives a power cut. Beyond the keys that
 * no store takes, a key is refused where it would run through a symbolic link, or through an object as if it were a folder;
 * links are not shown and not followed.
 *
 * ETags are made of the file's number, size and time of change, so that neither listing nor head have to read objects: they differ
 * whenever a put has replaced an object or another tool has written it, and are the same for the same file.
 *
 * Cost: a put writes the bytes once and syncs twice (moved files are not written again); a page of a listing reads the folders
 * that it runs through, whole, and one entry for each object shown. Content types are not kept.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, lstat, mkdir, open, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Clock } from '@millrace/values'
import { LakeError } from '../errors.ts'
import { compareKeys } from './compare-keys.ts'
import { DurableFolders, syncFolder } from './durable-folders.ts'
import { assertObjectKey, hiddenFolder, isObjectKey, shownKey } from './object-key.ts'
import type { ObjectBody, ObjectList, ObjectStore, PutOptions, StoredObject } from './object-store.ts'
import { partName, removeLeftovers } from './part-files.ts'
import type { OnPutStep } from './put-step.ts'

export interface FolderObjectStoreOptions {
  readonly name: string
  /** Absolute; made when something is first put. */
  readonly dir: string
  readonly clock: Clock
  /** For tests that kill. */
  readonly onPutStep?: OnPutStep
}

export class FolderObjectStore implements ObjectStore {
  readonly name: string
  readonly url: string
  readonly #folders = new DurableFolders()
  readonly #dir: string
  readonly #clock: Clock
  readonly #onPutStep: OnPutStep | undefined
  #sweeping: Promise<void> | undefined
  #root: Promise<string> | undefined

  constructor({ name, dir, clock, onPutStep }: FolderObjectStoreOptions) {
    this.name = name
    this.#dir = resolve(dir)
    this.url = pathToFileURL(this.#dir).href
    this.#clock = clock
    this.#onPutStep = onPutStep
  }

  async put(
    key: string,
    body: ObjectBody,
    { ifAbsent = false }: PutOptions = {},
  ): Promise<StoredObject | undefined> {
    assertObjectKey(key)
    return this.#guarded('put', key, async () => {
      const root = await this.#makeRoot()
      await this.#onPutStep?.('begin', key)
      // Spares the writing; who wins is decided by the file system even so.
      if (ifAbsent && (await this.#stored(key, join(root, key))) !== undefined) {
        if ('file' in body && body.isMove) await rm(body.file, { force: true })
        return undefined
      }
      const part = join(root, hiddenFolder, partName())
      try {
        await writePart(part, body)
      } catch (cause) {
        await rm(part, { force: true })
        throw cause
      }
      await this.#onPutStep?.('written', key)
      const path = join(root, key)
      const isMade = await this.#makeVisible(root, key, part, { ifAbsent })
      if ('file' in body && body.isMove) await rm(body.file, { force: true })
      if (!isMade) return undefined
      await this.#onPutStep?.('visible', key)
      await syncFolder(dirname(path))
      return this.#stored(key, path)
    })
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    assertObjectKey(key)
    return this.#guarded('get', key, async () => {
      const path = await this.#pathOf(key)
      if (path === undefined) return undefined
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        return new Uint8Array(await file.readFile())
      } finally {
        await file.close()
      }
    })
  }

  async head(key: string): Promise<StoredObject | undefined> {
    assertObjectKey(key)
    return this.#guarded('head', key, async () => {
      const path = await this.#pathOf(key)
      return path === undefined ? undefined : this.#stored(key, path)
    })
  }

  async list(prefix: string, { after = '', limit = 1000 } = {}): Promise<ObjectList> {
    const objects: StoredObject[] = []
    const isMore = await this.#guarded('list', prefix, async () => {
      for await (const key of this.#keys('', prefix, after)) {
        const stored = await this.#stored(key, join(this.#dir, key))
        if (stored === undefined) continue
        if (objects.length === limit) return true
        objects.push(stored)
      }
      return false
    })
    return { objects, more: isMore ?? false }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) assertObjectKey(key)
    for (const key of keys) {
      await this.#guarded('delete', key, async () => {
        const path = await this.#pathOf(key)
        if (path === undefined) return
        await rm(path, { force: true })
        await this.#removeEmptyFolders(dirname(path))
      })
    }
  }

  async localFile(key: string): Promise<string> {
    assertObjectKey(key)
    const path = await this.#guarded('read', key, () => this.#pathOf(key))
    if (path === undefined)
      throw new LakeError('OBJECT_MISSING', `${this.url} holds no object ${shownKey(key)}.`)
    return path
  }

  async close(): Promise<void> {
    await this.#sweeping
  }

  /** The folder's real path. Made if need be, with all that a put relies on. */
  async #makeRoot(): Promise<string> {
    this.#root ??= (async () => {
      const hidden = join(this.#dir, hiddenFolder)
      // The bucket's own folder may be new, and folders above it that are not need not be ours to read.
      const made = await mkdir(hidden, { recursive: true })
      await this.#folders.ensure(made === undefined ? this.#dir : dirname(made), hidden)
      return realpath(this.#dir)
    })()
    try {
      const root = await this.#root
      this.#sweeping ??= removeLeftovers(join(root, hiddenFolder), this.#clock)
      await this.#sweeping
      return root
    } catch (cause) {
      this.#root = undefined
      this.#sweeping = undefined
      throw cause
    }
  }

  /** False if `ifAbsent` is said and there is an object. */
  async #makeVisible(
    root: string,
    key: string,
    part: string,
    { ifAbsent }: { ifAbsent: boolean },
  ): Promise<boolean> {
    const path = join(root, key)
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#makeParent(root, key)
        if (!ifAbsent) await rename(part, path)
        else {
          await link(part, path)
          await rm(part)
        }
        return true
      } catch (cause) {
        const code = codeOf(cause)
        // A delete has removed the folder in between, since it was empty.
        if (code === 'ENOENT' && attempt < 10) continue
        await rm(part, { force: true })
        if (ifAbsent && code === 'EEXIST') {
          const there = await lstat(path)
          if (there.isFile()) return false
        }
        if (code === 'EISDIR' || code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'ENOTDIR') {
          throw taken(key, cause)
        }
        throw cause
      }
    }
  }

  /** The object's folder, which has to be where its key says: no link may lead elsewhere. */
  async #makeParent(root: string, key: string): Promise<void> {
    const parent = dirname(join(root, key))
    try {
      await this.#folders.ensure(root, parent)
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST' || codeOf(cause) === 'ENOTDIR') throw taken(key, cause)
      throw cause
    }
    if ((await realpath(parent)) !== parent) {
      throw new LakeError(
        'OBJECT_KEY_INVALID',
        `The key ${shownKey(key)} runs through a symbolic link in ${root}, which is not followed. Use another key, or make the bucket's folder the one that the link leads to.`,
      )
    }
  }

  /** Undefined where there is no file, or a link on the way. */
  async #pathOf(key: string): Promise<string | undefined> {
    const path = join(this.#dir, key)
    const entry = await lstat(path)
    if (!entry.isFile()) return undefined
    const [root, real] = await Promise.all([realpath(this.#dir), realpath(path)])
    return real === join(root, key) ? real : undefined
  }

  async #stored(key: string, path: string): Promise<StoredObject | undefined> {
    const entry = await lstat(path, { bigint: true }).catch((cause: unknown) => {
      if (isAbsent(cause)) return undefined
      throw cause
    })
    if (entry === undefined || !entry.isFile()) return undefined
    const etag = createHash('md5').update(`${entry.ino} ${entry.size} ${entry.mtimeNs}`).digest('hex')
    return { key, bytes: Number(entry.size), etag, modifiedAt: Number(entry.mtimeMs) }
  }

  /** Below the folder with this key (ending in a slash, or empty), in order, after `after`. Symbolic links are left out. */
  async *#keys(folder: string, prefix: string, after: string): AsyncGenerator<string> {
    const entries = await readdir(join(this.#dir, folder), { withFileTypes: true }).catch(
      (cause: unknown) => {
        if (isAbsent(cause)) return []
        throw cause
      },
    )
    // A folder sorts as its objects do: with the slash.
    const keys = entries
      .filter(
        (entry) => (entry.isFile() || entry.isDirectory()) && !(folder === '' && entry.name === hiddenFolder),
      )
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .filter((key) => key.startsWith(prefix) || (key.endsWith('/') && prefix.startsWith(key)))
      .filter((key) => compareKeys(key, after) > 0 || (key.endsWith('/') && after.startsWith(key)))
      .sort(compareKeys)
    for (const key of keys) {
      if (key.endsWith('/')) yield* this.#keys(key, prefix, after)
      else if (isObjectKey(key)) yield key
    }
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    const root = await realpath(this.#dir)
    for (let dir = folder; dir !== root; dir = dirname(dir)) {
      try {
        await rmdir(dir)
      } catch {
        // It holds something, or another call was first.
        return
      }
    }
  }

  /** Undefined where a file or folder is not there. Errors: as they came if ours, else OBJECT_STORE_FAILED. */
  async #guarded<T>(action: string, key: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof LakeError || !(cause instanceof Error) || !('code' in cause)) throw cause
      if (action !== 'put' && isAbsent(cause)) return undefined
      throw new LakeError(
        'OBJECT_STORE_FAILED',
        `Cannot ${action} ${shownKey(key)} in the folder ${this.#dir}: ${cause.message}. Check that the folder is there, may be written and has space.`,
        { cause },
      )
    }
  }
}

/** All bytes of the body in a new file, on disk. */
async function writePart(part: string, body: ObjectBody): Promise<void> {
  if ('file' in body) {
    if (body.isMove && (await renamed(body.file, part))) {
      await syncFile(part)
      return
    }
    await copyFile(body.file, part, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    await syncFile(part)
    return
  }
  const file = await open(part, 'wx')
  try {
    await file.writeFile(body.bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** False where the file is on another file system. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (cause) {
    if (codeOf(cause) === 'EXDEV') return false
    throw cause
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

function taken(key: string, cause: unknown): LakeError {
  return new LakeError(
    'OBJECT_KEY_INVALID',
    `The key ${shownKey(key)} cannot be used in a folder that has another object in its way: "a" and "a/b" cannot both be files. Use another key, or a bucket of S3, where they can.`,
    { cause },
  )
}

function isAbsent(error: unknown): boolean {
  const code = codeOf(error)
  // ELOOP: the last part is a link.
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
