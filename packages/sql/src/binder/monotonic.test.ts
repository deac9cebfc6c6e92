/**
 * The next step of a grouping expression begins at the first instant at which the expression is greater: at every row time
 * its value lasts up to a millisecond before the next step and is another one from there.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { interpretExpr } from '../interpreter/expression.ts'
import type { GroupNode, PlanNode } from '../plan.ts'
import { bindProgram } from './bind-program.ts'

const keys = [
  'S.ROWTIME',
  'FLOOR(S.ROWTIME TO MINUTE)',
  'FLOOR(S.ROWTIME TO MONTH)',
  'CEIL(S.ROWTIME TO HOUR)',
  "STEP(S.ROWTIME BY INTERVAL '7' SECOND)",
  "STEP(S.ROWTIME BY INTERVAL '5' MONTH)",
  "FLOOR(S.ROWTIME + INTERVAL '30' SECOND TO MINUTE)",
  "FLOOR(STEP(S.ROWTIME BY INTERVAL '7' SECOND) TO MINUTE)",
  "(S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND",
  "(S.ROWTIME - TIMESTAMP '1960-05-06 07:08:09') HOUR",
  "(S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 7",
  "FLOOR((S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND)",
  "FLOOR((S.ROWTIME - TIMESTAMP '1969-12-31 00:00:00') MINUTE / 7 TO HOUR)",
  "CEIL((S.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') MINUTE / 3 TO MINUTE)",
]

test.each(keys)('%s', (key) => {
  const { program, diagnostics } = bindProgram({
    text: `SELECT STREAM COUNT(*) FROM S GROUP BY ${key};`,
    fileName: 'test.sql',
    dialect: 'kda',
    inputs: [{ name: 'S', schema: { fields: [{ name: 'X', type: { kind: 'INTEGER' }, nullable: true }] } }],
    references: [],
    outputs: [],
  })
  expect(diagnostics).toEqual([])
  const { keys: bound, nextStep } = groupOf(program!.pumps[0]!.plan)
  const value = (time: number) => interpretExpr(bound[0]!, [null], time, 'kda') as number
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (time) => {
      const before = value(time)
      const next = interpretExpr(nextStep, [before], time, 'kda') as number
      expect(next).toBeGreaterThan(time)
      expect(value(next - 1)).toBe(before)
      expect(value(next)).toBeGreaterThan(before)
    }),
    { numRuns: 300 },
  )
})

function groupOf(node: PlanNode): GroupNode {
  if (node.kind === 'group') return node
  return 'input' in node ? groupOf(node.input) : expect.fail('no group')
}
