/** Laws of temporal joins: each left row meets the version of its time, however the two sides come in. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TemporalJoinNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { call, column, inputOf, integer, keysOf, noSpan, textsOf, timestamp } from '../testing/join-kit.ts'
import { accumulate, makeTestContext } from '../testing/test-context.ts'
import { makeTemporalJoin } from './temporal-join.ts'

function joinOf(parts: Partial<TemporalJoinNode>): TemporalJoinNode {
  const time = { column: 2, kind: 'rowtime' } as const
  const left = inputOf([integer, integer, timestamp], { times: [time] })
  return {
    kind: 'temporal-join',
    left,
    right: inputOf([integer, integer, timestamp], { changes: 'retract', times: [time], keys: [[0]] }),
    join: 'inner',
    condition: keysOf([false]),
    leftTime: time,
    rightTime: time,
    schema: { fields: [] },
    traits: { changes: 'append', times: [], keys: [], window: undefined },
    span: noSpan,
    ...parts,
  }
}

const run = (parts: Partial<TemporalJoinNode>) =>
  makeTestContext({ make: (context, out) => makeTemporalJoin(joinOf(parts), context, out) })

const retractingLeft = inputOf([integer, integer, timestamp], {
  changes: 'retract',
  times: [{ column: 2, kind: 'rowtime' }],
})

interface Version {
  readonly key: number
  readonly time: number
  readonly row: Row | null
}

/** The version of a key at a time; of equal times the later arrival. */
function versionAt(versions: readonly Version[], key: number | null, time: number): Row | null {
  let found: Version | undefined
  for (const version of versions) {
    if (version.key !== key || version.time > time) continue
    if (found === undefined || version.time >= found.time) found = version
  }
  return found?.row ?? null
}

const arrivals = fc.array(
  fc.record({
    side: fc.constantFrom(0 as const, 1 as const),
    key: fc.integer({ min: 0, max: 1 }),
    value: fc.integer({ min: 0, max: 9 }),
    ends: fc.nat(5),
    behind: fc.integer({ min: 0, max: 4 }),
    step: fc.integer({ min: 0, max: 4 }),
    restart: fc.nat(9),
  }),
  { maxLength: 30 },
)
const delay = 5

