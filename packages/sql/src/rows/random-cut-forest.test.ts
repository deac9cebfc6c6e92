/** Score bands of the forest: nothing while it learns, much more for what stands apart, shares that add up. */
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import type { SqlValue } from '../plan.ts'
import { RandomCutForestRows } from './random-cut-forest.ts'
import type { RowSink } from './row-operator.ts'

function spec(over: Partial<ConstructorParameters<typeof RandomCutForestRows>[0]> = {}) {
  return {
    kind: 'random-cut-forest',
    trees: 50,
    sample: 64,
    timeDecay: 1000,
    shingle: 1,
    seed: 1,
    explained: ['X', 'Y'],
    ...over,
  } as const
}

/** Values of the one row that comes out. */
function through(forest: RandomCutForestRows, values: SqlValue[]): readonly SqlValue[] {
  const out: (readonly SqlValue[])[] = []
  const sink: RowSink = { emit: (row) => out.push(row), fail: () => {}, keep: () => {} }
  forest.row(values, 0, sink)
  return out[0]!
}

function calm(i: number): SqlValue[] {
  const random = seededRandom(i)
  return [10 + random.next(), 5 + random.next()]
}

test('the first rows score 0, later ones more, and an outlier much more', () => {
  const forest = new RandomCutForestRows(spec(), 0)
  const learning = Array.from({ length: 64 }, (_, i) => through(forest, calm(i))[0])
  expect(new Set(learning)).toEqual(new Set([0]))
  const usual = Array.from({ length: 100 }, (_, i) => Number(through(forest, calm(i + 64))[0]))
  const mean = usual.reduce((sum, score) => sum + score, 0) / usual.length
  expect(Math.min(...usual)).toBeGreaterThanOrEqual(0)
  const [score, explanation] = through(forest, [50, 5.5])
  expect(Number(score)).toBeGreaterThan(2 * mean)
  const parts = JSON.parse(String(explanation))
  expect(parts.X.DIRECTION).toBe('HIGH')
  expect(Number(parts.X.ATTRIBUTION_SCORE)).toBeGreaterThan(Number(parts.Y.ATTRIBUTION_SCORE))
  const sum = Number(parts.X.ATTRIBUTION_SCORE) + Number(parts.Y.ATTRIBUTION_SCORE)
  expect(Math.abs(sum - Number(score))).toBeLessThan(0.0002)
})

test('a state saved and loaded goes on alike, also with shingles', () => {
  const shingled = spec({ shingle: 4, explained: undefined })
  const forest = new RandomCutForestRows(shingled, 1)
  for (let i = 0; i < 150; i++) through(forest, ['k', ...calm(i)])
  const restored = new RandomCutForestRows(shingled, 1)
  restored.load(forest.save())
  for (let i = 150; i < 250; i++) {
    const values = ['k', ...(i % 50 === 0 ? [i, -3] : calm(i))]
    expect(through(restored, values)).toEqual(through(forest, values))
  }
})

test('what repeats exactly scores low', () => {
  const forest = new RandomCutForestRows(spec(), 0)
  for (let i = 0; i < 200; i++) through(forest, [i % 3, 1])
  const usual = Number(through(forest, [1, 1])[0])
  expect(usual).toBeGreaterThan(0)
  expect(Number(through(forest, [7, 1])[0])).toBeGreaterThan(2 * usual)
})
