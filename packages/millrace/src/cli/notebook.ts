/**
 * `millrace notebook list` and `run`: the files and the cells of the console's notebooks, through the same functions. A notebook is
 * looked for in the current folder and in that of the data directory.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type CellOutcome,
  type CellValue,
  type Mark,
  type Notebook,
  type NotebookCell,
  NotebookFiles,
  type NotebookHost,
  notebookEnding,
  parseNotebook,
} from '@millrace/console'
import { openStore, type Store } from '@millrace/store'
import { codeOf, didYouMean, systemClock } from '@millrace/values'
import { MillraceError } from '../error.ts'
import { unreadableFile } from '../load/unreadable-file.ts'
import { openNotebookHost } from '../notebook/notebook-host.ts'
import { textTable } from '../shell/result-table.ts'
import { chooseDataDir, openToRead } from './data-directory.ts'
import { exitCodes } from './exit-code.ts'
import { openLake } from './lake/open-lake.ts'
import { Screen } from './screen.ts'

export interface NotebookListFlags {
  readonly dataDir: string | undefined
  readonly json: boolean
}

export interface NotebookRunFlags extends NotebookListFlags {
  readonly cell: string | undefined
  readonly rows: number | undefined
  readonly untilIdle: boolean
}

const rowsDefault = 1_000
const rowsMax = 10_000
const idleMs = 1_000
const drawEveryMs = 100

export function notebookList(flags: NotebookListFlags): void {
  const { notebooks } = filesOf(chooseDataDir(flags.dataDir)).list()
  if (flags.json) process.stdout.write(`${JSON.stringify({ notebooks })}\n`)
  else if (notebooks.length === 0)
    process.stdout.write(
      'There are no notebooks yet. Make one in the console, or a file NAME.notebook.sql.\n',
    )
  else {
    const width = Math.max(...notebooks.map(({ name }) => name.length))
    for (const { name, cells, file } of notebooks)
      process.stdout.write(`${name.padEnd(width)}  ${cells === 1 ? '1 cell' : `${cells} cells`}  ${file}\n`)
  }
}

/** Exit code. Errors: DATA_*, NOTEBOOK_UNKNOWN, USAGE. */
export async function notebookRun(given: string, flags: NotebookRunFlags): Promise<number> {
  const dir = chooseDataDir(flags.dataDir)
  const { notebook, folder } = findNotebook(given, dir)
  const chosen = chooseCells(notebook, flags.cell)
  if ((flags.rows ?? rowsDefault) > rowsMax)
    throw new MillraceError('USAGE', `--rows is ${flags.rows}.`, { next: `Allowed: 1 to ${rowsMax}.` })
  const store = await openFor(dir, chosen)
  const lake = openLake(dir, store)
  const host = openNotebookHost({ store, clock: systemClock, lake, app: undefined, folder })
  const stop = new AbortController()
  const abort = () => stop.abort()
  process.once('SIGINT', abort).once('SIGTERM', abort)
  try {
    for (const cell of chosen) {
      const before = notebook.cells
        .slice(0, notebook.cells.indexOf(cell))
        .filter(({ dialect }) => dialect === cell.dialect)
        .map(({ text }) => text)
      const isWell = await runCell(host, cell, before, flags, stop.signal)
      if (!isWell) return exitCodes.failed
      if (stop.signal.aborted) return exitCodes.ok
    }
    return exitCodes.ok
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort)
    await host.close()
    await lake.query.close()
    await store.close()
  }
}

function filesOf(dir: string): NotebookFiles {
  return new NotebookFiles([process.cwd(), join(dir, 'notebooks')])
}

function findNotebook(given: string, dir: string): { readonly notebook: Notebook; readonly folder: string } {
  if (!given.endsWith('.sql')) {
    const { notebook, file } = filesOf(dir).read(given)
    return { notebook, folder: dirname(file) }
  }
  const file = resolve(given)
  if (!existsSync(file)) throw unreadableFile(given, new Error('there is no such file'))
  const name = basename(file, file.endsWith(notebookEnding) ? notebookEnding : '.sql')
  return {
    notebook: parseNotebook(name.replaceAll(/[^A-Za-z0-9._-]/g, '-'), readFileSync(file, 'utf8')),
    folder: dirname(file),
  }
}

function chooseCells({ cells }: Notebook, id: string | undefined): readonly NotebookCell[] {
  if (id === undefined) return cells.filter(({ dialect }) => dialect !== 'markdown')
  const cell = cells.find((each) => each.id === id)
  if (cell !== undefined) return [cell]
  const ids = cells.filter(({ dialect }) => dialect !== 'markdown').map((each) => each.id)
  throw new MillraceError('USAGE', `The notebook has no cell "${id}".`, {
    next: `${didYouMean(id, ids)}It has: ${ids.join(', ') || 'none'}.`,
  })
}

