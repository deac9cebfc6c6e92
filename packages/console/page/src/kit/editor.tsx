/**
 * An editor of SQL or JSON: as high as its text, colours of the theme, marks underlined and listed below (for keyboards and screen
 * readers), completion from a function. `value` is the parent's; typing calls `onChange`.
 */
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import type { CompleteAnswer, Mark } from '../../../src/protocol/notebook.ts'
import { applySuggestion, placeOfMark, showMarks } from './editor/editor-marks.ts'
import { type EditorFrame, type EditorHooks, type OpenEditor, openEditor } from './editor/open-editor.ts'
import './editor.css'

export interface EditorHandle {
  focus(): void
  /** In place of what is selected; the cursor goes behind it. */
  insert(text: string): void
}

export interface EditorProps {
  readonly label: string
  readonly value: string
  readonly onChange?: (text: string) => void
  /** `text`: without colours. */
  readonly language: 'sql' | 'json' | 'text'
  /** Mod-Enter. */
  readonly onRun?: () => void
  /** Shift-Enter; without it a line break. */
  readonly onRunAndGoOn?: () => void
  readonly marks?: readonly Mark[]
  /** What can stand at a position of the text. */
  readonly complete?: (text: string, position: number) => Promise<CompleteAnswer | undefined>
  readonly readOnly?: boolean
  /** Default 3. */
  readonly minLines?: number
  /** Shown while there is no text. */
  readonly hint?: string
  readonly ref?: Ref<EditorHandle>
}

const noMarks: readonly Mark[] = []

export function Editor({
  label,
  value,
  language,
  marks = noMarks,
  readOnly = false,
  minLines = 3,
  hint = '',
  ref,
  ...callbacks
}: EditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<OpenEditor | undefined>(undefined)
  const latest = useRef(callbacks)
  latest.current = callbacks
  const first = useRef<{ value: string; frame: EditorFrame }>({
    value,
    frame: { label, language, readOnly, hint },
  })
  /** What was told last by onChange: an older `value` that is still on its way back is no change from outside. */
  const told = useRef(value)

  useEffect(() => {
    if (host.current === null) return
    const opened = openEditor(host.current, first.current.value, first.current.frame, hooksOf(latest, told))
    editor.current = opened
    return () => {
      first.current = { ...first.current, value: opened.view.state.doc.toString() }
      editor.current = undefined
      opened.close()
    }
  }, [])
  useEffect(() => {
    if (value === told.current) return
    told.current = value
    editor.current?.setText(value)
  }, [value])
  useEffect(() => {
    const { frame } = first.current
    const next = { label, language, readOnly, hint }
    if (JSON.stringify(frame) === JSON.stringify(next)) return
    first.current = { ...first.current, frame: next }
    editor.current?.setFrame(next)
  }, [label, language, readOnly, hint])
  useEffect(() => {
    if (editor.current !== undefined) showMarks(editor.current.view, marks)
  }, [marks])
  useImperativeHandle(ref, () => ({
    focus: () => editor.current?.view.focus(),
    insert: (text) => {
      const view = editor.current?.view
      if (view === undefined) return
      view.dispatch(view.state.replaceSelection(text), { scrollIntoView: true, userEvent: 'input' })
      view.focus()
    },
  }))

  const goTo = (mark: Mark) => {
    const view = editor.current?.view
    if (view === undefined) return
    const { from, to } = placeOfMark(view, mark) ?? { from: 0, to: 0 }
    view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true })
    view.focus()
  }
  return (
    <div className="editor">
      <div
        ref={host}
        className="editor-host"
        // A custom property is no name that React's types know.
        style={{ '--editor-lines': minLines } as Record<string, number>}
      />
      {marks.length === 0 ? null : (
        <ul className="editor-marks" aria-label={`Marks of ${label}`}>
          {marks.map((mark) => (
            <li key={`${mark.from} ${mark.code} ${mark.message}`} className={mark.severity}>
              <button type="button" className="place" onClick={() => goTo(mark)}>
                {placeText(value, mark.from)}
              </button>
              <span className="code">{mark.code}</span>
              <span className="message">{mark.message}</span>
              {mark.suggestion === undefined || readOnly ? null : (
                <button
                  type="button"
                  className="button"
                  title="Mod-. in the editor"
                  onClick={() => editor.current !== undefined && applySuggestion(editor.current.view, mark)}
                >
                  Write {mark.suggestion}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

type Callbacks = Pick<EditorProps, 'onChange' | 'onRun' | 'onRunAndGoOn' | 'complete'>

function hooksOf(latest: { readonly current: Callbacks }, told: { current: string }): EditorHooks {
  return {
    changed: (text) => {
      told.current = text
      latest.current.onChange?.(text)
    },
    run: () => {
      latest.current.onRun?.()
      return latest.current.onRun !== undefined
    },
    runAndGoOn: () => {
      latest.current.onRunAndGoOn?.()
      return latest.current.onRunAndGoOn !== undefined
    },
    complete: async (text, position) => latest.current.complete?.(text, position),
  }
}

/** `line 3:14`, as errors name places. */
function placeText(text: string, at: number): string {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  return `line ${line}:${at - before.lastIndexOf('\n')}`
}
