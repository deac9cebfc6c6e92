/**
 * What a compaction does, as it is kept in the store:
 *
 *   system.lake-compactions  (table, id)  -> CompactionPlan
 *
 * `planned`: the output is being written; the inputs are the table's files. `swapped`: the output has taken their place in the catalog,
 * and the inputs' objects stay until `deleteAt` for readers that began before. `abandoned`: the output will not be listed, and its object
 * is to go. Then the item goes.
 */
import { createHash } from 'node:crypto'
import type { Store, TableDefinition, Transaction } from '@millrace/store'
import type { CatalogFile, CatalogTable } from '../catalog/catalog-port.ts'

export interface CompactionPlan {
  /** Of the table. */
  readonly database: string
  readonly name: string
  readonly bucket: string
  /** Follows from the inputs. */
  readonly id: string
  readonly partition: readonly string[]
  /** Of the table's columns that the files have. */
  readonly version: number
  readonly inputs: readonly string[]
  readonly rows: number
  readonly output: string
  readonly state: 'planned' | 'swapped' | 'abandoned'
  /** ms; of a swapped one. */
  readonly deleteAt?: number
}

export const compactionsTable: TableDefinition = {
  name: 'system.lake-compactions',
  partitionKey: { name: 'table', type: 'string' },
  sortKey: { name: 'id', type: 'string' },
}

export function makePlan(table: CatalogTable, files: readonly CatalogFile[]): CompactionPlan {
  const first = files[0]
  if (first === undefined) throw new Error('lake invariant: a compaction has files')
  const inputs = files.map((file) => file.key)
  const id = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 32)
  return {
    database: table.database,
    name: table.name,
    bucket: table.bucket,
    id,
    partition: first.partition,
    version: first.version,
    inputs,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    output: outputKey(first.key, id),
    state: 'planned',
  }
}

/** Beside the first input and, in the order of keys, in its place: what it begins with stays, so that folders and times do. */
function outputKey(first: string, id: string): string {
  const slash = first.lastIndexOf('/') + 1
  const stem = first.slice(slash).replace(/(\.compact-[0-9a-f]{16})?(\.parquet)?$/, '')
  return `${first.slice(0, slash)}${stem.slice(0, 200)}.compact-${id.slice(0, 16)}.parquet`
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function writePlan(transaction: Transaction, plan: CompactionPlan): void {
  const table = tableOf(plan)
  const json = encoder.encode(JSON.stringify({ ...plan, table }))
  transaction.putItem(compactionsTable.name, table, plan.id, json)
}

/** As it stands in the store now, whoever brought it there. */
export function stateOf(transaction: Transaction, plan: CompactionPlan): CompactionPlan['state'] | undefined {
  const json = transaction.getItem(compactionsTable.name, tableOf(plan), plan.id)
  return json && parsed(json).state
}

/** Unless it has another state now. */
export function dropPlan(transaction: Transaction, plan: CompactionPlan): void {
  if (stateOf(transaction, plan) !== plan.state) return
  transaction.deleteItem(compactionsTable.name, tableOf(plan), plan.id)
}

/** All, or those of one table. */
export function readPlans(
  reader: Pick<Store | Transaction, 'scan'>,
  table?: { readonly database: string; readonly name: string },
): CompactionPlan[] {
  const plans: CompactionPlan[] = []
  const options = table === undefined ? {} : { partitionKey: tableOf(table) }
  for (const { json } of reader.scan(compactionsTable.name, options)) plans.push(parsed(json))
  return plans
}

/** Nobody but writePlan writes these items. */
function parsed(json: Uint8Array): CompactionPlan {
  return JSON.parse(decoder.decode(json)) as CompactionPlan
}

function tableOf({ database, name }: { readonly database: string; readonly name: string }): string {
  return `${database}.${name}`
}
