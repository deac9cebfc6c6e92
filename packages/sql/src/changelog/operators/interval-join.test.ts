/** Laws of interval joins: in whatever order rows come within the watermark, the end is the join by nested loops. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IntervalJoinNode, JoinKind } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import {
  both,
  call,
  column,
  equal,
  inputOf,
  integer,
  keysOf,
  less,
  type Matches,
  naiveJoin,
  noSpan,
  timestamp,
} from '../testing/join-kit.ts'
import { accumulate, makeTestContext } from '../testing/test-context.ts'
import { makeIntervalJoin } from './interval-join.ts'

const kinds: readonly JoinKind[] = ['inner', 'left', 'right', 'full', 'semi', 'anti']

function joinOf(parts: Partial<IntervalJoinNode>): IntervalJoinNode {
  const time = { column: 2, kind: 'rowtime' } as const
  const input = inputOf([integer, integer, timestamp], { times: [time] })
  return {
    kind: 'interval-join',
    left: input,
    right: input,
    join: 'inner',
    condition: keysOf([false]),
    leftTime: time,
    rightTime: time,
    lower: 0,
    upper: 10,
    schema: { fields: [] },
    traits: { changes: 'append', times: [], keys: [], window: undefined },
    span: noSpan,
    ...parts,
  }
}

const run = (parts: Partial<IntervalJoinNode>, now = 0) =>
  makeTestContext({ now, make: (context, out) => makeIntervalJoin(joinOf(parts), context, out) })

/** Rows of both sides in order of arrival; each side's watermark is what its greatest time leaves open. */
const arrivals = fc.array(
  fc.record({
    side: fc.constantFrom(0 as const, 1 as const),
    key: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 1 }) }, fc.constant(null)),
    value: fc.integer({ min: 0, max: 3 }),
    behind: fc.integer({ min: 0, max: 4 }),
    step: fc.integer({ min: 0, max: 5 }),
    restart: fc.nat(9),
  }),
  { maxLength: 24 },
)
const delay = 5
const bounds = [
  { lower: 0, upper: 10 },
  { lower: -6, upper: 3 },
  { lower: -9, upper: -2 },
  { lower: 2, upper: 4 },
  { lower: 0, upper: 0 },
  { lower: 3, upper: 1 },
]

describe('an interval join equals the join of all rows at the end', () => {
  for (const join of kinds) {
    for (const residual of [undefined, call('<', [column(1), column(4)])]) {
      it(`${join}${residual === undefined ? '' : ', with a condition'}`, () => {
        fc.assert(
          fc.property(arrivals, fc.constantFrom(...bounds), (steps, { lower, upper }) => {
            const kit = run({ join, lower, upper, condition: keysOf([false], residual) })
            const kept: Row[] = []
            // The watermark that had gone out when the last rows came out.
            let before = Number.NEGATIVE_INFINITY
            const rows: [Row[], Row[]] = [[], []]
            const greatest = [0, 0]
            const watermarks: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
            for (const step of steps) {
              const { side } = step
              greatest[side]! += step.step
              const row: Row = [step.key, step.value, greatest[side]! - step.behind]
              // Not late: each side keeps its own promise.
              rows[side].push(row)
              kit.input(side).row(row, rowKind.insert)
              watermarks[side] = greatest[side]! - delay
              kit.input(side).watermark(watermarks[side])
              if (step.restart === 0) {
                kit.restarted(step.value === 0 ? 'snapshot' : 'changes')
                for (const each of [0, 1] as const) kit.input(each).watermark(watermarks[each])
              }
              for (const out of kit.out.rows.splice(0)) {
                kept.push(out)
                for (const time of [out[2], out[5]]) {
                  if (typeof time === 'number') expect(time).toBeGreaterThan(before)
                }
              }
              before = kit.out.lastWatermark
            }
            for (const side of [0, 1] as const) kit.input(side).watermark(Number.POSITIVE_INFINITY)
            kept.push(...kit.out.rows)
            const inTime: Matches = (l, r) => {
              const distance = (r[2] as number) - (l[2] as number)
              return distance >= lower && distance <= upper
            }
            const matches: Matches = (l, r) =>
              both(equal(l[0]!, r[0]!), inTime(l, r), residual === undefined ? true : less(l[1]!, r[1]!))
            const kinds = kept.map(() => rowKind.insert)
            expect(accumulate(kept, kinds)).toEqual(naiveJoin(rows[0], rows[1], join, matches, { width: 3 }))
            expect(new Set(kit.out.kinds).size).toBeLessThan(2)
            expect(kit.late).toEqual([])
            expect(kit.store().rowCount).toBe(0)
          }),
          { numRuns: 60 },
        )
      })
    }
  }
})

describe('time', () => {
  it('a row without a partner comes out with NULLs when no partner can come, once', () => {
    const kit = run({ join: 'left' })
    kit.input(0).row([1, 0, 100], rowKind.insert)
    kit.input(0).watermark(109)
    kit.input(1).watermark(109)
    kit.input(1).watermark(200)
    kit.input(0).watermark(110)
    kit.input(1).row([1, 0, 105], rowKind.insert)
    expect(kit.out.log).toEqual(['W 99', '+I 1, 0, 100, NULL, NULL, NULL', 'W 100'])
    expect(kit.late).toEqual([[1, 0, 105]])
    expect(kit.store().rowCount).toBe(0)
  })

  it('a late row meets what is kept, but is not kept', () => {
    const kit = run({ join: 'inner' })
    kit.input(1).row([1, 7, 105], rowKind.insert)
    kit.input(0).watermark(102)
    kit.input(1).watermark(102)
    kit.input(0).row([1, 0, 101], rowKind.insert)
    kit.input(1).row([1, 8, 106], rowKind.insert)
    kit.input(0).row([2, 0, 101], rowKind.insert)
    expect(kit.out.texts).toEqual(['+I 1, 0, 101, 1, 7, 105'])
    expect(kit.late).toEqual([[2, 0, 101]])
  })

  it('rows whose time is NULL have no partner', () => {
    const kit = run({ join: 'full' })
    kit.input(0).row([1, 0, null], rowKind.insert)
    kit.input(1).row([1, 0, null], rowKind.insert)
    expect(kit.out.texts).toEqual(['+I 1, 0, NULL, NULL, NULL, NULL', '+I NULL, NULL, NULL, 1, 0, NULL'])
  })

  it('processing time: the clock decides, and the end of the input does not', () => {
    const time = { column: 2, kind: 'proctime' } as const
    const kit = run({ join: 'left', leftTime: time, rightTime: time }, 1000)
    kit.input(0).row([1, 0, 1000], rowKind.insert)
    kit.input(0).row([2, 0, 1000], rowKind.insert)
    kit.advance(1010)
    kit.restarted()
    kit.input(1).row([1, 5, 1010], rowKind.insert)
    kit.input(0).watermark(Number.POSITIVE_INFINITY)
    kit.input(1).watermark(Number.POSITIVE_INFINITY)
    kit.advance(1011)
    expect(kit.out.log).toEqual([
      '+I 1, 0, 1000, 1, 5, 1010',
      'W Infinity',
      '+I 2, 0, 1000, NULL, NULL, NULL',
    ])
  })
})
