/**
 * The editor of a text: CodeMirror inside of a shadow root. The page's policy allows no style elements, which is what CodeMirror
 * writes into a document; in a shadow root it adopts style sheets, which are no markup. Colours and fonts come through, since custom
 * properties are inherited.
 *
 * Keys: Tab indents, Escape and then Tab leaves; Mod-. applies the suggestion of a mark; F8 goes to the next mark.
 */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language'
import { linter, nextDiagnostic, previousDiagnostic } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Annotation, Compartment, EditorState, type Extension, Prec } from '@codemirror/state'
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view'
import type { CompleteAnswer } from '../../../../src/protocol/notebook.ts'
import { applyNearest } from './editor-marks.ts'
import { editorTheme } from './editor-theme.ts'
import { jsonLanguage } from './json-language.ts'
import { sqlLanguage } from './sql-language.ts'

export interface EditorHooks {
  /** The text after a change by whoever types, not by `setText`. */
  changed(text: string): void
  run(): boolean
  /** Shift-Enter; false: a line break. */
  runAndGoOn(): boolean
  complete(text: string, position: number): Promise<CompleteAnswer | undefined>
}

export interface EditorFrame {
  readonly label: string
  readonly language: 'sql' | 'json' | 'text'
  readonly readOnly: boolean
  readonly hint: string
}

export interface OpenEditor {
  readonly view: EditorView
  setText(text: string): void
  /** Label, language, whether it can be changed. */
  setFrame(frame: EditorFrame): void
  close(): void
}

/** Marks the changes that come from outside. */
const fromOutside = Annotation.define<boolean>()

export function openEditor(
  host: HTMLElement,
  text: string,
  frame: EditorFrame,
  hooks: EditorHooks,
): OpenEditor {
  // An element has its shadow root for ever; a second editor in it takes the same one.
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open', delegatesFocus: true })
  const changeable = new Compartment()
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: 'Mod-Enter', run: () => hooks.run() },
            { key: 'Shift-Enter', run: () => hooks.runAndGoOn() },
            { key: 'Mod-.', run: applyNearest },
            { key: 'F8', run: nextDiagnostic, shift: previousDiagnostic },
          ]),
        ),
        changeable.of(frameOf(frame)),
        history(),
        drawSelection(),
        indentUnit.of('  '),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ override: [completionBy(hooks)], icons: false, maxRenderedOptions: 60 }),
        linter(null),
        search(),
        highlightSelectionMatches({ minSelectionLength: 2 }),
        EditorView.lineWrapping,
        editorTheme,
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return
          if (update.transactions.some((change) => change.annotation(fromOutside) === true)) return
          hooks.changed(update.state.doc.toString())
        }),
      ],
    }),
  })
  // Outside of the shadow root the target of a key is the host, which does not look like a field: keys that write stay inside.
  const keepKeys = (event: KeyboardEvent) => {
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) event.stopPropagation()
  }
  host.addEventListener('keydown', keepKeys)
  return {
    view,
    setText(next) {
      if (view.state.doc.toString() === next) return
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: next },
        annotations: fromOutside.of(true),
      })
    },
    setFrame(next) {
      view.dispatch({ effects: changeable.reconfigure(frameOf(next)) })
    },
    close() {
      host.removeEventListener('keydown', keepKeys)
      view.destroy()
    },
  }
}

function frameOf({ label, language, readOnly, hint }: EditorFrame): Extension {
  return [
    language === 'sql' ? sqlLanguage() : language === 'json' ? jsonLanguage() : [],
    EditorState.readOnly.of(readOnly),
    EditorView.editable.of(!readOnly),
    EditorView.contentAttributes.of({
      'aria-label': readOnly ? label : `${label}. Escape, then Tab leaves the editor.`,
      ...(readOnly ? { 'aria-readonly': 'true', tabindex: '0' } : {}),
    }),
    hint === '' ? [] : placeholder(hint),
  ]
}

/** What the API offers. It is asked again for each word, and answers that come late are dropped by the editor. */
function completionBy(hooks: EditorHooks) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const word = context.matchBefore(/[\w$]+|\./)
    if (word === null && !context.explicit) return null
    const answer = await hooks.complete(context.state.doc.toString(), context.pos)
    if (answer === undefined || answer.options.length === 0 || context.aborted) return null
    return {
      from: Math.min(answer.from, context.pos),
      options: answer.options.map(optionOf),
      validFor: /^[\w$]*$/,
    }
  }
}

/** Names of what is in the pipeline come before words of the language. */
const boosts = { column: 3, table: 2, option: 1, function: 0, keyword: -1 } as const
const types = {
  column: 'property',
  table: 'class',
  option: 'constant',
  function: 'function',
  keyword: 'keyword',
}

function optionOf({ label, kind, detail }: CompleteAnswer['options'][number]): Completion {
  return { label, type: types[kind], boost: boosts[kind], ...(detail === undefined ? {} : { detail }) }
}
