/** The totals of each shard and window are those of the sales that were made, worked out from the streams themselves. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ReadRecord, type TestedApp, testApp } from 'millrace/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { saleAt } from './sale-source.ts'
import sales from './sales.app.ts'

interface Total {
  readonly [attribute: string]: unknown
  readonly shardId: string
  readonly windowStart: string
  readonly windowEnd: string
  readonly sales: number
  readonly orders: number
  readonly invocations: number
  readonly late: number
}

const windowMs = 30_000
const count = 600
const producerTotal = Array.from({ length: count }, (_, n) => saleAt(n).sales).reduce((a, b) => a + b, 0)

let app: TestedApp
let totals: Total[]
beforeAll(async () => {
  // In the middle of a window.
  app = await testApp(sales, { startMs: Date.UTC(2026, 0, 1, 12, 0, 10) })
  // A minute of sales, and the end of the last window.
  await app.advance(60_000 + windowMs)
  totals = app.items<Total>('SalesTotals')
}, 120_000)
afterAll(() => app.close())

/** Sales and orders by shard number and window. */
function expected(records: readonly ReadRecord[], salesOf: (record: ReadRecord) => number) {
  const sums = new Map<string, { sales: number; orders: number }>()
  for (const record of records) {
    const start = Math.floor(record.arrivalTimeMs / windowMs) * windowMs
    const key = `${record.shard} ${isoSecond(start)} ${isoSecond(start + windowMs)}`
    const sum = sums.get(key) ?? { sales: 0, orders: 0 }
    sum.sales += salesOf(record)
    sum.orders++
    sums.set(key, sum)
  }
  return Object.fromEntries([...sums].sort())
}

function isoSecond(ms: number): string {
  return new Date(ms).toISOString().replace('.000', '')
}

/** What the handlers stored, in the same form. */
function stored(of: readonly Total[], shardOf: (shardId: string) => number) {
  return Object.fromEntries(
    of
      .map(({ shardId, windowStart, windowEnd, sales, orders }) => [
        `${shardOf(shardId)} ${windowStart} ${windowEnd}`,
        { sales, orders },
      ])
      .sort(),
  )
}

// Shards of change streams have longer ids.
const ofStream = () => totals.filter(({ shardId }) => /^shardId-\d{12}$/.test(shardId))
const ofTable = () => totals.filter(({ shardId }) => !/^shardId-\d{12}$/.test(shardId))

describe('a minute of sales in windows of 30 seconds', () => {
  test('from a stream: the totals of each shard and window are those of its records', () => {
    const wanted = expected(app.records('sales'), (record) => record.json<{ sales: number }>().sales)
    // 12:00:10 to 12:01:10 touches three windows; both shards have sales in each.
    expect(Object.keys(wanted)).toHaveLength(6)
    expect(stored(ofStream(), (shardId) => Number(shardId.slice(-12)))).toEqual(wanted)
  })

  test('from the changes of a table: likewise, of the one shard that it has', () => {
    const wanted = expected(app.records('Sales.changes'), (record) =>
      Number(record.json<{ dynamodb: { NewImage: { sales: { N: string } } } }>().dynamodb.NewImage.sales.N),
    )
    expect(Object.keys(wanted)).toHaveLength(3)
    expect(stored(ofTable(), (shardId) => Number.parseInt(shardId.slice(-8), 16))).toEqual(wanted)
  })

  test('all of them together are what the producer sold, twice', () => {
    for (const of of [ofStream(), ofTable()]) {
      expect(of.reduce((sum, { sales }) => sum + sales, 0)).toBe(producerTotal)
      expect(of.reduce((sum, { orders }) => sum + orders, 0)).toBe(count)
    }
  })

  test('state went through many invocations, and the last one of each window came without records', () => {
    for (const { invocations, late } of totals) {
      // One in a second at most, but for the last window, which has ten seconds of sales.
      expect(invocations).toBeGreaterThan(5)
      expect(invocations).toBeLessThanOrEqual(31)
      expect(late).toBe(0)
    }
    expect(app.report().ledgerBalanced).toBe(true)
  })

  test('as the README shows it', () => {
    const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
    const lines = totals
      .toSorted((a, b) => a.windowStart.localeCompare(b.windowStart) || a.shardId.localeCompare(b.shardId))
      .map(
        ({ shardId, windowStart, windowEnd, sales, orders }) =>
          `${shardId.padEnd(37)}  ${windowStart.slice(11, 19)} - ${windowEnd.slice(11, 19)}  ${String(sales).padStart(5)}  ${String(orders).padStart(3)}`,
      )
    expect(readme).toContain(lines.join('\n'))
  })
})
