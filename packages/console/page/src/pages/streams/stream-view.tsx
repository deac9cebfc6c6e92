/** One stream: its figures, and tabs for its records, its tail, its shards and its readers. */
import { useState } from 'react'
import type { StreamAnswer } from '../../../../src/protocol/streams.ts'
import { Badge, Button, ErrorNote, Tabs } from '../../kit/controls.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { bytesText, countText, durationText, rateText } from '../../kit/numbers.ts'
import { Empty, Page } from '../../kit/page.tsx'
import { hrefOf, Link } from '../../kit/router.ts'
import { useShortcut } from '../../shell/shortcuts.ts'
import { PutDialog } from './put-dialog.tsx'
import { ReadersTab } from './readers-tab.tsx'
import { RecordsTab } from './records-tab.tsx'
import { ShardCountDialog } from './shard-count-dialog.tsx'
import { ShardsTab } from './shards-tab.tsx'
import { OriginBadge } from './stream-list.tsx'
import { change } from './stream-place.ts'
import { percentText, type StreamTabProps } from './stream-tab.ts'
import { TailTab } from './tail-tab.tsx'
import { useRefreshed } from './use-refreshed.ts'

const tabs = [
  ['tail', 'Tail'],
  ['records', 'Records'],
  ['shards', 'Shards'],
  ['readers', 'Readers'],
] as const

export function StreamView({ name, query }: { readonly name: string; readonly query: URLSearchParams }) {
  const {
    data: stream,
    error,
    reload,
  } = useRefreshed<StreamAnswer>('/admin/streams/stream', { stream: name }, 2_000)
  const [dialog, setDialog] = useState<'put' | 'shards' | undefined>()
  const tab = tabs.find(([known]) => known === query.get('tab'))?.[0] ?? 'tail'
  useShortcut('p', 'Put a record', () => setDialog('put'))
  useShortcut('s', 'Change the shard count', () => setDialog('shards'))
  const show = (to: string) => change(name, query, { tab: to })
  useShortcut('1', 'Show the tail', () => show('tail'))
  useShortcut('2', 'Show records', () => show('records'))
  useShortcut('3', 'Show shards', () => show('shards'))
  useShortcut('4', 'Show readers', () => show('readers'))
  if (error?.status === 404 && stream === undefined)
    return (
      <Page title={name}>
        <ErrorNote error={error} />
        <Empty next={<Link href={hrefOf(['streams'])}>See all streams</Link>}>
          This stream does not exist.
        </Empty>
      </Page>
    )
  const props: StreamTabProps = { name, query, stream }
  return (
    <Page
      title={
        <>
          <Link className="streams-up" href={hrefOf(['streams'])}>
            Streams
          </Link>{' '}
          <span className="muted">/</span> {name}
        </>
      }
      about={
        stream === undefined ? null : (
          <>
            <OriginBadge stream={stream} />
            {stream.status === 'ACTIVE' ? null : <Badge tone="warn">{stream.status}</Badge>}
            {stream.mode === 'ON_DEMAND' ? <Badge>on demand</Badge> : null}
          </>
        )
      }
      actions={
        <>
          <Button onClick={() => setDialog('shards')}>Change shard count</Button>
          <Button look="primary" onClick={() => setDialog('put')}>
            Put record
          </Button>
        </>
      }
    >
      <ErrorNote error={error} />
      <StreamFigures stream={stream} />
      <Tabs label="Parts of the stream" tabs={tabs} chosen={tab} onChoose={show} />
      <div className="streams-tab" role="tabpanel" aria-label={tabs.find(([known]) => known === tab)?.[1]}>
        {tab === 'records' ? <RecordsTab {...props} /> : null}
        {tab === 'tail' ? <TailTab {...props} /> : null}
        {tab === 'shards' ? <ShardsTab {...props} onResize={() => setDialog('shards')} /> : null}
        {tab === 'readers' ? <ReadersTab {...props} /> : null}
      </div>
      {dialog === 'put' ? (
        <PutDialog name={name} stream={stream} onClose={() => setDialog(undefined)} onPut={reload} />
      ) : null}
      {dialog === 'shards' && stream !== undefined ? (
        <ShardCountDialog stream={stream} onClose={() => setDialog(undefined)} onChanged={reload} />
      ) : null}
    </Page>
  )
}

function StreamFigures({ stream }: { readonly stream: StreamAnswer | undefined }) {
  const worst = stream?.readers.reduce((age, reader) => Math.max(age, reader.ageMs ?? 0), 0) ?? 0
  const throttled = (stream?.throttled.writes ?? 0) + (stream?.throttled.reads ?? 0)
  const most = Math.max(0, ...(stream?.shards.map(({ use }) => use) ?? []))
  return (
    <Figures>
      <Figure
        name="In"
        value={stream && rateText(stream.recordsPerSecond)}
        about={stream && `${bytesText(stream.bytesPerSecond)}/s`}
      />
      <Figure
        name="Kept"
        value={stream && countText(stream.records)}
        about={stream && `${bytesText(stream.bytes)}, ${retentionText(stream)}`}
      />
      <Figure
        name="Shards"
        value={stream?.openShards}
        about={stream && (stream.closedShards === 0 ? 'all open' : `${stream.closedShards} closed`)}
      />
      <Figure
        name="Busiest shard"
        value={stream && percentText(most)}
        about={stream && (stream.limits.isEnforced ? 'of its limit' : "of AWS's limit")}
        tone={most >= 0.8 ? 'warn' : 'plain'}
      />
      <Figure
        name="Oldest unread"
        value={
          stream && (stream.readers.length === 0 ? 'no reader' : worst < 1_000 ? 'none' : durationText(worst))
        }
        about={stream && (stream.readers.map((reader) => reader.name).join(', ') || 'nobody reads it')}
        tone={worst >= 60_000 ? 'bad' : worst >= 1_000 ? 'warn' : 'plain'}
      />
      <Figure
        name="Throttled"
        value={stream && countText(throttled)}
        about="calls in 2 minutes"
        tone={throttled > 0 ? 'warn' : 'plain'}
      />
    </Figures>
  )
}

function retentionText({ retentionMs }: StreamAnswer): string {
  return retentionMs === null ? 'for ever' : `for ${durationText(retentionMs)}`
}
