/** The history of an Iceberg table: what each commit did, and a query of the table as it was then. */
import type { SnapshotEntry, SnapshotsAnswer } from '../../../../../src/protocol/lake.ts'
import { useApi } from '../../../api/use-api.ts'
import { Badge, ErrorNote } from '../../../kit/controls.tsx'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'
import { countText } from '../../../kit/numbers.ts'
import { hrefOf, Link } from '../../../kit/router.ts'
import { tableName, timeText } from '../lake-text.ts'
import type { TablePlace } from './table-place.ts'

const columns: readonly GridColumn[] = [
  { name: 'number', title: 'Number', align: 'right', width: 80 },
  { name: 'committedAt', title: 'Committed (UTC)', width: 160 },
  { name: 'operation', title: 'Operation', width: 110 },
  { name: 'added', title: 'Rows added', align: 'right', width: 100 },
  { name: 'removed', title: 'Rows removed', align: 'right', width: 120 },
  { name: 'total', title: 'Rows', align: 'right', width: 100 },
  { name: 'refs', title: '', width: '1fr' },
  { name: 'query', title: '', width: 120 },
]

export function TableSnapshots({ database, name }: TablePlace) {
  const { data, error, loading } = useApi<SnapshotsAnswer>('/admin/catalog/snapshots', { database, name })
  return (
    <div className="lake-part">
      <ErrorNote error={error} />
      {data === undefined || data.partitionedBy.length === 0 ? null : (
        <p className="muted">New files are partitioned by {data.partitionedBy.join(', ')}.</p>
      )}
      <Grid
        label={`Snapshots of ${name}`}
        columns={columns}
        rows={data?.snapshots ?? []}
        rowKey={({ id }) => id}
        cell={(snapshot, column) => cellOf(snapshot, column, { database, name })}
        empty={loading ? 'Reading the metadata...' : 'No commit yet: the table is empty.'}
      />
    </div>
  )
}

function cellOf(
  { number, committedAt, operation, summary, isCurrent, refs }: SnapshotEntry,
  column: string,
  { database, name }: TablePlace,
) {
  const count = (of: string) => (summary[of] === undefined ? '' : countText(Number(summary[of])))
  switch (column) {
    case 'number':
      return number
    case 'committedAt':
      return timeText(committedAt)
    case 'operation':
      return operation
    case 'added':
      return count('added-records')
    case 'removed':
      return count('added-position-deletes') || count('deleted-records')
    case 'total':
      return count('total-records')
    case 'refs':
      return (
        <>
          {isCurrent ? <Badge tone="ok">current</Badge> : null}
          {refs.map((ref) => (
            <Badge key={ref}>{ref}</Badge>
          ))}
        </>
      )
    default: {
      const sql = `SELECT * FROM "${name}@${number}" LIMIT 100`
      return (
        <Link
          aria-label={`Query ${tableName(database, name)} as of ${number}`}
          href={hrefOf(['lake', 'sql'], { sql, database })}
        >
          Query as of
        </Link>
      )
    }
  }
}
