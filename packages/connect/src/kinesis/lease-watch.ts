/**
 * Knows whose leases have gone silent: counters that have not moved for the failover time since they were first seen. A
 * lease that has stood still for twice that time, although others could have taken it, is abandoned: they have as many as
 * they may.
 */
import type { Lease } from './lease.ts'

export class LeaseWatch {
  readonly #failoverMs: number
  readonly #seen = new Map<string, { counter: number; since: number }>()

  constructor(failoverMs: number) {
    this.#failoverMs = failoverMs
  }

  /** Keys of the silent and of the abandoned ones among `leases`, as listed by a call that ended at `now`. */
  look(leases: readonly Lease[], now: number): { silent: Set<string>; abandoned: Set<string> } {
    const silent = new Set<string>()
    const abandoned = new Set<string>()
    const listed = new Set<string>()
    for (const { leaseKey, leaseCounter } of leases) {
      listed.add(leaseKey)
      const seen = this.#seen.get(leaseKey)
      if (seen?.counter !== leaseCounter) this.#seen.set(leaseKey, { counter: leaseCounter, since: now })
      else {
        if (now - seen.since >= this.#failoverMs) silent.add(leaseKey)
        if (now - seen.since >= 2 * this.#failoverMs) abandoned.add(leaseKey)
      }
    }
    for (const key of this.#seen.keys()) if (!listed.has(key)) this.#seen.delete(key)
    return { silent, abandoned }
  }
}
