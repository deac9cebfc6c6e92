/**
 * `millrace table scan`: the items of a table in the order of their keys, one line of JSON each, exactly as they were
 * stored. Reads one snapshot page after the other, so that a long scan holds no old snapshot and a running app is not
 * disturbed; an item written behind the scan's place is not seen.
 */
import type { ScanOptions, Store } from '@millrace/store'
import { MillraceError } from '../error.ts'
import { didYouMean } from '../spelling.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { oneLine } from './json-line.ts'
import { LineOutput } from './output.ts'

/** Items of one snapshot. */
const pageItems = 1000

export interface TableScanFlags {
  readonly dataDir: string | undefined
  readonly limit: number | undefined
}

export async function tableScan(table: string, flags: TableScanFlags): Promise<void> {
  const store = await openToRead(chooseDataDir(flags.dataDir))
  try {
    checkTable(store, table)
    const output = new LineOutput()
    let left = flags.limit ?? Number.POSITIVE_INFINITY
    let after: ScanOptions['after']
    while (left > 0) {
      const asked = Math.min(pageItems, left)
      const page = [...store.scan(table, after === undefined ? { limit: asked } : { limit: asked, after })]
      for (const item of page) await output.line(oneLine(item.json))
      left -= page.length
      const last = page.at(-1)
      if (last === undefined || page.length < asked) break
      const { partitionKey, sortKey } = last
      after = sortKey === undefined ? { partitionKey } : { partitionKey, sortKey }
    }
    await output.flush()
  } finally {
    await store.close()
  }
}

function checkTable(store: Store, table: string): void {
  if (store.table(table) !== undefined) return
  const names = store.tables().map((info) => info.name)
  throw new MillraceError('DATA_TABLE_UNKNOWN', `${store.dir} has no table "${table}".`, {
    next: `${didYouMean(table, names)}It has: ${names.join(', ') || 'no tables yet'}.`,
  })
}
