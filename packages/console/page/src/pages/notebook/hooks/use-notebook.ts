/**
 * A notebook that is open: what the file has, and what was changed since. Changes that are not saved stay while one looks at other
 * pages of the console; leaving the console asks first.
 */
import { useCallback, useEffect, useState } from 'react'
import type {
  Notebook,
  NotebookAnswer,
  SaveAnswer,
  SaveRequest,
} from '../../../../../src/protocol/notebook.ts'
import { type ApiError, asApiError, getJson, postJson } from '../../../api/client.ts'
import type { Cells } from '../model/edit-cells.ts'

interface Draft {
  readonly notebook: Notebook
  /** Of the file, when it was read or written last. */
  readonly version: string
  readonly file: string
  /** The cells that the file has. */
  readonly saved: Cells
}

export interface OpenNotebook {
  readonly notebook: Notebook | undefined
  readonly file: string | undefined
  readonly version: string | undefined
  readonly isUnsaved: boolean
  readonly isSaving: boolean
  readonly error: ApiError | undefined
  /** The file is another by now: someone else has saved it. */
  readonly isConflict: boolean
  readonly edit: (change: (cells: Cells) => Cells) => void
  /** Resolves to whether it is saved. */
  readonly save: () => Promise<boolean>
  /** In a conflict: writes over the other one. */
  readonly overwrite: () => Promise<boolean>
  /** What the file has, without the changes. */
  readonly reload: () => Promise<void>
  readonly dismiss: () => void
}

const drafts = new Map<string, Draft>()

/** The cells at this moment: what was typed just now is in them before it is drawn. */
export function cellsNow(name: string): Cells {
  return drafts.get(name)?.notebook.cells ?? []
}

export function forgetDraft(name: string): void {
  drafts.delete(name)
}

export function useNotebook(name: string): OpenNotebook {
  const [draft, setDraft] = useState<Draft | undefined>(() => drafts.get(name))
  const [error, setError] = useState<ApiError | undefined>()
  const [isSaving, setSaving] = useState(false)
  const put = useCallback(
    (next: Draft) => {
      drafts.set(name, next)
      setDraft(next)
      setError(undefined)
    },
    [name],
  )
  const reload = useCallback(async () => {
    try {
      put(draftOf(await getJson<NotebookAnswer>('/admin/notebook', { name })))
    } catch (failure) {
      setError(asApiError(failure))
    }
  }, [name, put])
  useEffect(() => {
    const known = drafts.get(name)
    if (known === undefined || known.notebook.cells === known.saved) void reload()
  }, [name, reload])

  const isUnsaved = draft !== undefined && !isSame(draft.notebook.cells, draft.saved)
  useEffect(() => {
    if (!isUnsaved) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [isUnsaved])

  const edit = useCallback(
    (change: (cells: Cells) => Cells) => {
      const now = drafts.get(name)
      if (now === undefined) return
      const next = { ...now, notebook: { ...now.notebook, cells: change(now.notebook.cells) } }
      drafts.set(name, next)
      setDraft(next)
    },
    [name],
  )
  const write = async (version: string) => {
    const now = drafts.get(name)
    if (now === undefined) return false
    setSaving(true)
    try {
      const request: SaveRequest = { notebook: now.notebook, version }
      const answer = await postJson<SaveAnswer>('/admin/notebook/save', request)
      // What was typed while it was saved is not in the file.
      const later = drafts.get(name) ?? now
      put({ ...later, version: answer.version, file: answer.file, saved: now.notebook.cells })
      return true
    } catch (failure) {
      setError(asApiError(failure))
      return false
    } finally {
      setSaving(false)
    }
  }
  const save = async () => (draft === undefined ? false : write(draft.version))
  const overwrite = async () => {
    try {
      const { version } = await getJson<NotebookAnswer>('/admin/notebook', { name })
      return await write(version)
    } catch (failure) {
      setError(asApiError(failure))
      return false
    }
  }
  return {
    notebook: draft?.notebook,
    file: draft?.file,
    version: draft?.version,
    isUnsaved,
    isSaving,
    error,
    isConflict: error?.code === 'NOTEBOOK_CHANGED',
    edit,
    save,
    overwrite,
    reload,
    dismiss: () => setError(undefined),
  }
}

function draftOf({ notebook, version, file }: NotebookAnswer): Draft {
  return { notebook, version, file, saved: notebook.cells }
}

function isSame(a: Cells, b: Cells): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
