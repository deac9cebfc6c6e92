/**
 * One table: what it is, its items by key or filter, its changes. What is asked is in the address. The page that is shown follows
 * the table: the server reads it again after commits, once a second at most, and what differs is marked.
 */
import { type ReactNode, useEffect, useState } from 'react'
import { placeOf, queryCalls, queryOf, type TableQuery } from '../../../../src/protocol/table-query.ts'
import type { ItemShape, TableAnswer, TableShape } from '../../../../src/protocol/tables.ts'
import { useApi } from '../../api/use-api.ts'
import { useDataDir } from '../../api/use-data-dir.ts'
import { every } from '../../kit/clock.ts'
import { Button, ErrorNote, Tabs } from '../../kit/controls.tsx'
import { CopyMenu } from '../../kit/copy.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { FilterField } from '../../kit/filter-field.tsx'
import { bytesText } from '../../kit/numbers.ts'
import { Empty, Page, Panel } from '../../kit/page.tsx'
import { go, hrefOf, Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { itemKey } from './item-columns.ts'
import { ItemDrawer } from './item-drawer.tsx'
import { ItemEditor } from './item-editor.tsx'
import { ItemGrid } from './item-grid.tsx'
import { QueryForm } from './query-form.tsx'
import { TableChanges } from './table-changes.tsx'
import { TableSettings } from './table-settings.tsx'
import { useItems } from './use-items.ts'

const countsEveryMs = 3_000

export function TableView({
  name,
  query: place,
}: {
  readonly name: string
  readonly query: URLSearchParams
}) {
  const { data, error, reload } = useApi<TableAnswer>('/admin/tables/table', { table: name })
  useEffect(
    () =>
      every(countsEveryMs, () => {
        if (!document.hidden) reload()
      }),
    [reload],
  )
  const title = (
    <>
      <Link href={hrefOf(['tables'])}>Tables</Link> <span className="muted">/</span> {name}
    </>
  )
  if (data === undefined) {
    return (
      <Page title={title}>
        <ErrorNote error={error} />
        {error === undefined ? <Skeleton lines={8} height={300} /> : null}
      </Page>
    )
  }
  return (
    <OpenTable
      table={data.table}
      title={title}
      place={place}
      problem={<ErrorNote error={error} />}
      onChanged={reload}
    />
  )
}

function OpenTable({
  table,
  title,
  place,
  problem,
  onChanged,
}: {
  readonly table: TableShape
  readonly title: ReactNode
  readonly place: URLSearchParams
  readonly problem: ReactNode
  readonly onChanged: () => void
}) {
  const { name, partitionKey, sortKey, changes } = table
  const query = queryOf(place)
  const tab = place.get('tab') ?? 'items'
  const [isNew, setNew] = useState(false)
  const calls = { endpoint: window.location.origin, dataDir: useDataDir() }
  const chosen = place.get('item') ?? undefined
  const chosenSort = place.get('itemSort') ?? undefined
  /** The address with some of it changed. */
  const goTo = (
    part: Readonly<Record<string, string | undefined>>,
    how: { readonly replace?: boolean } = {},
  ) => {
    const now = {
      ...placeOf(query),
      tab: tab === 'items' ? undefined : tab,
      item: chosen,
      itemSort: chosenSort,
      live: place.get('live') ?? undefined,
    }
    go(hrefOf(['tables', name], { ...now, ...part }), how)
  }
  const ask = (asked: TableQuery, replace = false) =>
    goTo({ ...placeOf(asked), item: undefined, itemSort: undefined }, { replace })
  const openItem = (item: ItemShape) => {
    const { partition, sort } = itemKey(item, table)
    goTo({ item: partition, itemSort: sort })
  }
  return (
    <Page
      title={title}
      actions={
        <>
          <CopyMenu items={queryCalls(table, query, calls)} />
          <Button onClick={() => setNew(true)}>New item</Button>
        </>
      }
    >
      {problem}
      <Figures>
        <Figure name="Items" value={table.items.toLocaleString('en')} about={bytesText(table.bytes)} />
        <Figure name="Partition key" value={partitionKey.name} about={partitionKey.type} />
        <Figure name="Sort key" value={sortKey?.name ?? 'none'} about={sortKey?.type ?? 'one item a key'} />
        <Figure
          name="Indexes"
          value={table.indexes.length}
          about={table.indexes.map((index) => index.name).join(', ') || 'none'}
        />
        <Figure
          name="Change stream"
          value={changes === null ? 'off' : 'on'}
          about={
            changes === null ? (
              'items can be followed'
            ) : (
              <Link href={hrefOf(['streams', changes.stream])}>{changes.stream}</Link>
            )
          }
        />
        <Figure
          name="Time to live"
          value={table.ttlAttribute ?? 'off'}
          about={table.ttlAttribute === null ? 'items stay' : 'attribute, seconds'}
        />
        <Figure
          name="Capacity"
          value={table.capacity === null ? 'on demand' : `${table.capacity.writeUnits} writes/s`}
          about={table.capacity === null ? 'no limit' : `${table.capacity.readUnits} reads/s`}
        />
      </Figures>
      <Tabs
        label={`Parts of ${name}`}
        tabs={[
          ['items', 'Items'],
          ['changes', 'Changes'],
          ['settings', 'Keys and indexes'],
        ]}
        chosen={tab}
        onChoose={(next) => goTo({ tab: next === 'items' ? undefined : next })}
      />
      {tab === 'changes' ? (
        <TableChanges table={table} isPaused={chosen !== undefined} onOpen={openItem} />
      ) : tab === 'settings' ? (
        <TableSettings table={table} />
      ) : (
        <Items
          table={table}
          query={query}
          isLive={place.get('live') !== 'off'}
          isPaused={chosen !== undefined}
          selected={chosen === undefined ? undefined : JSON.stringify([chosen, chosenSort])}
          onAsk={ask}
          onLive={(isLive) => goTo({ live: isLive ? undefined : 'off' }, { replace: true })}
          onOpen={openItem}
        />
      )}
      {chosen === undefined ? null : (
        <ItemDrawer
          key={JSON.stringify([chosen, chosenSort])}
          table={table}
          partition={chosen}
          sort={chosenSort}
          calls={calls}
          onClose={() => goTo({ item: undefined, itemSort: undefined })}
          onChanged={onChanged}
        />
      )}
      {isNew ? (
        <ItemEditor
          table={table}
          item={undefined}
          onClose={() => setNew(false)}
          onSaved={(item) => {
            setNew(false)
            onChanged()
            openItem(item)
          }}
        />
      ) : null}
    </Page>
  )
}

function Items({
  table,
  query,
  isLive,
  isPaused,
  selected,
  onAsk,
  onLive,
  onOpen,
}: {
  readonly table: TableShape
  readonly query: TableQuery
  readonly isLive: boolean
  readonly isPaused: boolean
  readonly selected: string | undefined
  readonly onAsk: (query: TableQuery, replace?: boolean) => void
  readonly onLive: (isLive: boolean) => void
  readonly onOpen: (item: ItemShape) => void
}) {
  const items = useItems(table, query, isLive && !isPaused)
  const { rows, changed, error, next, isLoading, more } = items
  const isAll = query.partition === '' && query.index === '' && query.filter === ''
  return (
    <>
      <Panel>
        <QueryForm
          key={JSON.stringify({ ...query, filter: '' })}
          table={table}
          query={query}
          onRun={(asked) => onAsk({ ...asked, filter: query.filter })}
        />
      </Panel>
      <ErrorNote error={error} />
      <div className="items-fill">
        <Panel
          title="Items"
          flush
          actions={
            <>
              <FilterField
                label="Filter items by a text in them"
                placeholder="Text in an item"
                value={query.filter}
                onChange={(filter) => onAsk({ ...query, filter }, true)}
              />
              <Button aria-pressed={isLive} onClick={() => onLive(!isLive)}>
                {isLive ? 'Live' : 'Paused'}
              </Button>
            </>
          }
        >
          {rows === undefined ? (
            <Skeleton lines={9} height={320} />
          ) : (
            <ItemGrid
              table={table}
              index={query.index}
              rows={rows}
              changed={changed}
              selected={selected}
              onOpen={onOpen}
              empty={
                isAll ? (
                  <Empty
                    next={
                      <>
                        A function or a sink writes them, or make one here: <b>New item</b>.
                      </>
                    }
                  >
                    {table.name} has no items yet.
                  </Empty>
                ) : (
                  <Empty next={<Link href={hrefOf(['tables', table.name])}>Show all items</Link>}>
                    {next === null
                      ? 'No item is like that.'
                      : 'None of the items that were looked at is like that. Look further below.'}
                  </Empty>
                )
              }
            />
          )}
          <div className="items-foot">
            <span role="status">
              {rows === undefined
                ? ''
                : `${rows.length.toLocaleString('en')} shown${next === null ? ', all there are' : ''}`}
            </span>
            {next === null || rows === undefined ? null : (
              <Button disabled={isLoading} onClick={more}>
                {rows.length === 0 ? 'Look further' : 'Show more'}
              </Button>
            )}
            <span className="spacer" />
            {query.partition === '' ? (
              <span>In the order of the store. A partition key gives the order of sort keys.</span>
            ) : null}
          </div>
        </Panel>
      </div>
    </>
  )
}
