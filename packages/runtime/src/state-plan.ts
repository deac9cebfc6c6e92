/**
 * What becomes of a query's state when its program has changed: which operators keep it, which are new, which are gone. State
 * belongs to what an operator computes (its fingerprint), so an operator is the same if its address is.
 *
 * New operators would start empty in the middle of the stream. If the log still holds everything from where the stage began,
 * the whole state is rebuilt by reading it again, without output; then the answers are those that the new program would have
 * given from the start. Otherwise they begin empty.
 */
import type { StoredOperator } from './stage-record.ts'

export interface StatePlan {
  readonly kept: readonly StoredOperator[]
  /** In the program, but not in the data directory. */
  readonly fresh: readonly StoredOperator[]
  /** In the data directory, but not in the program. */
  readonly gone: readonly StoredOperator[]
  /** 'keep': nothing has changed, or only something is gone. */
  readonly action: 'keep' | 'rebuild' | 'start-empty'
}

export interface ShardReach {
  /** Oldest sequence that the log still holds. */
  readonly oldest: number
  /** Where the stage began. */
  readonly start: number
}

/** `stored`: undefined if the stage has never committed, or by a version that did not write it down. */
export function planState(
  stored: readonly StoredOperator[] | undefined,
  now: readonly StoredOperator[],
  shards: readonly ShardReach[],
): StatePlan {
  if (stored === undefined) return { kept: now, fresh: [], gone: [], action: 'keep' }
  const before = new Set(stored.map(([id]) => id))
  const after = new Set(now.map(([id]) => id))
  const fresh = now.filter(([id]) => !before.has(id))
  const reaches = shards.every(({ oldest, start }) => oldest <= start)
  return {
    kept: now.filter(([id]) => before.has(id)),
    fresh,
    gone: stored.filter(([id]) => !after.has(id)),
    action: fresh.length === 0 ? 'keep' : reaches ? 'rebuild' : 'start-empty',
  }
}

export function storedOperators(instance: {
  readonly operators: readonly string[]
  kindOf(operator: string): string | undefined
}): StoredOperator[] {
  return instance.operators.map((id) => [id, instance.kindOf(id) ?? 'operator'] as const)
}
