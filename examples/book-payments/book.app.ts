/**
 * Payments, booked one by one: each once, in the order of its account, whatever fails.
 *
 *   payments.ndjson -> payments -> book -> Balances
 *                                       -> booked
 */
import { defineApp, file } from 'millrace'
import { inCents, type Payment } from './in-cents.ts'

interface Booking {
  readonly payment: string
  readonly cents: number
}

export default defineApp('book-payments', (app) => {
  const payments = app.stream<Payment>('payments', { shards: 2 })
  const booked = app.stream<Booking>('booked')
  const balances = app.table('Balances', { partitionKey: 'account' })
  const path = app.option.path('file', { default: './payments.ndjson', help: 'payments, one a line' })

  app.source(file({ path, partitionKey: '$.account' }), { into: payments })

  app.each('book', { from: payments, concurrency: 20, retries: 1 }, async ({ value }, context) => {
    // The producer may send a payment twice: the second one finds that it is booked.
    await context.once(value.id, async () => {
      const cents = inCents(value)
      await balances.update(value.account, 'ADD cents :cents', { values: { ':cents': cents } })
      context.emit(booked, { payment: value.id, cents })
    })
  })
})
