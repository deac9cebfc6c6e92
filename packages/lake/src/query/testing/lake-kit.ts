/** A lake for tests: a store, a catalog, a bucket in a folder, and files written by plain DuckDB. All of it goes after the test. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { openStore, type Store } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { afterEach } from 'vitest'
import type { Catalog, CatalogTable } from '../../catalog/catalog-port.ts'
import { openCatalog } from '../../catalog/open-catalog.ts'
import { literal, openDuck } from '../../duck/open-duck.ts'
import type { Buckets, ObjectStore } from '../../objects/object-store.ts'
import { openBuckets } from '../../objects/open-buckets.ts'
import { type LakeQueryServices, openLakeQuery } from '../open-lake-query.ts'
import type { LakeQuery, QueryOptions, QueryResult } from '../query-port.ts'

const closing: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

export interface LakeKit {
  readonly dir: string
  readonly clock: VirtualClock
  readonly store: Store
  readonly catalog: Catalog
  readonly buckets: Buckets
  /** Keys that were asked for as local files, in order: what a query opens at most. */
  readonly opened: string[]
  readonly query: LakeQuery
  /** DuckDB without locks, beside the lake. */
  readonly duck: DuckDBConnection
  /** Stores the result of a SELECT as an object of bucket `lake`; gives its size. */
  write(key: string, select: string, options?: string): Promise<number>
  writeText(key: string, text: string | Uint8Array): number
  open(services?: Partial<LakeQueryServices>): LakeQuery
}

export async function lakeKit(services: Partial<LakeQueryServices> = {}): Promise<LakeKit> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-lake-'))
  closing.push(() => rmSync(dir, { recursive: true, force: true }))
  const clock = new VirtualClock(Date.UTC(2026, 10, 21))
  const store = await openStore({ dir: join(dir, 'data'), clock })
  closing.push(() => store.close())
  const catalog = openCatalog({ store })
  const opened: string[] = []
  const buckets = countingBuckets(openBuckets({ dataDir: join(dir, 'data'), clock }), opened)
  closing.push(() => buckets.close())
  const plain = await openDuck({ memoryBytes: 2 ** 29, threads: 2, folders: [dir] })
  closing.push(() => plain.close())
  const duck = await plain.connect()
  closing.push(() => duck.closeSync())
  const open = (more: Partial<LakeQueryServices> = {}): LakeQuery => {
    const query = openLakeQuery({ catalog, buckets, clock, store, ...services, ...more })
    closing.push(() => query.close())
    return query
  }
  const pathOf = (key: string): string => {
    const path = join(dir, 'data', 'buckets', 'lake', key)
    mkdirSync(dirname(path), { recursive: true })
    return path
  }
  return {
    dir,
    clock,
    store,
    catalog,
    buckets,
    opened,
    duck,
    query: open(),
    open,
    async write(key, select, options = 'FORMAT parquet') {
      const path = pathOf(key)
      await duck.run(`COPY (${select}) TO ${literal(path)} (${options})`)
      return statSync(path).size
    },
    writeText(key, text) {
      writeFileSync(pathOf(key), text)
      return text.length
    },
  }
}

function countingBuckets(buckets: Buckets, opened: string[]): Buckets {
  const counted = new Map<string, ObjectStore>()
  return {
    open(name) {
      const store = counted.get(name) ?? countingStore(buckets.open(name), opened)
      counted.set(name, store)
      return store
    },
    close: () => buckets.close(),
  }
}

function countingStore(store: ObjectStore, opened: string[]): ObjectStore {
  return {
    name: store.name,
    url: store.url,
    put: (key, body, options) => store.put(key, body, options),
    get: (key) => store.get(key),
    head: (key) => store.head(key),
    list: (prefix, options) => store.list(prefix, options),
    delete: (keys) => store.delete(keys),
    localFile(key) {
      opened.push(key)
      return store.localFile(key)
    },
    close: () => store.close(),
  }
}

export type WantedTable = Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>

export function lakeTable(changes: Partial<WantedTable> = {}): WantedTable {
  return {
    database: 'default',
    name: 'orders',
    format: 'parquet',
    bucket: 'lake',
    location: 'orders/',
    columns: [
      { name: 'id', type: { kind: 'long' } },
      { name: 'name', type: { kind: 'string' } },
    ],
    partitionKeys: [],
    kind: 'managed',
    parameters: {},
    ...changes,
  }
}

export interface Answer extends Omit<QueryResult, 'rows'> {
  readonly rows: readonly (readonly (string | null)[])[]
}

export async function answer(query: LakeQuery, sql: string, options?: QueryOptions): Promise<Answer> {
  const result = await query.run(sql, options)
  const rows: (readonly (string | null)[])[] = []
  for await (const chunk of result.rows) rows.push(...chunk)
  return { ...result, rows }
}

/** Code and message of what a query is refused with. */
export async function refusal(work: Promise<unknown>): Promise<{ code: unknown; message: string }> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error)
      return { code: 'code' in error ? error.code : undefined, message: error.message }
    throw error
  }
  throw new Error('it was not refused')
}
