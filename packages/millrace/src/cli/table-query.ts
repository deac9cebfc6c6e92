/**
 * `millrace table query`: the items of one partition key, of a table or one of its indexes, in the order of their sort keys.
 * Values are typed as the key is: numbers as they are, binaries as base64. Each page is of one moment.
 */
import type { KeyDefinition, KeyValue, SortRange, TableEntry } from '@millrace/store'
import { type IndexSpec, itemToJson, openTables, type TypedItem } from '@millrace/tables'
import { didYouMean } from '@millrace/values'
import { MillraceError } from '../error.ts'
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
    const { index } = flags
    const keys = keysOf(entry, index, tables.table(table)?.settings.indexes ?? [])
    const sort = sortRange(keys.sortKey, flags)
    const request = {
      table,
      partition: keyValue(keys.partitionKey, partition),
      forward: !flags.reverse,
      ...(index === undefined ? {} : { index }),
      ...(sort === undefined ? {} : { sort }),
    }
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

interface Keys {
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
}

function keysOf(entry: TableEntry, index: string | undefined, indexes: readonly IndexSpec[]): Keys {
  if (index === undefined) return entry
  const spec = indexes.find(({ name }) => name === index)
  if (spec !== undefined) return spec
  const names = indexes.map(({ name }) => name)
  throw new MillraceError('USAGE', `Table "${entry.name}" has no index "${index}".`, {
    next: `${didYouMean(index, names)}It has: ${names.join(', ') || 'none'}.`,
  })
}

function sortRange(key: KeyDefinition | undefined, flags: TableQueryFlags): SortRange | undefined {
  const { sort, from, to, prefix } = flags
  if (sort === undefined && from === undefined && to === undefined && prefix === undefined) return undefined
  if (key === undefined) {
    throw new MillraceError('USAGE', 'What is queried has no sort key.', {
      next: 'Leave out --sort, --from, --to and --prefix.',
    })
  }
  if (prefix !== undefined && key.type === 'number') {
    throw new MillraceError('USAGE', `The sort key "${key.name}" is a number, which has no prefix.`, {
      next: 'Use --from and --to.',
    })
  }
  const bound = (text: string | undefined) =>
    text === undefined ? undefined : { value: keyValue(key, text), inclusive: true }
  const lower = bound(sort ?? from)
  const upper = bound(sort ?? to)
  return {
    ...(lower === undefined ? {} : { from: lower }),
    ...(upper === undefined ? {} : { to: upper }),
    // A number was refused above.
    ...(prefix === undefined ? {} : { prefix: keyValue(key, prefix) as string | Uint8Array }),
  }
}

function keyValue({ name, type }: KeyDefinition, text: string): KeyValue {
  if (type === 'string') return text
  const isRight =
    type === 'number'
      ? /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)
      : Buffer.from(text, 'base64').toString('base64') === text
  if (isRight) return type === 'number' ? text : new Uint8Array(Buffer.from(text, 'base64'))
  throw new MillraceError('USAGE', `The key "${name}" is a ${type}, but got ${JSON.stringify(text)}.`, {
    next: type === 'number' ? 'Give a decimal number.' : 'Give base64 text.',
  })
}
