/** The deliveries of a store without anybody who runs them: for tests of the API alone. */
import { openDeliveries } from '@millrace/lake'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { Deliveries } from '../found-delivery.ts'

export interface UnattendedDeliveries extends Deliveries {
  /** How often the host was told to look again. */
  readonly refreshed: () => number
  failWith(name: string, failure: { type: string; details: string }): void
}

export function unattendedDeliveries(store: Store, clock: Clock): UnattendedDeliveries {
  const failures = new Map<string, { type: string; details: string }>()
  let refreshed = 0
  return {
    directory: openDeliveries({ store, clock }),
    host: { refresh: () => void refreshed++, failure: (name) => failures.get(name) },
    refreshed: () => refreshed,
    failWith: (name, failure) => void failures.set(name, failure),
  }
}
