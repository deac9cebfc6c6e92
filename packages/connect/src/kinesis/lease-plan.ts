/**
 * Decisions about leases as functions of what was seen: which shards lack one, which leases may be worked on, and which
 * a worker takes. No I/O and no clock.
 */
import type { Random } from '@millrace/values'
import type { KinesisShard } from './kinesis-stream-port.ts'
import { isAtStart, isFinished, type Lease } from './lease.ts'

/** A lease may be worked on when it has work left and all parents are done (or so old that they have no lease). */
export function workableLeases(leases: readonly Lease[]): Lease[] {
  const byKey = new Map(leases.map((lease) => [lease.leaseKey, lease]))
  const isDone = (key: string) => {
    const lease = byKey.get(key)
    return lease === undefined || isFinished(lease)
  }
  return leases.filter((lease) => !isFinished(lease) && lease.parentShardId.every(isDone))
}

/** Whether the application has not begun: every lease is where it was made. */
export function isFresh(leases: readonly Lease[]): boolean {
  return leases.every(isAtStart)
}

/**
 * Shards that need a lease and have none. Not those that follow a shard with an unfinished lease: its worker makes theirs when
 * it comes to the end. Not those that others with leases follow: they are done, and their leases were deleted. Of the
 * rest, the eldest of each line.
 */
export function shardsWithoutLease(
  shards: readonly KinesisShard[],
  leases: readonly Lease[],
): KinesisShard[] {
  const byKey = new Map(leases.map((lease) => [lease.leaseKey, lease]))
  const children = new Map<string, KinesisShard[]>()
  for (const shard of shards) {
    for (const parent of shard.parents) {
      const siblings = children.get(parent)
      if (siblings === undefined) children.set(parent, [shard])
      else siblings.push(shard)
    }
  }
  const followed = new Map<string, boolean>()
  const isFollowed = (shardId: string): boolean => {
    const known = followed.get(shardId)
    if (known !== undefined) return known
    const found = (children.get(shardId) ?? []).some(
      (child) => byKey.has(child.shardId) || isFollowed(child.shardId),
    )
    followed.set(shardId, found)
    return found
  }
  const isPassed = (shardId: string) => !byKey.has(shardId) && isFollowed(shardId)
  const listed = new Set(shards.map((shard) => shard.shardId))
  return shards.filter(({ shardId, parents }) => {
    if (byKey.has(shardId) || isFollowed(shardId)) return false
    return parents.every((parent) => {
      const lease = byKey.get(parent)
      if (lease !== undefined) return isFinished(lease)
      // A parent that needs a lease itself comes first.
      return !listed.has(parent) || isPassed(parent)
    })
  })
}

/** Of the shards with which an application begins, those that have no lease, and follow none that has. */
export function firstShards(
  first: readonly KinesisShard[],
  shards: readonly KinesisShard[],
  leases: readonly Lease[],
): KinesisShard[] {
  const leased = new Set(leases.map((lease) => lease.leaseKey))
  const parentsOf = new Map(shards.map((shard) => [shard.shardId, shard.parents]))
  const known = new Map<string, boolean>()
  // Each shard is decided once: shards that are split and merged again and again have exponentially many paths.
  const isOfLeased = (shardId: string): boolean => {
    let found = known.get(shardId)
    if (found === undefined) {
      found = leased.has(shardId) || (parentsOf.get(shardId) ?? []).some(isOfLeased)
      known.set(shardId, found)
    }
    return found
  }
  return first.filter((shard) => !isOfLeased(shard.shardId))
}

/** Leases of finished shards that are not listed any more. */
export function expiredLeases(shards: readonly KinesisShard[], leases: readonly Lease[]): Lease[] {
  const listed = new Set(shards.map((shard) => shard.shardId))
  return leases.filter((lease) => isFinished(lease) && !listed.has(lease.leaseKey))
}

export interface TakingInput {
  readonly leases: readonly Lease[]
  readonly workerId: string
  /** Keys of leases whose owners have gone silent. */
  readonly silent: ReadonlySet<string>
  /** Keys of leases that nobody has wanted for long. */
  readonly abandoned: ReadonlySet<string>
  readonly leasesMax: number
  /** Leases to steal at once. */
  readonly stealMax: number
  readonly random: Random
}

export interface TakingPlan {
  readonly take: readonly Lease[]
  readonly steal: readonly Lease[]
}

/**
 * What the worker should take to hold its share, the number of leases over that of workers, rounded up. Free leases come
 * first, drawn at random so that workers seldom want the same; an abandoned one is taken beyond the share. If none is free and another worker has at least two more,
 * up to half of the difference is stolen from the one that has most: after that, no steal makes the shares more even.
 */
export function planTaking(input: TakingInput): TakingPlan {
  const { workerId, silent, abandoned, leasesMax, stealMax, random } = input
  const workable = workableLeases(input.leases)
  const held = new Map<string, Lease[]>([[workerId, []]])
  const free: Lease[] = []
  for (const lease of workable) {
    const { leaseOwner, leaseKey } = lease
    if (leaseOwner === undefined || silent.has(leaseKey)) free.push(lease)
    else held.set(leaseOwner, [...(held.get(leaseOwner) ?? []), lease])
  }
  const mine = held.get(workerId)?.length ?? 0
  const share = Math.min(leasesMax, Math.ceil(workable.length / held.size))
  if (free.length > 0) {
    if (mine < share) return { take: drawn(free, share - mine, random), steal: [] }
    const left = mine < leasesMax ? free.filter((lease) => abandoned.has(lease.leaseKey)) : []
    return { take: drawn(left, 1, random), steal: [] }
  }
  let most: readonly Lease[] = []
  for (const leases of held.values()) if (leases.length > most.length) most = leases
  const surplus = Math.floor((most.length - mine) / 2)
  return { take: [], steal: drawn(most, Math.min(surplus, stealMax, leasesMax - mine), random) }
}

function drawn(leases: readonly Lease[], count: number, random: Random): Lease[] {
  const left = [...leases]
  const taken: Lease[] = []
  while (taken.length < count && left.length > 0) {
    const index = random.below(left.length)
    taken.push(left[index]!)
    left[index] = left.at(-1)!
    left.pop()
  }
  return taken
}
