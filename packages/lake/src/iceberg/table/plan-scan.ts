/**
 * Planning of a scan: from a snapshot to the data files that have to be read, each with the delete files that apply to it (Apache
 * Iceberg, format/spec.md, "Scan planning"):
 *   position deletes apply to data of their own age or older, in the same partition of the same spec, or to the one file they name
 *   equality deletes apply to older data, in the same partition, or everywhere if their spec has no fields
 * Cost: one read for the list of manifests and one for each manifest that partitions do not rule out, kept in the cache.
 */
import { LakeError } from '../../errors.ts'
import type { ManifestFile } from '../format/manifest-file.ts'
import { type PartitionColumn, partitionColumns } from '../format/manifest-schema.ts'
import { partitionKey } from '../format/partition-by.ts'
import type { IcebergSchema, Snapshot, TableMetadata } from '../metadata.ts'
import type { ContentFile, LiveFile, ScanOptions, ScanPlan, ScanTask, SnapshotAt } from '../table-port.ts'
import { type BoundPredicate, bindPredicate, mayMatchFile, mayMatchManifest } from './prune.ts'
import { currentSchemaOf, schemasNewestFirst, specOf, type TableFiles } from './table-files.ts'

/** Field ids of position delete files. */
export const deletePathId = 2_147_483_546
export const deletePositionId = 2_147_483_545

const decoder = new TextDecoder()

export async function planScan(
  files: TableFiles,
  metadata: TableMetadata,
  { at, where }: ScanOptions,
): Promise<ScanPlan> {
  const snapshot = snapshotAt(metadata, at)
  const schema = schemaOfScan(metadata, snapshot, at)
  if (snapshot === undefined) return { snapshot, schema, tasks: [], skipped: 0 }
  const predicate = where === undefined ? undefined : bindPredicate(schema, where)
  const columnsOf = memoized((specId: number) =>
    partitionColumns(specOf(metadata, specId), schemasNewestFirst(metadata)),
  )
  const manifests = await files.manifests(snapshot)
  const live = (manifest: ManifestFile) => manifest.added.files + manifest.existing.files
  const data: LiveFile[] = []
  let skipped = 0
  for (const manifest of manifests) {
    if (manifest.content !== 'data' || live(manifest) === 0) continue
    const columns = columnsOf(manifest.specId)
    if (predicate !== undefined && !mayMatchManifest(predicate, manifest, columns)) {
      skipped += live(manifest)
      continue
    }
    for (const { status, file } of await files.entries(manifest, metadata)) {
      if (status === 'deleted') continue
      if (predicate === undefined || mayMatchFile(predicate, file, columns)) data.push(file)
      else skipped++
    }
  }
  const deletes =
    data.length === 0 ? undefined : await readDeletes(files, metadata, manifests, predicate, columnsOf)
  const tasks = data.map((file): ScanTask => ({ file, deletes: deletes?.of(file) ?? [] }))
  return { snapshot, schema, tasks, skipped }
}

/** Error: ICEBERG_SNAPSHOT_MISSING. */
export function snapshotAt(metadata: TableMetadata, at: SnapshotAt | undefined): Snapshot | undefined {
  const missing = (what: string, hint: string) =>
    new LakeError('ICEBERG_SNAPSHOT_MISSING', `${metadata.location}: there is no snapshot ${what}. ${hint}`)
  const byId = (id: number | undefined) => metadata.snapshots.find((each) => each['snapshot-id'] === id)
  if (at === undefined) return byId(metadata['current-snapshot-id'])
  if ('snapshotId' in at) {
    const found = byId(at.snapshotId)
    if (found !== undefined) return found
    const ids = metadata.snapshots.map((snapshot) => snapshot['snapshot-id']).slice(-10)
    throw missing(
      String(at.snapshotId),
      `The newest are ${ids.join(', ') || 'none'}; older ones may have expired.`,
    )
  }
  if ('ref' in at) {
    const found = byId(metadata.refs[at.ref]?.['snapshot-id'])
    if (found !== undefined) return found
    // A new table has no main branch yet.
    if (at.ref === 'main') return undefined
    throw missing(
      `named "${at.ref}"`,
      `Branches and tags are ${Object.keys(metadata.refs).join(', ') || 'none'}.`,
    )
  }
  const log = metadata['snapshot-log']
  const entry = log.findLast((each) => each['timestamp-ms'] <= at.asOf)
  const found = byId(entry?.['snapshot-id'])
  if (found !== undefined) return found
  const first = log[0]
  throw missing(
    `of ${timeText(at.asOf)}`,
    first === undefined ? 'The table is empty.' : `The history begins at ${timeText(first['timestamp-ms'])}.`,
  )
}

