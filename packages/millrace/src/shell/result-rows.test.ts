/** The newest rows of a changing result, against a list that is computed anew after each change. */
import type { RowKind } from '@millrace/sql'
import { type Random, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { ResultRows } from './result-rows.ts'

interface Model {
  readonly value: number
  readonly order: number
}

/** What a reader of the differences shows. */
class Reader {
  readonly rows = new Map<number, readonly number[]>()

  take(result: ResultRows<number>): number[] {
    const change = result.take()
    for (const id of change?.removed ?? []) expect(this.rows.delete(id)).toBe(true)
    for (const [id, cells] of change?.put ?? []) this.rows.set(id, cells)
    return [...this.rows].sort(([a], [b]) => a - b).map(([, [value = Number.NaN]]) => value)
  }
}

function makeRows(limit: number, isAppendOnly: boolean): ResultRows<number> {
  return new ResultRows({ limit, isAppendOnly, cells: ([value]) => [Number(value)] })
}

test('differences, told at random moments, give the newest rows of what is there', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed)
    const limit = 1 + random.below(12)
    const result = makeRows(limit, false)
    const reader = new Reader()
    let model: Model[] = []
    let order = 0
    for (let step = 0; step < 600; step++) {
      const value = random.below(20)
      if (model.length > 0 && random.below(5) < 2)
        model = takeBack(random, result, model, { limit, news: order++ })
      else {
        result.apply([value], 0)
        model.push({ value, order: order++ })
      }
      model.sort((a, b) => a.order - b.order)
      if (random.below(4) === 0)
        expect(reader.take(result), `seed ${seed}, step ${step}`).toEqual(
          model.slice(-limit).map((each) => each.value),
        )
      expect(result.total).toBe(model.length)
    }
  }
})

/** Deletes or updates a row that is there; of equal ones the newest. */
function takeBack(
  random: Random,
  result: ResultRows<number>,
  model: Model[],
  { limit, news }: { readonly limit: number; readonly news: number },
): Model[] {
  const { value } = model[random.below(model.length)]!
  const at = model.findLastIndex((each) => each.value === value)
  const rest = model.filter((_, i) => i !== at)
  if (random.below(2) === 0) {
    result.apply([value], 3 satisfies RowKind)
    return rest
  }
  const next = random.below(20)
  result.apply([value], 1)
  result.apply([next], 2)
  const isShown = at >= model.length - limit
  // A row that is shown stays where it is; another one is news.
  const order = isShown ? model[at]!.order : news
  return [...rest, { value: next, order }]
}

test('a result that only grows keeps no more than it shows', () => {
  const result = makeRows(3, true)
  const reader = new Reader()
  for (let i = 0; i < 1000; i++) {
    result.apply([i], 0)
    if (i % 7 === 0) expect(reader.take(result)).toEqual([i - 2, i - 1, i].filter((each) => each >= 0))
  }
  expect(result.total).toBe(1000)
  expect(result.rows()).toEqual([[997], [998], [999]])
})

test('the texts that are shown are bounded', () => {
  const result = new ResultRows<string>({
    limit: 100,
    bytesMax: 1_000,
    isAppendOnly: false,
    cells: ([value]) => [String(value)],
  })
  for (let i = 0; i < 20; i++) result.apply([`${i}${'x'.repeat(200)}`], 0)
  expect(result.rows()).toHaveLength(4)
  for (let i = 19; i > 2; i--) result.apply([`${i}${'x'.repeat(200)}`], 3)
  expect(result.rows()).toHaveLength(3)
  expect(result.total).toBe(3)
})
