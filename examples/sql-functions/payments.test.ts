/** The functions of SQL programs through a whole app: their values, their waiting and their failures. */
import { defineApp } from 'millrace'
import { testApp } from 'millrace/testing'
import { expect, test } from 'vitest'
import { countryIn } from './geo-service.ts'
import networks from './networks.json' with { type: 'json' }
import { describePayments } from './payments.app.ts'

// Under virtual time a service has to answer without a clock of its own: the app is the real one, the service is not.
const payments = defineApp(
  'payments',
  describePayments(async (ip) => countryIn(networks, ip)),
)

test('payments are counted by country and minute, with what the functions make of them', async () => {
  await using app = await testApp(payments)
  await app.runUntilIdle()
  const row = (country: string, minute: string, values: object) => ({
    country,
    window_start: `2026-06-01 12:${minute}:00`,
    ...values,
  })
  expect(app.records('countries').map((record) => record.json())).toEqual(
    expect.arrayContaining([
      row('NO', '00', { payments: 3, companies: 2, median_amount: 9.99 }),
      row('IT', '00', { payments: 1, companies: 1, median_amount: 7.25 }),
      row('JP', '01', { payments: 1, companies: 1, median_amount: 100 }),
      // A payment from nowhere, by nobody: COUNT(DISTINCT) counts no NULL.
      row('unknown', '01', { payments: 1, companies: 0, median_amount: 1 }),
    ]),
  )
  expect(app.records('countries')).toHaveLength(4)
  expect(app.items('Countries')).toHaveLength(4)
  expect(app.report().ledgerBalanced).toBe(true)
})

test('a table function gives a row for each item', async () => {
  await using app = await testApp(payments)
  await app.runUntilIdle()
  const sold = app
    .records('sold')
    .map((record) => record.json<{ id: number; item: string; quantity: number }>())
  expect(sold.filter(({ id }) => id === 1)).toEqual([
    { id: 1, item: 'book', quantity: 2 },
    { id: 1, item: 'pen', quantity: 1 },
  ])
  expect(sold).toHaveLength(7)
})

test('a call that fails once is made again; one that fails for good drops its row and says so', async () => {
  const asked: string[] = []
  const flaky = defineApp(
    'payments',
    describePayments(async (ip) => {
      asked.push(ip)
      if (ip === '198.51.100.4') throw new Error('no route')
      if (ip === '192.0.2.7' && asked.indexOf(ip) === asked.length - 1) throw new Error('try again')
      return countryIn(networks, ip)
    }),
  )
  await using app = await testApp(flaky)
  await app.runUntilIdle()
  const countries = app.records('countries').map((record) => record.json<{ country: string }>().country)
  expect(countries).not.toContain('IT')
  expect(countries).toContain('NO')
  const errors = app.records('analyze.error_stream').map((record) => record.json<{ MESSAGE: string }>())
  expect(errors).toHaveLength(1)
  expect(errors[0]?.MESSAGE).toContain('no route')
})
