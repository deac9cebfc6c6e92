import { expect, test } from 'vitest'
import { niceStep, slotOf, tickText, timeText, timeTicks, valueRange, valueText } from './chart-scale.ts'

test('a step is 1, 2 or 5 times a power of ten and not less than asked', () => {
  for (const rough of [1e-7, 0.003, 0.2, 1, 1.1, 2, 2.5, 5, 7, 99, 12_345, 3e12]) {
    const step = niceStep(rough)
    const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-9)
    expect([1, 2, 5].some((nice) => Math.abs(lead - nice) < 1e-6)).toBe(true)
    expect(step).toBeGreaterThanOrEqual(rough * 0.999_99)
    expect(step).toBeLessThan(rough * 5.001)
  }
  expect([niceStep(0), niceStep(Number.NaN), niceStep(Number.POSITIVE_INFINITY)]).toEqual([1, 1, 1])
})

test('a range holds its values, and bars and areas hold zero', () => {
  const values = [-1e6, -40, -0.3, 0, 0.02, 7, 7.5, 999, 1e9]
  for (const least of values)
    for (const greatest of values.filter((value) => value >= least))
      for (const fromZero of [true, false]) {
        const [from, to] = valueRange(least, greatest, fromZero)
        const room = (to - from) * 1e-9
        expect(from).toBeLessThanOrEqual(least + room)
        expect(to).toBeGreaterThanOrEqual(greatest - room)
        expect(to).toBeGreaterThan(from)
        if (fromZero) expect(from <= 0 && to >= 0).toBe(true)
      }
})

test('a range does not move while values move inside of its steps', () => {
  expect(valueRange(61, 79, false)).toEqual(valueRange(62, 78, false))
  expect(valueRange(30, 82, false)).toEqual([0, 100])
})

test('nothing, or what is no number, has the range of an empty chart', () => {
  expect(valueRange(null, null, true)).toEqual([0, 1])
  expect(valueRange(undefined, undefined, false)).toEqual([0, 1])
  expect(valueRange(Number.NEGATIVE_INFINITY, 3, false)).toEqual([0, 1])
})

test('the slot of a bar is the least distance of neighbours', () => {
  expect(slotOf([0, 10, 13, 13, 20], 1)).toBe(3)
  expect(slotOf([5], 60)).toBe(60)
})

test('ticks tell neighbours apart', () => {
  expect([0, 0.05, 0.1].map((value) => tickText(value, 0.05))).toEqual(['0.00', '0.05', '0.10'])
  expect([12_000, 12_500].map((value) => tickText(value, 500))).toEqual(['12.0k', '12.5k'])
  expect(tickText(1_200, 200)).toBe('1,200')
  expect(tickText(-2e9, 1e9)).toBe('-2G')
})

test('times are UTC, as fine as the distance of ticks', () => {
  const start = Date.parse('2026-11-21T23:59:59Z')
  expect(timeTicks([start, start + 1_000], 1_000)).toEqual(['23:59:59', '00:00:00\n2026-11-22'])
  expect(timeTicks([start], 3_600_000)).toEqual(['23:59'])
  expect(timeTicks([start], 86_400_000)).toEqual(['2026-11-21'])
  expect(timeText(start + 5)).toBe('2026-11-21 23:59:59.005')
  expect(timeText(start)).toBe('2026-11-21 23:59:59')
  expect(timeText(1e300)).toBe('1e+300')
})

test('values keep the digits that people read', () => {
  expect([1_234_567, 0.1234567, 41.26491].map(valueText)).toEqual(['1,234,567', '0.123457', '41.2649'])
})
