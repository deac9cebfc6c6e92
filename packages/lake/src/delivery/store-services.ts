/** What stages of deliveries need, from the store that they work on: its buckets, its catalog, and the news of its buckets. */
import type { Store } from '@millrace/store'
import { openCatalog } from '../catalog/open-catalog.ts'
import { bucketsOf } from '../objects/buckets-of.ts'
import { appendObjectCreated } from '../objects/object-events.ts'
import type { DeliveryServices } from './delivery-port.ts'

export function storeServices(
  store: Store,
  transformer: DeliveryServices['transformer'] = () => undefined,
): DeliveryServices {
  return {
    buckets: bucketsOf(store),
    catalog: openCatalog({ store }),
    transformer,
    objectCreated: (transaction, bucket, object) => appendObjectCreated(transaction, bucket, object),
  }
}
