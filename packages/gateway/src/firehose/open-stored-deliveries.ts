/**
 * The deliveries of a store, run in this process: their directory, and the host that runs those that clients make. Buckets are where
 * the store says; tables are those of its catalog; what is stored is told to the bucket's listeners. Nothing runs before `start`: a
 * function that transforms may call the very endpoint that is about to listen.
 */
import {
  appendObjectCreated,
  type DeliveryHost,
  lambdaTransformer,
  openDeliveries,
  openDeliveryHost,
  storeServices,
} from '@millrace/lake'
import { type LambdaCode, type LambdaHost, makeLambdaHost, Warnings } from '@millrace/runtime'
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
  /** What a LambdaArn finds, by the name in it. Default: none, and records that should be transformed become errors. */
  readonly functions?: readonly LambdaCode[]
  /** Runs them; `url` is the endpoint's. Default: with nothing in their environment. */
  readonly lambdas?: (url: string) => LambdaHost
  /** A delivery is held up: a sentence for people. */
  readonly onWarning?: (message: string) => void
}

export function openStoredDeliveries(options: StoredDeliveriesOptions): Deliveries {
  const { store, clock, random, meter, region, functions = [], onWarning = () => {} } = options
  const directory = openDeliveries({ store, clock })
  const meters = new DeliveryMeters(meter)
  const { lambdas = () => bareLambdas(region) } = options
  let host: DeliveryHost | undefined
  return {
    directory,
    host: {
      refresh: () => host?.refresh(),
      failure: (name) => host?.failure(name),
    },
    start(url) {
      host = openDeliveryHost({
        store,
        clock,
        random,
        warnings: new Warnings(({ message }) => onWarning(message)),
        services: {
          ...storeServices(store, (functionName, context) => {
            const code = functions.find((each) => each.functionName === functionName)
            return code === undefined ? undefined : lambdaTransformer(code, context.lambdas)
          }),
          objectCreated: (transaction, bucket, object) =>
            appendObjectCreated(transaction, bucket, object, { region }),
        },
        lambdas: lambdas(url),
        meter: (delivery) => meters.of(delivery),
      })
      host.refresh()
    },
    close: async () => host?.close(),
  }
}

function bareLambdas(region: string): LambdaHost {
  return makeLambdaHost({
    services: { region, account: defaultAccount, environment: {} },
    cacheDir: undefined,
  })
}
