/**
 * Tables as folders of a bucket, without any service: `db/orders/metadata/v7.metadata.json` is version 7 of the table db.orders.
 *   PREFIX db/.namespace.json           the namespace `db` and its properties
 *   PREFIX db/orders/metadata/vN.metadata.json, version-hint.text (N as text), manifests; data/ with the rows
 * A commit puts version N + 1 under its name if no object is there: of several committers one wins, the others load what it made and
 * try again. The hint is written afterwards and may be old: reading begins there and goes on to the last version that exists.
 * This is the layout of Iceberg's Hadoop catalog, so engines find the tables by their path. Its commit relies on put-if-absent, which
 * folders (link) and S3 (If-None-Match) have.
 *
 * Dropping takes the metadata away, newest last, so that the table is there or not; what is dropped while somebody commits to it may
 * come back. Renaming is refused: a table is where its name says.
 */
import { type Clock, systemClock } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { applyUpdates, checkRequirements } from '../format/apply-updates.ts'
import { readMetadata, writeMetadata } from '../format/read-metadata.ts'
import type { TableMetadata, TableRequirement, TableUpdate } from '../metadata.ts'
import type { LoadedTable, TableCatalog, TableName } from '../table-catalog.ts'

export interface FolderCatalogOptions {
  /** Folder in the bucket, with a slash at the end; the whole bucket unless given. */
  readonly prefix?: string
  readonly clock?: Clock
}

interface Version extends LoadedTable {
  readonly number: number
  /** Of its object. */
  readonly etag: string
}

const namespaceFile = '.namespace.json'
const attemptsMax = 50
const knownMax = 100

export class FolderCatalog implements TableCatalog {
  readonly store: ObjectStore
  readonly #prefix: string
  readonly #clock: Clock
  /** The newest version of each table that was read last, by its folder. */
  readonly #known = new Map<string, Version>()

  constructor(store: ObjectStore, options: FolderCatalogOptions = {}) {
    this.store = store
    this.#prefix = options.prefix ?? ''
    this.#clock = options.clock ?? systemClock
  }

  async listNamespaces(parent: readonly string[] = []): Promise<readonly (readonly string[])[]> {
    if (parent.length > 0) await this.#mustHaveNamespace(parent)
    const folder = this.#folder(parent)
    const namespaces: (readonly string[])[] = []
    for await (const name of this.#children(folder)) {
      const isNamespace = (await this.store.head(`${folder}${name}/${namespaceFile}`)) !== undefined
      if (isNamespace) namespaces.push([...parent, name])
    }
    return namespaces
  }

