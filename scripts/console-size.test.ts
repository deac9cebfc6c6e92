import { expect, it } from 'vitest'
import { consoleSizes } from './console-size.mjs'

/** Compressed: what a first visit may cost, and what one more page may add. */
const firstMax = 500_000
const pageMax = 300_000

it('the first load of the console stays below 500 kB, and every page can be loaded', () => {
  const { first, pages } = consoleSizes()
  expect(first).toBeGreaterThan(50_000)
  expect(first).toBeLessThan(firstMax)
  expect(pages.map(({ page }) => page)).toEqual(
    expect.arrayContaining(['streams-page', 'notebook-page', 'tables-page', 'lake-page', 'metrics-page']),
  )
  for (const { page, bytes } of pages) expect(bytes, page).toBeLessThan(pageMax)
})
