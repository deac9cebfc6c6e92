import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import type { CellValue } from '../../../../../src/protocol/notebook.ts'
import { RowSet } from './row-set.ts'

test('after any events the rows are those of a plain map, in the order of their ids', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed)
    const rows = new RowSet()
    const model = new Map<number, readonly CellValue[]>()
    const changed = new Map<string, number>()
    for (let step = 1; step <= 40; step++) {
      const isWhole = random.below(12) === 0
      const put = Array.from({ length: random.below(8) }, () => {
        const values: CellValue[] = [random.below(3), ['a', 'b', null][random.below(3)]!]
        return [random.below(50), values] as const
      })
      const removed = Array.from({ length: random.below(4) }, () => random.below(50))
      const before = new Map(model)
      if (isWhole) model.clear()
      for (const id of removed) {
        model.delete(id)
        if (!isWhole) for (const column of [0, 1]) changed.delete(`${id} ${column}`)
      }
      // An id that an event has twice has changed between the two as well.
      const seen = new Map(isWhole ? before : model)
      for (const [id, values] of put) {
        const old = seen.get(id)
        for (const column of [0, 1]) {
          if (old === undefined) changed.delete(`${id} ${column}`)
          else if (old[column] !== values[column]) changed.set(`${id} ${column}`, step)
        }
        seen.set(id, values)
        model.set(id, values)
      }
      for (const key of changed.keys()) if (!model.has(Number(key.split(' ')[0]))) changed.delete(key)

      rows.apply({ isWhole, put, removed, total: model.size }, step)
      const expected = [...model].sort(([a], [b]) => a - b)
      expect(
        rows.list().map(({ id, values }) => [id, values]),
        `seed ${seed}, step ${step}`,
      ).toEqual(expected)
      for (const { id, changedMs } of rows.list())
        for (const column of [0, 1])
          expect(changedMs?.[column], `seed ${seed}, step ${step}, row ${id}`).toBe(
            changed.get(`${id} ${column}`),
          )
    }
  }
})

test('the list is the same array until something changes', () => {
  const rows = new RowSet()
  rows.apply({ isWhole: true, put: [[1, ['a']]], removed: [], total: 1 }, 0)
  const list = rows.list()
  expect(rows.list()).toBe(list)
  rows.apply({ isWhole: false, put: [[2, ['b']]], removed: [], total: 2 }, 1)
  expect(rows.list()).not.toBe(list)
  expect(list).toHaveLength(1)
})
