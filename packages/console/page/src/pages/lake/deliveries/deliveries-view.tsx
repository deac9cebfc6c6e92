/** Deliveries: what waits, what was stored last, and what became an error. */
import { type ReactNode, useEffect, useState } from 'react'
import type {
  DeliveriesAnswer,
  DeliveryAnswer,
  DeliveryEntry,
  NewestObjects,
} from '../../../../../src/protocol/lake.ts'
import { useApi } from '../../../api/use-api.ts'
import { every } from '../../../kit/clock.ts'
import { Badge, Button, ErrorNote } from '../../../kit/controls.tsx'
import { Drawer } from '../../../kit/drawer.tsx'
import { FilterField } from '../../../kit/filter-field.tsx'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'
import { bytesText, countText, durationText } from '../../../kit/numbers.ts'
import { Empty, Panel } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { useNow } from '../../../kit/use-now.ts'
import { agoText } from '../lake-text.ts'

const reloadMs = 2_000

const columns: readonly GridColumn[] = [
  { name: 'name', title: 'Delivery', width: '2fr' },
  { name: 'from', title: 'From', width: '1fr' },
  { name: 'to', title: 'To', width: '2fr' },
  { name: 'unread', title: 'Unread', align: 'right', width: 90 },
  { name: 'buffered', title: 'In buffers', align: 'right', width: 100 },
  { name: 'stored', title: 'Settled', align: 'right', width: 100 },
  { name: 'errors', title: 'Errors', align: 'right', width: 80 },
  { name: 'buffer', title: 'Buffer', width: 160 },
]

export function DeliveriesView({ query }: { readonly query: URLSearchParams }) {
  const { data, error, reload } = useApi<DeliveriesAnswer>('/admin/lake/deliveries')
  const filter = query.get('filter') ?? ''
  const name = query.get('name') ?? undefined
  useEffect(
    () =>
      every(reloadMs, () => {
        if (!document.hidden) reload()
      }),
    [reload],
  )
  const to = (change: Record<string, string | undefined>) =>
    go(hrefOf(['lake', 'deliveries'], { filter: filter === '' ? undefined : filter, name, ...change }), {
      replace: true,
    })
  return (
    <>
      <div className="lake-toolbar">
        <FilterField
          label="Filter deliveries"
          placeholder="Filter deliveries"
          value={filter}
          onChange={(text) => to({ filter: text === '' ? undefined : text })}
        />
      </div>
      <ErrorNote error={error} />
      <Panel flush>
        <Grid
          label="Deliveries"
          columns={columns}
          rows={(data?.deliveries ?? []).filter((delivery) => delivery.name.includes(filter))}
          rowKey={(delivery) => delivery.name}
          selected={name}
          onOpen={(delivery) => to({ name: delivery.name })}
          cell={cellOf}
          empty={
            data === undefined ? (
              'Reading deliveries...'
            ) : (
              <Empty next="app.delivery('order-files', { from: orders, to: lake }) in the app makes one.">
                No deliveries: nothing of a stream becomes files.
              </Empty>
            )
          }
        />
      </Panel>
      {name === undefined ? null : (
        <DeliveryDrawer key={name} name={name} onClose={() => to({ name: undefined })} />
      )}
    </>
  )
}

function cellOf(delivery: DeliveryEntry, column: string) {
  const { name, stream, bucket, prefix, table, unread, buffered, taken, errors, buffer, format } = delivery
  switch (column) {
    case 'name':
      return name
    case 'from':
      return stream === undefined ? (
        <span className="muted">clients</span>
      ) : (
        <Link href={hrefOf(['streams', stream])}>{stream}</Link>
      )
    case 'to':
      return table === undefined ? (
        <Link className="mono" href={hrefOf(['lake', 'buckets'], { bucket, prefix: literal(prefix) })}>
          {bucket}/{prefix}
        </Link>
      ) : (
        <>
          <TableLink table={table} /> <Badge>{format}</Badge>
        </>
      )
    case 'unread':
      return countText(unread)
    case 'buffered':
      return countText(buffered)
    case 'stored':
      return countText(taken - buffered)
    case 'errors':
      return errors > 0 ? <Badge tone="bad">{countText(errors)}</Badge> : '0'
    default:
      return `${bytesText(buffer.bytes)} or ${durationText(buffer.ms)}`
  }
}

