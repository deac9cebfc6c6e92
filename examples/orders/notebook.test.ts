/** The notebook beside the app, over what the pipeline has made of its generated orders. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseNotebook } from '@millrace/console'
import { testApp } from 'millrace/testing'
import { expect, test } from 'vitest'
import { NotebookKit } from '../../packages/millrace/src/notebook/notebook-host.test-kit.ts'
import orders from './orders.app.ts'

interface OrderItem {
  readonly orderId: number
  readonly itemId: number
  readonly itemAmount: number
  readonly shipToState: string
  readonly orderDateTime: string
}

test('its cells show the sums of the items in the table', async () => {
  const app = await testApp(orders, { options: { orders: 60 } })
  await app.runUntilIdle()
  const items = app.items<OrderItem>('OrderEnriched')
  const enriched = app.records('orders-enriched').map((record) => record.json())
  await app.close()

  const kit = await NotebookKit.open()
  kit.stream('orders-enriched')
  kit.put('orders-enriched', ...enriched)
  const key = (name: string) => ({ name, type: 'number' as const })
  kit.store.defineTable({ name: 'OrderEnriched', partitionKey: key('orderId'), sortKey: key('itemId') })
  kit.store.commit((transaction) => {
    for (const item of items)
      transaction.putItem('OrderEnriched', item.orderId, item.itemId, Buffer.from(JSON.stringify(item)))
  })
  const { cells } = parseNotebook(
    'orders',
    readFileSync(join(import.meta.dirname, 'orders.notebook.sql'), 'utf8'),
  )
  const run = (id: string) => kit.run(cells.find((cell) => cell.id === id)?.text ?? '')
  const sold = run('sold')
  await sold.until(() => sold.table.length === enriched.length)
  await sold.stop()

  const sums = (keyOf: (item: OrderItem) => string) => {
    const found = new Map<string, number>()
    for (const item of items) found.set(keyOf(item), (found.get(keyOf(item)) ?? 0) + item.itemAmount)
    return [...found].map(([name, sum]) => [name, Math.round(sum * 100) / 100]).sort()
  }
  const shown = (rows: readonly (readonly unknown[])[]) => rows.map(([name, sum]) => [name, sum]).sort()
  const byState = run('revenue-by-state')
  await byState.until(() => byState.table.reduce((sum, [, , n]) => sum + Number(n), 0) === items.length)
  expect(shown(byState.table)).toEqual(sums(({ shipToState }) => shipToState))
  await byState.stop()
  const byMinute = run('revenue-by-minute')
  const minutes = sums(({ orderDateTime }) => `${orderDateTime.slice(0, 16).replace(' ', 'T')}:00Z`)
  await byMinute.until(
    () =>
      JSON.stringify(shown(byMinute.table).map(([at]) => String(at).replace('.000', ''))) ===
      JSON.stringify(minutes.map(([at]) => at)),
  )
  expect(shown(byMinute.table).map(([, sum]) => sum)).toEqual(minutes.map(([, sum]) => sum))
  await byMinute.stop()
  await kit.close()
}, 60_000)