function timeText(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}

function schemaOfScan(
  metadata: TableMetadata,
  snapshot: Snapshot | undefined,
  at: SnapshotAt | undefined,
): IcebergSchema {
  const current = currentSchemaOf(metadata)
  // A branch goes on with the table's schema; a tag, an id and a time are the past.
  const isPresent = at === undefined || ('ref' in at && metadata.refs[at.ref]?.type !== 'tag')
  if (isPresent || snapshot?.['schema-id'] === undefined) return current
  return metadata.schemas.find((schema) => schema['schema-id'] === snapshot['schema-id']) ?? current
}

async function readDeletes(
  files: TableFiles,
  metadata: TableMetadata,
  manifests: readonly ManifestFile[],
  predicate: BoundPredicate | undefined,
  columnsOf: (specId: number) => readonly PartitionColumn[],
): Promise<DeleteIndex> {
  const index = new DeleteIndex(metadata)
  for (const manifest of manifests) {
    if (manifest.content !== 'deletes' || manifest.added.files + manifest.existing.files === 0) continue
    // Deletes are in the partition of the data that they apply to, or in none.
    if (predicate !== undefined && !mayMatchManifest(predicate, manifest, columnsOf(manifest.specId)))
      continue
    for (const { status, file } of await files.entries(manifest, metadata)) {
      if (status !== 'deleted') index.add(file)
    }
  }
  return index
}

/** Finds the deletes of a data file. */
export class DeleteIndex {
  readonly #metadata: TableMetadata
  readonly #byPath = new Map<string, LiveFile[]>()
  readonly #positions = new Map<string, LiveFile[]>()
  readonly #equalities = new Map<string, LiveFile[]>()
  readonly #everywhere: LiveFile[] = []

  constructor(metadata: TableMetadata) {
    this.#metadata = metadata
  }

  add(file: LiveFile): void {
    if (file.content === 'position-deletes') {
      const path = referencedFile(file)
      if (path !== undefined) append(this.#byPath, path, file)
      else append(this.#positions, partitionKey(file.specId, file.partition), file)
    } else if (specOf(this.#metadata, file.specId).fields.length === 0) this.#everywhere.push(file)
    else append(this.#equalities, partitionKey(file.specId, file.partition), file)
  }

  of(file: LiveFile): readonly LiveFile[] {
    const partition = partitionKey(file.specId, file.partition)
    const found: LiveFile[] = []
    for (const each of this.#byPath.get(file.path) ?? []) {
      if (each.sequenceNumber >= file.sequenceNumber) found.push(each)
    }
    for (const each of this.#positions.get(partition) ?? []) {
      if (each.sequenceNumber >= file.sequenceNumber && mayName(each, file.path)) found.push(each)
    }
    for (const list of [this.#equalities.get(partition) ?? [], this.#everywhere]) {
      for (const each of list) if (each.sequenceNumber > file.sequenceNumber) found.push(each)
    }
    return found
  }
}

/** The one data file that position deletes are of; undefined where there are several, or nobody says. */
export function referencedFile(file: ContentFile): string | undefined {
  if (file.referencedDataFile !== undefined) return file.referencedDataFile
  const lower = file.metrics.lower.get(deletePathId)
  const upper = file.metrics.upper.get(deletePathId)
  if (lower === undefined || upper === undefined || Buffer.compare(lower, upper) !== 0) return undefined
  return decoder.decode(lower)
}

/** Whether position deletes may be of a data file, by the range of paths in them. */
export function mayName(file: ContentFile, path: string): boolean {
  const bytes = Buffer.from(path)
  const lower = file.metrics.lower.get(deletePathId)
  const upper = file.metrics.upper.get(deletePathId)
  return (
    (lower === undefined || Buffer.compare(lower, bytes) <= 0) &&
    (upper === undefined || Buffer.compare(upper, bytes) >= 0)
  )
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function memoized<V>(make: (key: number) => V): (key: number) => V {
  const made = new Map<number, V>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}
