/** Buckets as folders show them, and the beginning of an object. */
import type {
  BucketsAnswer,
  ObjectAnswer,
  ObjectEntry,
  ObjectsAnswer,
} from '../../../../../src/protocol/lake.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote, SelectField } from '../../../kit/controls.tsx'
import { CopyMenu } from '../../../kit/copy.tsx'
import { Drawer } from '../../../kit/drawer.tsx'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'
import { Payload } from '../../../kit/json-view.tsx'
import { bytesText } from '../../../kit/numbers.ts'
import { Empty, Panel } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { FileColumns } from '../datasets/table-files.tsx'
import { timeText } from '../lake-text.ts'
import { usePages } from '../use-pages.ts'

const columns: readonly GridColumn[] = [
  { name: 'name', title: 'Name', width: '3fr' },
  { name: 'bytes', title: 'Size', align: 'right', width: 110 },
  { name: 'modifiedAt', title: 'Stored (UTC)', width: 170 },
]

type Line = { readonly folder: string } | { readonly object: ObjectEntry }

export function BucketsView({ query }: { readonly query: URLSearchParams }) {
  const { data, error } = useApi<BucketsAnswer>('/admin/lake/buckets')
  const bucket = query.get('bucket') ?? data?.buckets[0]?.name
  const entry = data?.buckets.find(({ name }) => name === bucket)
  if (data?.buckets.length === 0)
    return (
      <Panel>
        <Empty next="app.bucket('lake') in the app makes one, and a delivery fills it.">
          No buckets yet.
        </Empty>
      </Panel>
    )
  return (
    <>
      <ErrorNote error={error} />
      <div className="lake-toolbar">
        <SelectField
          label="Bucket"
          hideLabel
          options={(data?.buckets ?? []).map(({ name }) => [name, name] as const)}
          value={bucket ?? ''}
          onChange={({ currentTarget }) => go(hrefOf(['lake', 'buckets'], { bucket: currentTarget.value }))}
        />
        <span className="muted mono">{entry?.url}</span>
        {(entry?.tables ?? []).map((table) => {
          const [database = '', name = ''] = table.split('.')
          return (
            <Link key={table} href={hrefOf(['lake', 'tables', database, name])}>
              {table}
            </Link>
          )
        })}
      </div>
      {bucket === undefined ? (
        <Skeleton lines={8} />
      ) : (
        <Folder
          key={bucket}
          bucket={bucket}
          prefix={query.get('prefix') ?? ''}
          open={query.get('key') ?? undefined}
        />
      )}
    </>
  )
}

function Folder({
  bucket,
  prefix,
  open,
}: {
  readonly bucket: string
  readonly prefix: string
  readonly open: string | undefined
}) {
  const pages = usePages<Line, ObjectsAnswer>(
    '/admin/lake/objects',
    { bucket, prefix, limit: 500 },
    ({ folders, objects }) => [
      ...folders.map((folder) => ({ folder })),
      ...objects.map((object) => ({ object })),
    ],
  )
  const hrefTo = (to: { prefix?: string; key?: string }) =>
    hrefOf(['lake', 'buckets'], { bucket, prefix: to.prefix ?? prefix, key: to.key })
  const keyOf = (line: Line) => ('folder' in line ? line.folder : line.object.key)
  return (
    <>
      <Crumbs bucket={bucket} prefix={prefix} />
      <ErrorNote error={pages.error} />
      <Panel flush>
        <Grid
          label={`Objects below ${bucket}/${prefix}`}
          columns={columns}
          rows={pages.rows}
          rowKey={keyOf}
          selected={open}
          onOpen={(line) =>
            go('folder' in line ? hrefTo({ prefix: line.folder }) : hrefTo({ key: line.object.key }))
          }
          cell={(line, column) => {
            if (column === 'name')
              return (
                <Link
                  className="mono"
                  href={'folder' in line ? hrefTo({ prefix: line.folder }) : hrefTo({ key: line.object.key })}
                >
                  {keyOf(line).slice(prefix.length)}
                </Link>
              )
            if ('folder' in line) return ''
            return column === 'bytes' ? bytesText(line.object.bytes) : timeText(line.object.modifiedAt)
          }}
          empty={pages.loading ? 'Reading...' : 'No objects here yet.'}
        />
        {pages.hasMore ? <Button onClick={pages.loadMore}>Load more</Button> : null}
      </Panel>
      {open === undefined ? null : (
        <ObjectDrawer
          key={open}
          bucket={bucket}
          object={open}
          onClose={() => go(hrefTo({}), { replace: true })}
        />
      )}
    </>
  )
}

