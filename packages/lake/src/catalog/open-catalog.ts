/**
 * The catalog in the store: reads, and the transactions that its writer works in.
 *
 * Cost: a database, a table or a view is one lookup; files cost what lies under the partition asked for, whatever other tables
 * hold. A catalog of a store opened as reader answers from what the owner has committed; before the owner's first opening it is
 * empty.
 */
import type { Store, Transaction } from '@millrace/store'
import {
  catalogTable,
  catalogTables,
  filesTable,
  type ItemReader,
  partitionsTable,
  partitionText,
  readValue,
  scanValues,
  tableId,
  versionId,
} from './catalog-items.ts'
import type {
  Catalog,
  CatalogDatabase,
  CatalogFile,
  CatalogPartition,
  CatalogTable,
  CatalogView,
  CatalogWriter,
} from './catalog-port.ts'
import { makeCatalogWriter } from './catalog-writer.ts'
import { defaultDatabase } from './check-names.ts'

/** Errors: those of the store. */
export function openCatalog({ store }: { readonly store: Store }): Catalog {
  if (!isReadOnly(store)) for (const table of catalogTables) store.defineTable(table)
  return new StoredCatalog(store)
}

/** A reader's store refuses to define tables; it may be opened before the owner has made them. */
function isReadOnly(store: Store): boolean {
  try {
    store.defineTable(catalogTable)
    return false
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'STORE_READ_ONLY') return true
    throw error
  }
}

class StoredCatalog implements Catalog {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  databases(): CatalogDatabase[] {
    const stored = this.#read((reader) => [...scanValues<CatalogDatabase>(reader, catalogTable, 'database')])
    return (stored ?? []).some(({ name }) => name === defaultDatabase)
      ? (stored ?? [])
      : [...(stored ?? []), unmadeDefault].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  database(name: string): CatalogDatabase | undefined {
    const stored = this.#read((reader) => readValue<CatalogDatabase>(reader, catalogTable, 'database', name))
    return stored ?? (name === defaultDatabase ? unmadeDefault : undefined)
  }

  tables(database: string): CatalogTable[] {
    const prefix = tableId(database, '')
    return this.#read((reader) => [...scanValues<CatalogTable>(reader, catalogTable, 'table', prefix)]) ?? []
  }

  table(database: string, name: string, version?: number): CatalogTable | undefined {
    return this.#read((reader) =>
      version === undefined
        ? readValue<CatalogTable>(reader, catalogTable, 'table', tableId(database, name))
        : readValue<CatalogTable>(reader, catalogTable, 'version', versionId(database, name, version)),
    )
  }

  versions(database: string, name: string): CatalogTable[] {
    const prefix = `${tableId(database, name)}/`
    return (
      this.#read((reader) => [...scanValues<CatalogTable>(reader, catalogTable, 'version', prefix)]) ?? []
    )
  }

  views(database: string): CatalogView[] {
    const prefix = tableId(database, '')
    return this.#read((reader) => [...scanValues<CatalogView>(reader, catalogTable, 'view', prefix)]) ?? []
  }

  view(database: string, name: string): CatalogView | undefined {
    return this.#read((reader) =>
      readValue<CatalogView>(reader, catalogTable, 'view', tableId(database, name)),
    )
  }

  files(database: string, name: string, values: readonly string[] = []): CatalogFile[] {
    const table = tableId(database, name)
    // An array, not a cursor: pages of a scan are of several moments, and the files of a table have to be of one.
    return (
      this.#read((reader) => [
        ...scanValues<CatalogFile>(reader, filesTable, table, partitionText(values)),
      ]) ?? []
    )
  }

  partitions(database: string, name: string): CatalogPartition[] {
    const table = tableId(database, name)
    return this.#read((reader) => [...scanValues<CatalogPartition>(reader, partitionsTable, table)]) ?? []
  }

  moment<T>(work: () => T): T {
    return this.#store.snapshot(work)
  }

  write<T>(work: (writer: CatalogWriter) => T, transaction?: Transaction): T {
    if (transaction !== undefined) return work(makeCatalogWriter(transaction))
    return this.#store.commit((own) => work(makeCatalogWriter(own)))
  }

  /** Reads of one moment; undefined as long as the catalog was never written. */
  #read<T>(work: (reader: ItemReader) => T): T | undefined {
    return this.#store.snapshot(() => {
      if (this.#store.tableEntry(catalogTable.name) === undefined) return undefined
      return work(this.#store)
    })
  }
}

/** The database that is always there; it is written when it gets its first table. */
const unmadeDefault: CatalogDatabase = { name: defaultDatabase, createdAt: 0 }
