/**
 * Pages of items for people: of a table or an index, all or those of one partition key, and among them those whose JSON holds a
 * text. A filter reads on until the page is full, but no more than `examinedMax` items of `examinedBytesMax`, with turns for others
 * between; so a page may be short though more follow.
 */
import type { KeyValue, SortRange, TableEntry } from '@millrace/store'
import {
  attributeOf,
  type ItemPage,
  itemToJson,
  type QueriedKeys,
  queriedKeys,
  setMember,
  type Tables,
  type TypedItem,
} from '@millrace/tables'

export interface PageRequest {
  readonly table: TableEntry
  readonly index: string | undefined
  /** Undefined: all items, in the order of the store. */
  readonly partition: { readonly key: KeyValue; readonly sort: SortRange | undefined } | undefined
  readonly forward: boolean
  /** What an item's plain JSON has to hold, in whatever case. */
  readonly filter: string | undefined
  readonly limit: number
  readonly after: TypedItem | undefined
}

export interface Page {
  readonly items: readonly TypedItem[]
  readonly examined: number
  readonly lastKey: TypedItem | undefined
}

const examinedMax = 10_000
/** All of them may be what is looked for, so this bounds the answer, too. */
const examinedBytesMax = 16 * 1024 * 1024
const chunkItems = 500
/** Of the items of one chunk, which is the answer where nothing is looked for. */
const pageBytesMax = 1024 * 1024

export async function readPage(tables: Tables, request: PageRequest): Promise<Page> {
  const { limit } = request
  if (request.filter === undefined) return readOnce(tables, request, limit, request.after)
  const items: TypedItem[] = []
  let examined = 0
  let bytes = 0
  let after = request.after
  do {
    const page = readOnce(tables, request, Math.min(chunkItems, examinedMax - examined), after)
    examined += page.examined
    bytes += page.bytes
    after = page.lastKey
    for (const item of page.items) {
      if (items.length < limit) items.push(item)
      else return { items, examined, lastKey: keysIn(request, items) }
    }
    await turn()
    if (examined >= examinedMax || bytes >= examinedBytesMax) break
  } while (after !== undefined && items.length < limit)
  return { items, examined, lastKey: after }
}

/** A page of one moment. */
function readOnce(
  tables: Tables,
  { table, index, partition, forward, filter }: PageRequest,
  limit: number,
  after: TypedItem | undefined,
): ItemPage {
  const wanted = filter?.toLowerCase()
  const request = {
    table: table.name,
    limit,
    bytes: pageBytesMax,
    ...(index === undefined ? {} : { index }),
    ...(after === undefined ? {} : { after }),
    ...(wanted === undefined
      ? {}
      : { filter: (item: TypedItem) => itemToJson(item).toLowerCase().includes(wanted) }),
  }
  if (partition === undefined) return tables.scan(request)
  const { key, sort } = partition
  return tables.query({ ...request, partition: key, forward, ...(sort === undefined ? {} : { sort }) })
}

/** Where to go on behind the last item shown: its keys in the table and in the index. */
function keysIn({ table, index }: PageRequest, items: readonly TypedItem[]): TypedItem | undefined {
  const last = items.at(-1)
  if (last === undefined) return undefined
  const keys: Record<string, TypedItem[string]> = {}
  for (const name of [...keyNames(table), ...keyNames(queriedKeys(table, index))]) {
    const value = attributeOf(last, name)
    if (value !== undefined) setMember(keys, name, value)
  }
  return keys
}

function keyNames({ partitionKey, sortKey }: QueriedKeys): readonly string[] {
  return sortKey === undefined ? [partitionKey.name] : [partitionKey.name, sortKey.name]
}

/** A long look through a table must not keep the thread from its other work. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
