/** Who reads the stream, and where each is in each shard. */
import type { ReaderPositions, StreamReader } from '../../../../src/protocol/streams.ts'
import { CopyButton } from '../../kit/copy.tsx'
import { Grid, type GridColumn } from '../../kit/grid.tsx'
import { countText, durationText } from '../../kit/numbers.ts'
import { Empty, Panel } from '../../kit/page.tsx'
import { hrefOf, Link } from '../../kit/router.ts'
import { Skeleton } from '../../kit/skeleton.tsx'
import { AgeBadge } from './stream-list.tsx'
import { withValues } from './stream-place.ts'
import type { StreamTabProps } from './stream-tab.ts'

const kinds: Readonly<Record<StreamReader['kind'], string>> = {
  query: 'query of the app',
  function: 'function of the app',
  delivery: 'delivery',
  consumer: 'registered consumer (enhanced fan-out)',
  clients: 'clients that poll',
}

export function ReadersTab({ name, query, stream }: StreamTabProps) {
  if (stream === undefined) return <Skeleton lines={5} />
  if (stream.readers.length === 0) {
    const command = `millrace stream read ${name} --from latest --follow`
    return (
      <Empty
        next={
          <>
            Read it: <code>{command}</code> <CopyButton text={command} label="Copy" look="plain" />
          </>
        }
      >
        Nobody reads this stream: no stage of the app, no registered consumer, and no client in the last
        minutes.
      </Empty>
    )
  }
  return (
    <>
      <div className="panel">
        <table className="rows">
          <caption className="hidden-label">Readers of {name}</caption>
          <thead>
            <tr>
              <th scope="col">Reader</th>
              <th scope="col">Kind</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Records behind
              </th>
              <th scope="col" className="number">
                Iterator age
              </th>
            </tr>
          </thead>
          <tbody>
            {stream.readers.map((reader) => (
              <tr key={`${reader.kind} ${reader.name}`}>
                <td>
                  {reader.stage === undefined ? (
                    reader.name
                  ) : (
                    <Link href={hrefOf(['pipeline', reader.stage])}>{reader.name}</Link>
                  )}
                </td>
                <td className="muted">{kinds[reader.kind]}</td>
                <td>
                  <AgeBadge ageMs={reader.ageMs} />
                </td>
                <td className="number">
                  {reader.lagRecords === undefined ? '–' : countText(reader.lagRecords)}
                </td>
                <td className="number">{reader.ageMs === undefined ? '–' : ageText(reader.ageMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {stream.positions.map((positions) => (
        <Panel key={positions.reader.name} title={`Where ${positions.reader.name} is`} flush>
          <Positions name={name} query={query} positions={positions} />
        </Panel>
      ))}
    </>
  )
}

function ageText(ms: number): string {
  return ms === 0 ? '0' : durationText(ms)
}

const columns: readonly GridColumn[] = [
  { name: 'shard', title: 'Shard', align: 'right', width: 70 },
  { name: 'lag', title: 'Records behind', align: 'right', width: 130 },
  { name: 'age', title: 'Iterator age', align: 'right', width: 120 },
  { name: 'after', title: 'Done up to sequence number', width: '1fr' },
]

function Positions({
  name,
  query,
  positions,
}: {
  readonly name: string
  readonly query: URLSearchParams
  readonly positions: ReaderPositions
}) {
  return (
    <Grid
      label={`Positions of ${positions.reader.name}`}
      columns={columns}
      rows={positions.shards}
      rowKey={({ shard }) => String(shard)}
      cell={(place, column) => {
        if (column === 'shard') return place.shard
        if (column === 'lag') return countText(place.lagRecords)
        if (column === 'age') return ageText(place.ageMs)
        if (place.sequenceNumber === undefined) return <span className="muted">at the beginning</span>
        return (
          <Link className="mono" href={withValues(name, query, { tab: 'records', at: place.sequenceNumber })}>
            {place.sequenceNumber}
          </Link>
        )
      }}
    />
  )
}
