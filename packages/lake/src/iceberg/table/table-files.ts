/**
 * Files of one table: what its URLs are called in the bucket, and manifests, which never change and are therefore read once and kept
 * while there is room.
 */
import { LakeError } from '../../errors.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { type ResolvedEntry, readManifest } from '../format/manifest.ts'
import type { ManifestFile } from '../format/manifest-file.ts'
import { readManifestList } from '../format/manifest-list.ts'
import { partitionColumns } from '../format/manifest-schema.ts'
import type { PartitionSpec, Snapshot, TableMetadata } from '../metadata.ts'

/** Shared by the handles of many tables. Bounded by the files that manifests list, about 1 KB each. */
export class ManifestCache {
  readonly #entriesMax: number
  readonly #manifests = new Map<string, readonly ResolvedEntry[]>()
  readonly #lists = new Map<string, readonly ManifestFile[]>()
  #entries = 0

  constructor({ entriesMax = 100_000 }: { readonly entriesMax?: number } = {}) {
    this.#entriesMax = entriesMax
  }

  manifest(path: string): readonly ResolvedEntry[] | undefined {
    return touched(this.#manifests, path)
  }

  putManifest(path: string, entries: readonly ResolvedEntry[]): void {
    if (entries.length > this.#entriesMax || this.#manifests.has(path)) return
    this.#manifests.set(path, entries)
    this.#entries += entries.length
    this.#shrink()
  }

  list(path: string): readonly ManifestFile[] | undefined {
    return touched(this.#lists, path)
  }

  putList(path: string, list: readonly ManifestFile[]): void {
    if (list.length > this.#entriesMax || this.#lists.has(path)) return
    this.#lists.set(path, list)
    this.#entries += list.length
    this.#shrink()
  }

  #shrink(): void {
    for (const map of [this.#lists, this.#manifests]) {
      for (const [path, items] of map) {
        if (this.#entries <= this.#entriesMax) return
        map.delete(path)
        this.#entries -= items.length
      }
    }
  }
}

/** Moves what is used to the end, so that what is first was not used for longest. */
function touched<T>(map: Map<string, T>, path: string): T | undefined {
  const found = map.get(path)
  if (found === undefined) return undefined
  map.delete(path)
  map.set(path, found)
  return found
}

export class TableFiles {
  readonly store: ObjectStore
  readonly #cache: ManifestCache

  constructor(store: ObjectStore, cache: ManifestCache) {
    this.store = store
    this.#cache = cache
  }

  /** Error: ICEBERG_LOCATION_FOREIGN. */
  keyOf(url: string): string {
    const plain = plainUrl(url)
    if (plain.startsWith(`${this.store.url}/`)) return plain.slice(this.store.url.length + 1)
    throw new LakeError(
      'ICEBERG_LOCATION_FOREIGN',
      `${url} is not in the bucket "${this.store.name}" (${this.store.url}). A table is read and written in one bucket.`,
    )
  }

  urlOf(key: string): string {
    return `${this.store.url}/${key}`
  }

  /** Error: ICEBERG_FILE_MISSING. */
  async read(url: string): Promise<Uint8Array> {
    const bytes = await this.store.get(this.keyOf(url))
    if (bytes !== undefined) return bytes
    throw new LakeError(
      'ICEBERG_FILE_MISSING',
      `${url} is not there, though the table names it. It may have been removed as belonging to an expired snapshot; ` +
        'load the table again. If it is of the current snapshot, the table is damaged.',
    )
  }

  async write(url: string, bytes: Uint8Array): Promise<void> {
    await this.store.put(this.keyOf(url), { bytes })
  }

  async manifests(snapshot: Snapshot | undefined): Promise<readonly ManifestFile[]> {
    if (snapshot === undefined) return []
    const path = snapshot['manifest-list']
    const known = this.#cache.list(path)
    if (known !== undefined) return known
    const list = readManifestList(await this.read(path), path)
    this.#cache.putList(path, list)
    return list
  }

  async entries(manifest: ManifestFile, metadata: TableMetadata): Promise<readonly ResolvedEntry[]> {
    const known = this.#cache.manifest(manifest.path)
    if (known !== undefined) return known
    const columns = partitionColumns(specOf(metadata, manifest.specId), schemasNewestFirst(metadata))
    const entries = readManifest(await this.read(manifest.path), manifest, columns)
    this.#cache.putManifest(manifest.path, entries)
    return entries
  }
}

/** Error: ICEBERG_METADATA_INVALID: a manifest of a spec that the table has not. */
export function specOf(metadata: TableMetadata, specId: number): PartitionSpec {
  const spec = metadata['partition-specs'].find((each) => each['spec-id'] === specId)
  if (spec !== undefined) return spec
  throw new LakeError(
    'ICEBERG_METADATA_INVALID',
    `${metadata.location}: there is no partition spec ${specId}, though files of the table are of it.`,
  )
}

export function currentSchemaOf(metadata: TableMetadata) {
  // Checked when the metadata was read.
  return metadata.schemas.find((schema) => schema['schema-id'] === metadata['current-schema-id'])!
}

export function currentSpecOf(metadata: TableMetadata): PartitionSpec {
  return specOf(metadata, metadata['default-spec-id'])
}

/** So that types of partition sources are those of now, and of dropped columns those that they had last. */
export function schemasNewestFirst(metadata: TableMetadata) {
  const current = currentSchemaOf(metadata)
  const others = metadata.schemas.filter((schema) => schema !== current)
  return [current, ...others.sort((a, b) => b['schema-id'] - a['schema-id'])]
}

/** Other writers say the same place in other words: `file:/x` for `file:///x`, `s3a://` for `s3://`. */
function plainUrl(url: string): string {
  return url.replace(/^file:\/(?!\/)/, 'file:///').replace(/^s3[an]:\/\//, 's3://')
}
