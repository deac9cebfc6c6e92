/** Marks of a checked text as diagnostics of the editor: underlined, told on hover, mended by one key. */
import { type Diagnostic, forEachDiagnostic, setDiagnostics } from '@codemirror/lint'
import type { Text } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import type { Mark } from '../../../../src/protocol/notebook.ts'

const wideMark = 40

export function showMarks(view: EditorView, marks: readonly Mark[]): void {
  view.dispatch(
    setDiagnostics(
      view.state,
      marks.map((mark) => diagnosticOf(mark, view.state.doc)),
    ),
  )
}

function diagnosticOf(mark: Mark, text: Text): Diagnostic {
  const from = Math.min(Math.max(0, mark.from), text.length)
  const to = Math.min(Math.max(from, mark.to), text.length)
  // A remark about a whole statement underlines its beginning: all of it would be harder to read than to heed.
  const isWide = mark.severity === 'warning' && to - from > wideMark
  const end = isWide ? from + (/^\w*/.exec(text.sliceString(from, to))?.[0].length ?? 0) : to
  const { suggestion } = mark
  return {
    from,
    to: end,
    severity: mark.severity,
    source: mark.code,
    message: mark.message,
    ...(suggestion === undefined
      ? {}
      : {
          actions: [
            {
              name: `Write ${suggestion}`,
              apply: (view, start, end) => replace(view, start, end, suggestion),
            },
          ],
        }),
  }
}

/** Of `mark`, wherever typing has moved it; false if it is gone or nothing is suggested. */
export function applySuggestion(view: EditorView, mark: Mark): boolean {
  const place = placeOfMark(view, mark)
  if (place === undefined || mark.suggestion === undefined) return false
  replace(view, place.from, place.to, mark.suggestion)
  return true
}

/** Of the mark at the cursor, or else of the first that has a suggestion. */
export function applyNearest(view: EditorView): boolean {
  const cursor = view.state.selection.main.head
  let chosen: { from: number; to: number; diagnostic: Diagnostic } | undefined
  forEachDiagnostic(view.state, (diagnostic, from, to) => {
    if (diagnostic.actions === undefined) return
    const isHere = from <= cursor && cursor <= to
    if (chosen === undefined || isHere) chosen = { from, to, diagnostic }
  })
  if (chosen === undefined) return false
  chosen.diagnostic.actions?.[0]?.apply(view, chosen.from, chosen.to)
  return true
}

export function placeOfMark(view: EditorView, mark: Mark): { from: number; to: number } | undefined {
  let place: { from: number; to: number } | undefined
  forEachDiagnostic(view.state, (diagnostic, from, to) => {
    if (diagnostic.source === mark.code && diagnostic.message === mark.message) place ??= { from, to }
  })
  return place
}

function replace(view: EditorView, from: number, to: number, text: string): void {
  view.dispatch({
    changes: { from, to, insert: text },
    selection: { anchor: from + text.length },
    userEvent: 'input.complete',
    scrollIntoView: true,
  })
  view.focus()
}
