/** Laws of window joins: window by window the join by nested loops, in order, whatever the order of arrival. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JoinKind, WindowJoinNode, WindowSpec } from '../plan.ts'
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
  textsOf,
  timestamp,
} from '../testing/join-kit.ts'
import { makeTestContext } from '../testing/test-context.ts'
import { makeWindowJoin } from './window-join.ts'

const kinds: readonly JoinKind[] = ['inner', 'left', 'right', 'full', 'semi', 'anti']

/** Columns: key, value, window_start, window_end. */
function inputWith(zone?: string) {
  const time = { column: 3, kind: 'rowtime' } as const
  const spec: WindowSpec = { time, zone, kind: 'tumble', size: 10, offset: 0 }
  return inputOf([integer, integer, timestamp, timestamp], {
    window: { start: 2, end: 3, time: undefined, spec },
  })
}

function joinOf(parts: Partial<WindowJoinNode>): WindowJoinNode {
  return {
    kind: 'window-join',
    left: inputWith(),
    right: inputWith(),
    join: 'inner',
    condition: keysOf([false]),
    leftEnd: 3,
    rightEnd: 3,
    time: 'rowtime',
    nullAware: false,
    schema: { fields: [] },
    traits: { changes: 'append', times: [], keys: [], window: undefined },
    span: noSpan,
    ...parts,
  }
}

const run = (parts: Partial<WindowJoinNode>, now = 0) =>
  makeTestContext({ now, make: (context, out) => makeWindowJoin(joinOf(parts), context, out) })

const arrivals = fc.array(
  fc.record({
    side: fc.constantFrom(0 as const, 1 as const),
    key: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 1 }) }, fc.constant(null)),
    value: fc.integer({ min: 0, max: 3 }),
    ahead: fc.integer({ min: 0, max: 3 }),
    step: fc.constantFrom(0, 0, 1),
    restart: fc.nat(9),
  }),
  { maxLength: 24 },
)

describe('a window join puts out each window once, when it fires', () => {
  for (const [join, nullAware] of [...kinds.map((kind) => [kind, false] as const), ['anti', true] as const]) {
    for (const residual of [undefined, call('<', [column(1), column(5)])]) {
      it(`${nullAware ? 'NOT IN' : join}${residual === undefined ? '' : ', with a condition'}`, () => {
        const matches: Matches = (l, r) => {
          const keys = both(equal(l[0], r[0]), residual === undefined ? true : less(l[1], r[1]))
          return l[3] === r[3] ? keys : false
        }
        fc.assert(
          fc.property(arrivals, (steps) => {
            const kit = run({ join, nullAware, condition: keysOf([false], residual) })
            const rows: [Row[], Row[]] = [[], []]
            let fired = 0
            const open = (end: number) => (row: Row) => row[3] === end
            for (const { side, key, value, ahead, step, restart } of steps) {
              const start = fired + 10 * ahead
              const row: Row = [key, value, start, start + 10]
              rows[side].push(row)
              kit.input(side).row(row, rowKind.insert)
              kit.input(0).watermark(fired + 8)
              if (restart === 0) {
                kit.restarted(value === 0 ? 'snapshot' : 'changes')
                for (const each of [0, 1] as const) kit.input(each).watermark(fired + 8)
              }
              kit.input(1).watermark(fired + 8)
              expect(kit.out.rows).toEqual([])
              if (step === 0) continue
              kit.input(0).watermark(fired + 9)
              kit.input(1).watermark(fired + 9)
              fired += 10
              expect(textsOf(kit.out.rows)).toEqual(
                naiveJoin(rows[0].filter(open(fired)), rows[1].filter(open(fired)), join, matches, {
                  nullAware,
                  width: 4,
                }),
              )
              kit.out.clear()
            }
            for (const side of [0, 1] as const) kit.input(side).watermark(Number.POSITIVE_INFINITY)
            const later = (row: Row) => (row[3] as number) > fired
            expect(textsOf(kit.out.rows)).toEqual(
              naiveJoin(rows[0].filter(later), rows[1].filter(later), join, matches, { nullAware, width: 4 }),
            )
            const ends = kit.out.rows.map((row) => (row[3] ?? row[7]) as number)
            expect(ends).toEqual([...ends].sort((a, b) => a - b))
            expect(kit.store().rowCount).toBe(0)
            expect(kit.late).toEqual([])
          }),
          { numRuns: 50 },
        )
      })
    }
  }
})

