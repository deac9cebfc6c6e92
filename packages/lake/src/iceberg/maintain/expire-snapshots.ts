/**
 * Expiry: old snapshots leave the table's metadata, then the files that no kept snapshot has any more are removed. In this order: a stop
 * in between leaves files that nobody names, which `removeOrphans` finds. No file of a kept snapshot, branch or tag is ever removed.
 *
 * Readers that are still at an expired snapshot lose its files; `maxAgeMs` is therefore longer than a query takes.
 */
import type { TableUpdate } from '../metadata.ts'
import type { Table } from '../table/open-table.ts'
import { reachableFiles } from './reachable.ts'
import { type RetentionOptions, retained } from './retained.ts'

export interface ExpiryOutcome {
  readonly snapshots: number
  readonly refs: readonly string[]
  /** Data, delete and metadata files that were removed. */
  readonly files: number
}

const keysAtOnce = 500

/** Errors: those of commits, and of reading manifests. */
export async function expireSnapshots(table: Table, options: RetentionOptions = {}): Promise<ExpiryOutcome> {
  await table.refresh()
  const now = table.clock.now()
  let before = table.metadata
  let retention = retained(before, now, options)
  await table.change((metadata) => {
    before = metadata
    retention = retained(metadata, now, options)
    const updates: TableUpdate[] = retention.endedRefs.map((name) => ({
      action: 'remove-snapshot-ref',
      'ref-name': name,
    }))
    if (retention.expired.length > 0)
      updates.push({ action: 'remove-snapshots', 'snapshot-ids': retention.expired })
    // Refs as they were: one that was set since could be at a snapshot that goes.
    const requirements = Object.entries(metadata.refs).map(([ref, { 'snapshot-id': id }]) => ({
      type: 'assert-ref-snapshot-id' as const,
      ref,
      'snapshot-id': id,
    }))
    return { requirements, updates }
  })
  if (retention.expired.length === 0) return { snapshots: 0, refs: retention.endedRefs, files: 0 }

  const gone = new Set(retention.expired)
  const expired = before.snapshots.filter((snapshot) => gone.has(snapshot['snapshot-id']))
  // Whatever snapshots have been added since are made of files of kept ones and of new files.
  const kept = await reachableFiles(table.files, table.metadata, table.metadata.snapshots)
  const old = await reachableFiles(table.files, before, expired, { withDeleted: true, isLenient: true })
  const urls = [...old].filter((url) => !kept.has(url))
  await removeFiles(table, urls)
  return { snapshots: expired.length, refs: retention.endedRefs, files: urls.length }
}

/** Data first: while a list or manifest is there, what it names can still be found. */
async function removeFiles(table: Table, urls: readonly string[]): Promise<void> {
  const isMetadata = (url: string) => url.endsWith('.avro')
  const ordered = [...urls.filter((url) => !isMetadata(url)), ...urls.filter(isMetadata)]
  for (let i = 0; i < ordered.length; i += keysAtOnce) {
    await table.store.delete(ordered.slice(i, i + keysAtOnce).map((url) => table.keyOf(url)))
  }
}
