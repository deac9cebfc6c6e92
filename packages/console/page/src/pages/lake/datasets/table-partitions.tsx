/** The partitions of a table: values of its keys, what lies in each, and the way to their files. */
import type { PartitionEntry, PartitionsAnswer } from '../../../../../src/protocol/lake.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote } from '../../../kit/controls.tsx'
import { Grid } from '../../../kit/grid.tsx'
import { bytesText, countText } from '../../../kit/numbers.ts'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { timeText } from '../lake-text.ts'
import { usePages } from '../use-pages.ts'
import type { TablePlace } from './table-place.ts'

const path = '/admin/catalog/partitions'

export function TablePartitions({ database, name }: TablePlace) {
  const pages = usePages<PartitionEntry, PartitionsAnswer>(
    path,
    { database, name, limit: 500 },
    (answer) => answer.partitions,
  )
  const { data } = useApi<PartitionsAnswer>(path, { database, name, limit: 1 })
  const keys = data?.keys ?? []
  const hrefTo = ({ values }: PartitionEntry) =>
    hrefOf(['lake', 'tables', database, name], { tab: 'files', partition: JSON.stringify(values) })
  return (
    <div className="lake-part">
      <ErrorNote error={pages.error} />
      <Grid
        label={`Partitions of ${name}`}
        columns={[
          ...keys.map((key) => ({ name: `key ${key}`, title: key })),
          { name: 'files', title: 'Files', align: 'right', width: 90 } as const,
          { name: 'rows', title: 'Rows', align: 'right', width: 110 } as const,
          { name: 'bytes', title: 'Size', align: 'right', width: 110 } as const,
          { name: 'updatedAt', title: 'Changed (UTC)', width: 170 } as const,
          { name: 'open', title: '', width: 110 } as const,
        ]}
        rows={pages.rows}
        rowKey={({ values }) => JSON.stringify(values)}
        onOpen={(row) => go(hrefTo(row))}
        cell={(row, column) => {
          const key = keys.findIndex((each) => `key ${each}` === column)
          if (key >= 0) return <span className="mono">{row.values[key]}</span>
          switch (column) {
            case 'files':
              return countText(row.files)
            case 'rows':
              return countText(row.rows)
            case 'bytes':
              return bytesText(row.bytes)
            case 'updatedAt':
              return timeText(row.updatedAt)
            default:
              return <Link href={hrefTo(row)}>Show files</Link>
          }
        }}
        empty={pages.loading ? 'Reading partitions...' : 'No partitions yet: the first file makes one.'}
      />
      {pages.hasMore ? <Button onClick={pages.loadMore}>Load more</Button> : null}
    </div>
  )
}
