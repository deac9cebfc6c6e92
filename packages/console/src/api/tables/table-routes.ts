/**
 * Keyed tables over HTTP: what there is, items by key and index, their changes as they happen, and writes of single items, which go
 * through the engine of tables with its indexes and change streams. docs/console-api.md describes each page.
 */
import {
  type AdminEvent,
  AdminEvents,
  AdminProblem,
  type AdminRequest,
  adminRoute,
  type Routes,
} from '@millrace/gateway'
import type { TableEntry } from '@millrace/store'
import {
  attributeOfKey,
  changeKey,
  type ItemKey,
  itemKeyFromText,
  openTables,
  setMember,
  type TypedItem,
} from '@millrace/tables'
import { didYouMean } from '@millrace/values'
import type { ConsoleOptions } from '../../console-options.ts'
import type {
  ChangesEvent,
  FollowedFrom,
  ItemAnswer,
  ItemsAnswer,
  TableAnswer,
  TablesAnswer,
} from '../../protocol/tables.ts'
import { tellCaller } from '../tell-caller.ts'
import { afterCommits } from './after-commits.ts'
import { ItemFollower } from './follow-item.ts'
import { StreamFollower } from './follow-stream.ts'
import { pageRequestOf, tokenOfKey } from './page-query.ts'
import { type PageRequest, readPage } from './read-page.ts'
import { tableShape } from './table-shape.ts'
import { itemWrites } from './write-item.ts'

export const tablePath = '/admin/tables'

const changesEveryMs = 200
/** A page is up to a megabyte, so it is read less often than an item. */
const pageEveryMs = 1_000
const watchedItemsMax = 200

type Options = Pick<ConsoleOptions, 'store' | 'clock'>

export function tableRoutes({ store, clock }: Options): Routes {
  const tables = openTables({ store })
  /** A user's table. Error: AdminProblem. */
  const find = (name: unknown): TableEntry => {
    if (typeof name !== 'string' || name === '')
      throw new AdminProblem('VALUE_MISSING', '"table" is needed, as a text.')
    const entry = tables.table(name) === undefined ? undefined : store.tableEntry(name)
    if (entry !== undefined) return entry
    const names = tables.list().map((table) => table.name)
    throw new AdminProblem(
      'DATA_TABLE_UNKNOWN',
      `There is no table "${name}". ${didYouMean(name, names)}There are: ${names.join(', ') || 'none yet'}.`,
      404,
    )
  }
  const page = async (request: PageRequest): Promise<ItemsAnswer> => {
    const { items, examined, lastKey } = await readPage(tables, request)
    return { items, examined, next: tokenOfKey(lastKey) }
  }
  const watch = ({ query, signal }: AdminRequest) => {
    const entry = find(query.get('table'))
    const request = pageRequestOf(entry, query)
    if (request.limit > watchedItemsMax)
      throw new AdminProblem('VALUE_INVALID', `"limit" of a page that is watched is 1 to ${watchedItemsMax}.`)
    let shown = ''
    const look = async () => {
      const data = await page(request)
      const text = JSON.stringify(data)
      if (text === shown) return undefined
      shown = text
      return { event: 'page', data }
    }
    return new AdminEvents(afterCommits({ store, clock, signal, everyMs: pageEveryMs, look }))
  }
  const changes = ({ query, signal }: AdminRequest) => {
    const entry = find(query.get('table'))
    const partition = query.get('partition')
    const stream = tables.table(entry.name)?.settings.changes
    let about: FollowedFrom
    let look: () => ChangesEvent | undefined
    if (partition === null) {
      if (stream === undefined) throw hasNoChanges(entry.name)
      const follower = new StreamFollower(store, { ...stream, keys: undefined, changeKey: undefined })
      about = { source: 'stream' }
      look = () => follower.look()
    } else {
      const key = itemKeyFromText(entry, partition, query.get('sort') ?? undefined)
      const keys = keysOf(entry, key)
      const item = new ItemFollower(tables, clock, { table: entry.name, key, keys })
      about = { source: 'item', item: item.item ?? null }
      look = () => item.look()
      if (stream?.view === 'NEW_AND_OLD_IMAGES') {
        const text = changeKey(keyDefinitions(entry), keys)
        const follower = new StreamFollower(store, { ...stream, keys, changeKey: text })
        about = { source: 'stream', item: item.item ?? null }
        look = () => follower.look()
      }
    }
    const events = async function* (): AsyncGenerator<AdminEvent> {
      yield { event: 'about', data: about }
      yield* afterCommits({
        store,
        clock,
        signal,
        everyMs: changesEveryMs,
        look: () => {
          const data = look()
          return data === undefined ? undefined : { event: 'changes', data }
        },
      })
    }
    return new AdminEvents(events())
  }
  const item = ({ query }: AdminRequest): ItemAnswer => {
    const entry = find(query.get('table'))
    const partition = query.get('partition')
    if (partition === null)
      throw new AdminProblem('VALUE_MISSING', '"partition" is needed: the partition key.')
    const key = itemKeyFromText(entry, partition, query.get('sort') ?? undefined)
    return { item: tables.get(entry.name, key) ?? null }
  }
  const { put, remove } = itemWrites(tables, find)
  return new Map([
    [
      tablePath,
      adminRoute('millrace:ListTables', (): TablesAnswer => ({ tables: tables.list().map(tableShape) })),
    ],
    [
      `${tablePath}/table`,
      adminRoute('millrace:ListTables', ({ query }): TableAnswer => {
        const { name } = find(query.get('table'))
        const info = tables.table(name)
        if (info === undefined) throw new AdminProblem('DATA_TABLE_UNKNOWN', `Table "${name}" has gone.`, 404)
        return { table: tableShape(info) }
      }),
    ],
    [
      `${tablePath}/items`,
      adminRoute(
        'millrace:ReadItems',
        told(({ query }) => page(pageRequestOf(find(query.get('table')), query))),
      ),
    ],
    [`${tablePath}/item`, adminRoute('millrace:ReadItems', told(item))],
    [`${tablePath}/watch`, adminRoute('millrace:ReadItems', told(watch))],
    [`${tablePath}/changes`, adminRoute('millrace:ReadItems', told(changes))],
    [`POST ${tablePath}/put`, adminRoute('millrace:WriteItems', told(put))],
    [`POST ${tablePath}/delete`, adminRoute('millrace:WriteItems', told(remove))],
  ])
}

const told = tellCaller((code) => {
  if (!code.startsWith('TABLE_')) return undefined
  if (code === 'TABLE_NOT_DEFINED') return 404
  return code === 'TABLE_CONDITION_FAILED' || code === 'TABLE_HAS_NO_CHANGES' ? 409 : 400
})

function hasNoChanges(table: string): AdminProblem {
  return new AdminProblem(
    'TABLE_HAS_NO_CHANGES',
    `Table "${table}" has no change stream. Follow one item or watch a page of items, or give it a stream: in the app, ` +
      `app.table('${table}', { ..., changes: 'NEW_AND_OLD_IMAGES' }), else by UpdateTable.`,
    409,
  )
}

function keyDefinitions({ partitionKey, sortKey }: TableEntry) {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
}

/** The key as attributes of its item. */
function keysOf(entry: TableEntry, { partitionKey, sortKey }: ItemKey): TypedItem {
  const keys: Record<string, TypedItem[string]> = {}
  setMember(keys, entry.partitionKey.name, attributeOfKey(partitionKey, entry.partitionKey.type))
  if (entry.sortKey !== undefined && sortKey !== undefined)
    setMember(keys, entry.sortKey.name, attributeOfKey(sortKey, entry.sortKey.type))
  return keys
}
