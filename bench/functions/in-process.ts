/**
 * Writes and reads of tables without a wire, as the app's own code makes them, in this process: callers wait for one call
 * before the next, as connections do. Writes are on disk when a call is done.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { openTables, type Tables } from '@millrace/tables'
import { systemClock } from '@millrace/values'
import { batchItems, benchItem, benchKey, pageStart, readItems, scatteredKey } from './bench-item.ts'
import type { Figures } from './figures.ts'

type Kind = 'put' | 'get' | 'update' | 'batch' | 'spread' | 'query'

export interface InProcessBench {
  readonly kinds: readonly Kind[]
  readonly callers: readonly number[]
  readonly seconds: number
  readonly runs: number
}

const table = 'bench'
const rows = 64

export async function benchInProcess(bench: InProcessBench, figures: Figures): Promise<void> {
  for (const kind of bench.kinds) {
    for (const callers of bench.callers) {
      const rates: number[] = []
      for (let run = 0; run < bench.runs; run++) rates.push(await measure(kind, callers, bench.seconds))
      const label = `${kind}, ${callers} caller${callers === 1 ? '' : 's'}, in process`
      figures.rate({ name: 'millrace', label, rates, unit: 'items/s' })
    }
  }
}

async function measure(kind: Kind, callers: number, seconds: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-tables-'))
  const store = await openStore({ dir, clock: systemClock })
  try {
    const tables = openTables({ store })
    tables.create({
      name: table,
      partitionKey: { name: 'pk', type: 'string' },
      sortKey: { name: 'sk', type: 'number' },
      settings: { indexes: [], tags: {}, exports: [], isProtected: false },
    })
    if (kind === 'get' || kind === 'query')
      await tables.commit((writer) => {
        for (let i = 0; i < readItems; i++) writer.replace(table, benchItem(benchKey(i)))
      })
    const start = performance.now()
    const end = start + seconds * 1000
    let items = 0
    const caller = async (index: number): Promise<void> => {
      for (let i = index * rows; performance.now() < end; i++) {
        const done = await call(tables, kind, i)
        items += done
        // Reads take no turn of the event loop of their own.
        if (i % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await Promise.all(Array.from({ length: callers }, (_, i) => caller(i)))
    return items / ((performance.now() - start) / 1000)
  } finally {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** How many items it was. */
async function call(tables: Tables, kind: Kind, i: number): Promise<number> {
  const number = i % readItems
  const attributes = benchKey(number)
  const key = { partitionKey: attributes.pk.S, sortKey: Number(attributes.sk.N) }
  switch (kind) {
    case 'put':
      await tables.commit((writer) => writer.replace(table, benchItem(attributes)))
      return 1
    case 'get':
      return tables.get(table, key) === undefined ? 0 : 1
    case 'update':
      await tables.commit((writer) =>
        writer.update(table, key, (before) => {
          const count = before?.count !== undefined && 'N' in before.count ? Number(before.count.N) : 0
          return { ...attributes, count: { N: String(count + 1) } }
        }),
      )
      return 1
    case 'batch':
    case 'spread': {
      const keyOf = kind === 'batch' ? benchKey : scatteredKey
      await tables.commit((writer) => {
        for (let k = 0; k < batchItems; k++)
          writer.replace(table, benchItem(keyOf((i * batchItems + k) % 25_600)))
      })
      return batchItems
    }
    case 'query': {
      const from = { value: pageStart(i), inclusive: true }
      const partition = benchKey(i * batchItems).pk.S
      return tables.query({ table, partition, sort: { from }, limit: batchItems }).items.length
    }
  }
}
