import { expect, test } from 'vitest'
import { complete } from './complete.ts'

const tables = [
  { database: 'default', name: 'orders' },
  { database: 'sales', name: 'shops' },
  { database: 'app', name: 'OrderEnriched' },
]
const columns: Readonly<Record<string, readonly string[]>> = {
  orders: ['id', 'shop', 'total'],
  shops: ['shop', 'city'],
}
const at = async (text: string) => {
  const answer = await complete(
    tables,
    async ({ name }) => {
      const known = columns[name]
      if (known === undefined) throw new Error(`"${name}" cannot be computed`)
      return known.map((column) => ({ name: column, type: 'VARCHAR' }))
    },
    text.replace('|', ''),
    text.indexOf('|'),
  )
  return answer && { from: answer.from, labels: answer.options.map(({ label }) => label) }
}

test('after FROM and JOIN there are tables, written as SQL takes them', async () => {
  expect(await at('SELECT * FROM |')).toEqual({
    from: 14,
    labels: ['orders', 'sales.shops', 'app."OrderEnriched"'],
  })
  expect(await at('SELECT * FROM sa|')).toEqual({ from: 14, labels: ['sales.shops'] })
})

test('elsewhere there are columns of the tables that are named, each once, also where they are named later', async () => {
  expect((await at('SELECT | FROM orders JOIN sales.shops USING (shop)'))?.labels.slice(0, 4)).toEqual([
    'id',
    'shop',
    'total',
    'city',
  ])
  expect(await at('SELECT t| FROM orders')).toEqual({ from: 7, labels: ['total', 'THEN'] })
  expect((await at('SELECT c| FROM orders'))?.labels).not.toContain('city')
  // One whose columns nobody knows offers none, and the others still do.
  expect((await at('SELECT i| FROM orders, app."OrderEnriched"'))?.labels).toContain('id')
})
