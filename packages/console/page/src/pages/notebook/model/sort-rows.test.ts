import { expect, test } from 'vitest'
import { sortRows } from './sort-rows.ts'

const rows = [
  [3, 'b'],
  [null, 'a'],
  ['10', null],
  [3, 'a'],
].map((values, id) => ({
  id,
  values: values as readonly (string | number | null)[],
  changedMs: undefined,
}))
const order = (column: number, isNumber: boolean, descending: boolean) =>
  sortRows(rows, column, { isNumber, descending }).map(({ id }) => id)

test('numbers, also as texts, are ordered by size; NULL is last; equal ones stay as they came', () => {
  expect(order(0, true, false)).toEqual([0, 3, 2, 1])
  expect(order(0, true, true)).toEqual([2, 0, 3, 1])
})

test('texts are ordered by their characters, and no column is no order', () => {
  expect(order(1, false, false)).toEqual([1, 3, 0, 2])
  expect(sortRows(rows, -1, { isNumber: false, descending: true })).toBe(rows)
})
