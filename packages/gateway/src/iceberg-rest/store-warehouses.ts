/**
 * The warehouses of a store: each bucket that holds tables of the Iceberg format, as the catalog shows them or a delivery is about to make
 * them.
 */
import { applyUpdates, bucketsOf, FolderCatalog, openCatalog, openDeliveries } from '@millrace/lake'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { IcebergRestOptions } from './iceberg-rest-tree.ts'
import type { Warehouse } from './rest-call.ts'

export function storeWarehouses(store: Store, clock: Clock): IcebergRestOptions {
  const catalog = openCatalog({ store })
  const deliveries = openDeliveries({ store, clock })
  const opened = new Map<string, Warehouse>()
  const names = () => {
    const found = new Set<string>()
    for (const { name: database } of catalog.databases())
      for (const { format, bucket } of catalog.tables(database)) if (format === 'iceberg') found.add(bucket)
    for (const { settings } of deliveries.list())
      if (settings.destination.kind === 'iceberg') found.add(settings.destination.bucket)
    return [...found].sort()
  }
  return {
    warehouses: names,
    open(name) {
      if (!names().includes(name)) return undefined
      let warehouse = opened.get(name)
      if (warehouse === undefined) {
        const bucket = bucketsOf(store).open(name)
        warehouse = {
          catalog: new FolderCatalog(bucket, { clock }),
          location: ({ namespace, name: table }) => [bucket.url, ...namespace, table].join('/'),
          staged: (updates) =>
            applyUpdates(undefined, updates, { now: clock.now(), baseLocation: undefined }),
        }
        opened.set(name, warehouse)
      }
      return warehouse
    },
  }
}
