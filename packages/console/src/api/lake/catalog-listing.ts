/** What the catalog has, with figures. */
import type { Catalog, CatalogTable } from '@millrace/lake'

/** All databases with their tables and views. */
export function listing(catalog: Catalog) {
  const databases = catalog.databases().map((database) => ({
    ...database,
    tables: catalog.tables(database.name).map((table) => ({ ...table, ...figures(catalog, table) })),
    views: catalog.views(database.name),
  }))
  return { databases }
}

/** Of a table whose files the catalog lists. */
export function figures(catalog: Catalog, { database, name }: Pick<CatalogTable, 'database' | 'name'>) {
  const partitions = catalog.partitions(database, name)
  const sum = (of: (partition: (typeof partitions)[number]) => number): number =>
    partitions.reduce((total, partition) => total + of(partition), 0)
  return {
    partitions: partitions.length,
    files: sum(({ files }) => files),
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
  }
}
