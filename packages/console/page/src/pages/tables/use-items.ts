/**
 * Items of a query: the first page, which follows the table while `isLive`, and the pages behind it that were asked for. What was
 * shown stays until something else is there.
 */
import { useEffect, useMemo, useRef, useState } from 'react'
import { apiQuery, type TableQuery } from '../../../../src/protocol/table-query.ts'
import {
  changedAttributes,
  type ItemShape,
  type ItemsAnswer,
  type TableShape,
} from '../../../../src/protocol/tables.ts'
import { type ApiError, asApiError, getJson, withQuery } from '../../api/client.ts'
import { useApi } from '../../api/use-api.ts'
import { useEvents } from '../../api/use-events.ts'
import { after } from '../../kit/clock.ts'
import { itemKey } from './item-columns.ts'

const pageItems = 100
/** How long what changed is marked. */
const markedMs = 2_500

export interface Items {
  /** Undefined: not known yet. */
  readonly rows: readonly ItemShape[] | undefined
  /** Attributes that changed just now, by the text of the item's key. */
  readonly changed: ReadonlyMap<string, ReadonlySet<string>>
  readonly error: ApiError | undefined
  readonly next: string | null
  readonly isLoading: boolean
  readonly more: () => void
}

const noChanges: ReadonlyMap<string, ReadonlySet<string>> = new Map()

export function useItems(table: TableShape, query: TableQuery, isLive: boolean): Items {
  const asked = { ...apiQuery(table.name, query), limit: pageItems }
  const url = withQuery('/admin/tables/items', asked)
  const first = useApi<ItemsAnswer>(url)
  const [watched, setWatched] = useState<{ readonly url: string; readonly page: ItemsAnswer }>()
  const [behind, setBehind] = useState<Behind>({ url, items: [], next: null })
  const [isLoading, setLoading] = useState(false)
  const [moreError, setMoreError] = useState<ApiError>()
  const [changed, setChanged] = useState(noChanges)

  // A refusal is in the answer alone: an event stream that is refused says nothing to the page.
  const canWatch = isLive && first.data !== undefined && first.error === undefined
  const shown = useRef<ItemsAnswer | undefined>(undefined)
  useEvents(canWatch ? withQuery('/admin/tables/watch', asked) : undefined, ['page'], (_name, data) => {
    // The API's promise.
    const page = data as ItemsAnswer
    if (shown.current !== undefined) setChanged(differences(shown.current.items, page.items, table))
    setWatched({ url, page })
  })
  const page = watched?.url === url ? watched.page : first.data
  if (page !== undefined) shown.current = page
  // While another query is asked, what is compared with it is nothing.
  useEffect(() => {
    void url
    setChanged(noChanges)
    setMoreError(undefined)
    return () => {
      shown.current = undefined
    }
  }, [url])
  useEffect(() => (changed.size === 0 ? undefined : after(markedMs, () => setChanged(noChanges))), [changed])

  const kept = useRef<readonly ItemShape[] | undefined>(undefined)
  const rows = useMemo(() => {
    if (page === undefined) return undefined
    const more = behind.url === url ? behind.items : []
    const known = new Set(page.items.map((item) => itemKey(item, table).text))
    return [...page.items, ...more.filter((item) => !known.has(itemKey(item, table).text))]
  }, [page, behind, url, table])
  if (rows !== undefined) kept.current = rows

  const hasMore = behind.url === url && behind.isStarted === true
  const next = hasMore ? behind.next : (page?.next ?? null)
  const more = () => {
    if (next === null) return
    setLoading(true)
    getJson<ItemsAnswer>('/admin/tables/items', { ...asked, after: next })
      .then(
        (answer) => {
          setMoreError(undefined)
          setBehind((now) => ({
            url,
            isStarted: true,
            items: [...(now.url === url ? now.items : []), ...answer.items],
            next: answer.next,
          }))
        },
        (error: unknown) => setMoreError(asApiError(error)),
      )
      .finally(() => setLoading(false))
  }
  return {
    rows: rows ?? (first.error === undefined ? kept.current : []),
    changed,
    error: first.error ?? moreError,
    next: first.error === undefined ? next : null,
    isLoading,
    more,
  }
}

interface Behind {
  readonly url: string
  readonly isStarted?: boolean
  readonly items: readonly ItemShape[]
  readonly next: string | null
}

/** Of items that are in both pages: what differs. Of those that are new: all. */
function differences(
  before: readonly ItemShape[],
  now: readonly ItemShape[],
  table: TableShape,
): ReadonlyMap<string, ReadonlySet<string>> {
  const old = new Map(before.map((item) => [itemKey(item, table).text, item]))
  const found = new Map<string, ReadonlySet<string>>()
  for (const item of now) {
    const key = itemKey(item, table).text
    const names = changedAttributes(old.get(key), item)
    if (names.length > 0) found.set(key, new Set(names))
  }
  return found
}