  async namespaceProperties(
    namespace: readonly string[],
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const bytes = await this.store.get(this.#folder(namespace) + namespaceFile)
    if (bytes === undefined) return undefined
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const texts = Object.entries(value ?? {}).filter(([, text]) => typeof text === 'string')
    return Object.fromEntries(texts)
  }

  async createNamespace(
    namespace: readonly string[],
    properties: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    if (namespace.length > 1) await this.#mustHaveNamespace(namespace.slice(0, -1))
    const bytes = new TextEncoder().encode(JSON.stringify(properties))
    const key = this.#folder(namespace) + namespaceFile
    const made = await this.store.put(key, { bytes }, { ifAbsent: true, contentType: 'application/json' })
    if (made === undefined) {
      throw new LakeError('NAMESPACE_EXISTS', `The namespace "${namespace.join('.')}" exists already.`)
    }
  }

  async dropNamespace(namespace: readonly string[]): Promise<void> {
    await this.#mustHaveNamespace(namespace)
    const folder = this.#folder(namespace)
    const [tables, namespaces] = [await this.listTables(namespace), await this.listNamespaces(namespace)]
    if (tables.length > 0 || namespaces.length > 0) {
      throw new LakeError(
        'NAMESPACE_NOT_EMPTY',
        `The namespace "${namespace.join('.')}" holds ${tables.length} tables and ${namespaces.length} namespaces. Drop them first.`,
      )
    }
    await this.store.delete([folder + namespaceFile])
  }

  async listTables(namespace: readonly string[]): Promise<readonly TableName[]> {
    await this.#mustHaveNamespace(namespace)
    const folder = this.#folder(namespace)
    const tables: TableName[] = []
    for await (const name of this.#children(folder)) {
      if ((await this.#newestObject(`${folder}${name}/`)) !== undefined) tables.push({ namespace, name })
    }
    return tables
  }

  async loadTable(table: TableName): Promise<LoadedTable | undefined> {
    return this.#newest(table)
  }

  async createTable(table: TableName, updates: readonly TableUpdate[]): Promise<LoadedTable> {
    await this.#mustHaveNamespace(table.namespace)
    const folder = this.#tableFolder(table)
    const exists = () =>
      new LakeError(
        'ICEBERG_TABLE_EXISTS',
        `The table "${textOf(table)}" exists already, in ${this.#url(folder)}.`,
      )
    if ((await this.#newest(table)) !== undefined) throw exists()
    const location = this.#url(folder).replace(/\/$/, '')
    const metadata = applyUpdates(undefined, [{ action: 'set-location', location }, ...updates], {
      now: this.#clock.now(),
      baseLocation: undefined,
    })
    if (metadata.location !== location) {
      throw new LakeError(
        'COMMIT_INVALID',
        `The table "${textOf(table)}" cannot be at ${metadata.location}: this catalog keeps it at ${location}.`,
      )
    }
    const made = await this.#put(table, 1, metadata)
    if (made === undefined) throw exists()
    return made
  }

  async commitTable(
    table: TableName,
    requirements: readonly TableRequirement[],
    updates: readonly TableUpdate[],
  ): Promise<LoadedTable> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const current = await this.#newest(table)
      if (current === undefined) throw missing(table)
      checkRequirements(current.metadata, requirements)
      const next = applyUpdates(current.metadata, updates, {
        now: this.#clock.now(),
        baseLocation: current.metadataLocation,
      })
      if (next.location !== current.metadata.location) {
        throw new LakeError(
          'COMMIT_INVALID',
          `The table "${textOf(table)}" cannot move to ${next.location}: a table of a folder is where its name says.`,
        )
      }
      const made = await this.#put(table, current.number + 1, next)
      if (made !== undefined) {
        await this.#dropOldMetadata(table, current.metadata, next)
        return made
      }
      // Somebody else was first; what they made may still meet the requirements.
    }
    throw new LakeError(
      'COMMIT_CONFLICT',
      `The table "${textOf(table)}" was changed by others ${attemptsMax} times in a row while it was to be changed. Try again later.`,
    )
  }

  async dropTable(table: TableName, options: { readonly purge?: boolean } = {}): Promise<void> {
    const folder = this.#tableFolder(table)
    if ((await this.#newest(table)) === undefined) throw missing(table)
    const versions = await this.#versions(folder)
    const keys = versions.map((version) => versionKey(folder, version))
    // Old versions first: until the newest is gone the table is whole.
    await this.store.delete(keys.slice(0, -1))
    await this.store.delete(keys.slice(-1))
    await this.store.delete([hintKey(folder)])
    if (options.purge !== true) return
    const rest: string[] = []
    for await (const key of this.#keysBelow(folder)) rest.push(folder + key)
    for (let i = 0; i < rest.length; i += 1000) await this.store.delete(rest.slice(i, i + 1000))
  }

  async renameTable(from: TableName, to: TableName): Promise<void> {
    throw new LakeError(
      'ICEBERG_RENAME_UNSUPPORTED',
      `"${textOf(from)}" cannot become "${textOf(to)}": tables of a folder are where their name says, and their files ` +
        'name each other by their place. Make a new table, and fill it by a query.',
    )
  }

  async #newest(table: TableName): Promise<Version | undefined> {
    const folder = this.#tableFolder(table)
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const object = await this.#newestObject(folder)
      if (object === undefined) return undefined
      const { number, etag } = object
      const known = this.#known.get(folder)
      // By its etag as well: a table that was dropped and made again begins anew at 1.
      if (known?.number === number && known.etag === etag) return known
      const key = versionKey(folder, number)
      const bytes = await this.store.get(key)
      // Gone in between: others have made so many versions that this one was cleared away.
      if (bytes === undefined) continue
      const metadataLocation = this.#url(key)
      const version = { number, etag, metadataLocation, metadata: readMetadata(bytes, metadataLocation) }
      this.#remember(folder, version)
      return version
    }
    return undefined
  }

  /** Versions do not change, and reading one again costs as much as its history is long. */
  #remember(folder: string, version: Version): void {
    this.#known.delete(folder)
    this.#known.set(folder, version)
    const oldest = this.#known.keys().next().value
    if (this.#known.size > knownMax && oldest !== undefined) this.#known.delete(oldest)
  }

  async #newestObject(
    folder: string,
  ): Promise<{ readonly number: number; readonly etag: string } | undefined> {
    const hint = await this.store.get(hintKey(folder))
    const head = async (number: number) => {
      const object = await this.store.head(versionKey(folder, number))
      return object === undefined ? undefined : { number, etag: object.etag }
    }
    const hinted = hint === undefined ? Number.NaN : Number(new TextDecoder().decode(hint).trim())
    let newest = Number.isSafeInteger(hinted) && hinted > 0 ? await head(hinted) : undefined
    if (newest === undefined) {
      const last = (await this.#versions(folder)).at(-1)
      return last === undefined ? undefined : head(last)
    }
    for (let next = await head(newest.number + 1); next !== undefined; next = await head(next.number + 1))
      newest = next
    return newest
  }

  /** All that exist, in order. */
  async #versions(folder: string): Promise<number[]> {
    const versions: number[] = []
    for await (const rest of this.#keysBelow(`${folder}metadata/v`)) {
      const version = versionOf(`v${rest}`)
      if (version !== undefined) versions.push(version)
    }
    return versions.sort((a, b) => a - b)
  }

  /** Undefined: the version exists, made by somebody else. */
  async #put(table: TableName, number: number, metadata: TableMetadata): Promise<Version | undefined> {
    const folder = this.#tableFolder(table)
    const key = versionKey(folder, number)
    const bytes = writeMetadata(metadata)
    let etag: string | undefined
    try {
      const stored = await this.store.put(key, { bytes }, { ifAbsent: true, contentType: 'application/json' })
      etag = stored?.etag
    } catch (cause) {
      // The put may have been made although its answer was lost. What is there tells; if nothing is, it may still arrive.
      const found = await this.store.get(key).catch(() => undefined)
      if (found === undefined) {
        throw new LakeError(
          'COMMIT_UNKNOWN',
          `Whether version ${number} of the table "${textOf(table)}" was stored could not be learned. Load the table and look.`,
          { cause },
        )
      }
      if (Buffer.compare(found, bytes) === 0) etag = ''
    }
    if (etag === undefined) return undefined
    // Only a hint: whoever finds it old goes on from there.
    const hint = new TextEncoder().encode(String(number))
    await this.store
      .put(hintKey(folder), { bytes: hint }, { contentType: 'text/plain' })
      .catch(() => undefined)
    const made = { number, etag, metadataLocation: this.#url(key), metadata }
    this.#remember(folder, made)
    return made
  }

  /** What has just left the metadata log, if the table says so. Left over after a stop, it is an orphan. */
  async #dropOldMetadata(table: TableName, before: TableMetadata, after: TableMetadata): Promise<void> {
    if (after.properties['write.metadata.delete-after-commit.enabled'] !== 'true') return
    const kept = new Set(after['metadata-log'].map((entry) => entry['metadata-file']))
    const folder = this.#url(`${this.#tableFolder(table)}metadata/`)
    const keys = before['metadata-log']
      .map((entry) => entry['metadata-file'])
      .filter((file) => !kept.has(file) && file.startsWith(folder))
      .map((file) => file.slice(this.store.url.length + 1))
    if (keys.length > 0) await this.store.delete(keys).catch(() => undefined)
  }

  async #mustHaveNamespace(namespace: readonly string[]): Promise<void> {
    if ((await this.store.head(this.#folder(namespace) + namespaceFile)) !== undefined) return
    throw new LakeError(
      'NAMESPACE_MISSING',
      `There is no namespace "${namespace.join('.')}" in ${this.#url(this.#prefix)}. Make it with createNamespace.`,
    )
  }

  #folder(namespace: readonly string[]): string {
    return this.#prefix + namespace.map((part) => `${checkedName(part)}/`).join('')
  }

  #tableFolder(table: TableName): string {
    return `${this.#folder(table.namespace)}${checkedName(table.name)}/`
  }

  #url(key: string): string {
    return `${this.store.url}/${key}`
  }

  /** Names of folders right below one. Goes from folder to folder, however much lies inside of them. */
  async *#children(folder: string): AsyncGenerator<string> {
    let after: string | undefined
    for (;;) {
      const page = await this.store.list(folder, after === undefined ? { limit: 1 } : { after, limit: 1 })
      const key = page.objects[0]?.key
      if (key === undefined) return
      const name = key.slice(folder.length).split('/')[0]!
      const isFolder = key.length > folder.length + name.length
      if (isFolder) yield name
      // "0" is the character after "/": behind everything in the folder.
      after = isFolder ? `${folder}${name}0` : key
    }
  }

