/** All tables with what they hold; counts follow by themselves. */
import { useEffect } from 'react'
import type { KeyShape, TableShape, TablesAnswer } from '../../../../src/protocol/tables.ts'
import { useApi } from '../../api/use-api.ts'
import { every } from '../../kit/clock.ts'
import { Badge, ErrorNote } from '../../kit/controls.tsx'
import { FilterField } from '../../kit/filter-field.tsx'
import { Grid } from '../../kit/grid.tsx'
import { bytesText } from '../../kit/numbers.ts'
import { Empty, Panel } from '../../kit/page.tsx'
import { go, hrefOf, Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'

const countsEveryMs = 3_000

const columns = [
  { name: 'name', title: 'Table', width: '1.6fr' },
  { name: 'partitionKey', title: 'Partition key', width: '1.2fr' },
  { name: 'sortKey', title: 'Sort key', width: '1.2fr' },
  { name: 'items', title: 'Items', align: 'right', width: 110 },
  { name: 'bytes', title: 'Size', align: 'right', width: 100 },
  { name: 'indexes', title: 'Indexes', width: '1.4fr' },
  { name: 'changes', title: 'Change stream', width: '1.4fr' },
  { name: 'ttl', title: 'TTL', width: '0.7fr' },
  { name: 'capacity', title: 'Capacity', width: '0.9fr' },
] as const

export function TableList({ query }: { readonly query: URLSearchParams }) {
  const { data, error, reload } = useApi<TablesAnswer>('/admin/tables')
  const filter = query.get('q') ?? ''
  useEffect(
    () =>
      every(countsEveryMs, () => {
        if (!document.hidden) reload()
      }),
    [reload],
  )
  const tables = data?.tables ?? []
  const shown = tables.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()))
  return (
    <>
      <ErrorNote error={error} />
      <Panel
        title={data === undefined ? 'Tables' : tables.length === 1 ? 'One table' : `${tables.length} tables`}
        flush
        actions={
          <FilterField
            label="Filter tables by name"
            value={filter}
            onChange={(value) =>
              go(hrefOf(['tables'], { q: value === '' ? undefined : value }), { replace: true })
            }
          />
        }
      >
        {data === undefined && error === undefined ? (
          <Skeleton lines={6} height={200} />
        ) : (
          <Grid
            label="Tables"
            columns={columns}
            rows={shown}
            rowKey={({ name }) => name}
            cell={tableCell}
            onOpen={({ name }) => go(hrefOf(['tables', name]))}
            empty={
              tables.length > 0 ? (
                <Empty>No table has "{filter}" in its name.</Empty>
              ) : (
                <Empty
                  next={
                    <>
                      Declare one in an app,{' '}
                      <code>
                        app.table('Balances', {'{'} partitionKey: 'account' {'}'})
                      </code>
                      , or make one with any client of DynamoDB: <code>aws dynamodb create-table</code>.
                    </>
                  }
                >
                  There are no tables yet.
                </Empty>
              )
            }
          />
        )}
      </Panel>
    </>
  )
}

function tableCell(table: TableShape, column: string) {
  const { name, partitionKey, sortKey, items, bytes, indexes, changes, ttlAttribute, capacity } = table
  switch (column) {
    case 'name':
      return <Link href={hrefOf(['tables', name])}>{name}</Link>
    case 'partitionKey':
      return <Key {...partitionKey} />
    case 'sortKey':
      return sortKey === undefined ? <None /> : <Key {...sortKey} />
    case 'items':
      return <span className="tabular">{items.toLocaleString('en')}</span>
    case 'bytes':
      return <span className="tabular">{bytesText(bytes)}</span>
    case 'indexes':
      return indexes.length === 0 ? <None /> : indexes.map((index) => index.name).join(', ')
    case 'changes':
      return changes === null ? (
        <None />
      ) : (
        <Link href={hrefOf(['streams', changes.stream])}>{changes.stream}</Link>
      )
    case 'ttl':
      return ttlAttribute ?? <None />
    default:
      return capacity === null ? (
        <span className="muted">no limit</span>
      ) : (
        <Badge>
          {capacity.readUnits} read, {capacity.writeUnits} write
        </Badge>
      )
  }
}

function Key({ name, type }: KeyShape) {
  return (
    <>
      {name} <span className="muted">{type}</span>
    </>
  )
}

function None() {
  return <span className="muted">none</span>
}
