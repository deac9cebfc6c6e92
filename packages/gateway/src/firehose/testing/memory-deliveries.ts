/** Deliveries that are kept in memory and run by nobody: for tests of the API alone. Direct streams are real. */
import type { DeliveryDirectory, DeliveryRecord } from '@millrace/lake'
import { LakeError } from '@millrace/lake'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import type { Deliveries } from '../found-delivery.ts'

export interface MemoryDeliveries extends Deliveries {
  /** How often the host was told to look again. */
  readonly refreshed: () => number
  failWith(name: string, failure: { type: string; details: string } | undefined): void
}

export function memoryDeliveries(store: Store, clock: Clock): MemoryDeliveries {
  const records = new Map<string, DeliveryRecord>()
  const failures = new Map<string, { type: string; details: string }>()
  let refreshed = 0
  const must = (name: string): DeliveryRecord => {
    const found = records.get(name)
    if (found === undefined) throw new LakeError('DELIVERY_MISSING', `there is no delivery "${name}".`)
    return found
  }
  const directory: DeliveryDirectory = {
    list: () => [...records.values()],
    get: (name) => records.get(name),
    create(name, settings, { owner, extra }) {
      if (records.has(name)) throw new LakeError('DELIVERY_EXISTS', `delivery "${name}" exists.`)
      const now = clock.now()
      const record = { name, version: 1, createdAt: now, updatedAt: now, owner, settings, extra }
      records.set(name, record)
      if (settings.source.kind === 'direct') {
        store.defineStream({ name: this.directStream(name), shards: 1, retentionMs: 86_400_000 })
      }
      return record
    },
    update(name, settings, { version, extra }) {
      const before = must(name)
      if (before.version !== version) throw new LakeError('DELIVERY_VERSION', 'it was changed meanwhile.')
      const record = { ...before, settings, extra, version: version + 1, updatedAt: clock.now() }
      records.set(name, record)
      return record
    },
    annotate(name, extra) {
      const record = { ...must(name), extra }
      records.set(name, record)
      return record
    },
    delete(name) {
      must(name)
      records.delete(name)
      if (store.stream(this.directStream(name)) !== undefined) store.deleteStream(this.directStream(name))
    },
    put(transaction, name, data) {
      transaction.append(
        this.directStream(name),
        data.map((each) => ({ key: new Uint8Array(0), data: each })),
      )
    },
    directStream: (name) => `${name}.direct`,
  }
  return {
    directory,
    host: { refresh: () => void refreshed++, failure: (name) => failures.get(name) },
    refreshed: () => refreshed,
    failWith(name, failure) {
      if (failure === undefined) failures.delete(name)
      else failures.set(name, failure)
    },
  }
}
