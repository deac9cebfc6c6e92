/**
 * `millrace table query`: the items of one partition key, of a table or one of its indexes, in the order of their sort keys.
 * Values are typed as the key is: numbers as they are, binaries as base64. Each page is of one moment.
 */
import type { QueryRequest } from '@millrace/tables'
import {
  itemToJson,
  keyFromText,
  openTables,
  queriedKeys,
  sortRangeFromText,
  type TypedItem,
} from '@millrace/tables'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { findTable } from './find-table.ts'
import { LineOutput } from './output.ts'

export interface TableQueryFlags {
  readonly dataDir: string | undefined
  readonly limit: number | undefined
  readonly index: string | undefined
  readonly sort: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly prefix: string | undefined
  readonly reverse: boolean
}

const encoder = new TextEncoder()

export async function tableQuery(table: string, partition: string, flags: TableQueryFlags): Promise<void> {
  const store = await openToRead(chooseDataDir(flags.dataDir))
  try {
    const entry = findTable(store, table)
    const tables = openTables({ store })
    const { index, sort, from, to, prefix } = flags
    const request = asUsage((): QueryRequest => {
      const keys = queriedKeys(entry, index)
      const range = sortRangeFromText(keys.sortKey, {
        ...bound('from', sort ?? from),
        ...bound('to', sort ?? to),
        ...(prefix === undefined ? {} : { prefix }),
      })
      return {
        table,
        partition: keyFromText(keys.partitionKey, partition),
        forward: !flags.reverse,
        ...(index === undefined ? {} : { index }),
        ...(range === undefined ? {} : { sort: range }),
      }
    })
    const output = new LineOutput()
    let left = flags.limit ?? Number.POSITIVE_INFINITY
    let after: TypedItem | undefined
    do {
      const page = tables.query({
        ...request,
        ...(left === Number.POSITIVE_INFINITY ? {} : { limit: left }),
        ...(after === undefined ? {} : { after }),
      })
      for (const item of page.items) await output.line(encoder.encode(itemToJson(item)))
      left -= page.items.length
      after = page.lastKey
    } while (after !== undefined && left > 0)
    await output.flush()
  } finally {
    await store.close()
  }
}

function bound(side: 'from' | 'to', text: string | undefined) {
  return text === undefined ? {} : { [side]: { text, inclusive: true } }
}

const usageCodes: ReadonlySet<unknown> = new Set([
  'TABLE_INDEX_UNKNOWN',
  'TABLE_KEY_INVALID',
  'TABLE_QUERY_INVALID',
])

/** What the flags said, as far as it is wrong. */
function asUsage<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || !usageCodes.has(code)) throw error
    // The message begins with the code of the engine.
    throw new MillraceError('USAGE', messageOf(error).slice(code.length + 1), {
      next: 'millrace table query --help tells the flags.',
      cause: error,
    })
  }
}
