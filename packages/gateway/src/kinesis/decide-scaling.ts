/**
 * Which shards of a stream to split and which to merge, from what was written to each of them minute by minute: a pure
 * function.
 *
 * Use of a shard is the share of its write limit that is taken, by bytes or by records, whichever is more.
 *   Hot   every minute of the last `hotMinutes` was above `hotUse`: the shard is split in the middle.
 *   Cold  two neighbours whose peaks over the last `coldMinutes` add up to no more than `coldPairUse`: they are merged.
 *   Target (provisioned streams)  when the mean over all open shards was above `targetUse` for `hotMinutes`, the most
 *         used shards are split as well, as many as bring the mean back to the target; and neighbours are merged only as
 *         long as the mean of the shards that are left stays below `slack` of the target.
 *
 * Nothing flaps under a load that does not change: a pair that is merged stays below the use at which a shard is split
 * (coldPairUse is less than hotUse), and a shard no wider than `narrowest` is not split, so a single hot key costs a few
 * splits and no more. A new shard has no past, so it is left alone until it has one; that is the cooldown.
 */
import type { HashRange } from '@millrace/values'

export interface ShardLoad {
  readonly shard: number
  readonly range: HashRange
  /** Share of the write limit in use, a number for each whole minute of the shard's life, the last one last. */
  readonly useByMinute: readonly number[]
}

export interface ScalingRule {
  readonly hotUse: number
  readonly hotMinutes: number
  readonly coldPairUse: number
  readonly coldMinutes: number
  /** Mean use to keep; undefined where only single shards count. */
  readonly targetUse: number | undefined
  /** Open shards, at least and at most. */
  readonly min: number
  readonly max: number
}

export interface ScalingDecision {
  /** Shards to split in the middle of their ranges. */
  readonly splits: readonly ShardLoad[]
  /** Neighbours to merge, the lower one first. */
  readonly merges: readonly (readonly [ShardLoad, ShardLoad])[]
}

/** After merges the mean use is at most this share of the target. */
const SLACK = 0.8
/** Ranges are split down to this share of what `max` uniform shards would have. */
const NARROW_PARTS = 8n

/** `open`: all open shards in order of their ranges. */
export function decideScaling(open: readonly ShardLoad[], rule: ScalingRule): ScalingDecision {
  const splits = new Set<ShardLoad>()
  const room = rule.max - open.length
  const narrowest = 2n ** 128n / (BigInt(Math.max(rule.max, 1)) * NARROW_PARTS)
  const splittable = open
    .filter(({ range }) => range.end - range.start + 1n >= narrowest * 2n)
    .sort((a, b) => recentUse(b, rule) - recentUse(a, rule))
  const wanted = Math.max(rule.min, shardsForTarget(open, rule)) - open.length
  for (const load of splittable) {
    if (splits.size >= room) break
    if (isHot(load, rule) || (splits.size < wanted && hasPast(load, rule.hotMinutes))) splits.add(load)
  }
  return { splits: [...splits], merges: merges(open, splits, rule) }
}

function merges(
  open: readonly ShardLoad[],
  splits: ReadonlySet<ShardLoad>,
  rule: ScalingRule,
): (readonly [ShardLoad, ShardLoad])[] {
  const found: (readonly [ShardLoad, ShardLoad])[] = []
  let left = open.length + splits.size
  const total = open.reduce((sum, load) => sum + peakUse(load, rule.coldMinutes), 0)
  const mayLose = (): boolean =>
    left > rule.min &&
    (left > rule.max || rule.targetUse === undefined || total / (left - 1) <= rule.targetUse * SLACK)
  for (let i = 0; i + 1 < open.length && mayLose(); i++) {
    const lower = open[i]!
    const upper = open[i + 1]!
    if (splits.has(lower) || splits.has(upper)) continue
    if (!hasPast(lower, rule.coldMinutes) || !hasPast(upper, rule.coldMinutes)) continue
    if (peakUse(lower, rule.coldMinutes) + peakUse(upper, rule.coldMinutes) > rule.coldPairUse) continue
    found.push([lower, upper])
    left--
    i++
  }
  return found
}

/** Shards at which the mean use of the stream meets the target; 0 where there is none, or it was not above it all the time. */
function shardsForTarget(open: readonly ShardLoad[], { targetUse, hotMinutes }: ScalingRule): number {
  if (targetUse === undefined || !open.every((load) => hasPast(load, hotMinutes))) return 0
  let needed = Number.POSITIVE_INFINITY
  for (let back = 1; back <= hotMinutes; back++) {
    const total = open.reduce((sum, { useByMinute }) => sum + (useByMinute.at(-back) ?? 0), 0)
    needed = Math.min(needed, Math.ceil(total / targetUse - 1e-9))
  }
  return needed
}

function isHot({ useByMinute }: ShardLoad, { hotUse, hotMinutes }: ScalingRule): boolean {
  return useByMinute.length >= hotMinutes && useByMinute.slice(-hotMinutes).every((use) => use > hotUse)
}

function hasPast({ useByMinute }: ShardLoad, minutes: number): boolean {
  return useByMinute.length >= minutes
}

function peakUse({ useByMinute }: ShardLoad, minutes: number): number {
  return Math.max(0, ...useByMinute.slice(-minutes))
}

function recentUse({ useByMinute }: ShardLoad, { hotMinutes }: ScalingRule): number {
  const recent = useByMinute.slice(-hotMinutes)
  return recent.reduce((sum, use) => sum + use, 0) / Math.max(1, recent.length)
}

/** On-demand: a shard above 500 KiB/s (of 1 MiB/s) is hot; half of that for two together is cold. */
export function onDemandRule(limits: { min: number; max: number }): ScalingRule {
  return {
    hotUse: 500 / 1024,
    hotMinutes: 3,
    coldPairUse: 250 / 1024,
    coldMinutes: 60,
    targetUse: undefined,
    ...limits,
  }
}

/** Provisioned with a target: single shards may go half of the way from the target to their limit. */
export function targetRule(targetUse: number, limits: { min: number; max: number }): ScalingRule {
  return {
    hotUse: (1 + targetUse) / 2,
    hotMinutes: 3,
    coldPairUse: targetUse * 0.9,
    coldMinutes: 15,
    targetUse,
    ...limits,
  }
}
