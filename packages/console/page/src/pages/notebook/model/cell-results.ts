/**
 * What the cells of a notebook have shown so far, from the events of its session. Components read the state of one cell, which is a
 * new object whenever it changed, and are told at most once for each animation frame.
 *
 * After a connection was lost the server tells the state of every run anew; what it does not tell has ended with its session.
 */
import type { CellProgress, ColumnShape, Mark, NotebookEvents } from '../../../../../src/protocol/notebook.ts'
import { type ResultRow, RowSet } from './row-set.ts'

export interface CellResult {
  /** `asked`: nothing has come yet of the run that was asked for. */
  readonly state: 'idle' | 'asked' | 'running' | 'ended' | 'stopped' | 'failed'
  readonly columns: readonly ColumnShape[]
  readonly isAppendOnly: boolean
  readonly rows: readonly ResultRow[]
  /** Also rows that are not kept. */
  readonly total: number
  readonly texts: readonly string[]
  readonly progress: CellProgress | undefined
  /** Of the whole run, when it is over. */
  readonly ms: number | undefined
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** Of the text that ran. */
  readonly marks: readonly Mark[]
  /** What ran; undefined: it ran before this page was opened. */
  readonly text: string | undefined
  /** When it was asked for, by the ports' clock. */
  readonly sinceMs: number | undefined
}

export const idleResult: CellResult = {
  state: 'idle',
  columns: [],
  isAppendOnly: true,
  rows: [],
  total: 0,
  texts: [],
  progress: undefined,
  ms: undefined,
  error: undefined,
  marks: [],
  text: undefined,
  sinceMs: undefined,
}

export const eventNames = ['started', 'columns', 'rows', 'text', 'progress', 'done'] as const

type NamedEvent = {
  readonly [Name in keyof NotebookEvents]: readonly [name: Name, data: NotebookEvents[Name]]
}[keyof NotebookEvents]

interface Cell {
  run: string | undefined
  /** False after a connection was lost, until the server tells of the run again. */
  isConfirmed: boolean
  readonly rows: RowSet
  shown: CellResult
  readonly listeners: Set<() => void>
}

export interface ResultPorts {
  /** Milliseconds of a steady clock. */
  readonly nowMs: () => number
  /** Before the next frame is drawn. */
  readonly soon: (f: () => void) => void
}

const textsMax = 100

export class CellResults {
  readonly #ports: ResultPorts
  readonly #cells = new Map<string, Cell>()
  readonly #changed = new Set<string>()
  readonly #all = new Set<() => void>()

  constructor(ports: ResultPorts) {
    this.#ports = ports
  }

  get(cell: string): CellResult {
    return this.#cells.get(cell)?.shown ?? idleResult
  }

  /** `cell` undefined: of any. */
  subscribe(cell: string | undefined, listener: () => void): () => void {
    const listeners = cell === undefined ? this.#all : this.#cell(cell).listeners
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  isAnyRunning(): boolean {
    for (const { shown } of this.#cells.values()) if (isActive(shown)) return true
    return false
  }

  /** Somebody asked for a run; what was shown goes when it starts. */
  asked(cell: string, text: string): void {
    const sinceMs = this.#ports.nowMs()
    this.#change(cell, { state: 'asked', error: undefined, marks: [], text, sinceMs })
  }

  /** What was shown belongs to no text any more. */
  forget(cell: string): void {
    this.#change(cell, idleResult)
  }

  /** It could not be started. */
  refused(cell: string, error: { readonly code: string; readonly message: string }): void {
    this.#change(cell, { state: 'failed', error })
  }

  /** `name` and `data` as the server's events have them. */
  apply(...[name, data]: NamedEvent): void {
    const cell = this.#cell(data.cell)
    if (name === 'started') {
      this.#started(data.cell, cell, data.run)
      return
    }
    // Of a run that was replaced meanwhile.
    if (cell.run !== data.run) return
    switch (name) {
      case 'columns':
        cell.rows.clear()
        this.#change(data.cell, {
          columns: data.columns,
          isAppendOnly: data.isAppendOnly,
          rows: [],
          total: 0,
        })
        break
      case 'rows':
        cell.rows.apply(data, this.#ports.nowMs())
        this.#change(data.cell, { rows: cell.rows.list(), total: data.total })
        break
      case 'text':
        this.#change(data.cell, { texts: [...cell.shown.texts, data.text].slice(-textsMax) })
        break
      case 'progress': {
        const { cell: _cell, run: _run, ...progress } = data
        this.#change(data.cell, { progress })
        break
      }
      case 'done':
        this.#change(data.cell, {
          state: data.reason,
          ms: data.ms,
          error: data.error,
          marks: data.marks ?? [],
        })
        break
    }
  }

  /** The connection is lost: what goes on is not known until it is told again. */
  lost(): void {
    for (const cell of this.#cells.values()) cell.isConfirmed = false
  }

  /** Everything that goes on has been told since the connection is back: the rest has ended. */
  settle(): void {
    for (const [name, cell] of this.#cells)
      if (!cell.isConfirmed && cell.shown.state === 'running')
        this.#change(name, {
          state: 'stopped',
          error: {
            code: 'NOTEBOOK_FORGOTTEN',
            message:
              'The run has ended: nobody watched it for a minute, or Millrace was stopped. Run the cell again.',
          },
        })
  }

  #started(name: string, cell: Cell, run: string): void {
    cell.isConfirmed = true
    if (cell.run === run) {
      // Told again after the connection was lost; rows come whole, texts from the first one.
      this.#change(name, { state: 'running', texts: [], error: undefined })
      return
    }
    cell.run = run
    cell.rows.clear()
    const { text, sinceMs } = cell.shown
    this.#change(name, { ...idleResult, state: 'running', text, sinceMs })
  }

  #cell(name: string): Cell {
    const known = this.#cells.get(name)
    if (known !== undefined) return known
    const cell: Cell = {
      run: undefined,
      isConfirmed: true,
      rows: new RowSet(),
      shown: idleResult,
      listeners: new Set(),
    }
    this.#cells.set(name, cell)
    return cell
  }

  #change(name: string, changes: Partial<CellResult>): void {
    const cell = this.#cell(name)
    cell.shown = { ...cell.shown, ...changes }
    if (this.#changed.size === 0) this.#ports.soon(() => this.#tell())
    this.#changed.add(name)
  }

  #tell(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const name of changed) for (const listener of this.#cells.get(name)?.listeners ?? []) listener()
    for (const listener of this.#all) listener()
  }
}

export function isActive({ state }: CellResult): boolean {
  return state === 'asked' || state === 'running'
}
