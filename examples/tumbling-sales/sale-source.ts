/** Sales of a few shops, one after the other at an even pace: the n-th sale is the same in every run. */
import { type Source, type SourceFactory, seededRandom } from 'millrace'

export interface Sale {
  readonly id: string
  readonly shop: string
  /** In whole currency. */
  readonly sales: number
}

export interface SaleSourceOptions {
  readonly sales: number
  /** Sales each second. */
  readonly rate: number
}

const shops = 8
const encoder = new TextEncoder()

export function saleAt(n: number): Sale {
  const random = seededRandom(`sale ${n}`)
  return { id: `sale-${n}`, shop: `shop-${random.below(shops)}`, sales: 1 + random.below(100) }
}

export function saleSource({ sales, rate }: SaleSourceOptions): SourceFactory {
  return ({ position, clock, signal, route }): Source => {
    // Only this source writes its position.
    let n = (position as number | undefined) ?? 0
    const begunAt = clock.now() - (n * 1000) / rate
    return {
      async read(builders) {
        await clock.sleep(begunAt + (n * 1000) / rate - clock.now(), signal)
        if (signal.aborted || n >= sales) return { position: n, taken: 0, dead: [], done: n >= sales }
        const sale = saleAt(n)
        const key = encoder.encode(sale.shop)
        const data = encoder.encode(JSON.stringify(sale))
        builders[route(key, 0, key.length)]!.add(key, 0, key.length, data, 0, data.length, 0)
        n++
        return { position: n, taken: 1, dead: [], done: n >= sales }
      },
      async close() {},
    }
  }
}
