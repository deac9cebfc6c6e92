/** A cell: its text, how it runs, what came of it. */
import { type KeyboardEvent, memo, type Ref, useCallback, useImperativeHandle, useRef, useState } from 'react'
import type {
  CellDialect,
  CompleteAnswer,
  CompleteRequest,
  Mark,
  NotebookCell,
  ResultView,
} from '../../../../../src/protocol/notebook.ts'
import { postJson } from '../../../api/client.ts'
import { nextFrame } from '../../../kit/clock.ts'
import { Badge, Button, Note, SelectField } from '../../../kit/controls.tsx'
import { Editor, type EditorHandle } from '../../../kit/editor.tsx'
import { Menu } from '../../../kit/menu.tsx'
import { useCheck } from '../hooks/use-check.ts'
import { type Session, useCellResult } from '../hooks/use-session.ts'
import { type CellResult, isActive } from '../model/cell-results.ts'
import { dialectNames } from '../model/edit-cells.ts'
import { CellStatus } from './cell-status.tsx'
import { MarkdownView } from './markdown-view.tsx'
import { ChartChoice, ResultChart } from './result-chart.tsx'
import { ResultTable } from './result-table.tsx'

/** What a cell can ask of its notebook; all of them name the cell. */
export interface CellActions {
  readonly change: (
    id: string,
    changes: { readonly [Name in keyof NotebookCell]?: NotebookCell[Name] | undefined },
  ) => void
  readonly run: (id: string) => void
  readonly runAndGoOn: (id: string) => void
  readonly stop: (id: string) => void
  readonly move: (id: string, step: number) => void
  readonly add: (id: string, place: 'above' | 'below') => void
  readonly remove: (id: string) => void
  readonly promote: (id: string) => void
  readonly setFrom: (id: string, from: 'earliest' | 'latest') => void
  readonly focused: (id: string) => void
  readonly goTo: (id: string, step: number) => void
}

export interface CellHandle {
  /** The frame around it, where keys are commands. */
  focus(): void
  edit(): void
  insert(text: string): void
}

export interface CellViewProps {
  readonly cell: NotebookCell
  readonly name: string
  readonly place: number
  readonly session: Session
  /** Texts above of its dialect, as JSON: the same text as long as nothing changes. */
  readonly before: string
  readonly actions: CellActions
  readonly ref?: Ref<CellHandle>
}

const dialects = Object.entries(dialectNames)
const tableView: ResultView = { kind: 'table' }