function TableLink({ table }: { readonly table: string }) {
  const [database = '', name = ''] = table.split('.')
  return <Link href={hrefOf(['lake', 'tables', database, name])}>{table}</Link>
}

/** What every key has: the folders before the first expression. */
function literal(prefix: string): string {
  const text = prefix.split('!{')[0] ?? ''
  return text.slice(0, text.lastIndexOf('/') + 1)
}

function DeliveryDrawer({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const { data, error, reload } = useApi<DeliveryAnswer>('/admin/lake/delivery', { name })
  const now = useNow(5_000)
  return (
    <Drawer title={name} wide onClose={onClose} actions={<Button onClick={reload}>Read again</Button>}>
      <ErrorNote error={error} />
      {data === undefined ? (
        error === undefined && <Skeleton lines={10} />
      ) : (
        <>
          <DeliveryFacts delivery={data.delivery} />
          <Objects title="Newest objects" bucket={data.delivery.bucket} objects={data.objects} now={now}>
            None yet: the first one is stored when a buffer has {bytesText(data.delivery.buffer.bytes)}, or
            after {durationText(data.delivery.buffer.ms)}.
          </Objects>
          <Objects
            title="Newest objects of errors"
            bucket={data.delivery.bucket}
            objects={data.errorObjects}
            now={now}
          >
            None: every record could be delivered.
          </Objects>
        </>
      )}
    </Drawer>
  )
}

function DeliveryFacts({ delivery }: { readonly delivery: DeliveryEntry }) {
  const { owner, version, stream, bucket, prefix, errorPrefix, format, compression, table } = delivery
  const { unread, buffered, taken, storing, buffer } = delivery
  return (
    <dl className="lake-facts">
      <Fact term="Made by">
        {owner === 'app' ? `the app, version ${version}` : `a client of the Firehose API, version ${version}`}
      </Fact>
      <Fact term="From">
        {stream === undefined ? (
          'records that clients put'
        ) : (
          <Link href={hrefOf(['streams', stream])}>{stream}</Link>
        )}
      </Fact>
      <Fact term="To">
        <span className="mono">
          {bucket}/{prefix}
        </span>
      </Fact>
      {table === undefined ? null : (
        <Fact term="Table">
          <TableLink table={table} />
        </Fact>
      )}
      <Fact term="Format">{compression === undefined ? format : `${format}, ${compression}`}</Fact>
      <Fact term="Errors below">
        <span className="mono">{errorPrefix ?? 'none'}</span>
      </Fact>
      <Fact term="Buffer">
        {bytesText(buffer.bytes)} or {durationText(buffer.ms)}, whichever comes first
      </Fact>
      <Fact term="Records">
        {taken.toLocaleString('en')} read, {buffered.toLocaleString('en')} of them in buffers;{' '}
        {unread.toLocaleString('en')} unread
      </Fact>
      <Fact term="Being stored">{storing === 0 ? 'nothing now' : `${storing} objects`}</Fact>
    </dl>
  )
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Objects({
  title,
  bucket,
  objects: { newest, more, seen },
  now,
  children,
}: {
  readonly title: string
  readonly bucket: string
  readonly objects: NewestObjects
  readonly now: number
  readonly children: ReactNode
}) {
  const [isAll, setAll] = useState(false)
  const shown = isAll ? newest : newest.slice(0, 5)
  return (
    <section className="lake-objects">
      <h3>{title}</h3>
      {newest.length === 0 ? <p className="muted">{children}</p> : null}
      <ul>
        {shown.map(({ key, bytes, modifiedAt }) => (
          <li key={key}>
            <Link
              className="mono"
              href={hrefOf(['lake', 'buckets'], {
                bucket,
                prefix: key.slice(0, key.lastIndexOf('/') + 1),
                key,
              })}
            >
              {key}
            </Link>{' '}
            <span className="muted">
              {bytesText(bytes)}, {agoText(modifiedAt, now)}
            </span>
          </li>
        ))}
      </ul>
      {newest.length > shown.length ? (
        <Button onClick={() => setAll(true)}>Show {newest.length}</Button>
      ) : null}
      {more ? (
        <p className="muted">
          Of the first {seen.toLocaleString('en')} objects; newer ones may lie behind them.
        </p>
      ) : null}
    </section>
  )
}
