/** A dashboard: its charts on a grid, each refreshed by itself; and the mode in which it is changed. */
import { type PointerEvent, useMemo, useRef, useState } from 'react'
import {
  addTile,
  moveTile,
  nudgeTile,
  removeTile,
  resizeTile,
} from '../../../../../src/protocol/dashboard-grid.ts'
import {
  type Chart,
  type ChartsAnswer,
  type DashboardAnswer,
  dashboardLimits,
  type Kept,
  type Tile,
} from '../../../../../src/protocol/dashboards.ts'
import { type ApiError, asApiError, getJson, postJson } from '../../../api/client.ts'
import { useApi } from '../../../api/use-api.ts'
import { Button, ErrorNote, Note, SelectField, TextField } from '../../../kit/controls.tsx'
import { Dialog } from '../../../kit/dialog.tsx'
import { Menu } from '../../../kit/menu.tsx'
import { Empty, Page } from '../../../kit/page.tsx'
import { go, hrefOf, Link } from '../../../kit/router.ts'
import { Skeleton } from '../../../kit/skeleton.tsx'
import { useToast } from '../../../kit/toast.tsx'
import { useShortcut } from '../../../shell/shortcuts.ts'
import { saveFile } from '../sql/download.ts'
import { freeId } from '../sql/save-dialogs.tsx'
import { ChartDialog } from './chart-dialog.tsx'
import { ChartTile } from './chart-tile.tsx'
import { PlaceTools, TitleTools } from './tile-tools.tsx'
import { useChartData } from './use-chart-data.ts'
import '../lake.css'

const rowHeight = 40
const gap = 12
const newTile = { width: 6, height: 7 }

interface Draft {
  readonly title: string
  readonly tiles: readonly Tile[]
}

