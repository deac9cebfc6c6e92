/** Changes of a notebook's cells: each gives a new list. Pure functions. */
import type { CellDialect, NotebookCell } from '../../../../../src/protocol/notebook.ts'

export type Cells = readonly NotebookCell[]

/** `c1`, `c2`...: the first that no cell has. */
export function newCellId(cells: Cells): string {
  const taken = new Set(cells.map(({ id }) => id))
  for (let n = 1; ; n++) if (!taken.has(`c${n}`)) return `c${n}`
}

/** At the place `at`; the ones from there on move down. */
export function addCell(cells: Cells, at: number, cell: NotebookCell): Cells {
  return [...cells.slice(0, at), cell, ...cells.slice(at)]
}

/** What is undefined in `changes` goes away. */
export function changeCell(
  cells: Cells,
  id: string,
  changes: { readonly [Name in keyof NotebookCell]?: NotebookCell[Name] | undefined },
): Cells {
  return cells.map((cell) => {
    if (cell.id !== id) return cell
    const entries = Object.entries({ ...cell, ...changes }).filter(([, value]) => value !== undefined)
    // Of the same names; id, dialect and text are never undefined in what callers change.
    return Object.fromEntries(entries) as unknown as NotebookCell
  })
}

export function removeCell(cells: Cells, id: string): Cells {
  return cells.filter((cell) => cell.id !== id)
}

/** By `step` places, as far as there are any. */
export function moveCell(cells: Cells, id: string, step: number): Cells {
  const from = cells.findIndex((cell) => cell.id === id)
  const cell = cells[from]
  if (cell === undefined) return cells
  const to = Math.max(0, Math.min(cells.length - 1, from + step))
  return to === from ? cells : addCell(removeCell(cells, id), to, cell)
}

/** What a cell can name: the texts above it that share its session. */
export function textsBefore(cells: Cells, id: string): readonly string[] {
  const at = cells.findIndex((cell) => cell.id === id)
  const dialect = cells[at]?.dialect
  return cells
    .slice(0, Math.max(0, at))
    .filter((cell) => cell.dialect === dialect)
    .map(({ text }) => text)
}

/** As cells are named where there is no title: `Flink SQL 3`. */
export function cellName(cells: Cells, id: string): string {
  const at = cells.findIndex((cell) => cell.id === id)
  const cell = cells[at]
  if (cell === undefined) return ''
  return cell.title === undefined || cell.title === ''
    ? `${dialectNames[cell.dialect]} ${at + 1}`
    : cell.title
}

export const dialectNames: Readonly<Record<CellDialect, string>> = {
  flink: 'Flink SQL',
  kda: 'KDA SQL',
  lake: 'Lake SQL',
  markdown: 'Text',
}

/** A name of one or more parts as the dialect writes it: parts that are no plain words are quoted. */
export function quotedName(dialect: CellDialect | undefined, parts: readonly string[]): string {
  const quote = dialect === 'kda' || dialect === 'lake' ? '"' : '`'
  return parts
    .map((part) =>
      /^[A-Za-z_]\w*$/.test(part) ? part : quote + part.replaceAll(quote, quote + quote) + quote,
    )
    .join('.')
}
