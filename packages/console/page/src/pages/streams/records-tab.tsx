/** Records from a place on: newest, oldest, a time, a sequence number; page by page, in the order of their commits. */
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { LostStretch, RecordsAnswer, StreamRecord } from '../../../../src/protocol/streams.ts'
import { type ApiError, asApiError, getJson } from '../../api/client.ts'
import { Button, ErrorNote, Note, SelectField, TextField } from '../../kit/controls.tsx'
import { CopyMenu } from '../../kit/copy.tsx'
import { Grid } from '../../kit/grid.tsx'
import { countText } from '../../kit/numbers.ts'
import { useShortcut } from '../../shell/shortcuts.ts'
import { copyRecordsAs } from './copy-as.ts'
import { FilterBar, filterOf } from './filter-bar.tsx'
import { recordCell, recordColumns, recordKey } from './record-cells.tsx'
import { RecordDrawer } from './record-drawer.tsx'
import { change } from './stream-place.ts'
import type { StreamTabProps } from './stream-tab.ts'

const pageSize = 100
const rowsMax = 5_000
/** Calls for one page of the list: a million records looked at. */
const callsMax = 50
const newestText = 'latest - 100'
const places: readonly (readonly [at: string, text: string])[] = [
  [newestText, 'Newest 100'],
  ['5 minutes ago', '5 minutes ago'],
  ['1 hour ago', '1 hour ago'],
  ['earliest', 'Oldest'],
]

interface Pages {
  /** Which place and filter they are of. */
  readonly of: string
  readonly records: readonly StreamRecord[]
  readonly lost: readonly LostStretch[]
  readonly lookedAt: number
  /** Of the last page; undefined before the first one. */
  readonly last: RecordsAnswer | undefined
  /** That made the last page of the list. */
  readonly calls: number
}

const noPages: Pages = { of: '', records: [], lost: [], lookedAt: 0, last: undefined, calls: 0 }

