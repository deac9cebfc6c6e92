/**
 * The deliveries of a store, run in this process: their directory, and the host that runs those that clients make. Buckets are where
 * the store says; tables are those of its catalog; what is stored is told to the bucket's listeners.
 */
import {
  appendObjectCreated,
  bucketsOf,
  type DeliveryServices,
  openCatalog,
  openDeliveries,
  openDeliveryHost,
} from '@millrace/lake'
import { type LambdaHost, makeLambdaHost, Warnings } from '@millrace/runtime'
import type { Store } from '@millrace/store'
import type { Clock, Random } from '@millrace/values'
import { defaultAccount } from '../auth/access-key.ts'
import type { Meter } from '../metrics/meter.ts'
import { DeliveryMeters } from './data/delivery-meters.ts'
import type { Deliveries } from './found-delivery.ts'

export interface StoredDeliveriesOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly meter: Meter
  readonly region: string
  /** Functions that transform, by name. Default: none. */
  readonly transformer?: DeliveryServices['transformer']
  /** Runs Lambda functions. Default: for none. */
  readonly lambdas?: LambdaHost
  /** A delivery is held up: a sentence for people. */
  readonly onWarning?: (message: string) => void
}

export function openStoredDeliveries(options: StoredDeliveriesOptions): Deliveries {
  const { store, clock, random, meter, region, onWarning = () => {} } = options
  const directory = openDeliveries({ store, clock })
  const meters = new DeliveryMeters(meter)
  const host = openDeliveryHost({
    store,
    clock,
    random,
    warnings: new Warnings(({ message }) => onWarning(message)),
    services: {
      buckets: bucketsOf(store),
      catalog: openCatalog({ store }),
      transformer: options.transformer ?? (() => undefined),
      objectCreated: (transaction, bucket, object) =>
        appendObjectCreated(transaction, bucket, object, { region }),
    },
    lambdas:
      options.lambdas ??
      makeLambdaHost({
        services: { region, account: defaultAccount, environment: {} },
        cacheDir: undefined,
      }),
    meter: (delivery) => meters.of(delivery),
  })
  host.refresh()
  return { directory, host, close: () => host.close() }
}
