/** Union, GROUPING SETS, and what calc does with rows that fail. */
import { expect, test } from 'vitest'
import type { Expr } from '../../plan.ts'
import { makeExpand as expandNode, makeSource, makeUnion as unionNode } from '../binder/nodes.ts'
import { rowKind } from '../row.ts'
import { call, literal } from '../testing/random-flink-expression.ts'
import { makeTestContext } from '../testing/test-context.ts'
import { makeCalc } from './calc.ts'
import { makeExpand } from './expand.ts'
import { makeUnion } from './union.ts'

const span = { start: 0, end: 0 }
const int = { kind: 'INTEGER' } as const
const source = makeSource(
  't',
  { fields: ['a', 'b', 'v'].map((name) => ({ name, type: int, nullable: true })) },
  { changes: 'append', keys: [] },
  span,
)

test('UNION ALL passes rows on and the least watermark', () => {
  const node = unionNode([source, source], span)
  const kit = makeTestContext({ make: (context, out) => makeUnion(node, context, out) })
  kit.input(0).row([1, 2, 3], rowKind.insert)
  kit.input(0).watermark(10)
  kit.input(1).watermark(5)
  kit.input(1).row([4, 5, 6], rowKind.delete)
  kit.input(1).watermark(20)
  kit.input(1).watermark(Number.POSITIVE_INFINITY)
  expect(kit.out.log).toEqual(['+I 1, 2, 3', 'W 5', '-D 4, 5, 6', 'W 10'])
})

test('GROUPING SETS: a row for each set, with its GROUPING_ID', () => {
  const node = expandNode({ input: source, keys: [0, 1], sets: [[0, 1], [0], []], span })
  const kit = makeTestContext({ make: (context, out) => makeExpand(node, context, out) })
  kit.input(0).row([1, 2, 3], rowKind.insert)
  expect(kit.out.texts).toEqual(['+I 1, 2, 3, 0', '+I 1, NULL, 3, 1', '+I NULL, NULL, 3, 3'])
})

test('a row that fails is reported, and the other half of its update is whole again', () => {
  const column: Expr = { kind: 'column', index: 2, type: int, nullable: true, span }
  const quotient = call('/', [literal(12, int), column])!
  const steps = [{ kind: 'project', exprs: [quotient] }] as const
  const kit = makeTestContext({ make: (context, out) => makeCalc({ steps, retracts: true }, context, out) })
  const port = kit.input(0)
  port.row([1, 1, 3], rowKind.insert)
  port.row([1, 1, 3], rowKind.updateBefore)
  port.row([1, 1, 0], rowKind.updateAfter)
  port.row([1, 1, 0], rowKind.updateBefore)
  port.row([1, 1, 4], rowKind.updateAfter)
  port.row([1, 1, 4], rowKind.updateBefore)
  port.watermark(7)
  expect(kit.out.log).toEqual(['+I 4', '-D 4', '+I 3', '-D 3', 'W 7'])
  expect(kit.failures.map(({ error }) => error.name)).toEqual(['DivideByZero', 'DivideByZero'])
})
