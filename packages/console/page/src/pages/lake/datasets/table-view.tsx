/** One table or view: columns, partitions, files, snapshots, and its first rows. */
import type { TableAnswer, TableColumn } from '../../../../../src/protocol/lake.ts'
import { useApi } from '../../../api/use-api.ts'
import { Badge, ErrorNote, Note, Tabs } from '../../../kit/controls.tsx'
import { CopyMenu } from '../../../kit/copy.tsx'
import { Figure, Figures } from '../../../kit/figures.tsx'
import { bytesText, countText, durationText } from '../../../kit/numbers.ts'
import { Page, Panel } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { useNow } from '../../../kit/use-now.ts'
import { agoText, sqlName, tableName, timeText } from '../lake-text.ts'
import { TableFiles } from './table-files.tsx'
import { TablePartitions } from './table-partitions.tsx'
import type { TablePlace } from './table-place.ts'
import { TablePreview } from './table-preview.tsx'
import { TableSnapshots } from './table-snapshots.tsx'

export function TableView({ database, name, query }: TablePlace & { readonly query: URLSearchParams }) {
  const { data, error } = useApi<TableAnswer>('/admin/catalog/table', { database, name })
  const select = `SELECT * FROM ${sqlName(database, name)} LIMIT 100`
  return (
    <Page
      title={tableName(database, name)}
      about={
        <>
          <Link href={hrefOf(['lake'])}>Lake</Link>
          <Kind data={data} />
        </>
      }
      actions={
        <>
          <CopyMenu
            label="Copy"
            items={[
              { label: 'Name', text: tableName(database, name) },
              { label: 'SELECT', text: select },
              { label: 'CLI', text: `millrace query ${shellText(select)}` },
            ]}
          />
          <Link className="button primary" href={hrefOf(['lake', 'sql'], { sql: select, database })}>
            Query this
          </Link>
        </>
      }
    >
      <ErrorNote error={error} />
      {data === undefined ? (
        error === undefined && <Skeleton lines={8} />
      ) : (
        <TableParts {...{ database, name, query, data }} />
      )}
    </Page>
  )
}

function shellText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function Kind({ data }: { readonly data: TableAnswer | undefined }) {
  if (data?.view !== undefined) return <Badge>view</Badge>
  if (data?.table === undefined) return null
  const { format, kind, version, bucket, location } = data.table
  return (
    <>
      <Badge>{format}</Badge>
      <Badge>{kind}</Badge>
      <Badge>version {version}</Badge>
      <Link className="mono" href={hrefOf(['lake', 'buckets'], { bucket, prefix: location })}>
        {bucket}/{location}
      </Link>
    </>
  )
}

function TableParts({
  database,
  name,
  query,
  data,
}: TablePlace & { readonly query: URLSearchParams; readonly data: TableAnswer }) {
  const now = useNow(5_000)
  if (data.view !== undefined) return <ViewParts {...{ database, name, data, now }} />
  const isIceberg = data.table?.format === 'iceberg'
  const tabs = [
    ['columns', 'Columns'],
    ['preview', 'Preview'],
    ...(isIceberg || (data.partitions ?? 0) === 0 ? [] : ([['partitions', 'Partitions']] as const)),
    ['files', 'Files'],
    ...(isIceberg ? ([['snapshots', 'Snapshots']] as const) : []),
  ] as const
  const tab = tabs.find(([each]) => each === query.get('tab'))?.[0] ?? 'columns'
  const place = { database, name }
  return (
    <>
      <TableFigures data={data} now={now} />
      {data.problem === undefined ? null : (
        <Note tone="bad">The table's metadata cannot be read: {data.problem}</Note>
      )}
      <Panel flush>
        <Tabs
          label="Parts of the table"
          tabs={tabs}
          chosen={tab}
          onChoose={(chosen) =>
            go(hrefOf(['lake', 'tables', database, name], { tab: chosen }), { replace: true })
          }
        />
        {tab === 'columns' ? <Columns columns={data.columns ?? []} /> : null}
        {tab === 'preview' ? <TablePreview {...place} /> : null}
        {tab === 'partitions' ? <TablePartitions {...place} /> : null}
        {tab === 'files' ? (
          <TableFiles {...place} bucket={data.table?.bucket ?? ''} partition={query.get('partition') ?? ''} />
        ) : null}
        {tab === 'snapshots' ? <TableSnapshots {...place} /> : null}
      </Panel>
    </>
  )
}

function TableFigures({ data, now }: { readonly data: TableAnswer; readonly now: number }) {
  const { table, iceberg, deliveries = [] } = data
  if (table === undefined) return null
  const isCounted = table.kind === 'managed' && table.format !== 'iceberg'
  const { rows, files, bytes } = iceberg ?? (isCounted ? data : {})
  const text = (value: number | undefined, as: (value: number) => string) =>
    value === undefined ? undefined : as(value)
  return (
    <Figures>
      <Figure
        name="Rows"
        value={text(rows, countText)}
        about={isCounted || iceberg ? undefined : 'not kept of external files'}
      />
      <Figure
        name="Files"
        value={text(files, countText)}
        about={iceberg && iceberg.deleteFiles > 0 ? `${iceberg.deleteFiles} of deletes` : undefined}
      />
      <Figure name="Size" value={text(bytes, bytesText)} />
      {iceberg === undefined ? (
        <Figure name="Partitions" value={text(isCounted ? data.partitions : undefined, countText)} />
      ) : (
        <Figure name="Snapshots" value={countText(iceberg.snapshots)} />
      )}
      <Figure
        name="Defined"
        value={agoText(table.updatedAt, now)}
        about={`${timeText(table.updatedAt)} UTC`}
      />
      <Figure
        name="Written by"
        value={
          deliveries.length === 0
            ? '–'
            : deliveries.map((each) => (
                <Link key={each} href={hrefOf(['lake', 'deliveries'], { name: each })}>
                  {each}
                </Link>
              ))
        }
        about={deliveries.length === 0 ? 'no delivery' : 'delivery'}
      />
    </Figures>
  )
}

function ViewParts({
  database,
  name,
  data,
  now,
}: TablePlace & { readonly data: TableAnswer; readonly now: number }) {
  const { view, kept } = data
  return (
    <>
      <Figures>
        <Figure
          name="Rows"
          value={
            view?.refreshMs === undefined
              ? 'computed by each query'
              : kept === undefined
                ? 'none yet'
                : countText(kept.rows)
          }
        />
        {view?.refreshMs === undefined ? null : (
          <Figure
            name="Kept"
            value={`every ${durationText(view.refreshMs)}`}
            about={kept === undefined ? 'not refreshed yet' : `refreshed ${agoText(kept.refreshedAt, now)}`}
          />
        )}
      </Figures>
      <Panel title="Statement">
        <pre className="mono lake-statement">{view?.sql.trim()}</pre>
      </Panel>
      <Panel title="Preview" flush>
        <TablePreview database={database} name={name} />
      </Panel>
    </>
  )
}

function Columns({ columns }: { readonly columns: readonly TableColumn[] }) {
  if (columns.length === 0)
    return <p className="panel-body muted">Its columns are those that its files show.</p>
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Type</th>
          <th scope="col">About</th>
        </tr>
      </thead>
      <tbody>
        {columns.map(({ name, type, comment, isPartitionKey }) => (
          <tr key={name}>
            <td className="mono">{name}</td>
            <td className="mono">{type}</td>
            <td>
              {isPartitionKey ? <Badge>partition key</Badge> : null} {comment}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
