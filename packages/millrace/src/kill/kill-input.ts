/** Files of changes for the kill tests, and the app options that read them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateOrders } from '@millrace/connect'

export interface KillInput {
  readonly asFast: readonly string[]
  /** Options that make the whole file take about so many seconds. */
  paced(span: { readonly seconds: number }): readonly string[]
}

export function generateOrdersInto(dir: string, orders: number): KillInput {
  mkdirSync(dir, { recursive: true })
  const made = generateOrders({ orders, products: 50, seed: 7 })
  const changes = join(dir, 'changes.ndjson')
  const products = join(dir, 'products.json')
  writeFileSync(products, made.products)
  const bytes = Buffer.concat([...made.changes()])
  writeFileSync(changes, bytes)
  const times = [...bytes.toString('utf8').matchAll(/"orderDateTime":"([^"]+)"/g)].map((m) =>
    Date.parse(m[1] ?? ''),
  )
  const spanSeconds = (Math.max(...times) - Math.min(...times)) / 1000
  const asFast = ['--file', changes, '--products-file', products]
  return { asFast, paced: ({ seconds }) => [...asFast, '--speed', String(spanSeconds / seconds)] }
}