export function DashboardView({ name, query }: { readonly name: string; readonly query: URLSearchParams }) {
  const { data, error, reload } = useApi<DashboardAnswer>('/admin/dashboards/dashboard', { name })
  const isEditing = query.get('edit') === 'true'
  const [draft, setDraft] = useState<Draft | undefined>()
  const [conflict, setConflict] = useState<ApiError | undefined>()
  const [isRemoving, setRemoving] = useState(false)
  const [editedChart, setEditedChart] = useState<string | undefined>()
  const all = useApi<ChartsAnswer>(isEditing ? '/admin/charts' : undefined)
  const toast = useToast()
  const kept = data?.dashboard
  const board: Draft | undefined = isEditing && draft !== undefined ? draft : kept
  const charts = useMemo(() => {
    const known = new Map((all.data?.charts ?? []).map((chart) => [chart.name, chart]))
    for (const chart of data?.charts ?? []) known.set(chart.name, chart)
    return known
  }, [all.data, data])
  const shown = useMemo(
    () =>
      [...new Set(board?.tiles.map(({ chart }) => chart))].flatMap((each): Kept<Chart>[] => {
        const chart = charts.get(each)
        return chart === undefined ? [] : [chart]
      }),
    [board?.tiles, charts],
  )
  const answers = useChartData(shown)
  const edit = (on: boolean) => {
    setDraft(undefined)
    setConflict(undefined)
    go(hrefOf(['lake', 'dashboards', name], { edit: on ? 'true' : undefined }), { replace: true })
  }
  useShortcut('r', 'Refresh all charts', () => answers.refresh())
  useShortcut('e', 'Edit the dashboard, or leave without saving', () => edit(!isEditing))
  const change = (of: (tiles: readonly Tile[]) => readonly Tile[]) =>
    setDraft((now) => {
      const before = now ?? kept
      return before === undefined ? now : { title: before.title, tiles: of(before.tiles) }
    })
  const save = async (over?: number) => {
    if (kept === undefined || board === undefined) return
    const dashboard = { name, title: board.title, tiles: board.tiles }
    try {
      await postJson<DashboardAnswer>('/admin/dashboards', { dashboard, version: over ?? kept.version })
      toast('ok', 'Saved.')
      reload()
      edit(false)
    } catch (failure) {
      const known = asApiError(failure)
      if (known.code === 'DASHBOARD_CHANGED') setConflict(known)
      else toast('bad', `${known.code} ${known.message}`)
    }
  }
  const saveOver = async () => {
    const newest = await getJson<DashboardAnswer>('/admin/dashboards/dashboard', { name })
    await save(newest.dashboard.version)
  }
  const remove = async () => {
    if (kept === undefined) return
    try {
      await postJson('/admin/dashboards/remove', { name, version: kept.version })
      go(hrefOf(['lake', 'dashboards']))
    } catch (failure) {
      toast('bad', failure instanceof Error ? failure.message : String(failure))
    }
  }
  const download = async () => {
    const file = await getJson<object>('/admin/dashboards/export', { name })
    saveFile(`${name}.dashboard.json`, `${JSON.stringify(file, undefined, 2)}\n`, 'application/json')
  }
  const edited = editedChart === undefined ? undefined : charts.get(editedChart)
  return (
    <Page
      title={board?.title ?? name}
      about={<Link href={hrefOf(['lake', 'dashboards'])}>Dashboards</Link>}
      actions={
        isEditing ? (
          <>
            <Button onClick={() => edit(false)}>Cancel</Button>
            <Button look="primary" onClick={() => save()}>
              Save
            </Button>
          </>
        ) : (
          <>
            <Button onClick={() => answers.refresh()} title="r">
              Refresh all
            </Button>
            <Menu
              label="More"
              items={[
                { label: 'Export as a file', onChoose: () => void download().catch(() => {}) },
                { label: 'Remove the dashboard', onChoose: () => setRemoving(true) },
              ]}
            />
            <Button look="primary" onClick={() => edit(true)} title="e">
              Edit
            </Button>
          </>
        )
      }
    >
      <ErrorNote error={error} />
      {conflict === undefined ? null : (
        <Note tone="warn" code={conflict.code}>
          {conflict.message}{' '}
          <Button
            onClick={() => {
              edit(false)
              reload()
            }}
          >
            Load theirs
          </Button>{' '}
          <Button look="danger" onClick={() => void saveOver().catch(() => {})}>
            Save mine over it
          </Button>
        </Note>
      )}
      {isEditing && board !== undefined ? (
        <EditBar
          title={board.title}
          charts={all.data?.charts ?? []}
          onTitle={(title) => setDraft({ title, tiles: board.tiles })}
          onAdd={(chart) => change((tiles) => addTile(tiles, { id: freeId(tiles), chart, ...newTile }))}
        />
      ) : null}
      {board === undefined ? (
        error === undefined && <Skeleton lines={10} />
      ) : board.tiles.length === 0 && !isEditing ? (
        <Empty
          next={
            <>
              <Button onClick={() => edit(true)}>Add saved charts</Button> or{' '}
              <Link href={hrefOf(['lake', 'sql'])}>make one of a statement</Link>
            </>
          }
        >
          Nothing on this dashboard yet.
        </Empty>
      ) : (
        <Board
          tiles={board.tiles}
          charts={charts}
          answers={answers}
          isEditing={isEditing}
          onChange={change}
          onEditChart={setEditedChart}
        />
      )}
      {edited === undefined ? null : (
        <ChartDialog
          chart={edited}
          onClose={() => setEditedChart(undefined)}
          onSaved={() => {
            reload()
            all.reload()
          }}
        />
      )}
      {isRemoving ? (
        <Dialog
          title="Remove the dashboard?"
          onClose={() => setRemoving(false)}
          actions={
            <Button look="danger" onClick={remove}>
              Remove
            </Button>
          }
        >
          <p>Its charts stay; they are under Charts.</p>
        </Dialog>
      ) : null}
    </Page>
  )
}

