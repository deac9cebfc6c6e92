/**
 * How deliveries lie in the store: system tables, all items plain JSON.
 *
 *   system.deliveries         name            -> StoredDelivery
 *   system.delivery-progress  (stage, part)   -> what of a part of a delivery's output is delivered or planned (progress.ts)
 *                             ('-', name)     -> the streams of a delivery of this name are to be deleted
 */
import type { Store, TableDefinition, Transaction } from '@millrace/store'
import type { DeliveryRecord, DeliverySettings } from './delivery-settings.ts'

export const deliveriesTable: TableDefinition = {
  name: 'system.deliveries',
  partitionKey: { name: 'name', type: 'string' },
}

export const progressTable: TableDefinition = {
  name: 'system.delivery-progress',
  partitionKey: { name: 'stage', type: 'string' },
  sortKey: { name: 'part', type: 'string' },
}

/** Settings, and from when they hold. */
export interface Edition {
  /** Of the delivery, as keys of objects say it. */
  readonly version: number
  /** ms: of records that arrive at or after it, until the next edition. */
  readonly from: number
  readonly settings: DeliverySettings
  /** Whoever made it has chosen the time. */
  readonly isScheduled: boolean
}

export interface StoredDelivery {
  readonly name: string
  /** Number of the commit that made it. */
  readonly id: number
  /** Of the newest edition. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly owner: 'app' | 'api'
  readonly extra: unknown
  /** In the order of their times; the first holds for all records before the second. */
  readonly editions: readonly Edition[]
  /** Some edition has or had a transform: records go through the stream of prepared ones. */
  readonly isPrepared: boolean
  /** Of a source that begins at the end of its stream: where that was, by shard. Later shards are read whole. */
  readonly starts?: readonly number[]
}

/** No stage has this name. */
const noStage = '-'
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function defineDeliveryTables(store: Store): void {
  store.defineTable(deliveriesTable)
  store.defineTable(progressTable)
}

/** Undefined also where no delivery has ever been made. */
export function readDelivery(
  reader: Pick<Store | Transaction, 'getItem'>,
  name: string,
): StoredDelivery | undefined {
  const json = reader.getItem(deliveriesTable.name, name, undefined)
  return json === undefined ? undefined : parse(json)
}

export function readDeliveries(store: Store): StoredDelivery[] {
  if (store.tableEntry(deliveriesTable.name) === undefined) return []
  return [...store.scan(deliveriesTable.name)].map(({ json }) => parse(json))
}

export function writeDelivery(transaction: Transaction, delivery: StoredDelivery): void {
  transaction.putItem(
    deliveriesTable.name,
    delivery.name,
    undefined,
    encoder.encode(JSON.stringify(delivery)),
  )
}

/** As its owner sees it at a time. */
export function recordOf(stored: StoredDelivery, nowMs: number): DeliveryRecord {
  const { name, version, createdAt, updatedAt, owner, extra, editions } = stored
  const later = editions.find(({ isScheduled, from }) => isScheduled && from > nowMs)
  const current = later === undefined ? editions.at(-1) : editions[editions.indexOf(later) - 1]
  if (current === undefined) throw new Error(`lake invariant: delivery "${name}" has no settings`)
  return {
    name,
    version,
    createdAt,
    updatedAt,
    owner,
    settings: current.settings,
    ...(later === undefined ? {} : { later: { from: later.from, settings: later.settings } }),
    extra,
  }
}

/** The edition that holds for records of an arrival time. */
export function editionAt(editions: readonly Edition[], arrivedAt: number): Edition {
  let index = editions.length - 1
  while (index > 0 && editions[index]!.from > arrivedAt) index--
  return editions[index]!
}

/** Of a delivery that is deleted: its streams go after it, and a stop may come in between. */
export function writeLeftStreams(transaction: Transaction, name: string, streams: readonly string[]): void {
  const item = { stage: noStage, part: name, streams }
  transaction.putItem(progressTable.name, noStage, name, encoder.encode(JSON.stringify(item)))
}

export function readLeftStreams(store: Store, name: string): readonly string[] | undefined {
  const json = store.getItem(progressTable.name, noStage, name)
  if (json === undefined) return undefined
  // Only writeLeftStreams writes these items.
  return (JSON.parse(decoder.decode(json)) as { readonly streams: readonly string[] }).streams
}

export function dropLeftStreams(transaction: Transaction, name: string): void {
  transaction.deleteItem(progressTable.name, noStage, name)
}

function parse(json: Uint8Array): StoredDelivery {
  // Only writeDelivery writes these items.
  return JSON.parse(decoder.decode(json)) as StoredDelivery
}
