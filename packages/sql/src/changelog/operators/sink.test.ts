/** Sinks whose key is not the query's: what is put out is, for each key, the row that came last of those that are there. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeSource } from '../binder/nodes.ts'
import type { Sink } from '../plan.ts'
import { isRetraction, type Row, rowKind } from '../row.ts'
import { makeTestContext } from '../testing/test-context.ts'
import { sameRow } from '../value.ts'
import { makeMaterialize } from './sink.ts'

const span = { start: 0, end: 0 }
const int = { kind: 'INTEGER' } as const
const plan = makeSource(
  't',
  { fields: ['key', 'value'].map((name) => ({ name, type: int, nullable: true })) },
  { changes: 'retract', keys: [] },
  span,
)
const sink: Sink = { name: 'out', table: undefined, plan, key: [0], materialize: true, span }

function open() {
  return makeTestContext({ make: (context, out) => makeMaterialize(sink, context, out) })
}

test('an older row comes back when the last one goes', () => {
  const kit = open()
  const port = kit.input(0)
  port.row([1, 10], rowKind.insert)
  port.row([1, 20], rowKind.insert)
  port.row([1, 10], rowKind.updateBefore)
  port.row([1, 30], rowKind.updateAfter)
  port.row([1, 30], rowKind.delete)
  port.row([1, 20], rowKind.delete)
  port.row([1, 99], rowKind.delete)
  expect(kit.out.texts).toEqual([
    '+I 1, 10',
    '-U 1, 10',
    '+U 1, 20',
    '-U 1, 20',
    '+U 1, 30',
    '-U 1, 30',
    '+U 1, 20',
    '-D 1, 20',
  ])
})

test('the changes add up to the last row of each key, also over restarts', () => {
  const change = fc.record({ key: fc.nat(2), value: fc.nat(3), remove: fc.boolean(), restart: fc.nat(9) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const kit = open()
      const present: Row[] = []
      const shown = new Map<unknown, Row>()
      for (const { key, value, remove, restart } of changes) {
        const row = [key, value]
        const at = present.findIndex((each) => sameRow(each, row))
        if (remove && at < 0) continue
        if (remove) present.splice(at, 1)
        else present.push(row)
        kit.input(0).row(row, remove ? rowKind.delete : rowKind.insert)
        if (restart === 0) kit.restarted()
      }
      kit.out.rows.forEach((row, i) => {
        if (isRetraction(kit.out.kinds[i]!)) {
          expect(shown.get(row[0])).toEqual(row)
          shown.delete(row[0])
        } else {
          expect(shown.has(row[0])).toBe(false)
          shown.set(row[0], row)
        }
      })
      const wanted = new Map(present.map((row) => [row[0], row]))
      expect([...shown.values()].map(String).sort()).toEqual([...wanted.values()].map(String).sort())
    }),
    { numRuns: 200, seed: 5 },
  )
})
