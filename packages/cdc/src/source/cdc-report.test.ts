import { expect, test } from 'vitest'
import { cdcGauges, sourceStatusOf } from './cdc-report.ts'
import type { CdcStatus, TableStatus } from './cdc-status.ts'

function table(name: string, members: Partial<TableStatus>): TableStatus {
  return {
    schema: 'shop',
    table: name,
    phase: 'following',
    loadedRows: 0,
    estimatedRows: undefined,
    changes: 0,
    rowsPerSecond: undefined,
    remainingMs: undefined,
    reason: undefined,
    ...members,
  }
}

function status(members: Partial<CdcStatus>): CdcStatus {
  return {
    source: 'orders-source',
    database: 'mariadb://127.0.0.1:3306 10.11.19',
    phase: 'following',
    position: '0-1-100',
    lagMs: 300,
    tables: [],
    health: undefined,
    warnings: [],
    ...members,
  }
}

test('a load is told by the table that has most to do: rows, percent, rate and time left', () => {
  const orders = table('orders', {
    phase: 'loading',
    loadedRows: 820_000,
    estimatedRows: 2_000_000,
    rowsPerSecond: 16_857.1,
    remainingMs: 70_000,
  })
  const small = table('items', { phase: 'loading', loadedRows: 9, estimatedRows: 10 })
  const line = (tables: TableStatus[]) => sourceStatusOf(status({ phase: 'loading', tables })).line
  expect(line([small, orders, table('prices', { phase: 'waiting' })])).toBe(
    'loading shop.orders and 1 other table: 41 % of about 2,000,000 rows, 16,857 rows/s, 1:10 min left, 1 table waiting',
  )
  expect(
    line([{ ...orders, estimatedRows: undefined, rowsPerSecond: undefined, remainingMs: undefined }]),
  ).toBe('loading shop.orders: 820,000 rows')
  // Statistics are guesses: what is not finished never shows as whole.
  expect(line([{ ...small, loadedRows: 4_000, remainingMs: 0 }])).toBe(
    'loading shop.items: 99 % of about 10 rows, 0.0 s left',
  )
  expect(line([table('orders', { phase: 'waiting' })])).toBe('waiting to load 1 table')
})

test('following tells the lag, and which tables stand aside', () => {
  const tables = ['a', 'b', 'c', 'd'].map((name) => table(name, { phase: 'quarantined' }))
  const { line } = sourceStatusOf(status({ lagMs: 3_725_000, tables: [table('orders', {}), ...tables] }))
  expect(line).toBe(
    'following 1 table, 1:02 h behind mariadb://127.0.0.1:3306 10.11.19; quarantined: shop.a, shop.b, shop.c and 1 more',
  )
  expect(sourceStatusOf(status({ lagMs: undefined })).line).toMatch(
    /nothing has changed yet in mariadb:\/\/\S+ 10\.11\.19$/,
  )
})

test('every gauge is one of the list, and what is not known is no gauge', () => {
  const known = status({
    tables: [
      table('orders', {
        phase: 'loading',
        loadedRows: 5,
        estimatedRows: 9,
        rowsPerSecond: 1,
        remainingMs: 4,
      }),
    ],
    health: { behindBytes: 7, keptBytesMax: 8, expiresInMs: 9, slotStatus: 'reserved' },
  })
  const { gauges, details } = sourceStatusOf(known)
  expect(new Set(gauges.map(({ name }) => name))).toEqual(new Set(Object.keys(cdcGauges)))
  expect(gauges).toContainEqual({ name: 'loaded_rows', labels: { table: 'shop.orders' }, value: 5 })
  expect(gauges).toContainEqual({ name: 'tables', labels: { phase: 'loading' }, value: 1 })
  expect(details).toBe(known)
  const unknown = sourceStatusOf(status({ lagMs: undefined })).gauges
  expect(new Set(unknown.map(({ name }) => name))).toEqual(new Set(['tables']))
})