describe('examples', () => {
  it('order: window, left arrival, right arrival, then right rows without a partner', () => {
    const kit = run({ join: 'full' })
    kit.input(1).row([9, 0, 10, 20], rowKind.insert)
    kit.input(1).row([1, 1, 0, 10], rowKind.insert)
    kit.input(1).row([7, 2, 0, 10], rowKind.insert)
    kit.input(0).row([2, 3, 0, 10], rowKind.insert)
    kit.input(0).row([1, 4, 0, 10], rowKind.insert)
    kit.input(1).row([1, 5, 0, 10], rowKind.insert)
    kit.input(0).row([1, 6, 0, 10], rowKind.insert)
    kit.restarted()
    kit.input(0).watermark(9)
    kit.input(1).watermark(9)
    kit.input(0).row([1, 6, 0, 10], rowKind.insert)
    expect(kit.out.log).toEqual([
      '+I 2, 3, 0, 10, NULL, NULL, NULL, NULL',
      '+I 1, 4, 0, 10, 1, 1, 0, 10',
      '+I 1, 4, 0, 10, 1, 5, 0, 10',
      '+I 1, 6, 0, 10, 1, 1, 0, 10',
      '+I 1, 6, 0, 10, 1, 5, 0, 10',
      '+I NULL, NULL, NULL, NULL, 7, 2, 0, 10',
      'W 9',
    ])
    expect(kit.late).toEqual([[1, 6, 0, 10]])
  })

  it('sessions that end together but do not start together are different', () => {
    const kit = run({})
    kit.input(0).row([1, 0, 3, 20], rowKind.insert)
    kit.input(1).row([1, 1, 4, 20], rowKind.insert)
    kit.input(1).row([1, 2, 3, 20], rowKind.insert)
    for (const side of [0, 1]) kit.input(side).watermark(19)
    expect(kit.out.texts).toEqual(['+I 1, 0, 3, 20, 1, 2, 3, 20'])
  })

  it('windows of instants fire at the instant of their local end', () => {
    const hour = 3_600_000
    const kit = run({ left: inputWith('Asia/Tokyo'), right: inputWith('Asia/Tokyo') })
    kit.input(0).row([1, 0, 0, 10 * hour], rowKind.insert)
    kit.input(1).row([1, 1, 0, 10 * hour], rowKind.insert)
    for (const side of [0, 1]) kit.input(side).watermark(hour - 2)
    expect(kit.out.texts).toEqual([])
    for (const side of [0, 1]) kit.input(side).watermark(hour - 1)
    expect(kit.out.texts).toHaveLength(1)
  })

  it('processing time: the clock fires, the end of the input does not; a retraction takes a row out', () => {
    const kit = run({ time: 'proctime' }, 5)
    kit.input(0).row([1, 0, 0, 10], rowKind.insert)
    kit.input(1).row([1, 1, 0, 10], rowKind.insert)
    kit.input(1).row([1, 2, 0, 10], rowKind.insert)
    kit.input(1).row([1, 1, 0, 10], rowKind.delete)
    for (const side of [0, 1]) kit.input(side).watermark(Number.POSITIVE_INFINITY)
    kit.advance(9)
    expect(kit.out.texts).toEqual([])
    kit.advance(10)
    expect(kit.out.texts).toEqual(['+I 1, 0, 0, 10, 1, 2, 0, 10'])
  })
})
