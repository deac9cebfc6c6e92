/** Where `millrace catalog` makes its changes: through the process that runs on the data directory, or in the store when none runs. */

import { type CatalogChange, type CatalogOutcome, catalogPath, changeCatalog } from '@millrace/console'
import { systemClock } from '@millrace/values'
import { readAddress } from '../gateway-place.ts'
import { postAdmin } from '../post-admin.ts'
import { writeStore } from '../write-store.ts'

/** Errors: DATA_IN_USE, and those of the change. */
export async function writeCatalog(dir: string, change: CatalogChange): Promise<CatalogOutcome> {
  const address = readAddress(dir)
  if (address !== undefined) {
    const page = { dir, url: address.url, path: catalogPath, codes: /^(CATALOG|LAKE|OBJECT|BUCKET)_/ }
    // The other side gives what changeCatalog gave, as JSON.
    return (await postAdmin(page, change)) as unknown as CatalogOutcome
  }
  return writeStore(dir, (store) => changeCatalog(store, systemClock, change))
}
