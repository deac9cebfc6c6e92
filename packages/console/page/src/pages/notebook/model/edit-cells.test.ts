import { expect, test } from 'vitest'
import type { NotebookCell } from '../../../../../src/protocol/notebook.ts'
import {
  addCell,
  cellName,
  changeCell,
  moveCell,
  newCellId,
  quotedName,
  removeCell,
  textsBefore,
} from './edit-cells.ts'

const cell = (id: string, dialect: NotebookCell['dialect'] = 'flink'): NotebookCell => ({
  id,
  dialect,
  text: `text ${id}`,
})
const cells = [cell('c1'), cell('c3', 'kda'), cell('c4'), cell('c5', 'markdown')]
const ids = (list: readonly NotebookCell[]) => list.map(({ id }) => id).join(' ')

test('a new cell has an id of its own and stands where it was put', () => {
  expect(newCellId(cells)).toBe('c2')
  expect(ids(addCell(cells, 1, cell('c2')))).toBe('c1 c2 c3 c4 c5')
  expect(ids(addCell(cells, 4, cell('c2')))).toBe('c1 c3 c4 c5 c2')
})

test('moving stops at the ends, and loses no cell', () => {
  expect(ids(moveCell(cells, 'c3', 1))).toBe('c1 c4 c3 c5')
  expect(ids(moveCell(cells, 'c3', -9))).toBe('c3 c1 c4 c5')
  expect(moveCell(cells, 'c1', -1)).toBe(cells)
  expect(moveCell(cells, 'gone', 1)).toBe(cells)
})

test('a change touches its cell alone, and undefined takes a field away', () => {
  const named = changeCell(cells, 'c3', { title: 'Rates' })
  expect(named[1]).toEqual({ ...cells[1], title: 'Rates' })
  expect(named[0]).toBe(cells[0])
  expect(changeCell(named, 'c3', { title: undefined })).toEqual(cells)
  expect(ids(removeCell(cells, 'c4'))).toBe('c1 c3 c5')
})

test('a cell knows the texts above it of its own dialect', () => {
  expect(textsBefore(cells, 'c4')).toEqual(['text c1'])
  expect(textsBefore(cells, 'c3')).toEqual([])
  expect(textsBefore(cells, 'gone')).toEqual([])
})

test('a cell is named by its title, or by its dialect and place', () => {
  expect(cellName(cells, 'c4')).toBe('Flink SQL 3')
  expect(cellName(changeCell(cells, 'c4', { title: 'Rates' }), 'c4')).toBe('Rates')
})

test('a name that is no plain word is quoted as its dialect does', () => {
  expect(quotedName('flink', ['orders'])).toBe('orders')
  expect(quotedName('flink', ['orders-enriched'])).toBe('`orders-enriched`')
  expect(quotedName(undefined, ['a`b'])).toBe('`a``b`')
  expect(quotedName('lake', ['shop', 'a "b"'])).toBe('shop."a ""b"""')
})
