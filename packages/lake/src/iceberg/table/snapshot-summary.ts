/** What a snapshot's summary counts (Apache Iceberg, format/spec.md, appendix F): what this one changed, and the totals after it. */
import { partitionKey } from '../format/partition-by.ts'
import type { Snapshot } from '../metadata.ts'
import type { ContentFile } from '../table-port.ts'

export type Operation = 'append' | 'overwrite' | 'delete' | 'replace'

export function operationOf(
  added: readonly ContentFile[],
  removed: readonly ContentFile[],
  isRewrite: boolean,
): Operation {
  if (isRewrite) return 'replace'
  const addsData = added.some((file) => file.content === 'data')
  const deletes = removed.length > 0 || added.some((file) => file.content !== 'data')
  return addsData ? (deletes ? 'overwrite' : 'append') : 'delete'
}

export function summaryOf(
  operation: Operation,
  added: readonly ContentFile[],
  removed: readonly ContentFile[],
  parent: Snapshot | undefined,
  extra: Readonly<Record<string, string>>,
): { readonly operation: Operation } & Readonly<Record<string, string>> {
  const plus = counted(added)
  const minus = counted(removed)
  const counts: Record<string, number> = {
    'added-data-files': plus.data,
    'deleted-data-files': minus.data,
    'added-records': plus.records,
    'deleted-records': minus.records,
    'added-delete-files': plus.deletes,
    'removed-delete-files': minus.deletes,
    'added-position-delete-files': plus.positionFiles,
    'removed-position-delete-files': minus.positionFiles,
    'added-position-deletes': plus.positions,
    'removed-position-deletes': minus.positions,
    'added-equality-delete-files': plus.equalityFiles,
    'removed-equality-delete-files': minus.equalityFiles,
    'added-equality-deletes': plus.equalities,
    'removed-equality-deletes': minus.equalities,
    'added-files-size': plus.bytes,
    'removed-files-size': minus.bytes,
  }
  const summary: Record<string, string> = {}
  for (const [name, count] of Object.entries(counts)) if (count > 0) summary[name] = String(count)
  const partitions = [...added, ...removed].map((file) => partitionKey(file.specId, file.partition))
  summary['changed-partition-count'] = String(new Set(partitions).size)
  const totals: Record<string, number> = {
    'total-data-files': plus.data - minus.data,
    'total-records': plus.records - minus.records,
    'total-files-size': plus.bytes - minus.bytes,
    'total-delete-files': plus.deletes - minus.deletes,
    'total-position-deletes': plus.positions - minus.positions,
    'total-equality-deletes': plus.equalities - minus.equalities,
  }
  for (const [name, change] of Object.entries(totals)) {
    // Where another writer has left a total out, nobody can go on counting.
    const before = parent === undefined ? 0 : Number(parent.summary[name] ?? Number.NaN)
    if (Number.isSafeInteger(before)) summary[name] = String(Math.max(0, before + change))
  }
  return { ...summary, ...extra, operation }
}

function counted(files: readonly ContentFile[]) {
  const counts = {
    data: 0,
    records: 0,
    deletes: 0,
    positionFiles: 0,
    positions: 0,
    equalityFiles: 0,
    equalities: 0,
    bytes: 0,
  }
  for (const file of files) {
    counts.bytes += file.bytes
    if (file.content === 'data') {
      counts.data++
      counts.records += file.records
      continue
    }
    counts.deletes++
    if (file.content === 'position-deletes') {
      counts.positionFiles++
      counts.positions += file.records
    } else {
      counts.equalityFiles++
      counts.equalities += file.records
    }
  }
  return counts
}
