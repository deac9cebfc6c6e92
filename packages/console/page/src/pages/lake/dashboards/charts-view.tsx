/** Saved charts: what each shows, on which dashboards it may be put, and the way to its statement. */
import { useState } from 'react'
import type { Chart, ChartsAnswer, Kept } from '../../../../../src/protocol/dashboards.ts'
import { postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote } from '../../../kit/controls.tsx'
import { Drawer } from '../../../kit/drawer.tsx'
import { FilterField } from '../../../kit/filter-field.tsx'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'
import { durationText } from '../../../kit/numbers.ts'
import { Empty, Panel } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { useToast } from '../../../kit/toast.tsx'
import { useNow } from '../../../kit/use-now.ts'
import { agoText } from '../lake-text.ts'
import { ChartDialog } from './chart-dialog.tsx'
import { ChartTileBody } from './chart-tile.tsx'
import { statementHref } from './statement-href.ts'
import { useChartData } from './use-chart-data.ts'

const columns: readonly GridColumn[] = [
  { name: 'title', title: 'Chart', width: '2fr' },
  { name: 'kind', title: 'Shown as', width: 100 },
  { name: 'refresh', title: 'Asked again', width: 130 },
  { name: 'source', title: 'Statement', width: '3fr' },
  { name: 'updatedAt', title: 'Changed', align: 'right', width: 120 },
]

export function ChartsView({ query }: { readonly query: URLSearchParams }) {
  const { data, error, reload } = useApi<ChartsAnswer>('/admin/charts')
  const now = useNow(10_000)
  const filter = query.get('filter') ?? ''
  const name = query.get('name') ?? undefined
  const to = (change: Record<string, string | undefined>) =>
    go(hrefOf(['lake', 'charts'], { filter: filter === '' ? undefined : filter, name, ...change }), {
      replace: true,
    })
  const charts = (data?.charts ?? []).filter((chart) =>
    `${chart.name} ${chart.title}`.toLowerCase().includes(filter.toLowerCase()),
  )
  const open = data?.charts.find((chart) => chart.name === name)
  return (
    <>
      <div className="lake-toolbar">
        <FilterField
          label="Filter charts"
          placeholder="Filter charts"
          value={filter}
          onChange={(text) => to({ filter: text === '' ? undefined : text })}
        />
      </div>
      <ErrorNote error={error} />
      <Panel flush>
        <Grid
          label="Charts"
          columns={columns}
          rows={charts}
          rowKey={(chart) => chart.name}
          selected={name}
          onOpen={(chart) => to({ name: chart.name })}
          cell={(chart, column) => cellOf(chart, column, now)}
          empty={
            data === undefined ? (
              'Reading charts...'
            ) : filter === '' ? (
              <Empty next={<Link href={hrefOf(['lake', 'sql'])}>Run a statement, then "Save as chart"</Link>}>
                No charts yet.
              </Empty>
            ) : (
              `No chart has "${filter}" in its title.`
            )
          }
        />
      </Panel>
      {open === undefined ? null : (
        <ChartDrawer
          key={open.name}
          chart={open}
          onClose={() => to({ name: undefined })}
          onChanged={reload}
        />
      )}
    </>
  )
}

function cellOf(
  { title, view, refreshSeconds, source, updatedAt }: Kept<Chart>,
  column: string,
  now: number,
) {
  switch (column) {
    case 'title':
      return title
    case 'kind':
      return view.kind
    case 'refresh':
      return refreshSeconds === null ? 'by hand' : `every ${durationText(refreshSeconds * 1_000)}`
    case 'source':
      return source.kind === 'saved' ? (
        `saved query ${source.query}`
      ) : (
        <span className="mono muted">{source.sql.trim().replace(/\s+/g, ' ').slice(0, 300)}</span>
      )
    default:
      return agoText(updatedAt, now)
  }
}

function ChartDrawer({
  chart,
  onClose,
  onChanged,
}: {
  readonly chart: Kept<Chart>
  readonly onClose: () => void
  readonly onChanged: () => void
}) {
  const [isEditing, setEditing] = useState(false)
  const data = useChartData([chart])
  const toast = useToast()
  const remove = async () => {
    try {
      await postJson('/admin/charts/remove', { name: chart.name, version: chart.version })
      toast('ok', `Removed the chart "${chart.title}".`)
      onClose()
    } catch (error) {
      toast('bad', error instanceof Error ? error.message : String(error))
    }
    onChanged()
  }
  return (
    <Drawer
      title={chart.title}
      wide
      onClose={onClose}
      actions={
        <>
          <Button onClick={() => setEditing(true)}>Edit</Button>
          <Link className="button" href={statementHref(chart)}>
            Open statement
          </Link>
          <Button look="danger" onClick={remove}>
            Remove
          </Button>
        </>
      }
    >
      <ChartTileBody chart={chart} state={data.of(chart.name)} height={320} />
      {isEditing ? <ChartDialog chart={chart} onClose={() => setEditing(false)} onSaved={onChanged} /> : null}
    </Drawer>
  )
}
