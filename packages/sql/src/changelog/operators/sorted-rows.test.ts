import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Row } from '../row.ts'
import { makeRowOrder } from './compare-rows.ts'
import { SortedRows } from './sorted-rows.ts'

test('a list of small blocks holds what a sorted list holds, and its head can be read by index', () => {
  const order = makeRowOrder([{ column: 0, descending: false, nullsLast: false }])
  const operations = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean(), fc.nat(30)), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(8), { maxLength: 20 }),
      operations,
      (head, begin, list) => {
        const start = [...begin].sort((a, b) => a - b).map((value, id): Row => [value, id])
        const rows = new SortedRows(order, head, start, 4)
        const plain = [...start]
        let id = start.length
        for (const [value, adds, at] of list) {
          const gone = plain[at]
          if (!adds && gone !== undefined) {
            const taken = rows.take(gone, order, (row) => row === gone)!
            expect(taken.row).toBe(gone)
            if (taken.place >= 0) expect(taken.place).toBe(at)
            else expect(at).toBeGreaterThanOrEqual(head)
            plain.splice(at, 1)
          } else {
            const row: Row = [value, id++]
            const behind = plain.findIndex((each) => order(each, row) > 0)
            const place = behind < 0 ? plain.length : behind
            plain.splice(place, 0, row)
            const found = rows.add(row)
            if (found >= 0) expect(found).toBe(place)
            else expect(place).toBeGreaterThanOrEqual(head)
          }
          expect([...rows]).toEqual(plain)
          expect(rows.isEmpty).toBe(plain.length === 0)
          expect(rows.first.length).toBeGreaterThanOrEqual(Math.min(head, plain.length))
          expect(rows.first).toEqual(plain.slice(0, rows.first.length))
        }
      },
    ),
    { numRuns: 300, seed: Number(process.env.FC_SEED ?? 20240131) },
  )
})
