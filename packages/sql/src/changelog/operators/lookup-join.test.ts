/** Lookup joins: each row asks the table of its moment, and what it met is what it takes back. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LookupJoinNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { call, column, inputOf, integer, noSpan, stepsOf } from '../testing/join-kit.ts'
import { accumulate, makeTestContext } from '../testing/test-context.ts'
import { makeLookupJoin } from './lookup-join.ts'

function joinOf(parts: Partial<LookupJoinNode>): LookupJoinNode {
  return {
    kind: 'lookup-join',
    input: inputOf([integer, integer]),
    table: 'names',
    tableSchema: inputOf([integer, integer]).schema,
    join: 'inner',
    inputKeys: [column(0)],
    tableKeys: [0],
    residual: undefined,
    schema: { fields: [] },
    traits: { changes: 'append', times: [], keys: [], window: undefined },
    span: noSpan,
    ...parts,
  }
}

const run = (parts: Partial<LookupJoinNode>) =>
  makeTestContext({ make: (context, out) => makeLookupJoin(joinOf(parts), context, out) })

const table: readonly Row[] = [
  [1, 10],
  [2, 20],
  [1, 11],
  [null, 99],
]

describe('lookup join', () => {
  it('finds all matches in the order of the table, and none for NULL', () => {
    const kit = run({ join: 'left' })
    kit.operator().setLookup?.(table)
    kit.input(0).row([1, 5], rowKind.insert)
    kit.input(0).row([null, 6], rowKind.insert)
    kit.input(0).row([3, 7], rowKind.insert)
    kit.operator().setLookup?.([[3, 30]])
    kit.input(0).row([3, 7], rowKind.insert)
    kit.input(0).watermark(4)
    expect(kit.out.log).toEqual([
      '+I 1, 5, 1, 10',
      '+I 1, 5, 1, 11',
      '+I NULL, 6, NULL, NULL',
      '+I 3, 7, NULL, NULL',
      '+I 3, 7, 3, 30',
      'W 4',
    ])
    expect(kit.store().rowCount).toBe(0)
  })

  it('asks the rest of the condition of each match', () => {
    const kit = run({ residual: call('<', [column(3), column(1)]) })
    kit.operator().setLookup?.(table)
    kit.input(0).row([1, 11], rowKind.insert)
    kit.input(0).row([2, 20], rowKind.insert)
    expect(kit.out.texts).toEqual(['+I 1, 11, 1, 10'])
  })

  it('what is taken back is what was put out, also of another table and after a restart', () => {
    fc.assert(
      fc.property(
        stepsOf(2, ['add', 'add', 'remove', 'restart']),
        fc.constantFrom('inner' as const, 'left' as const),
        (steps, join) => {
          const kit = run({ join, input: inputOf([integer, integer], { changes: 'retract' }) })
          const rows: Row[] = []
          let known: readonly Row[] = []
          for (const step of steps) {
            if (step.side === 1) {
              known = table.slice(step.pick % 4)
              kit.operator().setLookup?.(known)
            } else if (step.action === 'restart') {
              kit.restarted()
              kit.operator().setLookup?.(known)
            } else if (step.action === 'remove' && rows.length > 0) {
              const [row] = rows.splice(step.pick % rows.length, 1)
              kit.input(0).row([...row!], rowKind.delete)
            } else {
              rows.push(step.row)
              kit.input(0).row(step.row, rowKind.insert)
            }
            accumulate(kit.out.rows, kit.out.kinds)
          }
          for (const row of rows) kit.input(0).row(row, rowKind.delete)
          expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual([])
          expect(kit.store().rowCount).toBe(0)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('an update that keeps its key stays an update', () => {
    const kit = run({ input: inputOf([integer, integer], { changes: 'retract' }) })
    kit.operator().setLookup?.(table)
    kit.input(0).row([2, 1], rowKind.insert)
    kit.input(0).row([2, 1], rowKind.updateBefore)
    kit.input(0).row([2, 2], rowKind.updateAfter)
    kit.input(0).row([2, 2], rowKind.updateBefore)
    kit.input(0).row([1, 2], rowKind.updateAfter)
    expect(kit.out.texts).toEqual([
      '+I 2, 1, 2, 20',
      '-U 2, 1, 2, 20',
      '+U 2, 2, 2, 20',
      '-D 2, 2, 2, 20',
      '+I 1, 2, 1, 10',
      '+I 1, 2, 1, 11',
    ])
  })
})
