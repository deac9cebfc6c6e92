/** Leases in memory, for simulations of many workers. */
import type { Lease, LeaseTable } from '../lease.ts'

export function memoryLeases(): LeaseTable {
  const leases = new Map<string, Lease>()
  return {
    name: 'memory',
    async open() {},
    async list() {
      return [...leases.values()]
    },
    async get(leaseKey) {
      return leases.get(leaseKey)
    },
    async create(lease) {
      if (leases.has(lease.leaseKey)) return false
      leases.set(lease.leaseKey, lease)
      return true
    },
    async update(seen, change) {
      const lease = leases.get(seen.leaseKey)
      if (lease?.leaseCounter !== seen.leaseCounter || lease.leaseOwner !== seen.leaseOwner) return undefined
      const changed = { ...lease, ...change, leaseCounter: lease.leaseCounter + 1 }
      leases.set(seen.leaseKey, changed)
      return changed
    },
    async delete(leaseKey) {
      leases.delete(leaseKey)
    },
    async close() {},
  }
}