export const CellView = memo(function CellView({
  cell,
  name,
  place,
  session,
  before,
  actions,
  ref,
}: CellViewProps) {
  const { id, dialect, text } = cell
  const frame = useRef<HTMLElement>(null)
  const editor = useRef<EditorHandle>(null)
  const [isWritten, setWritten] = useState(text === '')
  const result = useCellResult(session, id)
  const isText = dialect === 'markdown'
  const isShown = isText && !isWritten
  // It was made from a list of texts.
  const texts = JSON.parse(before) as readonly string[]
  const [turn, setTurn] = useState(0)
  const check = useCheck({ dialect, text, before: texts }, turn)
  const isSame = result.text === undefined || result.text === text
  const marks = check.marks.length > 0 || !isSame ? check.marks : result.marks
  const view = cell.view ?? tableView

  useImperativeHandle(ref, () => ({
    focus: () => frame.current?.focus(),
    edit: () => enter(),
    insert: (inserted) => editor.current?.insert(inserted),
  }))
  const complete = useCallback(
    async (now: string, position: number) => {
      const request: CompleteRequest = {
        dialect,
        text: now,
        position,
        before: JSON.parse(before) as readonly string[],
      }
      try {
        return await postJson<CompleteAnswer>('/admin/notebook/complete', request)
      } catch {
        // Nothing is offered; writing goes on.
        return undefined
      }
    },
    [dialect, before],
  )
  const run = () => {
    if (isText) {
      setWritten(false)
      frame.current?.focus()
      return
    }
    setTurn((now) => now + 1)
    actions.run(id)
  }
  const runAndGoOn = () => {
    if (isText) setWritten(false)
    actions.runAndGoOn(id)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.defaultPrevented) return
    const isFrame = event.target === event.currentTarget
    if (event.key === 'Escape' && !isFrame) {
      event.preventDefault()
      frame.current?.focus()
      return
    }
    if (!isFrame) return
    const commands: Readonly<Record<string, () => void>> = {
      Enter: event.ctrlKey || event.metaKey ? run : event.shiftKey ? runAndGoOn : () => enter(),
      ArrowDown: event.altKey ? () => actions.move(id, 1) : () => actions.goTo(id, 1),
      ArrowUp: event.altKey ? () => actions.move(id, -1) : () => actions.goTo(id, -1),
      Delete: () => actions.remove(id),
    }
    const command = commands[event.key]
    if (command === undefined) return
    event.preventDefault()
    command()
  }
  const enter = () => {
    // At once where it is there, so that no key is lost; a text that is shown has its editor after the next render.
    if (editor.current !== null) {
      editor.current.focus()
      return
    }
    setWritten(true)
    nextFrame(() => editor.current?.focus())
  }
  return (
    <section
      ref={frame}
      className="cell panel"
      aria-label={`Cell ${place + 1}: ${name}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys on the frame are commands for the cell
      tabIndex={0}
      onKeyDown={onKeyDown}
      onFocus={({ currentTarget, relatedTarget }) => {
        actions.focused(id)
        if (!currentTarget.contains(relatedTarget)) setTurn((now) => now + 1)
      }}
    >
      <header className="cell-head">
        {isText ? (
          <Button onClick={() => (isShown ? enter() : run())}>{isShown ? 'Edit' : 'Show'}</Button>
        ) : (
          <RunButton
            result={result}
            isEmpty={text.trim() === ''}
            onRun={run}
            onStop={() => actions.stop(id)}
          />
        )}
        <SelectField
          label="Dialect"
          hideLabel
          options={dialects}
          value={dialect}
          onChange={({ currentTarget }) =>
            // The options are the names of dialects.
            actions.change(id, { dialect: currentTarget.value as CellDialect })
          }
        />
        <input
          className="cell-title"
          aria-label="Title"
          placeholder={isText ? '' : 'Title'}
          value={cell.title ?? ''}
          maxLength={120}
          onChange={({ currentTarget: { value } }) =>
            actions.change(id, { title: value === '' ? undefined : value })
          }
        />
        <div className="actions">
          {dialect === 'flink' || dialect === 'kda' ? (
            <SelectField
              label="Where reading begins"
              hideLabel
              title="Where reading begins when it runs"
              options={[
                ['earliest', 'from start'],
                ['latest', 'from now'],
              ]}
              defaultValue="earliest"
              onChange={({ currentTarget }) =>
                actions.setFrom(id, currentTarget.value === 'latest' ? 'latest' : 'earliest')
              }
            />
          ) : null}
          <Button
            look="plain"
            aria-label="Move up"
            title="Move up (Alt-Up)"
            onClick={() => actions.move(id, -1)}
          >
            ↑
          </Button>
          <Button
            look="plain"
            aria-label="Move down"
            title="Move down (Alt-Down)"
            onClick={() => actions.move(id, 1)}
          >
            ↓
          </Button>
          <Menu
            label="Cell"
            look="plain"
            items={[
              { label: 'Add a cell above', hint: 'a', onChoose: () => actions.add(id, 'above') },
              { label: 'Add a cell below', hint: 'b', onChoose: () => actions.add(id, 'below') },
              ...(dialect === 'flink'
                ? [{ label: 'Make it a query of the app', onChoose: () => actions.promote(id) }]
                : []),
              { label: 'Delete', hint: 'Del', onChoose: () => actions.remove(id) },
            ]}
          />
        </div>
      </header>
      {isShown ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the button Edit
        <div className="cell-text" onDoubleClick={enter}>
          {text.trim() === '' ? (
            <p className="muted">Nothing is written here yet.</p>
          ) : (
            <MarkdownView text={text} />
          )}
        </div>
      ) : (
        <Editor
          ref={editor}
          label={`${dialectNames[dialect]} of cell ${place + 1}`}
          language={isText ? 'text' : 'sql'}
          value={text}
          onChange={(next) => actions.change(id, { text: next })}
          onRun={run}
          onRunAndGoOn={runAndGoOn}
          marks={marks}
          {...(isText ? {} : { complete })}
          minLines={isText ? 3 : 2}
          hint={isText ? '# A heading, *words*, `code`, lists' : hints[dialect]}
        />
      )}
      {isText ? null : (
        <ResultPart
          name={name}
          result={result}
          marks={marks}
          isEdited={!isSame && result.state !== 'idle'}
          view={view}
          onView={(next) => actions.change(id, { view: next })}
        />
      )}
    </section>
  )
})

const hints: Readonly<Record<CellDialect, string>> = {
  flink: 'SELECT * FROM ...   (Ctrl-Enter runs it, Ctrl-Space completes)',
  kda: 'SELECT STREAM * FROM ...   (Ctrl-Enter runs it, Ctrl-Space completes)',
  lake: 'SELECT * FROM database.table   (Ctrl-Enter runs it, Ctrl-Space completes)',
  markdown: '',
}

function RunButton({
  result,
  isEmpty,
  onRun,
  onStop,
}: {
  readonly result: CellResult
  readonly isEmpty: boolean
  readonly onRun: () => void
  readonly onStop: () => void
}) {
  if (isActive(result))
    return (
      <Button className="run" onClick={onStop} disabled={result.state === 'asked'}>
        Stop
      </Button>
    )
  return (
    <Button look="primary" className="run" title="Run (Ctrl-Enter)" onClick={onRun} disabled={isEmpty}>
      Run
    </Button>
  )
}

const kinds: readonly (readonly [kind: ResultView['kind'], text: string])[] = [
  ['table', 'Table'],
  ['line', 'Line'],
  ['area', 'Area'],
  ['bar', 'Bar'],
]

function ResultPart({
  name,
  result,
  marks,
  isEdited,
  view,
  onView,
}: {
  readonly name: string
  readonly result: CellResult
  readonly marks: readonly Mark[]
  readonly isEdited: boolean
  readonly view: ResultView
  readonly onView: (view: ResultView) => void
}) {
  const [held, setHeld] = useState<CellResult | undefined>()
  const shown = held ?? result
  if (result.state === 'idle') return null
  const { error } = result
  // What is marked in the text is said there.
  const isMarked =
    marks.some(({ code }) => code === error?.code) ||
    (result.marks.length > 0 && marks.some(({ severity }) => severity === 'error'))
  return (
    <div className="result">
      <CellStatus result={result} isEdited={isEdited} />
      {error === undefined || isMarked ? null : (
        <div className="result-error">
          <Note tone={result.state === 'failed' ? 'bad' : 'warn'} code={error.code}>
            {error.message}
          </Note>
        </div>
      )}
      {shown.texts.length === 0 ? null : <pre className="result-texts">{shown.texts.join('\n')}</pre>}
      {shown.columns.length === 0 ? null : (
        <>
          <div className="result-bar">
            <fieldset className="toggles" aria-label={`How the result of ${name} is shown`}>
              {kinds.map(([kind, text]) => (
                <button
                  key={kind}
                  type="button"
                  aria-pressed={view.kind === kind}
                  onClick={() => onView({ ...view, kind })}
                >
                  {text}
                </button>
              ))}
            </fieldset>
            <ChartChoice result={shown} view={view} onView={onView} />
            {shown.isAppendOnly ? null : (
              <span title="Later records change rows that are there">
                <Badge>rows change</Badge>
              </span>
            )}
            <span className="actions">
              <span className="toggles">
                <button
                  type="button"
                  aria-pressed={held !== undefined}
                  title="Keeps what is shown while the query goes on"
                  onClick={() => setHeld(held === undefined ? result : undefined)}
                >
                  Hold
                </button>
              </span>
            </span>
          </div>
          {view.kind === 'table' ? (
            <ResultTable label={`Result of ${name}`} result={shown} />
          ) : (
            <ResultChart label={`Result of ${name}`} result={shown} view={view} onView={onView} />
          )}
        </>
      )}
    </div>
  )
}
