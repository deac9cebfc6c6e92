/**
 * Provisioned capacity as a limit: a bucket for the reads and one for the writes of each table and each global index that
 * has units, filled by the second, with a burst of 300 seconds. A call is let in while nothing is owed, and spends what it
 * has used afterwards, since only then it is known; so a large item gets through and the next calls wait for it.
 *
 * Local indexes use their table's. A bucket is made anew, full, when its units change.
 */
import type { Capacity, TableInfo } from '@millrace/tables'
import { TokenBucket } from '../../limits/token-bucket.ts'
import type { ConsumedCapacity } from './consumed-capacity.ts'

const BURST_SECONDS = 300
/** Buckets of tables that are gone go with the others; those of tables in use begin full again. */
const BUCKETS_MAX = 10_000

interface Buckets {
  readonly units: Capacity
  readonly read: TokenBucket
  readonly write: TokenBucket
}

export class CapacityLimits {
  readonly #isEnforced: boolean
  readonly #buckets = new Map<string, Buckets>()

  constructor(options: { readonly isEnforced: boolean }) {
    this.#isEnforced = options.isEnforced
  }

  isLimited({ settings }: TableInfo): boolean {
    return this.#isEnforced && settings.capacity !== undefined
  }

  /** Whether a call may go on. `index`: the index that is read. */
  mayRead(table: TableInfo, index: string | undefined, nowMs: number): boolean {
    return this.#of(table, globalName(table, index), nowMs)?.read.isOpen(nowMs) ?? true
  }

  /** A write waits for the indexes as well: they have to follow. */
  mayWrite(table: TableInfo, nowMs: number): boolean {
    if (!this.isLimited(table)) return true
    if (this.#of(table, undefined, nowMs)?.write.isOpen(nowMs) === false) return false
    return table.settings.indexes.every(
      ({ kind, name }) => kind === 'local' || this.#of(table, name, nowMs)?.write.isOpen(nowMs) !== false,
    )
  }

  spend(table: TableInfo, kind: 'read' | 'write', consumed: ConsumedCapacity, nowMs: number): void {
    if (!this.isLimited(table)) return
    this.#of(table, undefined, nowMs)?.[kind].spend(consumed.tableUnits, nowMs)
    for (const [name, units] of consumed.indexUnits) {
      this.#of(table, globalName(table, name), nowMs)?.[kind].spend(units, nowMs)
    }
  }

  /** Undefined: no limit. */
  #of(table: TableInfo, index: string | undefined, nowMs: number): Buckets | undefined {
    if (!this.#isEnforced) return undefined
    const { settings } = table
    const units =
      index === undefined ? settings.capacity : settings.indexes.find(({ name }) => name === index)?.capacity
    if (units === undefined) return undefined
    const id = JSON.stringify([table.name, table.createdAt, index ?? null])
    const present = this.#buckets.get(id)
    if (present?.units.readUnits === units.readUnits && present.units.writeUnits === units.writeUnits) {
      return present
    }
    if (this.#buckets.size >= BUCKETS_MAX) this.#buckets.clear()
    const made = { units, read: bucket(units.readUnits, nowMs), write: bucket(units.writeUnits, nowMs) }
    this.#buckets.set(id, made)
    return made
  }
}

function bucket(perSecond: number, nowMs: number): TokenBucket {
  return new TokenBucket({ capacity: perSecond * BURST_SECONDS, perSecond, nowMs })
}

function globalName(table: TableInfo, index: string | undefined): string | undefined {
  return table.settings.indexes.find(({ name, kind }) => name === index && kind === 'global')?.name
}
