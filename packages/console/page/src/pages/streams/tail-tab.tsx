/**
 * The tail: records as they come, newest first. What is shown stands still while a record is open or somebody has scrolled down;
 * counts go on. Pausing ends the stream of events, so that nothing is read for it.
 */
import { useEffect, useRef, useState } from 'react'
import type { RecordsAnswer, StreamRecord, TailMessage } from '../../../../src/protocol/streams.ts'
import { withQuery } from '../../api/client.ts'
import { useApi } from '../../api/use-api.ts'
import { useEvents } from '../../api/use-events.ts'
import { type Cancel, nextFrame, steadyMs } from '../../kit/clock.ts'
import { Badge, Button, ErrorNote } from '../../kit/controls.tsx'
import { CopyMenu } from '../../kit/copy.tsx'
import { Grid } from '../../kit/grid.tsx'
import { countText, rateText } from '../../kit/numbers.ts'
import { useNow } from '../../kit/use-now.ts'
import { useShortcut } from '../../shell/shortcuts.ts'
import { copyTailAs } from './copy-as.ts'
import { FilterBar, filterOf } from './filter-bar.tsx'
import { recordCell, recordColumns, recordKey } from './record-cells.tsx'
import { RecordDrawer } from './record-drawer.tsx'
import type { StreamTabProps } from './stream-tab.ts'
import { TailBuffer } from './tail-buffer.ts'

export function TailTab({ name, query, stream }: StreamTabProps) {
  const filter = filterOf(query)
  const { key, where, text } = filter
  const [isRunning, setRunning] = useState(true)
  const [open, setOpen] = useState<StreamRecord | undefined>()
  const [isScrolled, setScrolled] = useState(false)
  const buffer = useRef(new TailBuffer())
  const [, setFrame] = useState(0)
  const frame = useRef<Cancel | undefined>(undefined)
  // Events cannot say what is wrong with a filter; a page of no records can.
  const asked = { stream: name, at: 'latest', limit: 1, key, where, text }
  const check = useApi<RecordsAnswer>('/admin/streams/records', asked)
  const isGood = check.data !== undefined && check.error === undefined
  const url =
    isRunning && isGood ? withQuery('/admin/streams/tail', { stream: name, key, where, text }) : undefined
  const state = useEvents(url, ['records'], (_, data) => {
    // The event of this name has this shape (protocol/streams.ts).
    buffer.current.add(data as TailMessage, steadyMs())
    frame.current ??= nextFrame(() => {
      frame.current = undefined
      setFrame((count) => count + 1)
    })
  })
  useEffect(() => () => frame.current?.(), [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another tail.
  useEffect(() => {
    buffer.current.clear()
    setOpen(undefined)
  }, [key, where, text])
  useShortcut(' ', 'Pause or go on', () => setRunning((running) => !running))
  useShortcut('x', 'Empty the list', () => {
    buffer.current.clear()
    setFrame((count) => count + 1)
  })

  const isFrozen = open !== undefined || isScrolled
  const shown = useRef<{ readonly rows: readonly StreamRecord[]; readonly matched: number }>({
    rows: [],
    matched: 0,
  })
  if (!isFrozen) shown.current = { rows: buffer.current.rows, matched: buffer.current.counts.matched }
  const { rows } = shown.current
  const waiting = buffer.current.counts.matched - shown.current.matched
  const move = (step: -1 | 1) => {
    const at = open === undefined ? -1 : rows.findIndex((row) => recordKey(row) === recordKey(open))
    const to = rows[at + step]
    if (to !== undefined) setOpen(to)
  }
  const shardId =
    stream?.shards.find(({ closedAt }) => closedAt === undefined)?.shardId ?? 'shardId-000000000000'
  const place = { origin: window.location.origin, region: stream?.region || 'us-east-1', stream: name }
  return (
    <>
      <FilterBar name={name} query={query}>
        <span className="streams-right">
          <CopyMenu items={copyTailAs(place, filter, shardId)} />
          <Button
            look={isRunning ? '' : 'primary'}
            aria-pressed={!isRunning}
            onClick={() => setRunning(!isRunning)}
          >
            {isRunning ? 'Pause' : 'Go on'}
          </Button>
        </span>
      </FilterBar>
      <ErrorNote error={check.error} />
      <RateLine
        buffer={buffer.current}
        state={isRunning ? (check.error === undefined ? state : 'closed') : 'paused'}
      />
      <div
        className="panel streams-fill"
        onScrollCapture={({ target }) => {
          if (target instanceof HTMLElement) setScrolled(target.scrollTop > 4)
        }}
      >
        {isFrozen ? (
          <div className="streams-held" role="status">
            {open === undefined ? 'Held while you look further down' : 'Held while a record is open'}:{' '}
            {waiting === 0 ? 'nothing new' : `${countText(waiting)} new`}.
          </div>
        ) : null}
        <Grid
          label={`Tail of ${name}`}
          columns={recordColumns}
          rows={rows}
          rowKey={recordKey}
          cell={recordCell}
          height="fill"
          onOpen={setOpen}
          selected={open === undefined ? undefined : recordKey(open)}
          empty={
            check.error === undefined
              ? emptyText(isRunning, key !== undefined || where !== undefined || text !== undefined)
              : 'Nothing is listened to until this is mended.'
          }
        />
      </div>
      {open === undefined ? null : (
        <RecordDrawer
          name={name}
          stream={stream}
          record={open}
          onClose={() => setOpen(undefined)}
          onMove={move}
        />
      )}
    </>
  )
}

function emptyText(isRunning: boolean, isFiltered: boolean): string {
  if (!isRunning) return 'Paused. Press Space or "Go on".'
  return isFiltered
    ? 'Waiting for a record that meets the filter. Older ones are under Records.'
    : 'Waiting for new records. Older ones are under Records; press p to put one.'
}

const stateTexts = {
  closed: ['plain', 'not listening'],
  opening: ['plain', 'connecting'],
  open: ['ok', 'live'],
  lost: ['bad', 'connection lost'],
  paused: ['warn', 'paused'],
} as const

/** Its numbers have room of their own, so that nothing moves while they change. */
function RateLine({
  buffer,
  state,
}: {
  readonly buffer: TailBuffer
  readonly state: keyof typeof stateTexts
}) {
  useNow(1_000)
  const { counts } = buffer
  const rates = buffer.rates(steadyMs())
  const [tone, text] = stateTexts[state]
  return (
    <div className="streams-rates">
      <Badge tone={tone}>{text}</Badge>
      <Count name="in" value={rateText(rates.seen)} />
      <Count name="matching" value={rateText(rates.matched)} />
      <Count name="looked at" value={countText(counts.lookedAt)} />
      <Count name="matched" value={countText(counts.matched)} />
      <Count name="matched, not shown" value={countText(counts.notShown)} isBad={false} />
      <Count name="skipped" value={countText(counts.skipped)} isBad={counts.skipped > 0} />
      {counts.lost > 0 ? <Count name="unreadable" value={countText(counts.lost)} isBad /> : null}
    </div>
  )
}

function Count({
  name,
  value,
  isBad = false,
}: {
  readonly name: string
  readonly value: string
  readonly isBad?: boolean
}) {
  return (
    <span className={`streams-count ${isBad ? 'bad' : ''}`}>
      <b>{value}</b> {name}
    </span>
  )
}
