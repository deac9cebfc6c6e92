/** Starts and stops cells of an open notebook. */
import { useCallback, useMemo, useRef } from 'react'
import type { RunAnswer, RunRequest, StopRequest } from '../../../../../src/protocol/notebook.ts'
import { asApiError, postJson } from '../../../api/client.ts'
import { isActive } from '../model/cell-results.ts'
import { textsBefore } from '../model/edit-cells.ts'
import { cellsNow } from './use-notebook.ts'
import type { Session } from './use-session.ts'

export interface Runs {
  /** Starts it, or starts it anew. */
  readonly run: (cell: string) => Promise<void>
  readonly stop: (cell: string) => Promise<void>
  /** One after the other, in the order of the notebook. */
  readonly runAll: () => Promise<void>
  readonly stopAll: () => Promise<void>
  readonly setFrom: (cell: string, from: 'earliest' | 'latest') => void
}

/** `notebook`: its name. What runs is what was typed, drawn already or not. */
export function useRuns({ id: session, results }: Session, notebook: string): Runs {
  const froms = useRef(new Map<string, 'earliest' | 'latest'>())
  const run = useCallback(
    async (name: string) => {
      const cells = cellsNow(notebook)
      const cell = cells.find(({ id }) => id === name)
      if (cell === undefined || cell.dialect === 'markdown' || cell.text.trim() === '') return
      const { dialect, text } = cell
      const from = froms.current.get(name)
      results.asked(name, text)
      const request: RunRequest = {
        session,
        cell: name,
        dialect,
        text,
        before: textsBefore(cells, name),
        ...(from === undefined ? {} : { from }),
      }
      try {
        await postJson<RunAnswer>('/admin/notebook/run', request)
      } catch (failure) {
        results.refused(name, asApiError(failure))
      }
    },
    [session, results, notebook],
  )
  const stop = useCallback(
    async (cell: string) => {
      const request: StopRequest = { session, cell }
      try {
        await postJson('/admin/notebook/stop', request)
      } catch (failure) {
        results.refused(cell, asApiError(failure))
      }
    },
    [session, results],
  )
  return useMemo(
    () => ({
      run,
      stop,
      runAll: async () => {
        for (const { id } of cellsNow(notebook)) await run(id)
      },
      stopAll: async () => {
        const active = cellsNow(notebook).filter(({ id }) => isActive(results.get(id)))
        await Promise.all(active.map(({ id }) => stop(id)))
      },
      setFrom: (cell, from) => void froms.current.set(cell, from),
    }),
    [run, stop, results, notebook],
  )
}