/** Cells that write need the directory for themselves; others read beside whoever has it. */
async function openFor(dir: string, cells: readonly NotebookCell[]): Promise<Store> {
  const writes = cells.some(({ dialect, text }) => dialect === 'flink' && /\bINSERT\s+INTO\b/i.test(text))
  if (!writes) return openToRead(dir)
  try {
    return await openStore({ dir, clock: systemClock })
  } catch (error) {
    if (codeOf(error) !== 'STORE_LOCKED') throw error
    throw new MillraceError('DATA_IN_USE', `A cell writes to a stream, but a process runs on ${dir}.`, {
      next: 'Run the cell in the console of that process, or name cells that only read: --cell ID.',
      cause: error,
    })
  }
}

/** Whether it ended well. */
async function runCell(
  host: NotebookHost,
  cell: NotebookCell,
  before: readonly string[],
  flags: NotebookRunFlags,
  signal: AbortSignal,
): Promise<boolean> {
  const view = new CellOutput(cell, flags.json)
  const rows = flags.rows ?? rowsDefault
  let told = systemClock.now()
  let done: Extract<CellOutcome, { kind: 'done' }> | undefined
  const over = new AbortController()
  const { dialect, text } = cell
  const running = host.run({ dialect, text, before, rows, from: 'earliest' }, (outcome) => {
    told = systemClock.now()
    view.take(outcome)
    if (outcome.kind !== 'done') return
    done = outcome
    over.abort()
  })
  const either = AbortSignal.any([signal, over.signal])
  while (!either.aborted) {
    await systemClock.sleep(drawEveryMs, either)
    view.draw()
    if (flags.untilIdle && view.hasProgress && systemClock.now() - told > idleMs) break
  }
  await running.stop()
  view.end()
  if (done?.reason !== 'failed') return true
  if (!flags.json) process.stderr.write(`${failureText(cell, done.error?.message ?? '', done.marks ?? [])}\n`)
  return false
}

function failureText({ id, text }: NotebookCell, message: string, marks: readonly Mark[]): string {
  const errors = marks.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return `cell ${id}: ${message}`
  return errors
    .map((mark) => {
      const lines = text.slice(0, mark.from).split('\n')
      const place = `${lines.length}:${(lines.at(-1) ?? '').length + 1}`
      return `cell ${id}:${place}: ${mark.code}: ${mark.message}`
    })
    .join('\n')
}

/** What a cell shows: on a terminal a table that updates, elsewhere the table in the end, or lines of JSON. */
class CellOutput {
  readonly #cell: NotebookCell
  readonly #json: boolean
  readonly #screen: Screen | undefined
  readonly #rows = new Map<number, readonly CellValue[]>()
  #columns: Extract<CellOutcome, { kind: 'columns' }> | undefined
  #total = 0
  #changed = false
  hasProgress = false

  constructor(cell: NotebookCell, json: boolean) {
    this.#cell = cell
    this.#json = json
    this.#screen = !json && process.stdout.isTTY ? new Screen(process.stdout) : undefined
    if (!json) process.stdout.write(`-- ${cell.title ?? cell.id}\n`)
  }

  take(outcome: CellOutcome): void {
    if (this.#json) {
      const { kind, ...data } = outcome
      process.stdout.write(`${JSON.stringify({ cell: this.#cell.id, event: kind, ...data })}\n`)
    }
    if (outcome.kind === 'progress') this.hasProgress = true
    if (outcome.kind === 'text' && !this.#json) this.#print(outcome.text)
    if (outcome.kind === 'columns') {
      // Of the statement before, whose table is to stay.
      this.end()
      this.#columns = outcome
      this.#rows.clear()
    }
    if (outcome.kind !== 'rows') return
    if (outcome.isWhole) this.#rows.clear()
    for (const id of outcome.removed) this.#rows.delete(id)
    for (const [id, values] of outcome.put) this.#rows.set(id, values)
    this.#total = outcome.total
    this.#changed = true
  }

  draw(): void {
    if (this.#screen === undefined || !this.#changed) return
    this.#changed = false
    this.#screen.draw(this.#lines(Math.max(5, (process.stdout.rows ?? 24) - 6)))
  }

  /** The table stays. */
  end(): void {
    this.#screen?.clear()
    if (this.#columns === undefined || this.#json) return
    process.stdout.write(`${this.#lines(Number.POSITIVE_INFINITY).join('\n')}\n`)
    this.#columns = undefined
  }

  #print(line: string): void {
    this.#screen?.clear()
    process.stdout.write(`${line}\n`)
  }

  #lines(most: number): string[] {
    const { columns = [] } = this.#columns ?? {}
    const rows = [...this.#rows].sort(([a], [b]) => a - b).map(([, values]) => values)
    const shown = rows.slice(-most).map((row) => row.map((cell) => (cell === null ? 'NULL' : String(cell))))
    const hidden = this.#total > shown.length ? `, the last ${shown.length} shown` : ''
    return [
      ...textTable(
        columns.map(({ name }) => name),
        shown,
        columns.map(({ isNumber }) => isNumber),
      ),
      `(${this.#total} row${this.#total === 1 ? '' : 's'}${hidden})`,
    ]
  }
}