  async *#keysBelow(prefix: string): AsyncGenerator<string> {
    let after: string | undefined
    for (;;) {
      const page = await this.store.list(prefix, after === undefined ? {} : { after })
      for (const { key } of page.objects) yield key.slice(prefix.length)
      after = page.objects.at(-1)?.key
      if (!page.more || after === undefined) return
    }
  }
}

function versionKey(folder: string, version: number): string {
  return `${folder}metadata/v${version}.metadata.json`
}

function hintKey(folder: string): string {
  return `${folder}metadata/version-hint.text`
}

function versionOf(file: string): number | undefined {
  const digits = /^v([1-9]\d{0,14})\.metadata\.json$/.exec(file)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Names become folders, and a few of them have a meaning there. */
function checkedName(name: string): string {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_ .-]{0,127}$/u.test(name) && name !== 'metadata' && name !== 'data')
    return name
  throw new LakeError(
    'ICEBERG_NAME_INVALID',
    `${JSON.stringify(name)} cannot be the name of a namespace or table in a folder: letters, digits, "_", "-", "." and blanks, ` +
      'beginning with a letter, digit or "_", at most 128; not "metadata" or "data".',
  )
}

function textOf(table: TableName): string {
  return [...table.namespace, table.name].join('.')
}

function missing(table: TableName): LakeError {
  return new LakeError('ICEBERG_TABLE_MISSING', `There is no table "${textOf(table)}".`)
}
