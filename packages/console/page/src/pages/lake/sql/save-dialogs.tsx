/** Dialogs that keep what the workbench has: a statement as a saved query, a result as a chart. */
import { useState } from 'react'
import { addTile } from '../../../../../src/protocol/dashboard-grid.ts'
import type {
  ChartAnswer,
  ChartSource,
  DashboardAnswer,
  DashboardsAnswer,
} from '../../../../../src/protocol/dashboards.ts'
import { dashboardLimits } from '../../../../../src/protocol/dashboards.ts'
import type { ResultView } from '../../../../../src/protocol/notebook.ts'
import { getJson, postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { SelectField, TextField } from '../../../kit/controls.tsx'
import { FormDialog } from '../../../kit/form-dialog.tsx'
import { go, hrefOf } from '../../../kit/router.ts'
import { useToast } from '../../../kit/toast.tsx'
import { refreshOptions } from '../dashboards/refresh-options.ts'

const newOne = ' new'

export function SaveQueryDialog({
  sql,
  onClose,
  onSaved,
}: {
  readonly sql: string
  readonly onClose: () => void
  readonly onSaved: () => void
}) {
  const [name, setName] = useState('')
  const toast = useToast()
  const save = async () => {
    await postJson('/admin/query/saved', { name, sql })
    toast('ok', `Saved. Run it with: millrace query --run ${name}`)
    onSaved()
    onClose()
  }
  return (
    <FormDialog title="Save query" verb="Save" isComplete={name !== ''} onSubmit={save} onClose={onClose}>
      <TextField
        label="Name: letters, digits, - and _"
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <p className="muted">
        A query of that name is replaced. It is the file queries/{name || 'NAME'}.sql of the data directory.
      </p>
    </FormDialog>
  )
}

export interface ChartDraft {
  readonly source: ChartSource
  readonly database: string
  readonly view: ResultView
}

/** A chart, and at once a place for it on a dashboard. */
export function SaveChartDialog({
  draft,
  onClose,
}: {
  readonly draft: ChartDraft
  readonly onClose: () => void
}) {
  const [title, setTitle] = useState('')
  const [refresh, setRefresh] = useState('60')
  const [target, setTarget] = useState('')
  const [newTitle, setNewTitle] = useState('')
  const { data } = useApi<DashboardsAnswer>('/admin/dashboards')
  const toast = useToast()
  const name = nameOf(title)
  const isComplete = name !== '' && (target !== newOne || nameOf(newTitle) !== '')
  const save = async () => {
    const { source, database, view } = draft
    const refreshSeconds = refresh === '' ? null : Number(refresh)
    const rows = dashboardLimits.rowsDefault
    const chart = {
      name,
      title,
      source,
      view,
      rows,
      refreshSeconds,
      ...(database === 'default' ? {} : { database }),
    }
    await postJson<ChartAnswer>('/admin/charts', { chart, version: 0 })
    const dashboard = target === newOne ? nameOf(newTitle) : target
    if (target === newOne)
      await postJson('/admin/dashboards', {
        dashboard: { name: dashboard, title: newTitle, tiles: [] },
        version: 0,
      })
    onClose()
    if (dashboard === '') return toast('ok', `Saved the chart "${title}".`)
    await placeChart(dashboard, name)
    go(hrefOf(['lake', 'dashboards', dashboard]))
  }
  return (
    <FormDialog
      title="Save as chart"
      verb="Save chart"
      isComplete={isComplete}
      onSubmit={save}
      onClose={onClose}
    >
      <TextField
        label="Title"
        value={title}
        onChange={({ currentTarget }) => setTitle(currentTarget.value)}
      />
      <SelectField
        label="Asked again"
        options={refreshOptions}
        value={refresh}
        onChange={({ currentTarget }) => setRefresh(currentTarget.value)}
      />
      <SelectField
        label="Dashboard"
        options={[
          ['', 'none yet'],
          ...(data?.dashboards ?? []).map((each) => [each.name, each.title] as const),
          [newOne, 'a new one'],
        ]}
        value={target}
        onChange={({ currentTarget }) => setTarget(currentTarget.value)}
      />
      {target === newOne ? (
        <TextField
          label="Title of the dashboard"
          value={newTitle}
          onChange={({ currentTarget }) => setNewTitle(currentTarget.value)}
        />
      ) : null}
    </FormDialog>
  )
}

/** The newest version of the dashboard with the chart at its first free place. */
export async function placeChart(dashboard: string, chart: string): Promise<void> {
  const path = '/admin/dashboards/dashboard'
  const { dashboard: now } = await getJson<DashboardAnswer>(path, { name: dashboard })
  const { version, updatedAt: _then, ...rest } = now
  const tiles = addTile(rest.tiles, { id: freeId(rest.tiles), chart, width: 6, height: 7 })
  await postJson<DashboardAnswer>('/admin/dashboards', { dashboard: { ...rest, tiles }, version })
}

export function freeId(tiles: readonly { readonly id: string }[]): string {
  for (let n = tiles.length + 1; ; n++) if (!tiles.some(({ id }) => id === `tile-${n}`)) return `tile-${n}`
}

/** A name made of a title: `Orders by shop` is `orders-by-shop`. */
export function nameOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, dashboardLimits.nameLength)
}
