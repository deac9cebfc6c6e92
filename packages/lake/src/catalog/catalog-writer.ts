/**
 * Changes of the catalog, inside one transaction. Each call checks before it writes, so that one that throws has written
 * nothing; statistics of partitions change by what files come and go, so they always are the sums over the files listed.
 */
import type { Transaction } from '@millrace/store'
import { LakeError } from '../errors.ts'
import {
  catalogTable,
  fileKeysTable,
  filePlace,
  filesTable,
  partitionsTable,
  partitionText,
  readValue,
  scanValues,
  tableId,
  versionId,
  writeValue,
} from './catalog-items.ts'
import type {
  CatalogDatabase,
  CatalogFile,
  CatalogPartition,
  CatalogTable,
  CatalogView,
  CatalogWriter,
} from './catalog-port.ts'
import { checkDatabaseName, checkTable, checkView, defaultDatabase } from './check-names.ts'

export function makeCatalogWriter(transaction: Transaction): CatalogWriter {
  return new StoredCatalogWriter(transaction)
}

class StoredCatalogWriter implements CatalogWriter {
  readonly #transaction: Transaction

  constructor(transaction: Transaction) {
    this.#transaction = transaction
  }

  putDatabase(name: string, settings: { readonly description?: string } = {}): CatalogDatabase {
    checkDatabaseName(name)
    const before = readValue<CatalogDatabase>(this.#transaction, catalogTable, 'database', name)
    const description = settings.description ?? before?.description
    const database: CatalogDatabase = {
      name,
      ...(description === undefined ? {} : { description }),
      createdAt: before?.createdAt ?? this.#transaction.time,
    }
    if (before === undefined || before.description !== description)
      writeValue(this.#transaction, catalogTable, 'database', name, database)
    return database
  }

  putTable(wanted: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>): CatalogTable {
    checkDatabaseName(wanted.database)
    checkTable(wanted)
    this.#needDatabase(wanted.database)
    const { database, name } = wanted
    const id = tableId(database, name)
    if (readValue(this.#transaction, catalogTable, 'view', id) !== undefined)
      throw nameTaken('table', id, 'view')
    const before = readValue<CatalogTable>(this.#transaction, catalogTable, 'table', id)
    if (before !== undefined) this.#checkChange(before, wanted)
    const isNewVersion = before === undefined || shapeText(before) !== shapeText(wanted)
    if (!isNewVersion && sameParameters(before.parameters, wanted.parameters)) return before
    const { time } = this.#transaction
    const table: CatalogTable = {
      ...plainTable(wanted),
      version: before === undefined ? 1 : before.version + (isNewVersion ? 1 : 0),
      createdAt: before?.createdAt ?? time,
      updatedAt: time,
    }
    writeValue(this.#transaction, catalogTable, 'table', id, table)
    writeValue(this.#transaction, catalogTable, 'version', versionId(database, name, table.version), table)
    return table
  }

  dropTable(database: string, name: string): void {
    const id = tableId(database, name)
    this.#needTable(database, name)
    for (const file of [...scanValues<CatalogFile>(this.#transaction, filesTable, id)]) {
      this.#transaction.deleteItem(filesTable.name, id, filePlace(file.partition, file.key))
      this.#transaction.deleteItem(fileKeysTable.name, id, file.key)
    }
    for (const { values } of [...scanValues<CatalogPartition>(this.#transaction, partitionsTable, id)])
      this.#transaction.deleteItem(partitionsTable.name, id, partitionText(values))
    for (const { version } of [
      ...scanValues<CatalogTable>(this.#transaction, catalogTable, 'version', `${id}/`),
    ])
      this.#transaction.deleteItem(catalogTable.name, 'version', versionId(database, name, version))
    this.#transaction.deleteItem(catalogTable.name, 'table', id)
  }

  dropDatabase(name: string): void {
    this.#needDatabase(name)
    const prefix = tableId(name, '')
    for (const kind of ['table', 'view'] as const) {
      const [first] = scanValues<CatalogTable | CatalogView>(this.#transaction, catalogTable, kind, prefix)
      if (first === undefined) continue
      throw new LakeError(
        'CATALOG_DATABASE_NOT_EMPTY',
        `database "${name}" still has ${kind} "${first.name}". Drop what is in it first.`,
      )
    }
    this.#transaction.deleteItem(catalogTable.name, 'database', name)
  }

  putView(wanted: Omit<CatalogView, 'createdAt' | 'updatedAt'>): CatalogView {
    checkDatabaseName(wanted.database)
    checkView(wanted)
    this.#needDatabase(wanted.database)
    const id = tableId(wanted.database, wanted.name)
    if (readValue(this.#transaction, catalogTable, 'table', id) !== undefined)
      throw nameTaken('view', id, 'table')
    const before = readValue<CatalogView>(this.#transaction, catalogTable, 'view', id)
    if (before !== undefined && before.sql === wanted.sql && before.refreshMs === wanted.refreshMs)
      return before
    const { time } = this.#transaction
    const { database, name, sql, refreshMs } = wanted
    const view: CatalogView = {
      database,
      name,
      sql,
      ...(refreshMs === undefined ? {} : { refreshMs }),
      createdAt: before?.createdAt ?? time,
      updatedAt: time,
    }
    writeValue(this.#transaction, catalogTable, 'view', id, view)
    return view
  }

  dropView(database: string, name: string): void {
    const id = tableId(database, name)
    if (this.#transaction.deleteItem(catalogTable.name, 'view', id)) return
    throw new LakeError('CATALOG_VIEW_MISSING', `there is no view "${id}".`)
  }

  addFiles(database: string, name: string, files: readonly Omit<CatalogFile, 'addedAt'>[]): void {
    const table = this.#needListing(database, name)
    for (const file of files) checkFile(table, file)
    const id = tableId(database, name)
    const changes = new PartitionChanges()
    for (const { key, bytes, rows, partition, version } of files) {
      const before = this.#file(id, key)
      if (before !== undefined) {
        changes.add(before, -1)
        if (partitionText(before.partition) !== partitionText(partition))
          this.#transaction.deleteItem(filesTable.name, id, filePlace(before.partition, key))
      }
      const addedAt = before?.addedAt ?? this.#transaction.time
      const file: CatalogFile = { key, bytes, rows, partition, version, addedAt }
      changes.add(file, 1)
      writeValue(this.#transaction, filesTable, id, filePlace(partition, key), file)
      writeValue(this.#transaction, fileKeysTable, id, key, partition)
    }
    this.#applyChanges(id, changes)
  }

  removeFiles(database: string, name: string, keys: readonly string[]): void {
    this.#needListing(database, name)
    const id = tableId(database, name)
    const changes = new PartitionChanges()
    for (const key of keys) {
      const file = this.#file(id, key)
      if (file === undefined) continue
      changes.add(file, -1)
      this.#transaction.deleteItem(filesTable.name, id, filePlace(file.partition, key))
      this.#transaction.deleteItem(fileKeysTable.name, id, key)
    }
    this.#applyChanges(id, changes)
  }

  #file(id: string, key: string): CatalogFile | undefined {
    const partition = readValue<readonly string[]>(this.#transaction, fileKeysTable, id, key)
    if (partition === undefined) return undefined
    return readValue<CatalogFile>(this.#transaction, filesTable, id, filePlace(partition, key))
  }

  #applyChanges(id: string, changes: PartitionChanges): void {
    for (const [sort, change] of changes.byPartition) {
      const before = readValue<CatalogPartition>(this.#transaction, partitionsTable, id, sort)
      const files = (before?.files ?? 0) + change.files
      if (files === 0) {
        this.#transaction.deleteItem(partitionsTable.name, id, sort)
        continue
      }
      const partition: CatalogPartition = {
        values: change.values,
        files,
        rows: (before?.rows ?? 0) + change.rows,
        bytes: (before?.bytes ?? 0) + change.bytes,
        updatedAt: this.#transaction.time,
      }
      writeValue(this.#transaction, partitionsTable, id, sort, partition)
    }
  }

  /** The default database is made with its first table. */
  #needDatabase(name: string): void {
    if (readValue(this.#transaction, catalogTable, 'database', name) !== undefined) return
    if (name === defaultDatabase) {
      this.putDatabase(name)
      return
    }
    throw new LakeError(
      'CATALOG_DATABASE_MISSING',
      `there is no database "${name}". Make it first, or use "${defaultDatabase}".`,
    )
  }

  #needTable(database: string, name: string): CatalogTable {
    const id = tableId(database, name)
    const table = readValue<CatalogTable>(this.#transaction, catalogTable, 'table', id)
    if (table === undefined) throw new LakeError('CATALOG_TABLE_MISSING', `there is no table "${id}".`)
    return table
  }

  #needListing(database: string, name: string): CatalogTable {
    const table = this.#needTable(database, name)
    if (table.kind === 'managed' && table.format !== 'iceberg') return table
    const why =
      table.format === 'iceberg' ? 'lists its files itself' : 'is external: its files are what lies there'
    throw new LakeError(
      'CATALOG_TABLE_EXTERNAL',
      `table "${database}.${name}" ${why}. Files can be listed for managed tables of Parquet, JSON and CSV.`,
    )
  }

  #checkChange(
    before: CatalogTable,
    wanted: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>,
  ): void {
    const id = tableId(before.database, before.name)
    const isSame =
      before.bucket === wanted.bucket &&
      before.format === wanted.format &&
      before.kind === wanted.kind &&
      namesOf(before) === namesOf(wanted)
    if (isSame) return
    const [file] = scanValues<CatalogFile>(this.#transaction, filesTable, id)
    if (file === undefined) return
    throw new LakeError(
      'CATALOG_TABLE_INVALID',
      `table "${id}" has files, so its bucket, format, kind and the names of its partition keys stay as they are ` +
        `(${before.bucket}, ${before.format}, ${before.kind}, [${namesOf(before)}]). Drop it first, or make another one.`,
    )
  }
}

/** What files that come and go do to the sums of their partitions. */
class PartitionChanges {
  readonly byPartition = new Map<
    string,
    { readonly values: readonly string[]; files: number; rows: number; bytes: number }
  >()

  add(file: Pick<CatalogFile, 'partition' | 'rows' | 'bytes'>, sign: 1 | -1): void {
    const text = partitionText(file.partition)
    let change = this.byPartition.get(text)
    if (change === undefined) {
      change = { values: file.partition, files: 0, rows: 0, bytes: 0 }
      this.byPartition.set(text, change)
    }
    change.files += sign
    change.rows += sign * file.rows
    change.bytes += sign * file.bytes
  }
}

function checkFile(table: CatalogTable, file: Omit<CatalogFile, 'addedAt'>): void {
  const refuse = (reason: string): never => {
    throw new LakeError(
      'CATALOG_FILE_INVALID',
      `table "${table.database}.${table.name}", file "${file.key}": ${reason}`,
    )
  }
  if (!isPlain(file.key) || file.key === '') refuse('the key is empty or holds a control character.')
  if (file.partition.length !== table.partitionKeys.length)
    refuse(
      `it has ${file.partition.length} partition values, but the table has ${table.partitionKeys.length} partition keys ` +
        `[${namesOf(table)}]. Give one value for each.`,
    )
  if (!file.partition.every(isPlain)) refuse('a partition value holds a control character.')
  for (const [what, value] of [
    ['rows', file.rows],
    ['bytes', file.bytes],
    ['version', file.version],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0) refuse(`${what} is ${value}, but must be a whole number.`)
  }
}

/** Control characters would mix with what closes the parts of a place; no object's key holds any. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return false
  return !/\p{Surrogate}/u.test(text)
}

const namesOf = (table: Pick<CatalogTable, 'partitionKeys'>): string =>
  table.partitionKeys.map(({ name }) => name).join(', ')

/** All that makes a version, as a text that is the same for the same. */
function shapeText(table: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>): string {
  const { columns, partitionKeys, bucket, location, format, kind } = table
  return JSON.stringify({ bucket, location, format, kind, columns, partitionKeys }, sortedMembers)
}

/** Objects with their members in order of name, so that the order in which a caller wrote them does not count. */
function sortedMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function sameParameters(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  return JSON.stringify(a, sortedMembers) === JSON.stringify(b, sortedMembers)
}

/** Without members that a caller may have beside those of a table. */
function plainTable(
  table: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>,
): Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'> {
  const { database, name, format, bucket, location, columns, partitionKeys, kind, parameters } = table
  return { database, name, format, bucket, location, columns, partitionKeys, kind, parameters }
}

function nameTaken(what: string, id: string, other: string): LakeError {
  return new LakeError(
    'CATALOG_NAME_TAKEN',
    `${what} "${id}": there is a ${other} of this name. Choose another name, or drop the ${other} first.`,
  )
}
