/** Tables and views by database, with their figures. */
import { useEffect, useMemo } from 'react'
import type { CatalogAnswer, DatabaseEntry, TableEntry, ViewEntry } from '../../../../../src/protocol/lake.ts'
import { useApi } from '../../../api/use-api.ts'
import { every } from '../../../kit/clock.ts'
import { Badge, ErrorNote } from '../../../kit/controls.tsx'
import { CopyButton } from '../../../kit/copy.tsx'
import { FilterField } from '../../../kit/filter-field.tsx'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'
import { bytesText, countText, durationText } from '../../../kit/numbers.ts'
import { Empty, Panel } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { useNow } from '../../../kit/use-now.ts'
import { agoText } from '../lake-text.ts'

/** Deliveries add files all the time. */
const reloadMs = 5_000

const columns: readonly GridColumn[] = [
  { name: 'name', title: 'Dataset', width: '2fr' },
  { name: 'kind', title: 'Kind', width: 150 },
  { name: 'rows', title: 'Rows', align: 'right', width: 90 },
  { name: 'files', title: 'Files', align: 'right', width: 80 },
  { name: 'bytes', title: 'Size', align: 'right', width: 100 },
  { name: 'place', title: 'Place', width: '2fr' },
  { name: 'changed', title: 'Defined', align: 'right', width: 110 },
]

interface Line {
  readonly name: string
  readonly table?: TableEntry
  readonly view?: ViewEntry
}

export function DatasetsView({ query }: { readonly query: URLSearchParams }) {
  const { data, error, reload } = useApi<CatalogAnswer>('/admin/catalog', { iceberg: 'true' })
  const filter = query.get('filter') ?? ''
  useEffect(
    () =>
      every(reloadMs, () => {
        if (!document.hidden) reload()
      }),
    [reload],
  )
  const databases = useMemo(
    () => data?.databases.map((database) => linesOf(database, filter)) ?? [],
    [data, filter],
  )
  const shown = databases.filter(({ lines }) => lines.length > 0)
  return (
    <>
      <div className="lake-toolbar">
        <FilterField
          label="Filter datasets by name"
          value={filter}
          placeholder="Filter datasets"
          onChange={(text) =>
            go(hrefOf(['lake'], { filter: text === '' ? undefined : text }), { replace: true })
          }
        />
      </div>
      <ErrorNote error={error} />
      {data === undefined && error === undefined ? <Skeleton lines={8} /> : null}
      {shown.map(({ database, lines }) => (
        <DatabasePanel key={database.name} database={database} lines={lines} />
      ))}
      {data !== undefined && shown.length === 0 ? <NoDatasets filter={filter} /> : null}
    </>
  )
}

function NoDatasets({ filter }: { readonly filter: string }) {
  if (filter !== '') return <Empty>No dataset has "{filter}" in its name.</Empty>
  const command = 'millrace catalog crawl BUCKET'
  return (
    <Panel>
      <Empty
        next={
          <span className="lake-command">
            <code>{command}</code> <CopyButton label="Copy" text={command} />
          </span>
        }
      >
        No datasets yet. A delivery with <code>table</code> and <code>columns</code> makes one, and so does{' '}
        <code>app.dataset</code>; a crawler finds what lies in a{' '}
        <Link href={hrefOf(['lake', 'buckets'])}>bucket</Link>. Tables of the app can be asked at once, in{' '}
        <Link href={hrefOf(['lake', 'sql'])}>SQL</Link>, as <code>app.NAME</code>.
      </Empty>
    </Panel>
  )
}

function linesOf(database: DatabaseEntry, filter: string) {
  const wanted = filter.toLowerCase()
  const lines: Line[] = [
    ...database.tables.map((table) => ({ name: table.name, table })),
    ...database.views.map((view) => ({ name: view.name, view })),
  ]
  return {
    database,
    lines: lines
      .filter(({ name }) => `${database.name}.${name}`.includes(wanted))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function DatabasePanel({
  database,
  lines,
}: {
  readonly database: DatabaseEntry
  readonly lines: readonly Line[]
}) {
  const now = useNow(5_000)
  const hrefTo = (name: string) => hrefOf(['lake', 'tables', database.name, name])
  return (
    <Panel
      flush
      title={`Database ${database.name}`}
      actions={<span className="muted">{database.description ?? `${lines.length} datasets`}</span>}
    >
      <Grid
        label={`Datasets of ${database.name}`}
        columns={columns}
        rows={lines}
        rowKey={({ name }) => name}
        onOpen={({ name }) => go(hrefTo(name))}
        cell={(line, column) =>
          column === 'name' ? <Link href={hrefTo(line.name)}>{line.name}</Link> : cellOf(line, column, now)
        }
      />
    </Panel>
  )
}

function cellOf({ table, view }: Line, column: string, now: number) {
  if (view !== undefined) {
    if (column === 'kind')
      return (
        <Badge>{view.refreshMs === undefined ? 'view' : `view, kept ${durationText(view.refreshMs)}`}</Badge>
      )
    if (column === 'place') return <span className="muted mono">{view.sql.trim().replace(/\s+/g, ' ')}</span>
    return column === 'changed' ? agoText(view.updatedAt, now) : ''
  }
  if (table === undefined) return ''
  switch (column) {
    case 'kind':
      return (
        <>
          <Badge>{table.format}</Badge>{' '}
          {table.kind === 'external' ? <span className="muted">external</span> : null}
        </>
      )
    case 'rows':
      return figureOf(table, table.rows, countText)
    case 'files':
      return figureOf(table, table.files, countText)
    case 'bytes':
      return figureOf(table, table.bytes, bytesText)
    case 'place':
      return (
        <span className="mono">
          {table.bucket}/{table.location}
        </span>
      )
    default:
      return agoText(table.updatedAt, now)
  }
}

/** Of external tables the catalog knows no figures. */
function figureOf(table: TableEntry, value: number | undefined, text: (value: number) => string) {
  const isKnown = table.kind === 'managed' && value !== undefined && (table.format !== 'iceberg' || value > 0)
  return isKnown ? text(value) : <span className="muted">–</span>
}
