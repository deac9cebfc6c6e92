/**
 * Notebooks as files beside the app. The first folder that can be written takes new ones; of two files of one name the one in the
 * first folder counts. Files are replaced whole, and only by who has seen what is there: a file that an editor or somebody else changed
 * meanwhile is never overwritten.
 */
import { randomUUID } from 'node:crypto'
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AdminProblem } from '@millrace/gateway'
import { codeOf, messageOf } from '@millrace/values'
import type { Notebook, NotebookAnswer, NotebookList, SaveAnswer } from '../../protocol/notebook.ts'
import { checkNotebookName, parseNotebook, printNotebook, versionOf } from './notebook-text.ts'

export const notebookEnding = '.notebook.sql'
const fileBytesMax = 4 * 1024 * 1024
const listMax = 500

export class NotebookFiles {
  readonly #folders: readonly string[]

  constructor(folders: readonly string[]) {
    this.#folders = folders
  }

  list(): NotebookList {
    return {
      notebooks: [...this.#files()].flatMap(([name, file]) => {
        const cells = cellsOf(name, file)
        return cells === undefined ? [] : [{ name, file, cells }]
      }),
    }
  }

  /** Without reading them. */
  names(): string[] {
    return [...this.#files().keys()]
  }

  /** Error: NOTEBOOK_UNKNOWN. */
  read(given: string): NotebookAnswer {
    const name = checkNotebookName(given)
    const found = this.#find(name)
    if (found === undefined) {
      const known = this.list().notebooks.map((each) => each.name)
      throw new AdminProblem(
        'NOTEBOOK_UNKNOWN',
        `There is no notebook "${name}". There are: ${known.join(', ') || 'none yet'}.`,
        404,
      )
    }
    const { file, text } = found
    return { notebook: parseNotebook(name, text), version: versionOf(text), file, text }
  }

  /** `version`: what the file is thought to hold; undefined: nothing. Errors: NOTEBOOK_CHANGED, NOTEBOOK_UNWRITABLE. */
  save(notebook: Notebook, version: string | undefined): SaveAnswer {
    const found = this.#find(notebook.name)
    refuseChanged(notebook.name, found, version)
    const text = printNotebook(notebook)
    const file = found?.file ?? join(this.#writableFolder(), `${notebook.name}${notebookEnding}`)
    replaceFile(file, text)
    return { version: versionOf(text), file }
  }

  /** Errors: NOTEBOOK_CHANGED, NOTEBOOK_UNWRITABLE. */
  delete(given: string, version: string): void {
    const name = checkNotebookName(given)
    const found = this.#find(name)
    refuseChanged(name, found, version)
    if (found === undefined) return
    try {
      rmSync(found.file)
    } catch (error) {
      throw unwritable(found.file, error)
    }
  }

  /** Path by name, in the order of names. */
  #files(): Map<string, string> {
    const files = new Map<string, string>()
    for (const folder of this.#folders) {
      for (const entry of entriesOf(folder)) {
        const name = entry.slice(0, -notebookEnding.length)
        if (entry.endsWith(notebookEnding) && isName(name) && !files.has(name))
          files.set(name, join(folder, entry))
      }
    }
    return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, listMax))
  }

  #find(name: string): { readonly file: string; readonly text: string } | undefined {
    for (const folder of this.#folders) {
      const file = join(folder, `${name}${notebookEnding}`)
      const text = textOf(file)
      if (text !== undefined) return { file, text }
    }
    return undefined
  }

  #writableFolder(): string {
    let last: unknown
    for (const folder of this.#folders) {
      try {
        mkdirSync(folder, { recursive: true })
        accessSync(folder, constants.W_OK)
        return folder
      } catch (error) {
        last = error
      }
    }
    throw unwritable(this.#folders.join(', '), last)
  }
}

function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // It is made with its first notebook.
    return []
  }
}

/** 0 of a file that cannot be read or is too large: it does not hide the others, and who opens it is told why. */
function cellsOf(name: string, file: string): number | undefined {
  try {
    const text = textOf(file)
    return text === undefined ? undefined : parseNotebook(name, text).cells.length
  } catch (error) {
    if (error instanceof AdminProblem) return 0
    throw error
  }
}

/** Undefined if there is no such file. Errors: NOTEBOOK_INVALID, NOTEBOOK_UNWRITABLE. */
function textOf(file: string): string | undefined {
  try {
    const { size } = statSync(file)
    if (size > fileBytesMax)
      throw new AdminProblem('NOTEBOOK_INVALID', `${file} has ${size} bytes; allowed are ${fileBytesMax}.`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (error instanceof AdminProblem) throw error
    throw new AdminProblem('NOTEBOOK_UNREADABLE', `${file} cannot be read: ${messageOf(error)}.`, 409)
  }
}

function refuseChanged(
  name: string,
  found: { readonly text: string } | undefined,
  version: string | undefined,
): void {
  const now = found === undefined ? undefined : versionOf(found.text)
  if (now === version) return
  const what =
    version === undefined
      ? `There is a notebook "${name}" already. Choose another name, or load that one`
      : found === undefined
        ? `The file of the notebook "${name}" has been removed since it was loaded. Save it as a new one`
        : `The file of the notebook "${name}" was changed by somebody else since it was loaded. Load it again, then make your changes`
  throw new AdminProblem('NOTEBOOK_CHANGED', `${what}.`, 409)
}

/** Readers see the old text or the new one. */
function replaceFile(file: string, text: string): void {
  const fresh = join(dirname(file), `.${randomUUID()}.tmp`)
  try {
    writeFileSync(fresh, text, { flush: true })
    renameSync(fresh, file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw unwritable(file, error)
  }
}

function unwritable(place: string, error: unknown): AdminProblem {
  return new AdminProblem('NOTEBOOK_UNWRITABLE', `${place} cannot be written: ${messageOf(error)}.`, 409)
}
