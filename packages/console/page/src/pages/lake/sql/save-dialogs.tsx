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
import { ApiError, getJson, postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote, SelectField, TextField } from '../../../kit/controls.tsx'
import { Dialog } from '../../../kit/dialog.tsx'
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
  const { error, isBusy, run } = useWork()
  const toast = useToast()
  const save = () =>
    run(async () => {
      await postJson('/admin/query/saved', { name, sql })
      toast('ok', `Saved. Run it with: millrace query --run ${name}`)
      onSaved()
      onClose()
    })
  return (
    <Dialog
      title="Save query"
      onClose={onClose}
      actions={
        <Button look="primary" disabled={isBusy || name === ''} type="submit" form="save-query">
          Save
        </Button>
      }
    >
      <form
        id="save-query"
        className="lake-form"
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <TextField
          label="Name: letters, digits, - and _"
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <p className="muted">
          A query of that name is replaced. It is the file queries/{name || 'NAME'}.sql of the data directory.
        </p>
        <ErrorNote error={error} />
      </form>
    </Dialog>
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
  const { error, isBusy, run } = useWork()
  const toast = useToast()
  const name = nameOf(title)
  const isComplete = name !== '' && (target !== newOne || nameOf(newTitle) !== '')
  const save = () =>
    run(async () => {
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
    })
  return (
    <Dialog
      title="Save as chart"
      onClose={onClose}
      actions={
        <Button look="primary" disabled={isBusy || !isComplete} type="submit" form="save-chart">
          Save chart
        </Button>
      }
    >
      <form
        id="save-chart"
        className="lake-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (isComplete) save()
        }}
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
        <ErrorNote error={error} />
      </form>
    </Dialog>
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

/** Work that a dialog waits for, with what it failed with. */
export function useWork() {
  const [state, setState] = useState<{ error?: ApiError; isBusy: boolean }>({ isBusy: false })
  const run = async (work: () => Promise<unknown>) => {
    setState({ isBusy: true })
    try {
      await work()
      setState({ isBusy: false })
    } catch (error) {
      setState({
        isBusy: false,
        error: error instanceof ApiError ? error : new ApiError('PAGE_FAILED', String(error), 0),
      })
    }
  }
  return { ...state, error: state.error, run }
}