describe('event time', () => {
  for (const join of ['inner', 'left'] as const) {
    for (const residual of [undefined, call('<', [column(1), column(4)])]) {
      it(`each row of a ${join} join meets the version of its time${residual ? ', if it fulfils the rest' : ''}`, () => {
        fc.assert(
          fc.property(arrivals, (steps) => {
            const kit = run({ join, condition: keysOf([false], residual) })
            const lefts: Row[] = []
            const versions: Version[] = []
            const greatest = [0, 0]
            const watermarks = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
            for (const step of steps) {
              const { side } = step
              greatest[side]! += step.step
              const time = greatest[side]! - step.behind
              const row: Row = [step.key, step.value, time]
              if (side === 0) {
                lefts.push(row)
                kit.input(0).row(row, rowKind.insert)
              } else if (step.ends === 0) {
                versions.push({ key: step.key, time, row: null })
                kit.input(1).row(row, rowKind.delete)
              } else {
                versions.push({ key: step.key, time, row })
                // The row before it is of no interest; any will do.
                if (step.ends === 1) kit.input(1).row(row, rowKind.updateBefore)
                kit.input(1).row(row, step.ends === 1 ? rowKind.updateAfter : rowKind.insert)
              }
              watermarks[side] = greatest[side]! - delay
              kit.input(side).watermark(watermarks[side]!)
              if (step.restart === 0) {
                kit.restarted(step.value % 2 === 0 ? 'snapshot' : 'changes')
                for (const each of [0, 1]) kit.input(each).watermark(watermarks[each]!)
              }
              const passed = Math.min(watermarks[0]!, watermarks[1]!)
              expect(kit.out.rows.length).toBeLessThanOrEqual(
                lefts.filter((left) => (left[2] as number) <= passed).length,
              )
            }
            for (const side of [0, 1]) kit.input(side).watermark(Number.POSITIVE_INFINITY)
            const wanted = lefts.flatMap((left) => {
              const version = versionAt(versions, left[0] as number, left[2] as number)
              const holds =
                version !== null && (residual === undefined || (left[1] as number) < (version[1] as number))
              if (holds) return [[...left, ...version]]
              return join === 'left' ? [[...left, null, null, null]] : []
            })
            expect(textsOf(kit.out.rows)).toEqual(textsOf(wanted))
            expect(kit.late).toEqual([])
            // At the end a key keeps the version that holds, and nothing of keys that have ended.
            const last = [0, 1].filter((key) => versionAt(versions, key, Number.POSITIVE_INFINITY) !== null)
            expect(kit.store().rowCount).toBe(last.length)
          }),
          { numRuns: 100 },
        )
      })
    }
  }

  it('a left side of changes: what is taken back is what was put out', () => {
    fc.assert(
      fc.property(arrivals, fc.constantFrom('inner' as const, 'left' as const), (steps, join) => {
        const kit = run({ join, left: retractingLeft })
        const lefts: Row[] = []
        let watermark = 0
        for (const step of steps) {
          watermark += step.step
          const row: Row = [step.key, step.value, watermark + 1 + step.behind]
          if (step.side === 1) kit.input(1).row(row, rowKind.insert)
          else if (step.ends < 2 && lefts.length > 0) {
            const [before] = lefts.splice(step.value % lefts.length, 1)
            kit.input(0).row([...before!], rowKind.delete)
          } else {
            lefts.push(row)
            kit.input(0).row(row, rowKind.insert)
          }
          if (step.restart === 0) kit.restarted()
          for (const side of [0, 1]) kit.input(side).watermark(watermark)
          accumulate(kit.out.rows, kit.out.kinds)
        }
        for (const side of [0, 1]) kit.input(side).watermark(Number.POSITIVE_INFINITY)
        const rest = accumulate(kit.out.rows, kit.out.kinds)
        if (join === 'left') expect(rest).toHaveLength(lefts.length)
        for (const row of lefts) kit.input(0).row(row, rowKind.delete)
        kit.operator().flush?.()
        expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('a late row is answered as long as its version is known; an update that keeps its time meets the same', () => {
    const kit = run({ left: retractingLeft })
    const pass = (time: number) => {
      for (const side of [0, 1]) kit.input(side).watermark(time)
    }
    kit.input(1).row([1, 100, 10], rowKind.insert)
    kit.input(0).row([1, 1, 15], rowKind.insert)
    pass(15)
    kit.input(1).row([1, 200, 20], rowKind.insert)
    kit.input(0).row([1, 2, 12], rowKind.insert)
    pass(30)
    kit.input(0).row([1, 3, 12], rowKind.insert)
    kit.input(0).row([1, 4, 25], rowKind.insert)
    kit.input(0).row([1, 1, 15], rowKind.updateBefore)
    kit.input(0).row([1, 5, 15], rowKind.updateAfter)
    expect(kit.out.texts).toEqual([
      '+I 1, 1, 15, 1, 100, 10',
      '+I 1, 2, 12, 1, 100, 10',
      '+I 1, 4, 25, 1, 200, 20',
      '-U 1, 1, 15, 1, 100, 10',
      '+U 1, 5, 15, 1, 100, 10',
    ])
    expect(kit.late).toEqual([[1, 3, 12]])
  })

  it('equalities beyond the key are asked of the version, and do not choose it', () => {
    const kit = run({ join: 'left', condition: keysOf([false, false]) })
    kit.input(1).row([1, 7, 10], rowKind.insert)
    kit.input(1).row([1, 8, 20], rowKind.insert)
    kit.input(0).row([1, 7, 15], rowKind.insert)
    kit.input(0).row([1, 7, 25], rowKind.insert)
    for (const side of [0, 1]) kit.input(side).watermark(30)
    expect(kit.out.texts).toEqual(['+I 1, 7, 15, 1, 7, 10', '+I 1, 7, 25, NULL, NULL, NULL'])
  })

  it('a version without a time fails', () => {
    const kit = run({})
    kit.input(1).row([1, 7, null], rowKind.insert)
    expect(kit.failures.map(({ error }) => error.name)).toEqual(['NotNullViolation'])
  })
})

describe('processing time', () => {
  it('each row meets what its key has at that moment, and takes that back', () => {
    const kit = run({ join: 'left', left: retractingLeft, rightTime: undefined })
    kit.input(0).row([1, 1, 0], rowKind.insert)
    kit.input(1).row([1, 100, 0], rowKind.insert)
    kit.input(0).row([1, 2, 0], rowKind.insert)
    kit.input(1).row([1, 100, 0], rowKind.updateBefore)
    kit.input(1).row([1, 200, 0], rowKind.updateAfter)
    kit.restarted()
    kit.input(0).row([1, 2, 0], rowKind.updateBefore)
    kit.input(0).row([1, 3, 0], rowKind.updateAfter)
    kit.input(1).row([1, 200, 0], rowKind.delete)
    kit.input(0).row([1, 4, 0], rowKind.insert)
    expect(kit.out.texts).toEqual([
      '+I 1, 1, 0, NULL, NULL, NULL',
      '+I 1, 2, 0, 1, 100, 0',
      '-U 1, 2, 0, 1, 100, 0',
      '+U 1, 3, 0, 1, 200, 0',
      '+I 1, 4, 0, NULL, NULL, NULL',
    ])
  })
})
