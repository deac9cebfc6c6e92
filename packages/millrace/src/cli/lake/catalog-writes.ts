/** Where `millrace catalog` makes its changes: through the process that runs on the data directory, or in the store when none runs. */
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { type CatalogChange, type CatalogOutcome, changeCatalog } from '../../admin/catalog-change.ts'
import { catalogPath } from '../../admin/lake-routes.ts'
import { codeOf, MillraceError, messageOf } from '../../error.ts'
import { readAddress } from '../gateway-place.ts'
import { postAdmin } from '../post-admin.ts'

/** Errors: DATA_IN_USE, and those of the change. */
export async function writeCatalog(dir: string, change: CatalogChange): Promise<CatalogOutcome> {
  const address = readAddress(dir)
  if (address !== undefined) {
    const page = { dir, url: address.url, path: catalogPath, codes: /^(CATALOG|LAKE|OBJECT|BUCKET)_/ }
    // The other side gives what changeCatalog gave, as JSON.
    return (await postAdmin(page, change)) as unknown as CatalogOutcome
  }
  let store: Awaited<ReturnType<typeof openStore>>
  try {
    store = await openStore({ dir, clock: systemClock })
  } catch (error) {
    if (codeOf(error) !== 'STORE_LOCKED') throw error
    throw new MillraceError(
      'DATA_IN_USE',
      `a process runs on ${dir} without a gateway: ${messageOf(error)}`,
      {
        next: 'Run it with its gateway (without --no-gateway; with --port if it runs --until-idle), or stop it first.',
        cause: error,
      },
    )
  }
  try {
    return await changeCatalog(store, systemClock, change)
  } finally {
    await store.close()
  }
}
