import { findZone, randomAt } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { readPeriodicRate, recordsOfSecond } from './periodic-rate.ts'

const zone = findZone('UTC')
const noDraw = { next: () => 0.5, below: () => 0 }

function at(settings: object, time: string, zoneName = 'UTC'): number {
  const found = zoneName === 'UTC' ? zone : findZone(zoneName)
  if (found === undefined) throw new Error('known to exist')
  return recordsOfSecond(readPeriodicRate(settings), Date.parse(time), found, noDraw)
}

describe('a periodic rate', () => {
  const settings = {
    mean: 100,
    hours: { '*': { '12': { mean: 200 }, '9-17': { mean: 150 } }, monday: { '9-10': { mean: 500 } } },
  }

  test.each([
    ['2026-11-23T08:59:59Z', 100],
    ['2026-11-23T09:00:00Z', 500],
    ['2026-11-23T10:59:59Z', 500],
    ['2026-11-23T11:00:00Z', 150],
    ['2026-11-24T09:00:00Z', 150],
    ['2026-11-22T18:00:00Z', 100],
  ])('at %s', (time, expected) => expect(at(settings, time)).toBe(expected))

  test('hours are those of the zone', () => {
    expect(
      at({ mean: 0, hours: { sunday: { '23': { mean: 7 } } } }, '2026-11-23T04:30:00Z', 'America/New_York'),
    ).toBe(7)
  })

  test('smooth means go in straight lines between the middles of hours', () => {
    const hours = { '*': { '1': { mean: 300 } } }
    const smooth = { mean: 100, smooth: true, hours }
    expect(at(smooth, '2026-11-23T00:30:00Z')).toBe(100)
    expect(at(smooth, '2026-11-23T00:45:00Z')).toBe(150)
    expect(at(smooth, '2026-11-23T01:00:00Z')).toBe(200)
    expect(at(smooth, '2026-11-23T01:15:00Z')).toBe(250)
    expect(at(smooth, '2026-11-23T01:30:00Z')).toBe(300)
    expect(at(smooth, '2026-11-23T02:00:00Z')).toBe(200)
    expect(
      at({ mean: 10, smooth: true, hours: { saturday: { '23': { mean: 30 } } } }, '2026-11-22T00:00:00Z'),
    ).toBe(20)
  })

  test('counts have the mean and the deviation that were asked for', () => {
    const rate = readPeriodicRate({ mean: 1000, deviation: 50 })
    if (zone === undefined) throw new Error('known to exist')
    const counts = Array.from({ length: 5000 }, (_, i) =>
      recordsOfSecond(rate, i * 1000, zone, randomAt(8, i)),
    )
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    const deviation = Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length)
    // Three times the deviation of a mean of 5,000.
    expect(Math.abs(mean - 1000)).toBeLessThan(2.2)
    expect(Math.abs(deviation - 50)).toBeLessThan(1.6)
  })

  test.each([
    [5, 'the periodic rate is 5, not an object'],
    [{ mu: 5 }, 'there is no member "mu"'],
    [{ mean: -1 }, '"mean" of the periodic rate is -1'],
    [{ hours: { mondy: {} } }, 'Did you mean "monday"?'],
    [{ hours: { monday: { '9-25': {} } } }, '"9-25" is no hour'],
    [{ hours: { monday: { '9': { mean: 'x' } } } }, '"mean" of monday 9'],
    [{ simulate: { from: '2026-01-01', to: '2025-01-01' } }, 'ends before it begins'],
    [{ simulate: { from: 'x' } }, '"from" of "simulate" is "x"'],
    [{ simulate: { from: '2026-01-01', to: '2026-01-02', tick: 5 } }, '"simulate" has "tick"'],
  ])('%j is refused', (settings, message) => {
    expect(() => readPeriodicRate(settings)).toThrow(expect.objectContaining({ code: 'TEMPLATE_RATE' }))
    expect(() => readPeriodicRate(settings)).toThrow(message)
  })
})
