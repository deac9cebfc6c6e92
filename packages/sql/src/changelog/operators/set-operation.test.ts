/** INTERSECT and EXCEPT equal the operation on what has come in, after every change. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SetOperationNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { changesOf, inputOf, integer, noSpan, stepsOf, textsOf } from '../testing/join-kit.ts'
import { accumulate, makeTestContext } from '../testing/test-context.ts'
import { makeSetOperation } from './set-operation.ts'

function naive(
  op: 'intersect' | 'except',
  all: boolean,
  left: readonly Row[],
  right: readonly Row[],
): string[] {
  const [lefts, rights] = [textsOf(left), textsOf(right)]
  const count = (list: readonly string[], text: string) => list.filter((each) => each === text).length
  return [...new Set(lefts)].flatMap((text) => {
    const [l, r] = [count(lefts, text), count(rights, text)]
    const copies = op === 'intersect' ? Math.min(l, r) : all ? Math.max(0, l - r) : r === 0 ? l : 0
    return new Array<string>(all ? copies : Math.min(1, copies)).fill(text)
  })
}

describe('set operations', () => {
  for (const op of ['intersect', 'except'] as const) {
    for (const all of [false, true]) {
      it(`${op}${all ? ' all' : ''}`, () => {
        const input = inputOf([integer, integer], { changes: 'retract' })
        const node: SetOperationNode = {
          kind: 'set-operation',
          op,
          all,
          left: input,
          right: input,
          schema: input.schema,
          traits: input.traits,
          span: noSpan,
        }
        fc.assert(
          fc.property(stepsOf(2, ['add', 'add', 'remove', 'update', 'restart']), (steps) => {
            const kit = makeTestContext({ make: (context, out) => makeSetOperation(node, context, out) })
            const rows: [Row[], Row[]] = [[], []]
            for (const step of steps) {
              if (step.action === 'restart') kit.restarted()
              else
                for (const { row, kind } of changesOf(step, rows[step.side]))
                  kit.input(step.side).row(row, kind)
              expect(accumulate(kit.out.rows, kit.out.kinds)).toEqual(naive(op, all, rows[0], rows[1]).sort())
            }
            for (const side of [0, 1] as const)
              for (const row of rows[side]) kit.input(side).row(row, rowKind.delete)
            expect(kit.store().rowCount).toBe(0)
          }),
          { numRuns: 100 },
        )
      })
    }
  }
})