function EditBar({
  title,
  charts,
  onTitle,
  onAdd,
}: {
  readonly title: string
  readonly charts: readonly Kept<Chart>[]
  readonly onTitle: (title: string) => void
  readonly onAdd: (chart: string) => void
}) {
  const [chosen, setChosen] = useState('')
  const chart = chosen === '' ? charts[0]?.name : chosen
  return (
    <div className="lake-toolbar edit-bar">
      <TextField label="Title" value={title} onChange={({ currentTarget }) => onTitle(currentTarget.value)} />
      {charts.length === 0 ? (
        <Note>
          There are no saved charts yet: <Link href={hrefOf(['lake', 'sql'])}>make one of a statement</Link>.
        </Note>
      ) : (
        <>
          <SelectField
            label="Chart"
            options={charts.map(({ name, title: of }) => [name, of] as const)}
            value={chart ?? ''}
            onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          />
          <Button disabled={chart === undefined} onClick={() => chart !== undefined && onAdd(chart)}>
            Add chart
          </Button>
        </>
      )}
    </div>
  )
}

function Board({
  tiles,
  charts,
  answers,
  isEditing,
  onChange,
  onEditChart,
}: {
  readonly tiles: readonly Tile[]
  readonly charts: ReadonlyMap<string, Kept<Chart>>
  readonly answers: ReturnType<typeof useChartData>
  readonly isEditing: boolean
  readonly onChange: (of: (tiles: readonly Tile[]) => readonly Tile[]) => void
  readonly onEditChart: (name: string) => void
}) {
  const board = useRef<HTMLDivElement>(null)
  /** The tile follows the mouse by whole columns and rows, from where all tiles were when it was taken. */
  const drag = (tile: Tile) => (event: PointerEvent<HTMLElement>) => {
    const width = board.current?.clientWidth
    if (event.button !== 0 || width === undefined) return
    const handle = event.currentTarget
    const { clientX, clientY, pointerId } = event
    const column = (width + gap) / dashboardLimits.columns
    const from = tiles
    handle.setPointerCapture(pointerId)
    const move = (moved: globalThis.PointerEvent) => {
      const x = tile.x + Math.round((moved.clientX - clientX) / column)
      const y = tile.y + Math.round((moved.clientY - clientY) / (rowHeight + gap))
      onChange(() => moveTile(from, tile.id, { x, y }))
    }
    const end = () => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('lostpointercapture', end)
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('lostpointercapture', end)
  }
  return (
    <div ref={board} className={`lake-board ${isEditing ? 'editing' : ''}`}>
      {tiles.map((tile) => {
        const { id, chart: name, x, y, width, height } = tile
        const chart = charts.get(name)
        return (
          <div
            key={id}
            className="lake-place"
            style={{ gridColumn: `${x + 1} / span ${width}`, gridRow: `${y + 1} / span ${height}` }}
          >
            <ChartTile
              chart={chart}
              name={name}
              state={answers.of(name)}
              height={height * rowHeight + (height - 1) * gap}
              onRefresh={() => answers.refresh(name)}
              tools={
                isEditing
                  ? {
                      beside: (
                        <TitleTools
                          title={chart?.title ?? name}
                          onEdit={chart === undefined ? undefined : () => onEditChart(name)}
                          onRemove={() => onChange((now) => removeTile(now, id))}
                        />
                      ),
                      below: (
                        <PlaceTools
                          title={chart?.title ?? name}
                          onMove={(direction) => onChange((now) => nudgeTile(now, id, direction))}
                          onResize={(columns, rows) =>
                            onChange((now) =>
                              resizeTile(now, id, { width: width + columns, height: height + rows }),
                            )
                          }
                          onRemove={() => onChange((now) => removeTile(now, id))}
                          onDrag={drag(tile)}
                        />
                      ),
                    }
                  : undefined
              }
            />
          </div>
        )
      })}
    </div>
  )
}
