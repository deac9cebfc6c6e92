/**
 * `millrace table scan`: the items of a table in the order of their keys, one line of plain JSON each: what functions
 * wrote as they wrote it, what clients wrote without the types. Reads one snapshot page after the other, so that a long scan holds no old snapshot and a running app is not
 * disturbed; an item written behind the scan's place is not seen.
 */
import type { ScanOptions } from '@millrace/store'
import { plainJson } from '@millrace/tables'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { findTable } from './find-table.ts'
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
    findTable(store, table)
    const output = new LineOutput()
    let left = flags.limit ?? Number.POSITIVE_INFINITY
    let after: ScanOptions['after']
    while (left > 0) {
      const asked = Math.min(pageItems, left)
      const page = [...store.scan(table, after === undefined ? { limit: asked } : { limit: asked, after })]
      for (const item of page) await output.line(oneLine(plainJson(item)))
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
