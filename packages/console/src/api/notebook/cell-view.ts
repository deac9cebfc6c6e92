/**
 * What a run of a cell shows at this moment, and what a reader has not been told of it yet. Changes are told as the difference between
 * two moments, so a slow reader costs no memory beyond the rows that are shown, and whoever connects later sees the same table.
 *
 * Law: the events that a reader takes, applied in order, give what the view holds when it took the last one.
 */
import type { CellProgress, CellValue, NotebookEvents } from '../../protocol/notebook.ts'
import type { CellOutcome } from './notebook-host.ts'

/** An event of the protocol with its name. */
export type NamedEvent = {
  readonly [Name in keyof NotebookEvents]: { readonly event: Name; readonly data: NotebookEvents[Name] }
}[keyof NotebookEvents]

type Outcome<Kind extends CellOutcome['kind']> = Extract<CellOutcome, { readonly kind: Kind }>

/** Texts that are kept of one run. */
const textsMax = 100

export class CellView {
  readonly cell: string
  readonly run: string
  columns: Outcome<'columns'> | undefined
  readonly rows = new Map<number, readonly CellValue[]>()
  total = 0
  texts: string[] = []
  progress: CellProgress | undefined
  done: Outcome<'done'> | undefined

  constructor(cell: string, run: string) {
    this.cell = cell
    this.run = run
  }
}

/** What one reader has still to be told of one run. */
export class CellNews {
  readonly view: CellView
  #started = true
  #columns: boolean
  #isWhole: boolean
  readonly #put = new Set<number>()
  readonly #removed = new Set<number>()
  #total: boolean
  /** How many texts were told. */
  #texts = 0
  #progress: boolean
  #done: boolean

  /** Of a reader that knows nothing yet. */
  constructor(view: CellView) {
    this.view = view
    this.#columns = view.columns !== undefined
    this.#isWhole = view.columns !== undefined
    this.#total = false
    this.#progress = view.progress !== undefined
    this.#done = view.done !== undefined
  }

  /** An outcome that the view has taken in. */
  note(outcome: CellOutcome): void {
    switch (outcome.kind) {
      case 'columns':
        this.#columns = true
        this.#isWhole = true
        break
      case 'rows':
        if (outcome.isWhole) this.#isWhole = true
        for (const id of outcome.removed) {
          this.#put.delete(id)
          this.#removed.add(id)
        }
        for (const [id] of outcome.put) {
          this.#removed.delete(id)
          this.#put.add(id)
        }
        this.#total = true
        break
      case 'progress':
        this.#progress = true
        break
      case 'done':
        this.#done = true
        break
      case 'text':
        break
    }
  }

  /** Everything that has not been told; nothing is left after it. */
  take(): NamedEvent[] {
    const { view } = this
    const { cell, run } = view
    const events: NamedEvent[] = []
    if (this.#started) events.push({ event: 'started', data: { cell, run } })
    if (this.#columns && view.columns !== undefined) {
      const { columns, isAppendOnly } = view.columns
      events.push({ event: 'columns', data: { cell, run, columns, isAppendOnly } })
    }
    if (this.#isWhole) {
      const put = [...view.rows].sort(([a], [b]) => a - b)
      events.push({ event: 'rows', data: { cell, run, isWhole: true, put, removed: [], total: view.total } })
    } else if (this.#total) {
      const put = [...this.#put]
        .sort((a, b) => a - b)
        .flatMap((id) => {
          const values = view.rows.get(id)
          return values === undefined ? [] : [[id, values] as const]
        })
      const removed = [...this.#removed]
      events.push({ event: 'rows', data: { cell, run, isWhole: false, put, removed, total: view.total } })
    }
    for (const text of view.texts.slice(this.#texts))
      events.push({ event: 'text', data: { cell, run, text } })
    if (this.#progress && view.progress !== undefined)
      events.push({ event: 'progress', data: { cell, run, ...view.progress } })
    if (this.#done && view.done !== undefined) {
      const { kind, ...done } = view.done
      events.push({ event: 'done', data: { cell, run, ...done } })
    }
    this.#started = false
    this.#columns = false
    this.#isWhole = false
    this.#put.clear()
    this.#removed.clear()
    this.#total = false
    this.#texts = view.texts.length
    this.#progress = false
    this.#done = false
    return events
  }
}

/** Takes an outcome into the view; false if it is dropped, and nobody is to be told. */
export function applyOutcome(view: CellView, outcome: CellOutcome): boolean {
  switch (outcome.kind) {
    case 'columns':
      view.columns = outcome
      view.rows.clear()
      view.total = 0
      return true
    case 'rows':
      if (outcome.isWhole) view.rows.clear()
      for (const id of outcome.removed) view.rows.delete(id)
      for (const [id, values] of outcome.put) view.rows.set(id, values)
      view.total = outcome.total
      return true
    case 'text':
      if (view.texts.length >= textsMax) return false
      view.texts.push(outcome.text)
      return true
    case 'progress': {
      const { kind, ...progress } = outcome
      view.progress = progress
      return true
    }
    case 'done':
      view.done = outcome
      return true
  }
}
