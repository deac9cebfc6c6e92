/** What a table that is written all the time needs now and then: files put together, manifests put together, old snapshots expired. */
import { expireSnapshots } from '../maintain/expire-snapshots.ts'
import { rewriteManifests } from '../maintain/rewrite-manifests.ts'
import { openTable, type Table } from '../table/open-table.ts'
import { type CompactOptions, compactTable } from '../upsert/compact-table.ts'

/** Whether all of it was done, and not kept from it by others who write. Errors: those of each; what has been done until then stays done. */
export async function keepTableSmall(table: Table, options: CompactOptions): Promise<boolean> {
  // A handle of its own: whoever writes to the table goes on with theirs.
  const own = await openTable(table.catalog, table.name, { store: table.store, clock: table.clock })
  const { skipped } = await compactTable(own, options)
  if (options.signal?.aborted !== true) await rewriteManifests(own)
  if (options.signal?.aborted !== true) await expireSnapshots(own)
  return skipped === 0
}
