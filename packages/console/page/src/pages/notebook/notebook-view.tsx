/** A notebook that is open: its cells, what can be done with all of them, and the schema beside them. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type {
  CellDialect,
  DeleteRequest,
  NotebookAnswer,
  NotebookCell,
  SaveAnswer,
  SaveRequest,
} from '../../../../src/protocol/notebook.ts'
import { asApiError, getJson, postJson } from '../../api/client.ts'
import { nextFrame } from '../../kit/clock.ts'
import { Badge, Button, ErrorNote, Note } from '../../kit/controls.tsx'
import { copyText } from '../../kit/copy.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { Menu } from '../../kit/menu.tsx'
import { Empty, Page } from '../../kit/page.tsx'
import { go, hrefOf, Link } from '../../kit/router.ts'
import { useToast } from '../../kit/toast.tsx'
import { takeWish } from '../../kit/wish.ts'
import { useShortcut } from '../../shell/shortcuts.ts'
import { type CellActions, type CellHandle, CellView } from './cell/cell-view.tsx'
import { downloadText } from './download-text.ts'
import { cellsNow, forgetDraft, useNotebook } from './hooks/use-notebook.ts'
import { useRuns } from './hooks/use-runs.ts'
import { renameSession, useIsAnyRunning, useSession } from './hooks/use-session.ts'
import { NameDialog } from './list/name-dialog.tsx'
import { isActive } from './model/cell-results.ts'
import {
  addCell,
  type Cells,
  cellName,
  changeCell,
  dialectNames,
  moveCell,
  newCellId,
  quotedName,
  removeCell,
  textsBefore,
} from './model/edit-cells.ts'
import { PromoteDialog } from './promote-dialog.tsx'
import { SchemaBrowser } from './schema/schema-browser.tsx'

type Asked =
  | { readonly kind: 'rename' | 'copy' | 'delete' }
  | { readonly kind: 'promote'; readonly cell: string }

const noCells: Cells = []
const dialects: readonly CellDialect[] = ['flink', 'kda', 'lake', 'markdown']

export function NotebookView({ name }: { readonly name: string }) {
  const open = useNotebook(name)
  const { session, connection } = useSession(name)
  const cells = open.notebook?.cells ?? noCells
  const runs = useRuns(session, name)
  const isAnyRunning = useIsAnyRunning(session)
  const handles = useRef(new Map<string, CellHandle>())
  /** The same function for a cell each time, so that typing in one renders no other. */
  const holders = useRef(new Map<string, (handle: CellHandle | null) => void>())
  const active = useRef<string | undefined>(undefined)
  /** What was typed just now is in them before it is drawn. */
  const latest = useCallback(() => cellsNow(name), [name])
  const [asked, setAsked] = useState<Asked | undefined>()
  const [removed, setRemoved] = useState<{ readonly cell: NotebookCell; readonly at: number } | undefined>()
  const toast = useToast()
  const { edit } = open
  const hasQueries = cells.some(({ dialect, text }) => dialect !== 'markdown' && text.trim() !== '')
  useEffect(() => {
    if (hasQueries && takeWish(`run ${name}`)) void runs.runAll()
  }, [hasQueries, name, runs])

  const focusCell = useCallback((id: string | undefined, isEdited = false) => {
    if (id === undefined) return
    // A cell that was just added is there after the next render.
    nextFrame(() => {
      const handle = handles.current.get(id)
      if (isEdited) handle?.edit()
      else handle?.focus()
    })
  }, [])
  const holderOf = (id: string) => {
    const known = holders.current.get(id)
    if (known !== undefined) return known
    const holder = (handle: CellHandle | null) => {
      if (handle === null) handles.current.delete(id)
      else handles.current.set(id, handle)
    }
    holders.current.set(id, holder)
    return holder
  }
  const addAt = useCallback(
    (at: number, dialect: CellDialect, text = '') => {
      const id = newCellId(latest())
      edit((now) => addCell(now, at, { id, dialect, text }))
      focusCell(id, true)
    },
    [edit, focusCell, latest],
  )
  const actions = useMemo<CellActions>(() => {
    const placeOf = (id: string) => latest().findIndex((cell) => cell.id === id)
    const goTo = (id: string, step: number) => focusCell(latest()[placeOf(id) + step]?.id)
    return {
      change: (id, changes) => edit((now) => changeCell(now, id, changes)),
      run: (id) => void runs.run(id),
      runAndGoOn: (id) => {
        void runs.run(id)
        const at = placeOf(id)
        const next = latest()[at + 1]
        if (next === undefined) addAt(at + 1, latest()[at]?.dialect ?? 'flink')
        else focusCell(next.id, next.dialect !== 'markdown')
      },
      stop: (id) => void runs.stop(id),
      move: (id, step) => {
        edit((now) => moveCell(now, id, step))
        focusCell(id)
      },
      add: (id, place) => {
        const at = placeOf(id)
        addAt(place === 'above' ? at : at + 1, latest()[at]?.dialect ?? 'flink')
      },
      remove: (id) => {
        const at = placeOf(id)
        const cell = latest()[at]
        if (cell === undefined) return
        const neighbour = latest()[at + 1] ?? latest()[at - 1]
        if (isActive(session.results.get(id))) void runs.stop(id)
        setRemoved({ cell, at })
        edit((now) => removeCell(now, id))
        focusCell(neighbour?.id)
      },
      promote: (cell) => setAsked({ kind: 'promote', cell }),
      setFrom: runs.setFrom,
      focused: (id) => {
        active.current = id
      },
      goTo,
    }
  }, [edit, runs, addAt, focusCell, session, latest])

  const save = async () => {
    if (await open.save()) toast('ok', `Saved: ${name}.`)
  }
  const onActive = (act: (id: string) => void) => () => {
    const id = active.current ?? latest()[0]?.id
    if (id !== undefined) act(id)
  }
  useShortcut('Mod-s', 'Save the notebook', () => void save())
  useShortcut('Mod-enter', 'Run the cell', onActive(actions.run))
  useShortcut(
    'a',
    'Add a cell above',
    onActive((id) => actions.add(id, 'above')),
  )
  useShortcut(
    'b',
    'Add a cell below',
    onActive((id) => actions.add(id, 'below')),
  )
  useShortcut(
    'j',
    'Next cell',
    onActive((id) => actions.goTo(id, 1)),
  )
  useShortcut(
    'k',
    'Previous cell',
    onActive((id) => actions.goTo(id, -1)),
  )
  useShortcut(
    'J',
    'Move the cell down',
    onActive((id) => actions.move(id, 1)),
  )
  useShortcut(
    'K',
    'Move the cell up',
    onActive((id) => actions.move(id, -1)),
  )
  useShortcut('d d', 'Delete the cell', onActive(actions.remove))

  const insertName = (...parts: readonly string[]) => {
    const cell =
      latest().find(({ id }) => id === active.current) ??
      latest().find(({ dialect }) => dialect !== 'markdown')
    const text = quotedName(cell?.dialect, parts)
    if (cell === undefined) addAt(0, 'flink', text)
    else handles.current.get(cell.id)?.insert(text)
  }
  const insertStatement = (dialect: CellDialect, text: string) => {
    const at = latest().findIndex(({ id }) => id === active.current)
    const cell = latest()[at]
    if (cell === undefined || cell.text.trim() !== '') {
      addAt(at < 0 ? latest().length : at + 1, dialect, text)
      return
    }
    edit((now) => changeCell(now, cell.id, { dialect, text }))
    focusCell(cell.id, true)
  }
  const saveAs = async (other: string, isRenamed: boolean) => {
    const request: SaveRequest = { notebook: { name: other, cells: latest() } }
    await postJson<SaveAnswer>('/admin/notebook/save', request)
    if (isRenamed && open.version !== undefined) {
      const gone: DeleteRequest = { name, version: open.version }
      await postJson('/admin/notebook/delete', gone)
      renameSession(name, other)
    }
    forgetDraft(name)
    go(hrefOf(['notebook', other]), { replace: isRenamed })
  }
  const remove = async () => {
    try {
      if (open.version !== undefined) {
        const gone: DeleteRequest = { name, version: open.version }
        await postJson('/admin/notebook/delete', gone)
      }
      await runs.stopAll()
      forgetDraft(name)
      toast('ok', `Deleted: ${name}.`)
      go(hrefOf(['notebook']))
    } catch (failure) {
      toast('bad', asApiError(failure).message)
      setAsked(undefined)
    }
  }
  /** The file as it is on disk: what is not saved is saved first. */
  const share = async (how: 'download' | 'copy') => {
    if (open.isUnsaved && !(await open.save())) return
    try {
      const { text, file } = await getJson<NotebookAnswer>('/admin/notebook', { name })
      if (how === 'download') downloadText(file.split(/[/\\]/).at(-1) ?? name, text)
      else if (await copyText(text)) toast('ok', 'Copied: the text of the file.')
      else toast('bad', 'The browser did not let the page copy.')
    } catch (failure) {
      toast('bad', asApiError(failure).message)
    }
  }
  const { notebook } = open
  return (
    <Page
      title={
        <>
          <Link className="crumb" href={hrefOf(['notebook'])}>
            Notebook
          </Link>{' '}
          / {name}
        </>
      }
      about={
        <>
          {open.isUnsaved ? <Badge tone="warn">not saved</Badge> : null}
          {connection === 'lost' ? <Badge tone="bad">connection lost, trying again</Badge> : null}
        </>
      }
      actions={
        <>
          <Button onClick={() => void runs.runAll()} disabled={!hasQueries}>
            Run all
          </Button>
          <Button onClick={() => void runs.stopAll()} disabled={!isAnyRunning}>
            Stop all
          </Button>
          <Menu
            label="File"
            items={[
              { label: 'Download', onChoose: () => void share('download') },
              { label: 'Copy its text', onChoose: () => void share('copy') },
              { label: 'Rename', onChoose: () => setAsked({ kind: 'rename' }) },
              { label: 'Save a copy', onChoose: () => setAsked({ kind: 'copy' }) },
              { label: 'Delete', onChoose: () => setAsked({ kind: 'delete' }) },
            ]}
          />
          <Button
            look="primary"
            title="Save (Ctrl-S)"
            onClick={() => void save()}
            disabled={!open.isUnsaved || open.isSaving}
          >
            {open.isSaving ? 'Saving…' : 'Save'}
          </Button>
        </>
      }
    >
      {open.isConflict ? null : <ErrorNote error={open.error} />}
      {open.isConflict ? (
        <Note tone="warn" code={open.error?.code ?? ''}>
          {open.error?.message}
          <span className="note-actions">
            <Button onClick={() => void open.overwrite()}>Save over the other one</Button>
            <Button onClick={() => void open.reload()}>Load the other one, lose my changes</Button>
            <Button onClick={() => setAsked({ kind: 'copy' })}>Save mine as a copy</Button>
          </span>
        </Note>
      ) : null}
      <div className="notebook">
        <div className="cells">
          {cells.map((cell, place) => (
            <CellView
              key={cell.id}
              ref={holderOf(cell.id)}
              cell={cell}
              name={cellName(cells, cell.id)}
              place={place}
              session={session}
              before={JSON.stringify(textsBefore(cells, cell.id))}
              actions={actions}
            />
          ))}
          {notebook !== undefined && cells.length === 0 ? (
            <Empty>This notebook has no cells yet.</Empty>
          ) : null}
          {removed === undefined ? null : (
            <RemovedNote
              name={removed.cell.title ?? dialectNames[removed.cell.dialect]}
              onUndo={() => {
                edit((now) => addCell(now, Math.min(removed.at, now.length), removed.cell))
                setRemoved(undefined)
                focusCell(removed.cell.id)
              }}
              onDismiss={() => setRemoved(undefined)}
            />
          )}
          {notebook === undefined ? null : (
            <fieldset className="add-cells" aria-label="Add a cell at the end">
              <span className="muted">Add</span>
              {dialects.map((dialect) => (
                <Button key={dialect} onClick={() => addAt(latest().length, dialect)}>
                  {dialectNames[dialect]}
                </Button>
              ))}
            </fieldset>
          )}
        </div>
        <SchemaBrowser insertName={insertName} insertStatement={insertStatement} />
      </div>
      {asked?.kind === 'rename' || asked?.kind === 'copy' ? (
        <NameDialog
          title={asked.kind === 'rename' ? 'Rename the notebook' : 'Save a copy'}
          verb={asked.kind === 'rename' ? 'Rename' : 'Save'}
          initial={asked.kind === 'rename' ? name : `${name}-copy`}
          onName={(other) => saveAs(other, asked.kind === 'rename')}
          onClose={() => setAsked(undefined)}
        />
      ) : null}
      {asked?.kind === 'delete' ? (
        <Dialog
          title={`Delete ${name}?`}
          onClose={() => setAsked(undefined)}
          actions={
            <>
              <Button onClick={() => setAsked(undefined)}>Keep it</Button>
              <Button look="danger" onClick={() => void remove()}>
                Delete the file
              </Button>
            </>
          }
        >
          <p>
            Its file is removed: <code>{open.file}</code>. Cells that run are stopped.
          </p>
        </Dialog>
      ) : null}
      {asked?.kind === 'promote' ? (
        <PromoteDialog
          cellName={cellName(cells, asked.cell)}
          text={cells.find(({ id }) => id === asked.cell)?.text ?? ''}
          before={textsBefore(cells, asked.cell)}
          onClose={() => setAsked(undefined)}
        />
      ) : null}
    </Page>
  )
}

function RemovedNote({
  name,
  onUndo,
  onDismiss,
}: {
  readonly name: string
  readonly onUndo: () => void
  readonly onDismiss: () => void
}) {
  return (
    <Note>
      Deleted: {name}.
      <span className="note-actions">
        <Button onClick={onUndo}>Undo</Button>
        <Button look="plain" onClick={onDismiss}>
          Dismiss
        </Button>
      </span>
    </Note>
  )
}
