import { describe, expect, it } from 'vitest'
import { fuzzyScore } from './fuzzy.ts'

function best(typed: string, texts: readonly string[]): string[] {
  return texts
    .map((text) => ({ text, score: fuzzyScore(typed, text) }))
    .filter((one) => one.score !== undefined)
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    .map(({ text }) => text)
}

describe('what is typed', () => {
  it('fits with all its letters in their order, and not otherwise', () => {
    expect(best('dlt', ['dead letters', 'tables', 'load'])).toEqual(['dead letters'])
    expect(best('xyz', ['dead letters'])).toEqual([])
  })

  it('fits words in any order', () => {
    expect(best('stream ord', ['orders stream', 'orders table'])).toEqual(['orders stream'])
  })

  it('means beginnings rather than middles, and short rather than long', () => {
    expect(best('ord', ['records', 'orders', 'orders-enriched'])).toEqual([
      'orders',
      'orders-enriched',
      'records',
    ])
    expect(best('oe', ['notes', 'order-enriched'])[0]).toBe('order-enriched')
  })

  it('fits everything where nothing is typed', () => {
    expect(best(' ', ['b', 'a'])).toHaveLength(2)
  })
})
