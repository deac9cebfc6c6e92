/**
 * Whether a change that was worked out from an older snapshot still holds on top of what others have committed since (Apache Iceberg,
 * format/spec.md, "Commit conflict resolution and retry"). What it does not look at: rows that others have added, which a change that
 * looked for keys in all rows has to exclude itself (`exclusive`).
 */
import type { ManifestFile } from '../format/manifest-file.ts'
import { isSameValue } from '../format/single-value.ts'
import type { Snapshot, TableMetadata } from '../metadata.ts'
import type { ContentFile, LiveFile } from '../table-port.ts'
import { mayName, referencedFile } from './plan-scan.ts'
import { specOf, type TableFiles } from './table-files.ts'

export interface ConflictHost {
  readonly files: TableFiles
  readonly metadata: TableMetadata
  /** Of the snapshot that the change goes on top of. */
  readonly manifests: readonly ManifestFile[]
  fail(what: string): void
}

/** Following parents as far as the table knows them. */
export function isAncestor(metadata: TableMetadata, id: number, of: Snapshot | undefined): boolean {
  return [...ancestors(metadata, of)].some((snapshot) => snapshot['snapshot-id'] === id)
}

/** The snapshot itself first. */
export function* ancestors(metadata: TableMetadata, of: Snapshot | undefined): Generator<Snapshot> {
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]))
  let snapshot = of
  while (snapshot !== undefined) {
    yield snapshot
    const parentId = snapshot['parent-snapshot-id']
    snapshot = parentId === undefined ? undefined : byId.get(parentId)
  }
}

/** What was read of removed files must not have been deleted since: it would come back with the files that replace them. */
export async function checkNoNewDeletes(
  host: ConflictHost,
  removed: ReadonlySet<string>,
  since: number,
  { keepsEqualities }: { readonly keepsEqualities: boolean },
): Promise<void> {
  if (removed.size === 0) return
  const { files, metadata, manifests } = host
  const newer = manifests.filter(
    (manifest) => manifest.content === 'deletes' && manifest.sequenceNumber > since,
  )
  const deletes: LiveFile[] = []
  for (const manifest of newer) {
    for (const { status, file } of await files.entries(manifest, metadata)) {
      if (status !== 'deleted' && file.sequenceNumber > since) deletes.push(file)
    }
  }
  if (deletes.length === 0) return
  for (const manifest of manifests) {
    if (manifest.content !== 'data') continue
    for (const { status, file } of await files.entries(manifest, metadata)) {
      if (status === 'deleted' || !removed.has(file.path)) continue
      const hit = deletes.find((each) => mayApply(metadata, each, file, keepsEqualities))
      if (hit !== undefined) host.fail(`rows of ${file.path} have been deleted by others`)
    }
  }
}

/** Files that new position deletes name must still be there: their rows may stand in other files by now. */
export async function checkReferenced(
  host: ConflictHost,
  added: readonly ContentFile[],
  before: Snapshot | undefined,
  parent: Snapshot | undefined,
): Promise<void> {
  const deletes = added.filter((file) => file.content === 'position-deletes')
  if (deletes.length === 0) return
  const { files, metadata, manifests } = host
  const own = new Set(added.map((file) => file.path))
  const missing = new Set<string>()
  for (const file of deletes) {
    const path = referencedFile(file)
    if (path !== undefined) {
      if (!own.has(path)) missing.add(path)
    } else if (removesData(metadata, before, parent)) {
      host.fail(`data files have been removed, and ${file.path} does not say which it is of`)
    }
  }
  for (const manifest of manifests) {
    if (missing.size === 0) return
    if (manifest.content !== 'data') continue
    for (const { status, file } of await files.entries(manifest, metadata)) {
      if (status !== 'deleted') missing.delete(file.path)
    }
  }
  if (missing.size > 0) host.fail(`${[...missing][0]} has been removed, and new deletes are of it`)
}

/** By what the summaries between two snapshots count. */
function removesData(
  metadata: TableMetadata,
  before: Snapshot | undefined,
  parent: Snapshot | undefined,
): boolean {
  for (const snapshot of ancestors(metadata, parent)) {
    if (snapshot['snapshot-id'] === before?.['snapshot-id']) return false
    const { operation } = snapshot.summary
    if (operation !== 'append' && snapshot.summary['deleted-data-files'] !== undefined) return true
  }
  return false
}

function mayApply(
  metadata: TableMetadata,
  deletes: LiveFile,
  file: LiveFile,
  keepsEqualities: boolean,
): boolean {
  const isSamePartition =
    deletes.specId === file.specId &&
    deletes.partition.every((value, i) => isSameValue(value, file.partition[i] ?? null))
  if (deletes.content === 'equality-deletes') {
    if (keepsEqualities || deletes.sequenceNumber <= file.sequenceNumber) return false
    return isSamePartition || specOf(metadata, deletes.specId).fields.length === 0
  }
  const referenced = referencedFile(deletes)
  return referenced === undefined ? isSamePartition && mayName(deletes, file.path) : referenced === file.path
}
