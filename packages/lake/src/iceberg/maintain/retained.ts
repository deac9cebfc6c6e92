/**
 * Which snapshots a table keeps when others expire (Apache Iceberg, format/spec.md, "Snapshot retention policy"): what branches and tags
 * are at; of each branch its newest ones, as many as it keeps at least, and those that are younger than its age. Refs of their own age
 * end with it, `main` never.
 */
import type { TableMetadata } from '../metadata.ts'
import { ancestors } from '../table/conflicts.ts'

export interface RetentionOptions {
  /** Snapshots younger than this stay, ms. By default the table's `history.expire.max-snapshot-age-ms`, else 5 days. */
  readonly maxAgeMs?: number
  /** Of each branch so many stay at least. By default the table's `history.expire.min-snapshots-to-keep`, else 1. */
  readonly keepLast?: number
}

export interface Retention {
  readonly expired: readonly number[]
  readonly endedRefs: readonly string[]
}

const dayMs = 86_400_000
const maxAgeDefault = 5 * dayMs

export function retained(metadata: TableMetadata, now: number, options: RetentionOptions = {}): Retention {
  const property = (name: string) => {
    const value = Number(metadata.properties[name] ?? Number.NaN)
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  const maxAge = options.maxAgeMs ?? property('history.expire.max-snapshot-age-ms') ?? maxAgeDefault
  const keepLast = options.keepLast ?? property('history.expire.min-snapshots-to-keep') ?? 1
  const maxRefAge = property('history.expire.max-ref-age-ms') ?? Number.POSITIVE_INFINITY
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]))
  const kept = new Set<number>()
  const endedRefs: string[] = []
  for (const [name, ref] of Object.entries(metadata.refs)) {
    const head = byId.get(ref['snapshot-id'])
    if (head === undefined) continue
    const refAge = ref['max-ref-age-ms'] ?? maxRefAge
    if (name !== 'main' && now - head['timestamp-ms'] > refAge) {
      endedRefs.push(name)
      continue
    }
    kept.add(head['snapshot-id'])
    if (ref.type === 'tag') continue
    // What is said in the call holds for the main branch; others may have terms of their own.
    const least = Math.max(1, ref['min-snapshots-to-keep'] ?? keepLast)
    const age = ref['max-snapshot-age-ms'] ?? maxAge
    let count = 0
    for (const snapshot of ancestors(metadata, head)) {
      if (count >= least && now - snapshot['timestamp-ms'] > age) break
      kept.add(snapshot['snapshot-id'])
      count++
    }
  }
  const expired = metadata.snapshots
    .filter(({ 'snapshot-id': id, 'timestamp-ms': time }) => !kept.has(id) && now - time > maxAge)
    .map((snapshot) => snapshot['snapshot-id'])
  return { expired, endedRefs }
}