export function RecordsTab({ name, query, stream }: StreamTabProps) {
  const at = query.get('at') ?? newestText
  const shard = query.get('shard') ?? ''
  const filter = filterOf(query)
  const { key, where, text } = filter
  const [pages, setPages] = useState(noPages)
  const [error, setError] = useState<ApiError | undefined>()
  const [isLoading, setLoading] = useState(true)
  const [open, setOpen] = useState<StreamRecord | undefined>()
  const [turn, setTurn] = useState(0)
  const asking = useRef(new AbortController())
  const of = JSON.stringify([at, shard, key, where, text])

  const ask = async (before: Pages): Promise<void> => {
    asking.current.abort()
    asking.current = new AbortController()
    const { signal } = asking.current
    setLoading(true)
    const place = { stream: name, at, shard: shard === '' ? undefined : shard, key, where, text }
    let now = before
    try {
      // With a filter a call looks at so many records and may find none: it is asked again until a page is full.
      for (let calls = 0; calls < callsMax && !isFull(now, before); calls++) {
        const limit = pageSize - (now.records.length - before.records.length)
        const query = { ...place, limit, next: now.last?.next }
        const page = await getJson<RecordsAnswer>('/admin/streams/records', query, signal)
        now = {
          of,
          records: [...now.records, ...page.records],
          lost: [...now.lost, ...page.lost].slice(-20),
          lookedAt: now.lookedAt + page.lookedAt,
          last: page,
          calls: calls + 1,
        }
        setPages({ ...now, records: now.records.slice(-rowsMax) })
      }
      setError(undefined)
    } catch (failed) {
      if (signal.aborted) return
      setError(asApiError(failed))
    }
    if (!signal.aborted) setLoading(false)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew for another place or filter, and on demand.
  useEffect(() => {
    setOpen(undefined)
    void ask(noPages)
    return () => asking.current.abort()
  }, [name, at, shard, key, where, text, turn])
  const more = () => {
    // Rows of the place before stay in view until those of this one come.
    if (!isLoading && pages.of === of) void ask(pages)
  }
  useShortcut('m', 'More records', more)
  useShortcut('r', 'Read again', () => setTurn((now) => now + 1))

  const move = (step: -1 | 1) => {
    const index =
      open === undefined ? -1 : pages.records.findIndex((row) => recordKey(row) === recordKey(open))
    const to = pages.records[index + step]
    if (to !== undefined) setOpen(to)
  }
  const shards = stream?.shards ?? []
  const place = { origin: window.location.origin, region: stream?.region || 'us-east-1', stream: name }
  const shardId =
    shards.find((each) => String(each.shard) === shard)?.shardId ??
    shards[0]?.shardId ??
    'shardId-000000000000'
  return (
    <>
      <div className="streams-places">
        {places.map(([value, title]) => (
          <Button
            key={value}
            aria-pressed={value === at}
            className={value === at ? 'chosen' : ''}
            onClick={() => {
              if (value === at) setTurn((now) => now + 1)
              else change(name, query, { at: value === newestText ? undefined : value }, false)
            }}
          >
            {title}
          </Button>
        ))}
        <PlaceField at={at} onGo={(value) => change(name, query, { at: value }, false)} />
        <span className="streams-shard">
          <SelectField
            label="Shard"
            hideLabel
            value={shard}
            options={[
              ['', 'All shards'],
              ...shards.map(
                (each) =>
                  [
                    String(each.shard),
                    `Shard ${each.shard}${each.closedAt === undefined ? '' : ' (closed)'}`,
                  ] as const,
              ),
            ]}
            onChange={({ target }) => change(name, query, { shard: target.value })}
          />
        </span>
      </div>
      <FilterBar name={name} query={query}>
        <span className="streams-right">
          <CopyMenu items={copyRecordsAs(place, { at, filter, shardId })} />
        </span>
      </FilterBar>
      <ErrorNote error={error} />
      {pages.lost.map(({ shard: of, from, to, reason }) => (
        <Note key={`${of}:${from}`} tone="warn">
          {countText(to - from)} records of shard {of} from {from} on cannot be read: {reason}.
        </Note>
      ))}
      <div className="panel streams-fill" aria-busy={isLoading}>
        <Grid
          // Another place begins at its beginning, not where one had scrolled to.
          key={pages.of}
          label={`Records of ${name}`}
          columns={recordColumns}
          rows={error === undefined ? pages.records : []}
          rowKey={recordKey}
          cell={recordCell}
          height="fill"
          follow={at === newestText}
          onOpen={setOpen}
          selected={open === undefined ? undefined : recordKey(open)}
          empty={
            isLoading ? 'Reading …' : 'No record from there on. Choose an older place, or press p to put one.'
          }
        />
        <footer className="streams-foot">
          <span className="muted" role="status">
            {footText(pages, isLoading)}
          </span>
          <Button onClick={more} disabled={isLoading || error !== undefined}>
            {pages.last?.isAtEnd === true ? 'Look for newer ones' : 'More'}
          </Button>
        </footer>
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

/** Whether what was asked for since is there. */
function isFull(now: Pages, before: Pages): boolean {
  if (now.last === undefined || now === before) return false
  return now.last.isAtEnd || now.records.length - before.records.length >= pageSize
}

function footText({ records, lookedAt, last, calls }: Pages, isLoading: boolean): string {
  if (last === undefined) return isLoading ? 'Reading …' : ''
  if (isLoading && calls > 1)
    return `Looking: ${countText(records.length)} found in ${countText(lookedAt)} records …`
  const found = `${countText(records.length)} record${records.length === 1 ? '' : 's'}`
  const looked = lookedAt === records.length ? '' : ` of ${countText(lookedAt)} looked at`
  return `${found}${looked}${last.isAtEnd ? ', up to the newest' : ''}`
}

/** Any place as text, or a date and time by the browser's own field. */
function PlaceField({ at, onGo }: { readonly at: string; readonly onGo: (at: string) => void }) {
  const [text, setText] = useState('')
  const isOwn = !places.some(([value]) => value === at)
  useEffect(() => setText(isOwn ? at : ''), [isOwn, at])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '') onGo(text.trim())
  }
  return (
    <form className="streams-jump" onSubmit={submit} aria-label="Jump to a place">
      <TextField
        label="Time or sequence number"
        hideLabel
        placeholder="2 hours ago, or sequence no."
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => setText(target.value)}
      />
      <TextField
        label="Date and time"
        hideLabel
        type="datetime-local"
        step={1}
        title="Date and time in your zone"
        onChange={({ target }) => {
          const time = new Date(target.value)
          if (!Number.isNaN(time.getTime())) setText(time.toISOString())
        }}
      />
      <Button type="submit" disabled={text.trim() === '' || text.trim() === at}>
        Jump
      </Button>
    </form>
  )
}
