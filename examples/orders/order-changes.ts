/**
 * Where the changes come from, by the app's options, and the products file that fits them.
 *
 *   nothing, or --orders N      the generator, N orders (15), as fast as possible
 *   --rate R                    the generator, R items a second, for ever unless --orders says how many
 *   --file changes.ndjson       a file of changes; with --speed X in the rhythm of orderDateTime, X times as fast
 *   --source embedded           a Postgres that is started for it, with a shop that writes --rate R items a second (20)
 *   --source mariadb://...      tables of a database that is there (mysql://..., postgres://... likewise), as shop/ makes them
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
  mysql,
  type OptionDeclarer,
  ordersGenerator,
  postgres,
  productsText,
  replay,
  type SourceFactory,
} from 'millrace'
import { embeddedShop, followedTables } from './shop/embedded-shop.ts'

export const DEFAULT_ORDERS = 15
export const DEFAULT_PRODUCTS = 100
export const DEFAULT_SEED = 1
/** Of the shop, items a second. */
export const DEFAULT_RATE = 20

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
  const from = option.string('source', {
    default: 'generator',
    help: 'generator, embedded (a Postgres of its own with a shop), or mysql://, mariadb://, postgres://',
  })

  if (from !== 'generator') {
    refuseTogether('with --source', { file: path, speed })
    if (from === 'embedded') {
      refuseTogether('without --file', { 'products-file': givenProducts })
      const bound = orders === undefined ? {} : { orders }
      return {
        source: embeddedShop({ products, seed, rate: rate ?? DEFAULT_RATE, ...bound }),
        productsFile: generatedProducts(products, seed),
      }
    }
    refuseTogether('with --source', { orders, rate })
    return {
      source: databaseSource(from),
      productsFile: givenProducts ?? generatedProducts(products, seed),
    }
  }
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

/** Envelopes as DMS writes them, which is what the SQL reads. */
function databaseSource(url: string): SourceFactory {
  const scheme = /^(\w+):/.exec(url)?.[1]
  if (scheme === 'postgres' || scheme === 'postgresql') return postgres({ url, tables: followedTables })
  if (scheme === 'mysql' || scheme === 'mariadb') return mysql({ url, tables: followedTables })
  throw new MillraceError(
    'OPTION_INVALID',
    '--source is neither a word that it knows nor the address of a database.',
    {
      next: 'Allowed: generator, embedded, mysql://..., mariadb://..., postgres://...',
    },
  )
}

const advice: { readonly [circumstance: string]: string } = {
  'with --file': 'Leave one of the two out; --speed paces a file.',
  'without --file': 'Name the file of changes with --file.',
  'with --source': 'Leave one of the two out; a database has its own orders and its own pace.',
}

function refuseTogether(circumstance: string, values: { readonly [option: string]: unknown }): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    throw new MillraceError('OPTION_INVALID', `--${name} has no meaning ${circumstance}.`, {
      ...(advice[circumstance] === undefined ? {} : { next: advice[circumstance] }),
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
