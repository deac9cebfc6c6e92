/** All streams: how much is in them, how fast they grow, who reads them and how far behind. */
import type { StreamListAnswer, StreamReader, StreamSummary } from '../../../../src/protocol/streams.ts'
import { Badge, ErrorNote } from '../../kit/controls.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { FilterField } from '../../kit/filter-field.tsx'
import { Grid, type GridColumn } from '../../kit/grid.tsx'
import { bytesText, countText, durationText, rateText } from '../../kit/numbers.ts'
import { Empty, Page } from '../../kit/page.tsx'
import { go, hrefOf, Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { useRefreshed } from './use-refreshed.ts'

const columns: readonly GridColumn[] = [
  { name: 'name', title: 'Stream', width: '3fr' },
  { name: 'shards', title: 'Shards', align: 'right', width: 76 },
  { name: 'rate', title: 'Records/s', align: 'right', width: 92 },
  { name: 'bytesRate', title: 'Bytes/s', align: 'right', width: 110 },
  { name: 'records', title: 'Records', align: 'right', width: 88 },
  { name: 'bytes', title: 'Size', align: 'right', width: 88 },
  { name: 'retention', title: 'Kept for', align: 'right', width: 90 },
  { name: 'readers', title: 'Read by', width: '2fr' },
]

/** With any client of Kinesis; this one is at hand for many. */
function firstStream(): string {
  return `aws kinesis create-stream --stream-name orders --shard-count 2 --endpoint-url ${window.location.origin} --region us-east-1`
}

export function StreamList({ query }: { readonly query: URLSearchParams }) {
  const { data, error } = useRefreshed<StreamListAnswer>('/admin/streams', undefined, 2_000)
  const filter = query.get('filter') ?? ''
  const wanted = filter.toLowerCase()
  const streams = data?.streams ?? []
  const rows = streams.filter(({ name }) => name.toLowerCase().includes(wanted))
  return (
    <Page
      title="Streams"
      about={<span className="muted">{data === undefined ? '' : `${streams.length} in all`}</span>}
      actions={
        <FilterField
          label="Filter streams by name"
          value={filter}
          onChange={(value) =>
            go(hrefOf(['streams'], { filter: value === '' ? undefined : value }), { replace: true })
          }
        />
      }
    >
      <ErrorNote error={error} />
      {data === undefined ? (
        error === undefined ? (
          <div className="panel">
            <Skeleton lines={8} />
          </div>
        ) : null
      ) : streams.length === 0 ? (
        <Empty
          next={
            <>
              Make one with any client of Kinesis, or run an app that has some.
              <code className="streams-command">{firstStream()}</code>
              <CopyButton text={firstStream()} label="Copy the command" />
            </>
          }
        >
          There is no stream yet.
        </Empty>
      ) : (
        <div className="panel">
          <Grid
            label="Streams"
            columns={columns}
            rows={rows}
            rowKey={({ name }) => name}
            cell={cell}
            height={Math.min(30 + 28 * Math.max(rows.length, 3) + 4, 1200)}
            onOpen={({ name }) => go(hrefOf(['streams', name]))}
            empty={`No stream has "${filter}" in its name.`}
          />
        </div>
      )}
    </Page>
  )
}

function cell(stream: StreamSummary, column: string) {
  switch (column) {
    case 'name':
      return (
        <>
          <Link href={hrefOf(['streams', stream.name])}>{stream.name}</Link> <OriginBadge stream={stream} />
        </>
      )
    case 'shards':
      return stream.closedShards === 0 ? (
        stream.openShards
      ) : (
        <span title={`${stream.closedShards} closed`}>
          {stream.openShards} <span className="muted">+{stream.closedShards}</span>
        </span>
      )
    case 'rate':
      return rateText(stream.recordsPerSecond)
    case 'bytesRate':
      return `${bytesText(stream.bytesPerSecond)}/s`
    case 'records':
      return countText(stream.records)
    case 'bytes':
      return bytesText(stream.bytes)
    case 'retention':
      return stream.retentionMs === null ? 'ever' : durationText(stream.retentionMs)
    case 'readers':
      return stream.readers.length === 0 ? (
        <span className="muted">nobody</span>
      ) : (
        <Readers of={stream.readers} />
      )
    default:
      return null
  }
}

/** What the stream is for, where it is not one of the app's own. */
export function OriginBadge({ stream: { filledBy, leftBy } }: { readonly stream: StreamSummary }) {
  if (filledBy !== undefined)
    return (
      <Badge>
        {filledBy.kind === 'table' ? 'changes of' : 'objects of'} {filledBy.name}
      </Badge>
    )
  if (leftBy !== undefined)
    return (
      <Badge>
        {leftBy.kind === 'errors' ? 'errors' : 'late rows'} of {leftBy.query}
      </Badge>
    )
  return null
}

function Readers({ of }: { readonly of: readonly StreamReader[] }) {
  return (
    <span className="streams-readers">
      {of.map((reader) => (
        <span key={`${reader.kind} ${reader.name}`}>
          {reader.name} <AgeBadge ageMs={reader.ageMs} />
        </span>
      ))}
    </span>
  )
}

/** How far behind a reader is. */
export function AgeBadge({ ageMs }: { readonly ageMs: number | undefined }) {
  if (ageMs === undefined) return <Badge>not reading</Badge>
  if (ageMs < 1_000) return <Badge tone="ok">caught up</Badge>
  return <Badge tone={ageMs < 60_000 ? 'warn' : 'bad'}>{durationText(ageMs)} behind</Badge>
}
