/**
 * Where the changes come from, by the app's options, and the products file that fits them.
 *
 *   nothing, or --orders N      the generator, N orders (15), as fast as possible
 *   --rate R                    the generator, R items a second, for ever unless --orders says how many
 *   --file changes.ndjson       a file of changes; with --speed X in the rhythm of orderDateTime, X times as fast
 *
 * The products of the default seed and number are checked in as products.json. Others are written to the system's folder
 * for temporary files under a name made of seed and number: the same options always give the same bytes, so a restart,
 * a worker thread or a second process may write the file again without harm.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import {
  file,
  generateProducts,
  MillraceError,
  type OptionDeclarer,
  ordersGenerator,
  productsText,
  replay,
  type SourceFactory,
} from 'millrace'

export const DEFAULT_ORDERS = 15
export const DEFAULT_PRODUCTS = 100
export const DEFAULT_SEED = 1

export interface OrderChanges {
  readonly source: SourceFactory
  /** Absolute path. */
  readonly productsFile: string
}

export function orderChanges(option: OptionDeclarer): OrderChanges {
  const orders = option.integer('orders', {
    help: `orders to generate (default ${DEFAULT_ORDERS}; with --rate: endless)`,
  })
  const products = option.integer('products', {
    default: DEFAULT_PRODUCTS,
    min: 2,
    max: 1_000_000,
    help: 'products to generate',
  })
  const seed = option.integer('seed', {
    default: DEFAULT_SEED,
    max: 2 ** 32 - 1,
    help: 'seed of the generator',
  })
  const rate = option.integer('rate', { min: 1, help: 'items to generate each second' })
  const path = option.path('file', { help: 'file of changes to read instead of generating them' })
  const givenProducts = option.path('products-file', {
    help: 'products of --file (default: products.json beside it)',
  })
  const speed = option.string('speed', { help: 'with --file: event seconds for each second' })

  if (path === undefined) {
    refuseTogether('without --file', { 'products-file': givenProducts, speed })
    const wanted = orders ?? (rate === undefined ? DEFAULT_ORDERS : undefined)
    return {
      source: ordersGenerator({
        products,
        seed,
        ...(wanted === undefined ? {} : { orders: wanted }),
        ...(rate === undefined ? {} : { rate }),
      }),
      productsFile: generatedProducts(products, seed),
    }
  }
  refuseTogether('with --file', { orders, rate })
  const partitionKey = '$.data.orderId'
  return {
    source:
      speed === undefined
        ? file({ path, format: 'ndjson', partitionKey })
        : replay({ path, partitionKey, timeAttribute: '$.data.orderDateTime', speed: Number(speed) }),
    productsFile: givenProducts ?? productsBeside(path),
  }
}

function refuseTogether(circumstance: string, values: { readonly [option: string]: unknown }): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    throw new MillraceError('OPTION_INVALID', `--${name} has no meaning ${circumstance}.`, {
      next:
        circumstance === 'with --file'
          ? 'Leave one of the two out; --speed paces a file.'
          : 'Name the file of changes with --file.',
    })
  }
}

function productsBeside(path: string): string {
  const beside = join(dirname(path), 'products.json')
  return existsSync(beside) ? beside : join(import.meta.dirname, 'products.json')
}

function generatedProducts(products: number, seed: number): string {
  if (products === DEFAULT_PRODUCTS && seed === DEFAULT_SEED)
    return join(import.meta.dirname, 'products.json')
  const dir = join(tmpdir(), `millrace-orders-${userInfo().uid}`)
  const path = join(dir, `products-${seed}-${products}.json`)
  const text = productsText(generateProducts({ products, seed }))
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return path
  mkdirSync(dir, { recursive: true })
  const part = `${path}.${process.pid}-${threadId}.part`
  writeFileSync(part, text)
  renameSync(part, path)
  return path
}