function Crumbs({ bucket, prefix }: { readonly bucket: string; readonly prefix: string }) {
  const folders = prefix.split('/').filter((part) => part !== '')
  return (
    <nav className="lake-crumbs mono" aria-label="Folders">
      <Link href={hrefOf(['lake', 'buckets'], { bucket })}>{bucket}</Link>
      {folders.map((folder, i) => {
        const to = `${folders.slice(0, i + 1).join('/')}/`
        return (
          <span key={to}>
            {' / '}
            <Link href={hrefOf(['lake', 'buckets'], { bucket, prefix: to })}>{folder}</Link>
          </span>
        )
      })}
    </nav>
  )
}

export function ObjectDrawer({
  bucket,
  object,
  onClose,
}: {
  readonly bucket: string
  /** Its key. */
  readonly object: string
  readonly onClose: () => void
}) {
  const { data, error } = useApi<ObjectAnswer>('/admin/lake/object', { bucket, key: object })
  return (
    <Drawer
      title={object.split('/').at(-1) ?? object}
      wide
      onClose={onClose}
      actions={
        <CopyMenu
          label="Copy"
          items={[
            { label: 'Key', text: object },
            { label: 'Place', text: `${bucket}/${object}` },
          ]}
        />
      }
    >
      <ErrorNote error={error} />
      {data === undefined ? (
        error === undefined && <Skeleton lines={8} />
      ) : (
        <>
          <dl className="lake-facts">
            <dt>Key</dt>
            <dd className="mono">{data.key}</dd>
            <dt>Size</dt>
            <dd>
              {bytesText(data.bytes)} ({data.bytes.toLocaleString('en')} bytes)
            </dd>
            <dt>Stored</dt>
            <dd>{timeText(data.modifiedAt)} UTC</dd>
            <dt>ETag</dt>
            <dd className="mono">{data.etag}</dd>
          </dl>
          <ObjectText object={data} />
        </>
      )}
    </Drawer>
  )
}

function ObjectText({
  object: { text, isCut, encoding, columns: found },
}: {
  readonly object: ObjectAnswer
}) {
  if (found !== undefined) return <FileColumns columns={found} />
  if (text === undefined)
    return (
      <p className="muted">
        {encoding === 'zstd'
          ? 'Packed with Zstandard, which the page does not unpack; a query does.'
          : 'Its bytes are no text.'}
      </p>
    )
  // Lines of JSON are shown one by one: together they would be no JSON.
  const lines = text.trimEnd().split('\n')
  const areLines = lines.length > 1 && lines[0]?.startsWith('{') === true
  return (
    <>
      <p className="muted">
        {encoding === 'gzip' ? 'Unpacked. ' : ''}
        {isCut ? 'The beginning of it:' : ''}
      </p>
      {areLines ? (
        <ol className="lake-lines">
          {lines.slice(0, linesShown).map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of an object stay where they are.
            <li key={i}>
              <Payload text={line} />
            </li>
          ))}
        </ol>
      ) : (
        <Payload text={text} />
      )}
      {areLines && lines.length > linesShown ? (
        <p className="muted">and {lines.length - linesShown} more lines</p>
      ) : null}
    </>
  )
}

const linesShown = 50
