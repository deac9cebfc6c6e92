/**
 * The buckets of a store: their names, where each is, and the stream of each that takes news of its objects. Kept in a system table,
 * so that every thread and every command that opens the store finds them without the app. Where a bucket is, is the affair of
 * those who open it: to this package it is any JSON.
 *
 * Only who stores an object writes to a bucket's stream, and each record is one of the service's event records.
 */
import type { Store, TableDefinition } from '@millrace/store'

export interface BucketEntry {
  readonly name: string
  /** Undefined: the place that a bucket has unless it is given one. */
  readonly place: unknown
}

export const bucketsTable: TableDefinition = {
  name: 'system.buckets',
  partitionKey: { name: 'name', type: 'string' },
}

const ending = '.objects'

/** The stream of a bucket that takes a record for each object that was stored. */
export function objectStreamName(bucket: string): string {
  return `${bucket}${ending}`
}

/** Adds the buckets, or gives them another place. Others stay: their objects are still there. */
export function defineBuckets(store: Store, buckets: readonly BucketEntry[]): void {
  if (buckets.length === 0) return
  store.defineTable(bucketsTable)
  const changed = buckets.filter(({ name, place }) => {
    const known = store.getItem(bucketsTable.name, name)
    return known === undefined || Buffer.compare(known, itemOf(name, place)) !== 0
  })
  if (changed.length === 0) return
  store.commit((transaction) => {
    for (const { name, place } of changed)
      transaction.putItem(bucketsTable.name, name, undefined, itemOf(name, place))
  })
}

/** Which bucket a stream tells of; undefined if it is of none. */
export function bucketOfStream(store: Store, stream: string): string | undefined {
  if (!stream.endsWith(ending) || store.tableEntry(bucketsTable.name) === undefined) return undefined
  const bucket = stream.slice(0, -ending.length)
  return bucket !== '' && store.getItem(bucketsTable.name, bucket) !== undefined ? bucket : undefined
}

export function bucketEntries(store: Store): BucketEntry[] {
  if (store.tableEntry(bucketsTable.name) === undefined) return []
  return Array.from(store.scan(bucketsTable.name), ({ json }) => {
    // Only defineBuckets writes to the table.
    const { name, place } = JSON.parse(Buffer.from(json).toString()) as BucketEntry
    return { name, place }
  })
}

function itemOf(name: string, place: unknown): Uint8Array {
  return Buffer.from(JSON.stringify({ name, place }))
}
