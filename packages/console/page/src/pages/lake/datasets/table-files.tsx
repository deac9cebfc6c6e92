/** The files of a table, and of one of them what its footer says of columns. */
import { useState } from 'react'
import type { FileAnswer, FileColumn, FileEntry, FilesAnswer } from '../../../../../src/protocol/lake.ts'
import { useApi } from '../../../api/use-api.ts'
import { Badge, Button, ErrorNote } from '../../../kit/controls.tsx'
import { CopyButton } from '../../../kit/copy.tsx'
import { Drawer } from '../../../kit/drawer.tsx'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'
import { bytesText, countText } from '../../../kit/numbers.ts'
import { hrefOf, Link } from '../../../kit/router.ts'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { timeText } from '../lake-text.ts'
import { usePages } from '../use-pages.ts'
import type { TablePlace } from './table-place.ts'

const columns: readonly GridColumn[] = [
  { name: 'key', title: 'Key', width: '3fr' },
  { name: 'rows', title: 'Rows', align: 'right', width: 100 },
  { name: 'bytes', title: 'Size', align: 'right', width: 100 },
  { name: 'partition', title: 'Partition', width: '1fr' },
  { name: 'createdAt', title: 'Added (UTC)', width: 160 },
]

export function TableFiles({
  database,
  name,
  bucket,
  partition,
}: TablePlace & {
  readonly bucket: string /** A list of values as JSON, or empty. */
  readonly partition: string
}) {
  const [open, setOpen] = useState<FileEntry | undefined>()
  const pages = usePages<FileEntry, FilesAnswer>(
    '/admin/catalog/files',
    { database, name, limit: 500, partition: partition === '' ? undefined : partition },
    (answer) => answer.files,
  )
  return (
    <div className="lake-part">
      {partition === '' ? null : (
        <div className="lake-toolbar">
          <Badge>partition {partition}</Badge>
          <Link href={hrefOf(['lake', 'tables', database, name], { tab: 'files' })}>All partitions</Link>
        </div>
      )}
      <ErrorNote error={pages.error} />
      <Grid
        label={`Files of ${name}`}
        columns={columns}
        rows={pages.rows}
        rowKey={({ key }) => key}
        onOpen={setOpen}
        selected={open?.key}
        cell={cellOf}
        empty={
          pages.loading
            ? 'Reading the list of files...'
            : 'No files yet. A delivery adds them when a buffer is full or due.'
        }
      />
      {pages.hasMore ? <Button onClick={pages.loadMore}>Load more</Button> : null}
      {open === undefined ? null : (
        <FileDrawer {...{ database, name, bucket }} file={open} onClose={() => setOpen(undefined)} />
      )}
    </div>
  )
}

function cellOf(file: FileEntry, column: string) {
  switch (column) {
    case 'key':
      return (
        <span className="mono" title={file.key}>
          {file.content === undefined || file.content === 'data' ? null : (
            <Badge tone="warn">{file.content}</Badge>
          )}{' '}
          {file.key}
        </span>
      )
    case 'rows':
      return file.rows === undefined ? <span className="muted">–</span> : countText(file.rows)
    case 'bytes':
      return bytesText(file.bytes)
    case 'partition':
      return file.partition.join(' / ')
    default:
      return file.createdAt === undefined ? '' : timeText(file.createdAt)
  }
}

function FileDrawer({
  database,
  name,
  bucket,
  file,
  onClose,
}: TablePlace & { readonly bucket: string; readonly file: FileEntry; readonly onClose: () => void }) {
  const { data, error } = useApi<FileAnswer>('/admin/catalog/file', { database, name, key: file.key })
  return (
    <Drawer
      title={file.key.split('/').at(-1) ?? file.key}
      onClose={onClose}
      wide
      actions={<CopyButton label="Copy key" text={file.key} />}
    >
      <dl className="lake-facts">
        <dt>Key</dt>
        <dd className="mono">
          <Link href={hrefOf(['lake', 'buckets'], { bucket, prefix: folderOf(file.key), key: file.key })}>
            {file.key}
          </Link>
        </dd>
        <dt>Size</dt>
        <dd>{bytesText(file.bytes)}</dd>
        {file.rows === undefined ? null : (
          <>
            <dt>Rows</dt>
            <dd>{file.rows.toLocaleString('en')}</dd>
          </>
        )}
        {file.version === undefined ? null : (
          <>
            <dt>Columns of</dt>
            <dd>version {file.version} of the table</dd>
          </>
        )}
      </dl>
      <ErrorNote error={error} />
      {data === undefined && error === undefined ? <Skeleton lines={6} /> : null}
      {data === undefined ? null : data.columns.length === 0 ? (
        <p className="muted">Files of this format keep no statistics of columns.</p>
      ) : (
        <FileColumns columns={data.columns} />
      )}
    </Drawer>
  )
}

function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1)
}

export function FileColumns({ columns: all }: { readonly columns: readonly FileColumn[] }) {
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Least</th>
          <th scope="col">Greatest</th>
          <th scope="col" className="number">
            Nulls
          </th>
          <th scope="col" className="number">
            Size
          </th>
          <th scope="col">Stored as</th>
        </tr>
      </thead>
      <tbody>
        {all.map(({ name, type, min, max, nulls, bytes, compression }) => (
          <tr key={name}>
            <td className="mono">{name}</td>
            <td className="mono">{min}</td>
            <td className="mono">{max}</td>
            <td className="number">{nulls?.toLocaleString('en')}</td>
            <td className="number">{bytesText(bytes)}</td>
            <td className="muted">
              {type} {compression}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
