/**
 * A notebook as a text file, NAME.notebook.sql, in the "percent" format of cells that editors know; comments of SQL, so that it is a
 * program as well, diffs by lines and can be sent as a mail:
 *
 *   -- %% Orders per state {"dialect":"flink","id":"per-state","view":{"kind":"bar","x":"state","y":["orders"]}}
 *   SELECT state, COUNT(*) AS orders FROM shipped GROUP BY state;
 *
 *   -- %% [markdown] {"id":"why"}
 *   -- Each line of a text begins with two dashes.
 *
 * A cell is what stands between two lines of `-- %%`, without the empty lines around it. What is missing in the braces is made up:
 * the dialect is flink, the id is made of the cell's place. Text before the first such line is a cell, so any SQL file can be read.
 * A line of a cell that would look like the beginning of one gets a backslash: `-- \%%`.
 *
 * Law: parse(print(notebook)) is the notebook, its texts without empty lines at their ends.
 */
import { createHash } from 'node:crypto'
import { AdminProblem } from '@millrace/gateway'
import type { CellDialect, Notebook, NotebookCell, ResultView } from '../../protocol/notebook.ts'

export const cellsMax = 200
export const cellTextMax = 200_000
const titleMax = 200
const columnsMax = 20
/** Behind the longest title. Each brace before it costs a look at the rest of the line. */
const settingsAtMax = titleMax + 20

const dialects: readonly CellDialect[] = ['flink', 'kda', 'lake', 'markdown']
const kinds: readonly ResultView['kind'][] = ['table', 'line', 'area', 'bar']
const idForm = /^[A-Za-z0-9-]{1,64}$/
const header = /^-- %%(?: (.*))?$/
const looksLikeHeader = /^-- (\\*)%%(?= |$)/
const markdownMark = /^\[markdown\](?:\s+|$)/

/** Digest of a file's text. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** The text of the file. */
export function printNotebook({ cells }: Notebook): string {
  return cells.map((cell) => printCell(cell)).join('\n')
}

function printCell({ id, dialect, title, text, view }: NotebookCell): string {
  const isMarkdown = dialect === 'markdown'
  const settings = {
    ...(isMarkdown ? {} : { dialect }),
    id,
    ...(view === undefined ? {} : { view }),
  }
  const words = ['-- %%', isMarkdown ? '[markdown]' : '', title ?? '', JSON.stringify(settings)]
  const lines = lineTexts(text).map((line) => {
    const written = isMarkdown ? `--${line === '' ? '' : ` ${line}`}` : line
    return written.replace(looksLikeHeader, '-- $1\\%%')
  })
  const body = lines.length === 0 ? '' : `${lines.join('\n')}\n`
  return `${words.filter((word) => word !== '').join(' ')}\n${body}`
}

/** Never fails on text that somebody may have written; error NOTEBOOK_INVALID where it goes beyond the limits. */
export function parseNotebook(name: string, text: string): Notebook {
  const found: { readonly head: string | undefined; readonly lines: string[] }[] = []
  for (const line of text.replaceAll(/\r\n?/g, '\n').split('\n')) {
    const match = header.exec(line)
    if (match !== null) {
      found.push({ head: match[1] ?? '', lines: [] })
      continue
    }
    if (found.length === 0) found.push({ head: undefined, lines: [] })
    found.at(-1)?.lines.push(line)
  }
  const used = new Set<string>()
  const cells = found
    .filter(({ head, lines }) => head !== undefined || lines.some((line) => line.trim() !== ''))
    .map(({ head = '', lines }) => parseCell(head, lines, used))
  return checkNotebook({ name, cells })
}

function parseCell(head: string, lines: readonly string[], used: Set<string>): NotebookCell {
  const { title: before, settings } = splitHead(head)
  const isMarkdown = settings.dialect === undefined && markdownMark.test(before)
  const dialect = dialects.find((each) => each === settings.dialect) ?? (isMarkdown ? 'markdown' : 'flink')
  const title = (isMarkdown ? before.replace(markdownMark, '') : before).trim().slice(0, titleMax)
  const plain = lines.map((line) => line.replace(/^-- (\\*)\\%%(?= |$)/, '-- $1%%'))
  const body = isMarkdown ? plain.map((line) => line.replace(/^-- ?/, '')) : plain
  const view = viewOf(settings.view)
  return {
    id: unusedId(settings.id, used),
    dialect,
    ...(title === '' ? {} : { title }),
    text: lineTexts(body.join('\n')).join('\n'),
    ...(view === undefined ? {} : { view }),
  }
}

