/**
 * How the catalog lies in the store: system tables, all items plain JSON.
 *
 *   system.lake-catalog     (kind, id)            database  name                      -> CatalogDatabase
 *                                                 table     database.table            -> CatalogTable, the newest version
 *                                                 version   database.table/0000000007 -> CatalogTable, that version
 *                                                 view      database.view             -> CatalogView
 *   system.lake-files       (table, place)        place: partition, then the object's key -> CatalogFile
 *   system.lake-file-keys   (table, key)          -> partition values, so that a file is found by its key alone
 *   system.lake-partitions  (table, partition)    -> CatalogPartition, running sums of its files
 *
 * A partition is written as its values, each closed by U+0001, which no key of an object holds: so the files of a leading part of
 * the values lie together, and a look at them is one range. Names hold neither dots nor slashes.
 */
import type { ScanOptions, Store, TableDefinition, Transaction } from '@millrace/store'

export const catalogTable: TableDefinition = {
  name: 'system.lake-catalog',
  partitionKey: { name: 'kind', type: 'string' },
  sortKey: { name: 'id', type: 'string' },
}

export const filesTable: TableDefinition = {
  name: 'system.lake-files',
  partitionKey: { name: 'table', type: 'string' },
  sortKey: { name: 'place', type: 'string' },
}

export const fileKeysTable: TableDefinition = {
  name: 'system.lake-file-keys',
  partitionKey: { name: 'table', type: 'string' },
  sortKey: { name: 'key', type: 'string' },
}

export const partitionsTable: TableDefinition = {
  name: 'system.lake-partitions',
  partitionKey: { name: 'table', type: 'string' },
  sortKey: { name: 'partition', type: 'string' },
}

export const catalogTables = [catalogTable, filesTable, fileKeysTable, partitionsTable] as const

export const tableId = (database: string, name: string): string => `${database}.${name}`

/** Ten digits, so that versions come in their order. */
export const versionId = (database: string, name: string, version: number): string =>
  `${tableId(database, name)}/${String(version).padStart(10, '0')}`

export const partitionText = (values: readonly string[]): string =>
  values.map((value) => `${value}\u0001`).join('')

export const filePlace = (partition: readonly string[], key: string): string => partitionText(partition) + key

/** What both the store and a transaction can do. */
export type ItemReader = Pick<Store, 'getItem' | 'scan'> | Pick<Transaction, 'getItem' | 'scan'>

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * The value of an item. `T` is what `writeValue` was given under this kind of key: nobody else writes the catalog's tables, and
 * the store checks its pages.
 */
export function readValue<T>(
  reader: ItemReader,
  table: TableDefinition,
  partition: string,
  sort: string,
): T | undefined {
  const json = reader.getItem(table.name, partition, sort)
  return json === undefined ? undefined : parsed<T>(json)
}

/** Values in the order of their keys. */
export function* scanValues<T>(
  reader: ItemReader,
  table: TableDefinition,
  partition: string,
  prefix = '',
): Generator<T> {
  const options: ScanOptions = { partitionKey: partition, ...(prefix === '' ? {} : { sort: { prefix } }) }
  for (const { json } of reader.scan(table.name, options)) yield parsed<T>(json)
}

function parsed<T>(json: Uint8Array): T {
  return (JSON.parse(decoder.decode(json)) as { value: T }).value
}

export function writeValue(
  transaction: Transaction,
  table: TableDefinition,
  partition: string,
  sort: string,
  value: unknown,
): void {
  const { partitionKey, sortKey } = table
  if (sortKey === undefined) throw new Error('lake invariant: tables of the catalog have sort keys')
  const item = { [partitionKey.name]: partition, [sortKey.name]: sort, value }
  transaction.putItem(table.name, partition, sort, encoder.encode(JSON.stringify(item)))
}
