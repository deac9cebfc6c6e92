/** What the page says: duplicates booked once, the order of accounts, bad payments aside. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testApp } from 'millrace/testing'
import { afterAll, expect, test } from 'vitest'
import book from './book.app.ts'

const work = mkdtempSync(join(tmpdir(), 'millrace-book-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

test('the payments of the page', async () => {
  const app = await testApp(book)
  await app.runUntilIdle()
  expect(app.items('Balances')).toEqual([
    { account: 'anna', cents: 5525 },
    { account: 'ben', cents: 1350 },
    { account: 'carla', cents: 700 },
  ])
  const booked = app.records('booked').map((record) => record.json<{ payment: string }>().payment)
  expect(booked.sort()).toEqual(['p-1', 'p-10', 'p-2', 'p-3', 'p-4', 'p-6', 'p-8'])
  expect(
    app
      .items<{ error: { code: string } }>('dead-letters')
      .map(({ error }) => error.code)
      .sort(),
  ).toEqual(['AMOUNT_INVALID', 'CURRENCY_UNKNOWN', 'CURRENCY_UNKNOWN', 'CURRENCY_UNKNOWN'])
  const report = app.report()
  expect(report.stages[1]).toMatchObject({ in: 12, out: 8, dead: 4 })
  expect(report.ledgerBalanced).toBe(true)
  await app.close()
})

test('a thousand payments, each sent up to three times, are booked once', async () => {
  const payments = Array.from({ length: 1_000 }, (_, n) => ({
    id: `p-${n}`,
    account: `account-${n % 37}`,
    amount: n % 90,
    currency: 'EUR',
  }))
  const sent = payments.flatMap((payment, n) => Array.from({ length: 1 + (n % 3) }, () => payment))
  const path = join(work, 'many.ndjson')
  writeFileSync(path, sent.map((payment) => `${JSON.stringify(payment)}\n`).join(''))
  const app = await testApp(book, { options: { file: path } })
  await app.runUntilIdle()
  const expected = new Map<string, number>()
  for (const { account, amount } of payments)
    expected.set(account, (expected.get(account) ?? 0) + amount * 100)
  const balances = app.items<{ account: string; cents: number }>('Balances')
  expect(new Map(balances.map(({ account, cents }) => [account, cents]))).toEqual(expected)
  expect(app.records('booked')).toHaveLength(1_000)
  expect(app.report().stages[1]).toMatchObject({ in: sent.length, out: sent.length, dead: 0 })
  await app.close()
})
