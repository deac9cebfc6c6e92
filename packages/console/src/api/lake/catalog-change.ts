/**
 * Changes of the catalog by people: made here for the administration pages of a running process, and by the command line where none
 * runs. Each is data, so that it travels as JSON.
 */
import { join } from 'node:path'
import {
  bucketsOf,
  type CatalogTable,
  type CompactionReport,
  type CrawlReport,
  openCatalog,
  openCompactor,
  openCrawler,
  openLakeQuery,
  refreshView,
} from '@millrace/lake'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { ConsoleError } from '../../errors.ts'

export interface TableAddress {
  readonly database: string
  readonly name: string
}

export type CatalogChange =
  | {
      readonly action: 'create-table'
      readonly table: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>
    }
  | { readonly action: 'create-database'; readonly name: string; readonly description?: string }
  | ({ readonly action: 'drop' } & TableAddress)
  | { readonly action: 'drop-database'; readonly name: string }
  | ({ readonly action: 'create-view'; readonly sql: string; readonly refreshMs?: number } & TableAddress)
  | ({ readonly action: 'refresh-view' } & TableAddress)
  | ({ readonly action: 'compact'; readonly targetBytes?: number } & TableAddress)
  | { readonly action: 'crawl'; readonly bucket: string; readonly prefix: string; readonly database: string }

/** What a change came to: a table with its version, rows of a refreshed view, the report of a crawl or of a compaction. */
export type CatalogOutcome =
  | { readonly version: number }
  | { readonly rows: number }
  | { readonly report: CrawlReport }
  | { readonly compacted: CompactionReport }
  | { readonly dropped: 'table' | 'view' | 'database' }
  | { readonly made: 'database' | 'view' }

/** Errors: CATALOG_*, those of queries and buckets. */
export async function changeCatalog(
  store: Store,
  clock: Clock,
  change: CatalogChange,
): Promise<CatalogOutcome> {
  const catalog = openCatalog({ store })
  switch (change.action) {
    case 'create-table': {
      const { table } = change
      const { version } = catalog.write((writer) => writer.putTable(table))
      return { version }
    }
    case 'create-database': {
      const { name, description } = change
      catalog.write((writer) => writer.putDatabase(name, description === undefined ? {} : { description }))
      return { made: 'database' }
    }
    case 'drop': {
      const { database, name } = change
      const isView = catalog.view(database, name) !== undefined
      catalog.write((writer) => (isView ? writer.dropView(database, name) : writer.dropTable(database, name)))
      return { dropped: isView ? 'view' : 'table' }
    }
    case 'drop-database':
      catalog.write((writer) => writer.dropDatabase(change.name))
      return { dropped: 'database' }
    case 'create-view': {
      const { database, name, sql, refreshMs } = change
      const query = openLakeQuery({ catalog, buckets: bucketsOf(store), clock, store })
      try {
        // A text that cannot be read would fail every query of the view.
        await query.describe(sql, { database })
      } finally {
        await query.close()
      }
      catalog.write((writer) =>
        writer.putView({ database, name, sql, ...(refreshMs === undefined ? {} : { refreshMs }) }),
      )
      return { made: 'view' }
    }
    case 'refresh-view': {
      const { database, name } = change
      const view = catalog.view(database, name)
      if (view?.refreshMs === undefined) throw noKeptView(`${database}.${name}`, view !== undefined)
      const buckets = bucketsOf(store)
      const query = openLakeQuery({ catalog, buckets, clock, store })
      try {
        // Of its own, so that it is one more result beside that of the stretch.
        const tick = clock.now()
        const { rows } = await refreshView({ store, catalog, buckets, query }, view, { tick })
        return { rows }
      } finally {
        await query.close()
      }
    }
    case 'compact': {
      const { database, name, targetBytes } = change
      const dir = join(store.dir, 'work', 'compact-by-hand')
      const compactor = openCompactor({ store, catalog, buckets: bucketsOf(store), clock, dir })
      const size = targetBytes === undefined ? {} : { targetBytes }
      return { compacted: await compactor.compact({ database, name }, { ...size, filesMin: 2 }) }
    }
    case 'crawl': {
      const crawler = openCrawler({ catalog, buckets: bucketsOf(store) })
      const { bucket, prefix, database } = change
      try {
        return { report: await crawler.crawl({ bucket, prefix, database }) }
      } finally {
        await crawler.close()
      }
    }
  }
}

function noKeptView(name: string, exists: boolean): ConsoleError {
  return new ConsoleError(
    'CATALOG_VIEW_NOT_KEPT',
    exists
      ? `the view "${name}" keeps no rows: each query computes them. Give it a schedule: millrace catalog view NAME --sql ... --refresh 3600.`
      : `there is no view "${name}".`,
  )
}
