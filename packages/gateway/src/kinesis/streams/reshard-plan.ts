/**
 * How shards are split and merged: pure plans, as the store's `reshard` takes them. In every plan a new shard has one
 * parent (a part of it) or two (neighbours, both whole), so that any client can follow the lineage.
 *
 * A change to n uniform shards: first each open shard that a new border crosses is split at all its borders, then
 * neighbours within one new range are merged in pairs, level by level. Each level is one commit; the next one follows
 * from the open shards alone, so a change that was cut off goes on where it stopped.
 */
import type { Reshard } from '@millrace/store'
import { type HashRange, initialHashRanges } from '@millrace/values'

export interface OpenShard {
  readonly shard: number
  readonly range: HashRange
}

/** In order of their ranges. */
export function openShards(
  infos: readonly { shard: number; range: HashRange; closedAt: number | undefined }[],
): OpenShard[] {
  return infos
    .filter(({ closedAt }) => closedAt === undefined)
    .sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
}

/** `at` is the first hash of the upper child. */
export function splitAt({ shard, range }: OpenShard, at: bigint): Reshard {
  return {
    close: [shard],
    open: [
      { range: { start: range.start, end: at - 1n }, parents: [shard] },
      { range: { start: at, end: range.end }, parents: [shard] },
    ],
  }
}

/** The first one becomes the parent, the second one the adjacent parent; either may be the lower. */
export function mergeOf(first: OpenShard, second: OpenShard): Reshard {
  const lower = first.range.start < second.range.start ? first : second
  const upper = lower === first ? second : first
  return {
    close: [first.shard, second.shard],
    open: [
      {
        range: { start: lower.range.start, end: upper.range.end },
        parents: [first.shard, second.shard],
      },
    ],
  }
}

export function areNeighbours(a: OpenShard, b: OpenShard): boolean {
  return a.range.end + 1n === b.range.start || b.range.end + 1n === a.range.start
}

/** Several changes of different shards in one commit. */
export function together(changes: readonly Reshard[]): Reshard {
  return {
    close: changes.flatMap(({ close }) => close),
    open: changes.flatMap(({ open }) => open),
  }
}

/** The next commit on the way to `target` uniform shards; undefined when they are there. `open` in order of ranges. */
export function nextUniformStep(open: readonly OpenShard[], target: number): Reshard | undefined {
  const ranges = initialHashRanges(target)
  const splits = open.flatMap((shard) => splitAtBorders(shard, ranges))
  if (splits.length > 0) return together(splits)
  const merges: Reshard[] = []
  let at = 0
  for (const { end } of ranges) {
    const pieces: OpenShard[] = []
    // No open shard crosses a border any more, so each lies in one of the ranges.
    while (at < open.length && open[at]!.range.end <= end) pieces.push(open[at++]!)
    for (let i = 0; i + 1 < pieces.length; i += 2) merges.push(mergeOf(pieces[i]!, pieces[i + 1]!))
  }
  return merges.length === 0 ? undefined : together(merges)
}

/** How many shards a change to `target` makes over all its steps. */
export function shardsMadeFor(open: readonly OpenShard[], target: number): number {
  return uniformSteps(open, target).reduce((made, step) => made + step.open.length, 0)
}

/** All commits on the way to `target` uniform shards. Shards that a step opens have the numbers -1, -2 and so on in those after it. */
export function uniformSteps(open: readonly OpenShard[], target: number): Reshard[] {
  const steps: Reshard[] = []
  let shards = [...open]
  let made = 0
  for (;;) {
    const step = nextUniformStep(shards, target)
    if (step === undefined) return steps
    steps.push(step)
    const closed = new Set(step.close)
    shards = [
      ...shards.filter(({ shard }) => !closed.has(shard)),
      // Numbers below zero cannot meet those of real shards.
      ...step.open.map(({ range }, i) => ({ shard: -1 - made - i, range })),
    ].sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
    made += step.open.length
  }
}

function splitAtBorders({ shard, range }: OpenShard, ranges: readonly HashRange[]): Reshard[] {
  const starts = ranges.map(({ start }) => start).filter((start) => start > range.start && start <= range.end)
  if (starts.length === 0) return []
  const borders = [range.start, ...starts]
  const open = borders.map((start, i) => ({
    range: { start, end: i + 1 < borders.length ? borders[i + 1]! - 1n : range.end },
    parents: [shard],
  }))
  return [{ close: [shard], open }]
}