/** The braces at the end of the line are settings if they are JSON; else they are part of the title. */
function splitHead(head: string): { title: string; settings: Readonly<Record<string, unknown>> } {
  const line = head.trimEnd()
  const isBraced = line.endsWith('}')
  for (
    let at = line.indexOf('{');
    isBraced && at >= 0 && at <= settingsAtMax;
    at = line.indexOf('{', at + 1)
  ) {
    try {
      const value: unknown = JSON.parse(line.slice(at))
      // A text that begins with a brace is an object if it is JSON.
      return { title: line.slice(0, at).trim(), settings: value as Readonly<Record<string, unknown>> }
    } catch {
      // A brace of the title.
    }
  }
  return { title: line.trim(), settings: {} }
}

function viewOf(value: unknown): ResultView | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  // Its members are looked at one by one.
  const { kind, x, y, series } = value as Readonly<Record<string, unknown>>
  const known = kinds.find((each) => each === kind)
  if (known === undefined) return undefined
  const isList = Array.isArray(y) && y.length <= columnsMax && y.every((each) => typeof each === 'string')
  return {
    kind: known,
    ...(typeof x === 'string' ? { x } : {}),
    ...(isList ? { y } : {}),
    ...(typeof series === 'string' ? { series } : {}),
  }
}

function unusedId(given: unknown, used: Set<string>): string {
  let id = typeof given === 'string' && idForm.test(given) ? given : ''
  for (let n = used.size + 1; id === '' || used.has(id); n++) id = `cell-${n}`
  used.add(id)
  return id
}

/** Lines without the empty ones at both ends. */
function lineTexts(text: string): string[] {
  const lines = text.replaceAll(/\r\n?/g, '\n').split('\n')
  const isEmpty = (line: string): boolean => line.trim() === ''
  const from = lines.findIndex((line) => !isEmpty(line))
  return from < 0 ? [] : lines.slice(from, lines.findLastIndex((line) => !isEmpty(line)) + 1)
}

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Error NOTEBOOK_NAME_INVALID. */
export function checkNotebookName(name: unknown): string {
  if (typeof name === 'string' && nameForm.test(name)) return name
  throw new AdminProblem(
    'NOTEBOOK_NAME_INVALID',
    `${JSON.stringify(name)} is no name of a notebook. Allowed: letters, digits, dashes, underscores and dots, at most 100, beginning with a letter or digit.`,
  )
}

/** A notebook out of a request. Errors: NOTEBOOK_NAME_INVALID, NOTEBOOK_INVALID. */
export function checkNotebook(value: unknown): Notebook {
  if (typeof value !== 'object' || value === null) throw invalid('it is no object')
  const { name, cells } = value as Readonly<Record<string, unknown>>
  if (!Array.isArray(cells)) throw invalid('"cells" has to be a list')
  if (cells.length > cellsMax) throw invalid(`it has ${cells.length} cells; allowed are ${cellsMax}`)
  const used = new Set<string>()
  return { name: checkNotebookName(name), cells: cells.map((cell, i) => checkCell(cell, i, used)) }
}

function checkCell(value: unknown, index: number, used: Set<string>): NotebookCell {
  const place = `cell ${index + 1}`
  if (typeof value !== 'object' || value === null) throw invalid(`${place} is no object`)
  const { id, dialect, title, text, view } = value as Readonly<Record<string, unknown>>
  if (typeof id !== 'string' || !idForm.test(id) || used.has(id))
    throw invalid(
      `the id of ${place} is ${JSON.stringify(id)}; allowed are 1 to 64 letters, digits and dashes, each once`,
    )
  used.add(id)
  const known = dialects.find((each) => each === dialect)
  if (known === undefined)
    throw invalid(`the dialect of ${place} is ${JSON.stringify(dialect)}; allowed are ${dialects.join(', ')}`)
  if (typeof text !== 'string' || text.length > cellTextMax)
    throw invalid(`the text of ${place} has to be a text of at most ${cellTextMax} characters`)
  if (title !== undefined && (typeof title !== 'string' || title.length > titleMax || /[\r\n]/.test(title)))
    throw invalid(`the title of ${place} has to be one line of at most ${titleMax} characters`)
  const shown = viewOf(view)
  if (view !== undefined && shown === undefined)
    throw invalid(`the view of ${place} has to be of a kind: ${kinds.join(', ')}`)
  const words = title?.trim() ?? ''
  return {
    id,
    dialect: known,
    ...(words === '' ? {} : { title: words }),
    text,
    ...(shown === undefined ? {} : { view: shown }),
  }
}

function invalid(what: string): AdminProblem {
  return new AdminProblem('NOTEBOOK_INVALID', `The notebook cannot be taken: ${what}.`)
}
