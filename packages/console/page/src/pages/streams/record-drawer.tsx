/** One record: where it stands, its payload decoded, and what one types elsewhere to get it. */
import type { ReactNode } from 'react'
import type {
  AggregatePayload,
  RecordAnswer,
  StreamAnswer,
  StreamRecord,
  TextPayload,
} from '../../../../src/protocol/streams.ts'
import { useApi } from '../../api/use-api.ts'
import { Badge, Button, ErrorNote, Note } from '../../kit/controls.tsx'
import { CopyButton, CopyMenu } from '../../kit/copy.tsx'
import { Drawer } from '../../kit/drawer.tsx'
import { Payload } from '../../kit/json-view.tsx'
import { bytesText } from '../../kit/numbers.ts'
import { useShortcut } from '../../shell/shortcuts.ts'
import { copyRecordAs } from './copy-as.ts'
import { dateTimeText } from './record-cells.tsx'

export interface RecordDrawerProps {
  readonly name: string
  readonly stream: StreamAnswer | undefined
  readonly record: StreamRecord
  readonly onClose: () => void
  /** To the row above or below; undefined where there is none. */
  readonly onMove: (step: -1 | 1) => void
}

export function RecordDrawer({ name, stream, record, onClose, onMove }: RecordDrawerProps) {
  useShortcut('j', 'Record below', () => onMove(1))
  useShortcut('k', 'Record above', () => onMove(-1))
  const isCut = record.payload.kind !== 'aggregate' && record.payload.isCut === true
  // Lists cut what is long; the drawer shows all of it.
  const whole = useApi<RecordAnswer>(isCut ? '/admin/streams/record' : undefined, {
    stream: name,
    sequenceNumber: record.sequenceNumber,
  })
  const shown =
    isCut && whole.data?.record.sequenceNumber === record.sequenceNumber ? whole.data.record : record
  const { payload } = shown
  const place = { origin: window.location.origin, region: stream?.region || 'us-east-1', stream: name }
  return (
    <Drawer
      title={`Record ${record.sequence.toLocaleString('en')} of shard ${record.shard}`}
      onClose={onClose}
      actions={
        <>
          <Button
            look="plain"
            className="icon"
            aria-label="Record above"
            title="Record above (k)"
            onClick={() => onMove(-1)}
          >
            ↑
          </Button>
          <Button
            look="plain"
            className="icon"
            aria-label="Record below"
            title="Record below (j)"
            onClick={() => onMove(1)}
          >
            ↓
          </Button>
          <CopyMenu items={copyRecordAs(place, record)} />
        </>
      }
    >
      <dl className="streams-facts">
        <Fact name="Partition key">
          <span className="mono">{record.partitionKey}</span>
        </Fact>
        <Fact name="Sequence number">
          <span className="mono">{record.sequenceNumber}</span>
        </Fact>
        <Fact name="Arrived">
          {dateTimeText(record.arrivalTime)}
          <span className="other">{new Date(record.arrivalTime).toISOString()}</span>
        </Fact>
        <Fact name="Shard">
          <span className="mono">{record.shardId}</span>
        </Fact>
        <Fact name="Size">{bytesText(record.bytes)}</Fact>
      </dl>
      <ErrorNote error={whole.error} />
      {isCut && whole.loading ? <Note>Loading the whole payload …</Note> : null}
      {payload.kind === 'aggregate' ? <Aggregate payload={payload} /> : <Single payload={payload} />}
    </Drawer>
  )
}

function Single({ payload }: { readonly payload: TextPayload }) {
  return (
    <section className="streams-payload" aria-label="Payload">
      <header>
        <h3>Payload</h3> <Badge>{kindText(payload)}</Badge>
        <CopyButton text={payload.text} label="Copy" look="plain" />
      </header>
      <Payload text={payload.text} />
    </section>
  )
}

function Aggregate({ payload }: { readonly payload: AggregatePayload }) {
  const more = payload.count - payload.records.length
  return (
    <>
      <Note>
        An aggregate of {payload.count} user records, as a producer library packs them.
        {more > 0 ? ` ${payload.records.length} of them are shown.` : ''}
      </Note>
      {payload.records.map((record) => (
        <section
          key={record.subSequence}
          className="streams-payload"
          aria-label={`User record ${record.subSequence}`}
        >
          <header>
            <h3>User record {record.subSequence}</h3>{' '}
            <span className="mono muted">{record.partitionKey}</span>
            <CopyButton text={record.payload.text} label="Copy" look="plain" />
          </header>
          <Payload text={record.payload.text} />
        </section>
      ))}
    </>
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

function kindText({ kind, isGzip }: TextPayload): string {
  const name = kind === 'json' ? 'JSON' : kind === 'text' ? 'text' : 'bytes, as base64'
  return isGzip === true ? `${name}, unpacked from gzip` : name
}
