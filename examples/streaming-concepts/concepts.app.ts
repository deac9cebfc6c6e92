/**
 * Payments come in, balances come out, twice: by a function that believes every record, and by one that remembers which
 * events it has counted. Both say on the stream `balances` what they have come to.
 *
 *   payments -> careless -> CarelessBalances
 *   payments -> once     -> Balances, CountedEvents
 */
import { defineApp } from 'millrace'

export interface Payment {
  /** Made by the producer, once for each payment: a retry repeats it. */
  readonly eventId: string
  readonly account: string
  readonly amount: number
  readonly receipt?: string
}

/** A type, not an interface: items of tables have any attributes, which an interface could not promise. */
export type Balance = {
  readonly by: 'careless' | 'once'
  readonly account: string
  readonly balance: number
}

export default defineApp('streaming-concepts', (app) => {
  const payments = app.stream<Payment>('payments', { shards: 4 })
  const balances = app.stream<Balance>('balances')
  const carelessBalances = app.table('CarelessBalances', { partitionKey: 'account' })
  const rightBalances = app.table('Balances', { partitionKey: 'account' })
  const countedEvents = app.table('CountedEvents', { partitionKey: 'eventId' })

  app.function('careless', { from: payments }, async (records, context) => {
    for (const record of records) {
      const { account, amount } = record.json()
      const before = await carelessBalances.get<Balance>(account)
      const now: Balance = { by: 'careless', account, balance: (before?.balance ?? 0) + amount }
      await carelessBalances.put(now)
      context.emit(balances, now, { partitionKey: account })
    }
  })

  app.function('once', { from: payments }, async (records, context) => {
    for (const record of records) {
      const { eventId, account, amount } = record.json()
      const before = await rightBalances.get<Balance>(account)
      const isNew = (await countedEvents.get(eventId)) === undefined
      const now: Balance = { by: 'once', account, balance: (before?.balance ?? 0) + (isNew ? amount : 0) }
      // One commit with the position: after a crash the event is either counted and remembered, or neither.
      await countedEvents.put({ eventId })
      await rightBalances.put(now)
      context.emit(balances, now, { partitionKey: account })
    }
  })
})
