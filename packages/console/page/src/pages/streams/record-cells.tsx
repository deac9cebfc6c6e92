/** Records as rows of a grid. */
import type { RecordPayload, StreamRecord } from '../../../../src/protocol/streams.ts'
import { Badge } from '../../kit/controls.tsx'
import type { GridColumn } from '../../kit/grid.tsx'
import { bytesText } from '../../kit/numbers.ts'

export const recordColumns: readonly GridColumn[] = [
  { name: 'time', title: 'Arrived', width: 108 },
  { name: 'shard', title: 'Shard', align: 'right', width: 72 },
  { name: 'key', title: 'Partition key', width: 170 },
  { name: 'bytes', title: 'Size', align: 'right', width: 78 },
  { name: 'payload', title: 'Payload', width: '1fr' },
]

/** Letters of a row; what is behind is in the drawer. */
const previewLetters = 600

export function recordKey({ shard, sequence }: StreamRecord): string {
  return `${shard}:${sequence}`
}

export function recordCell(record: StreamRecord, column: string) {
  switch (column) {
    case 'time':
      return (
        <span className="mono" title={new Date(record.arrivalTime).toISOString()}>
          {timeText(record.arrivalTime)}
        </span>
      )
    case 'shard':
      return record.shard
    case 'key':
      return <span className="mono">{record.partitionKey}</span>
    case 'bytes':
      return bytesText(record.bytes)
    case 'payload':
      return <Preview payload={record.payload} />
    default:
      return null
  }
}

function Preview({ payload }: { readonly payload: RecordPayload }) {
  if (payload.kind === 'aggregate') {
    const [first] = payload.records
    return (
      <>
        <Badge>{payload.count} user records</Badge>{' '}
        <span className="mono">{first === undefined ? '' : first.payload.text.slice(0, previewLetters)}</span>
      </>
    )
  }
  return (
    <>
      {payload.kind === 'base64' ? <Badge>bytes</Badge> : null}
      {payload.isGzip === true ? <Badge>gzip</Badge> : null}
      <span className="mono"> {payload.text.slice(0, previewLetters)}</span>
    </>
  )
}

const clockTime = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
})

/** Of the day, in the zone of the browser. */
export function timeText(ms: number): string {
  return clockTime.format(ms)
}

/** Local, with date: for details. */
export function dateTimeText(ms: number): string {
  const date = new Date(ms)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${timeText(ms)}`
}
