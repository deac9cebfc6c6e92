/** Which files snapshots are made of: their lists of manifests, manifests, data and delete files. */
import type { ManifestFile } from '../format/manifest-file.ts'
import type { Snapshot, TableMetadata } from '../metadata.ts'
import type { TableFiles } from '../table/table-files.ts'

export interface ReachOptions {
  /** Also files that a snapshot has removed; they stand in its manifests as deleted. */
  readonly withDeleted?: boolean
  /** A file of a snapshot that is gone already is passed over: an earlier removal was stopped half-way. */
  readonly isLenient?: boolean
}

/** URLs. Each manifest is read once, however many snapshots have it. */
export async function reachableFiles(
  files: TableFiles,
  metadata: TableMetadata,
  snapshots: readonly Snapshot[],
  { withDeleted = false, isLenient = false }: ReachOptions = {},
): Promise<Set<string>> {
  const found = new Set<string>()
  const manifests = new Map<string, ManifestFile>()
  for (const snapshot of snapshots) {
    found.add(snapshot['manifest-list'])
    const list = await readOr(() => files.manifests(snapshot), isLenient)
    for (const manifest of list ?? []) manifests.set(manifest.path, manifest)
  }
  for (const manifest of manifests.values()) {
    found.add(manifest.path)
    const entries = await readOr(() => files.entries(manifest, metadata), isLenient)
    for (const { status, file } of entries ?? [])
      if (withDeleted || status !== 'deleted') found.add(file.path)
  }
  return found
}

async function readOr<T>(read: () => Promise<T>, isLenient: boolean): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ICEBERG_FILE_MISSING'
    if (isLenient && isMissing) return undefined
    throw error
  }
}
