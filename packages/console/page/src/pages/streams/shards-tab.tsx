/** The shards of a stream: where each lies in the hash space, what came of what, and how much of its limits each takes. */
import { type ReactNode, useState } from 'react'
import type { ShardState, StreamAnswer } from '../../../../src/protocol/streams.ts'
import { Badge, Button } from '../../kit/controls.tsx'
import { Drawer } from '../../kit/drawer.tsx'
import { Grid, type GridColumn } from '../../kit/grid.tsx'
import { bytesText, countText, durationText, rateText } from '../../kit/numbers.ts'
import { Panel } from '../../kit/page.tsx'
import { Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { dateTimeText } from './record-cells.tsx'
import { ShardMap, shareText } from './shard-map.tsx'
import { change, withValues } from './stream-place.ts'
import { percentText, type StreamTabProps } from './stream-tab.ts'

const columns: readonly GridColumn[] = [
  { name: 'shard', title: 'Shard', align: 'right', width: 62 },
  { name: 'state', title: 'State', width: 146 },
  { name: 'width', title: 'Hash space', align: 'right', width: 104 },
  { name: 'parents', title: 'Parents', width: 76 },
  { name: 'children', title: 'Children', width: 80 },
  { name: 'rate', title: 'Records/s', align: 'right', width: 88 },
  { name: 'bytesRate', title: 'Bytes/s', align: 'right', width: 90 },
  { name: 'use', title: 'Of its limits', width: 126 },
  { name: 'records', title: 'Records', align: 'right', width: 78 },
  { name: 'opened', title: 'Opened', width: '1fr' },
]

export function ShardsTab({
  name,
  query,
  stream,
  onResize,
}: StreamTabProps & { readonly onResize: () => void }) {
  const [isAll, setAll] = useState(false)
  if (stream === undefined) return <Skeleton lines={8} />
  const open = stream.shards.find(({ shard }) => String(shard) === query.get('open'))
  const choose = (shard: ShardState | undefined) =>
    change(name, query, { open: shard === undefined ? undefined : String(shard.shard) })
  const rows = isAll
    ? stream.shards
    : stream.shards.filter((shard) => shard.closedAt === undefined || shard.records > 0)
  const gone = stream.shards.length - rows.length
  return (
    <>
      <Panel
        title="Hash space"
        actions={
          <>
            <span className="shard-legend">
              <span className="shard-swatch open" /> open
              <span className="shard-swatch closed" /> closed
              <span className="shard-swatch hot" /> hot
            </span>
            <Button onClick={onResize}>Change shard count</Button>
          </>
        }
      >
        <ShardMap shards={stream.shards} selected={open?.shard} onOpen={choose} />
      </Panel>
      <p className="muted">{limitsText(stream)}</p>
      <div className="panel">
        <Grid
          label={`Shards of ${name}`}
          columns={columns}
          rows={rows}
          rowKey={({ shard }) => String(shard)}
          cell={cell}
          onOpen={choose}
          selected={open === undefined ? undefined : String(open.shard)}
        />
      </div>
      {gone > 0 || isAll ? (
        <div>
          <Button look="plain" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
            {isAll
              ? 'Leave out empty closed shards'
              : `Show ${gone} closed shard${gone === 1 ? '' : 's'} without records`}
          </Button>
        </div>
      ) : null}
      {open === undefined ? null : (
        <ShardDrawer
          name={name}
          query={query}
          stream={stream}
          shard={open}
          onClose={() => choose(undefined)}
        />
      )}
    </>
  )
}

function cell(shard: ShardState, column: string) {
  switch (column) {
    case 'shard':
      return shard.shard
    case 'state':
      return <StateBadge shard={shard} />
    case 'width':
      return shareText(shard.width)
    case 'parents':
      return shard.parents.join(', ') || <span className="muted">–</span>
    case 'children':
      return shard.children.join(', ') || <span className="muted">–</span>
    case 'rate':
      return shard.closedAt === undefined ? rateText(shard.recordsPerSecond) : ''
    case 'bytesRate':
      return shard.closedAt === undefined ? `${bytesText(shard.bytesPerSecond)}/s` : ''
    case 'use':
      return shard.closedAt === undefined ? <Use share={shard.use} /> : null
    case 'records':
      return countText(shard.records)
    case 'opened':
      return <span title={dateTimeText(shard.createdAt)}>{dateTimeText(shard.createdAt).slice(0, 16)}</span>
    default:
      return null
  }
}

function StateBadge({ shard }: { readonly shard: ShardState }) {
  if (shard.closedAt !== undefined) return <Badge>closed</Badge>
  if (shard.hot === 'limit') return <Badge tone="bad">hot: near its limit</Badge>
  if (shard.hot === 'uneven') return <Badge tone="warn">hot: uneven keys</Badge>
  return <Badge tone="ok">open</Badge>
}

function Use({ share }: { readonly share: number }) {
  return (
    <span className="shard-use">
      <span className="shard-meter" aria-hidden="true">
        <span className={share >= 0.8 ? 'bad' : ''} style={{ width: `${Math.min(100, share * 100)}%` }} />
      </span>
      {percentText(share)}
    </span>
  )
}

function limitsText({ limits, clientReads }: StreamAnswer): string {
  const { writeRecords, writeBytes, readBytes, isEnforced } = limits
  const figures = `${countText(writeRecords)} records/s and ${bytesText(writeBytes)}/s written, ${bytesText(readBytes)}/s read by clients`
  const whose = isEnforced
    ? `Each shard takes ${figures}.`
    : `On AWS each shard takes ${figures}; this gateway enforces no limits (millrace serve --limits aws does).`
  return `${whose} Clients read ${rateText(clientReads.recordsPerSecond)}, ${bytesText(clientReads.bytesPerSecond)}/s of all shards now; stages of the app do not count.`
}

function ShardDrawer({
  name,
  query,
  stream,
  shard,
  onClose,
}: StreamTabProps & { readonly shard: ShardState; readonly onClose: () => void }) {
  const link = (of: number) => (
    <Link key={of} href={withValues(name, query, { open: String(of) })}>
      shard {of}
    </Link>
  )
  const list = (of: readonly number[]) =>
    of.flatMap((each, i) => (i === 0 ? [link(each)] : [<span key={`and ${each}`}> and </span>, link(each)]))
  const readers = (stream?.positions ?? []).flatMap(({ reader, shards }) =>
    shards.filter((place) => place.shard === shard.shard).map((place) => ({ reader, place })),
  )
  return (
    <Drawer title={shard.shardId} onClose={onClose} actions={<StateBadge shard={shard} />}>
      <dl className="streams-facts">
        <Fact name="Hash keys from">
          <span className="mono">{shard.startingHashKey}</span>
        </Fact>
        <Fact name="to">
          <span className="mono">{shard.endingHashKey}</span>
        </Fact>
        <Fact name="Opened">{dateTimeText(shard.createdAt)}</Fact>
        <Fact name="Closed">
          {shard.closedAt === undefined ? 'it is open' : dateTimeText(shard.closedAt)}
        </Fact>
        <Fact name="Came of">
          {shard.parents.length === 0 ? 'the beginning of the stream' : list(shard.parents)}
        </Fact>
        <Fact name="Went on in">{shard.children.length === 0 ? 'nothing yet' : list(shard.children)}</Fact>
        <Fact name="Records">
          {shard.records.toLocaleString('en')} kept ({bytesText(shard.bytes)}),{' '}
          {shard.next.toLocaleString('en')} in all
        </Fact>
        {shard.closedAt === undefined ? (
          <Fact name="Written">
            {rateText(shard.recordsPerSecond)}, {bytesText(shard.bytesPerSecond)}/s: {percentText(shard.use)}{' '}
            of its limits
          </Fact>
        ) : null}
        <Fact name="Oldest">
          <span className="mono">{shard.oldestSequenceNumber ?? 'no record'}</span>
        </Fact>
        <Fact name="Newest">
          <span className="mono">{shard.newestSequenceNumber ?? 'no record'}</span>
        </Fact>
        {readers.map(({ reader, place }) => (
          <Fact key={reader.name} name={`Read by ${reader.name}`}>
            {place.lagRecords === 0
              ? 'caught up'
              : `${countText(place.lagRecords)} records behind, the oldest ${durationText(place.ageMs)} old`}
          </Fact>
        ))}
      </dl>
      <p>
        <Link
          href={withValues(name, query, {
            tab: 'records',
            shard: String(shard.shard),
            at: 'earliest',
            open: undefined,
          })}
        >
          See its records
        </Link>
      </p>
    </Drawer>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}
