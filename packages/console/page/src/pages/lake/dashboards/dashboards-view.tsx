/** Dashboards that there are, and a new one. */
import { useState } from 'react'
import type { DashboardsAnswer } from '../../../../../src/protocol/dashboards.ts'
import { postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote, TextField } from '../../../kit/controls.tsx'
import { FilterField } from '../../../kit/filter-field.tsx'
import { FormDialog } from '../../../kit/form-dialog.tsx'
import { Grid, type GridColumn } from '../../../kit/grid.tsx'
import { Empty, Panel } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { useNow } from '../../../kit/use-now.ts'
import { useShortcut } from '../../../shell/shortcuts.ts'
import { agoText } from '../lake-text.ts'
import { nameOf } from '../sql/save-dialogs.tsx'
import { ImportButton } from './import-button.tsx'

const columns: readonly GridColumn[] = [
  { name: 'title', title: 'Dashboard', width: '2fr' },
  { name: 'name', title: 'Name', width: '1fr' },
  { name: 'charts', title: 'Charts', align: 'right', width: 90 },
  { name: 'updatedAt', title: 'Changed', align: 'right', width: 120 },
]

export function DashboardsView({ query }: { readonly query: URLSearchParams }) {
  const { data, error, reload } = useApi<DashboardsAnswer>('/admin/dashboards')
  const [isNew, setNew] = useState(false)
  const now = useNow(10_000)
  const filter = query.get('filter') ?? ''
  useShortcut('n', 'New dashboard', () => setNew(true))
  const hrefTo = (name: string) => hrefOf(['lake', 'dashboards', name])
  const shown = (data?.dashboards ?? []).filter(({ name, title }) =>
    `${name} ${title}`.toLowerCase().includes(filter.toLowerCase()),
  )
  return (
    <>
      <div className="lake-toolbar">
        <FilterField
          label="Filter dashboards"
          placeholder="Filter dashboards"
          value={filter}
          onChange={(text) =>
            go(hrefOf(['lake', 'dashboards'], { filter: text === '' ? undefined : text }), { replace: true })
          }
        />
        <span className="actions">
          <ImportButton onDone={reload} />
          <Button look="primary" onClick={() => setNew(true)} title="n">
            New dashboard
          </Button>
        </span>
      </div>
      <ErrorNote error={error} />
      <Panel flush>
        <Grid
          label="Dashboards"
          columns={columns}
          rows={shown}
          rowKey={({ name }) => name}
          onOpen={({ name }) => go(hrefTo(name))}
          cell={(row, column) => {
            if (column === 'title') return <Link href={hrefTo(row.name)}>{row.title}</Link>
            if (column === 'name') return <span className="mono">{row.name}</span>
            return column === 'charts' ? row.charts : agoText(row.updatedAt, now)
          }}
          empty={
            data === undefined ? (
              'Reading dashboards...'
            ) : filter === '' ? (
              <Empty
                next={
                  <>
                    <Link href={hrefOf(['lake', 'sql'])}>Run a statement</Link> and choose "Save as chart"; or
                    import a file: <code>millrace dashboard import FILE</code>
                  </>
                }
              >
                No dashboards yet. A dashboard shows saved charts, each refreshed by itself.
              </Empty>
            ) : (
              `No dashboard has "${filter}" in its title.`
            )
          }
        />
      </Panel>
      {isNew ? <NewDashboard onClose={() => setNew(false)} /> : null}
    </>
  )
}

function NewDashboard({ onClose }: { readonly onClose: () => void }) {
  const [title, setTitle] = useState('')
  const name = nameOf(title)
  const make = async () => {
    await postJson('/admin/dashboards', { dashboard: { name, title, tiles: [] }, version: 0 })
    go(hrefOf(['lake', 'dashboards', name], { edit: 'true' }))
  }
  return (
    <FormDialog
      title="New dashboard"
      verb="Make it"
      isComplete={name !== ''}
      onSubmit={make}
      onClose={onClose}
    >
      <TextField
        label="Title"
        value={title}
        onChange={({ currentTarget }) => setTitle(currentTarget.value)}
      />
      <p className="muted">Its name, for addresses and commands: {name === '' ? '–' : name}</p>
    </FormDialog>
  )
}
