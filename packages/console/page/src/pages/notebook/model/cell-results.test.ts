import { expect, test } from 'vitest'
import { CellResults, idleResult, isActive } from './cell-results.ts'

function made() {
  const frames: (() => void)[] = []
  const results = new CellResults({ nowMs: () => 0, soon: (f) => void frames.push(f) })
  const draw = () => {
    for (const frame of frames.splice(0)) frame()
  }
  return { results, draw }
}
const at = { cell: 'c1', run: 'r1' }
const columns = [{ name: 'n', type: 'BIGINT', isNumber: true, isTime: false }]

test('the events of a run, one after the other', () => {
  const { results } = made()
  expect(results.get('c1')).toBe(idleResult)
  results.asked('c1', 'SELECT 1')
  expect(isActive(results.get('c1'))).toBe(true)
  results.apply('started', at)
  results.apply('columns', { ...at, columns, isAppendOnly: false })
  results.apply('rows', { ...at, isWhole: true, put: [[4, [1]]], removed: [], total: 9 })
  results.apply('progress', { ...at, records: 5, changes: 2, waiting: 'No records yet.' })
  results.apply('text', { ...at, text: 'ok' })
  expect(results.get('c1')).toMatchObject({
    state: 'running',
    columns,
    isAppendOnly: false,
    total: 9,
    texts: ['ok'],
    progress: { records: 5, changes: 2, waiting: 'No records yet.' },
  })
  results.apply('done', { ...at, reason: 'failed', ms: 12, error: { code: 'SQL1', message: 'no' } })
  expect(results.get('c1')).toMatchObject({ state: 'failed', ms: 12, error: { code: 'SQL1' }, total: 9 })
  expect(isActive(results.get('c1'))).toBe(false)
})

test('a new run forgets the one before, whose late events count for nothing', () => {
  const { results } = made()
  results.apply('started', at)
  results.apply('columns', { ...at, columns, isAppendOnly: true })
  results.apply('rows', { ...at, isWhole: true, put: [[1, [1]]], removed: [], total: 1 })
  results.apply('started', { cell: 'c1', run: 'r2' })
  expect(results.get('c1')).toMatchObject({ state: 'running', rows: [], total: 0, columns: [] })
  results.apply('rows', { ...at, isWhole: false, put: [[2, [2]]], removed: [], total: 2 })
  results.apply('done', { ...at, reason: 'stopped', ms: 1 })
  expect(results.get('c1')).toMatchObject({ state: 'running', rows: [], total: 0 })
})

test('after a lost connection the state that is told again replaces what was shown, and the rest has ended', () => {
  const { results } = made()
  for (const cell of ['c1', 'c2']) {
    results.apply('started', { cell, run: 'r1' })
    results.apply('text', { cell, run: 'r1', text: 'ok' })
  }
  results.lost()
  results.apply('started', at)
  results.apply('text', { ...at, text: 'ok' })
  results.settle()
  expect(results.get('c1')).toMatchObject({ state: 'running', texts: ['ok'] })
  expect(results.get('c2')).toMatchObject({ state: 'stopped', error: { code: 'NOTEBOOK_FORGOTTEN' } })
})

test('listeners are told once a frame, and only of their cell', () => {
  const { results, draw } = made()
  const told: string[] = []
  results.subscribe('c1', () => told.push('c1'))
  const end = results.subscribe('c2', () => told.push('c2'))
  results.subscribe(undefined, () => told.push('any'))
  for (let i = 0; i < 5; i++) results.asked('c1', 'SELECT 1')
  expect(told).toEqual([])
  draw()
  expect(told).toEqual(['c1', 'any'])
  end()
  results.asked('c2', 'SELECT 2')
  draw()
  expect(told).toEqual(['c1', 'any', 'any'])
})
