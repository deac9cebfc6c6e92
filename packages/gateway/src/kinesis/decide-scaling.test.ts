import { type HashRange, initialHashRanges } from '@millrace/values'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decideScaling,
  onDemandRule,
  type ScalingRule,
  type ShardLoad,
  targetRule,
} from './decide-scaling.ts'
import { mergeOf, splitAt } from './streams/reshard-plan.ts'

const top = 2n ** 128n - 1n

/** A load that does not change: keys at places of the hash space, and an even rest; in shards' write limits. */
interface Load {
  readonly keys: readonly { readonly at: bigint; readonly use: number }[]
  readonly even: number
}

/** Evenly spread; fc.double prefers the smallest numbers. */
const number = (min: number, max: number) =>
  fc.integer({ min: min * 1000, max: max * 1000 }).map((thousandths) => thousandths / 1000)

const load: fc.Arbitrary<Load> = fc.record({
  keys: fc.array(fc.record({ at: fc.bigInt({ min: 0n, max: top }), use: number(0, 3) }), { maxLength: 8 }),
  even: number(0, 12),
})

const rules: fc.Arbitrary<ScalingRule> = fc
  .record({
    target: fc.option(number(0.3, 0.9), { nil: undefined }),
    min: fc.integer({ min: 1, max: 6 }),
    span: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ target, min, span }) => {
    const limits = { min, max: min + span }
    return target === undefined ? onDemandRule(limits) : targetRule(target, limits)
  })

function useOf({ keys, even }: Load, { start, end }: HashRange): number {
  const width = Number(end - start + 1n) / 2 ** 128
  return keys.reduce((sum, key) => (key.at >= start && key.at <= end ? sum + key.use : sum), even * width)
}

/** Runs the rule minute by minute; the shards at the end, and how many minutes ago the last change was. */
function run(
  of: Load,
  rule: ScalingRule,
  shards: number,
  minutes: number,
): { open: ShardLoad[]; quiet: number; splits: number } {
  let open: ShardLoad[] = initialHashRanges(shards).map((range, shard) => ({ shard, range, useByMinute: [] }))
  let next = shards
  let quiet = 0
  let splits = 0
  for (let minute = 0; minute < minutes; minute++) {
    open = open.map((each) => ({
      ...each,
      useByMinute: [...each.useByMinute, useOf(of, each.range)].slice(-rule.coldMinutes),
    }))
    const decision = decideScaling(open, rule)
    const changes = [
      ...decision.splits.map((each) => splitAt(each, (each.range.start + each.range.end) / 2n + 1n)),
      ...decision.merges.map(([lower, upper]) => mergeOf(lower, upper)),
    ]
    quiet = changes.length === 0 ? quiet + 1 : 0
    splits += decision.splits.length
    const closed = changes.flatMap(({ close }) => close)
    expect(new Set(closed).size, 'no shard is changed twice').toBe(closed.length)
    open = [
      ...open.filter(({ shard }) => !closed.includes(shard)),
      ...changes
        .flatMap(({ open: made }) => made)
        .map(({ range }) => ({ shard: next++, range, useByMinute: [] })),
    ].sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
    let at = 0n
    for (const { range } of open) {
      expect(range.start).toBe(at)
      at = range.end + 1n
    }
    expect(at).toBe(top + 1n)
  }
  return { open, quiet, splits }
}

test('under a load that does not change, scaling comes to rest within the bounds, and stays there', () => {
  fc.assert(
    fc.property(load, rules, fc.integer({ min: 1, max: 12 }), (of, rule, shards) => {
      const { open, quiet } = run(of, rule, shards, rule.coldMinutes * 12)
      expect(quiet).toBeGreaterThan(rule.coldMinutes * 2)
      expect(open.length).toBeGreaterThanOrEqual(rule.min)
      if (shards <= rule.max) expect(open.length).toBeLessThanOrEqual(rule.max)
    }),
    { numRuns: 60 },
  )
})

test('at rest no even part of the load is above what a shard may take, unless the bound is reached', () => {
  fc.assert(
    fc.property(number(0, 12), fc.integer({ min: 1, max: 12 }), (even, shards) => {
      const rule = onDemandRule({ min: 1, max: 64 })
      const { open } = run({ keys: [], even }, rule, shards, rule.coldMinutes * 8)
      for (const { range } of open) expect(useOf({ keys: [], even }, range)).toBeLessThanOrEqual(rule.hotUse)
    }),
    { numRuns: 30 },
  )
})

test('a target is met from above and from far below', () => {
  fc.assert(
    fc.property(
      number(0.5, 12),
      number(0.3, 0.9),
      fc.integer({ min: 1, max: 40 }),
      (even, target, shards) => {
        const rule = targetRule(target, { min: 1, max: 64 })
        const { open } = run({ keys: [], even }, rule, shards, rule.coldMinutes * 12)
        expect(even / open.length).toBeLessThanOrEqual(target + 1e-9)
        // Merging is more careful than splitting, and works on pairs.
        expect(open.length).toBeLessThanOrEqual(Math.max(3, Math.ceil((even / target) * 3)))
      },
    ),
    { numRuns: 60 },
  )
})

test('a hot key that no split can cool costs a few splits only, and the shards go when it does', () => {
  const rule = onDemandRule({ min: 4, max: 200 })
  const hot: Load = { keys: [{ at: 7n, use: 2 }], even: 0.2 }
  const { splits, open } = run(hot, rule, 4, rule.coldMinutes * 10)
  // From a quarter of the ring down to an eighth of a two-hundredth.
  expect(splits).toBeLessThanOrEqual(9)
  expect(open.length).toBeLessThanOrEqual(8)
})

test('a short peak changes nothing; a new shard is left alone', () => {
  const rule = onDemandRule({ min: 1, max: 8 })
  const one = (useByMinute: number[]): ShardLoad[] => [
    { shard: 0, range: { start: 0n, end: top }, useByMinute },
  ]
  expect(decideScaling(one([0, 0, 0.9, 0.9]), rule).splits).toEqual([])
  expect(decideScaling(one([0.9, 0.9]), rule).splits).toEqual([])
  expect(decideScaling(one([0.9, 0.9, 0.9]), rule).splits).toHaveLength(1)
  const halves = initialHashRanges(2).map((range, shard) => ({ shard, range }))
  const idle = (minutes: number): ShardLoad[] =>
    halves.map((half) => ({ ...half, useByMinute: new Array<number>(minutes).fill(0) }))
  expect(decideScaling(idle(rule.coldMinutes - 1), rule).merges).toEqual([])
  expect(decideScaling(idle(rule.coldMinutes), rule).merges).toHaveLength(1)
  expect(decideScaling(idle(rule.coldMinutes), { ...rule, min: 2 }).merges).toEqual([])
})
