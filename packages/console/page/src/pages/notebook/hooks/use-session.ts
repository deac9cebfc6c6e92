/**
 * The session of a notebook: the one event stream of all its cells, and what they have shown. It outlives the component, so that who
 * looks at another page and comes back within a minute finds the cells as they are, and it outlives a reload of the page.
 */
import { useEffect, useState, useSyncExternalStore } from 'react'
import { type StreamState, useEvents } from '../../../api/use-events.ts'
import { after, nextFrame, steadyMs } from '../../../kit/clock.ts'
import { type CellResult, CellResults, eventNames } from '../model/cell-results.ts'

export interface Session {
  readonly id: string
  readonly results: CellResults
}

const sessions = new Map<string, Session>()

/** Everything that goes on is told in the first moment of a connection. */
const settleMs = 2_000

export function useSession(notebook: string): { session: Session; connection: StreamState } {
  const [session] = useState(() => sessionOf(notebook))
  const { id, results } = session
  const connection = useEvents(`/admin/notebook/events?session=${id}`, eventNames, (name, data) => {
    // The names are those asked for, and data of each has the protocol's shape.
    results.apply(...([name, data] as unknown as Parameters<CellResults['apply']>))
  })
  useEffect(() => {
    if (connection === 'lost' || connection === 'opening') results.lost()
    return connection === 'open' ? after(settleMs, () => results.settle()) : undefined
  }, [connection, results])
  return { session, connection }
}

/** A notebook that has another name by now. */
export function renameSession(from: string, to: string): void {
  const session = sessions.get(from)
  if (session === undefined) return
  sessions.delete(from)
  sessions.set(to, session)
  remember(to, session.id)
}

export function useCellResult({ results }: Session, cell: string): CellResult {
  return useSyncExternalStore(
    (listener) => results.subscribe(cell, listener),
    () => results.get(cell),
  )
}

export function useIsAnyRunning({ results }: Session): boolean {
  return useSyncExternalStore(
    (listener) => results.subscribe(undefined, listener),
    () => results.isAnyRunning(),
  )
}

function sessionOf(notebook: string): Session {
  const known = sessions.get(notebook)
  if (known !== undefined) return known
  const id = remembered(notebook) ?? newId()
  remember(notebook, id)
  const session: Session = { id, results: new CellResults({ nowMs: steadyMs, soon: nextFrame }) }
  sessions.set(notebook, session)
  return session
}

const storageName = (notebook: string) => `millrace.notebook.${notebook}`

function remembered(notebook: string): string | undefined {
  try {
    return window.sessionStorage.getItem(storageName(notebook)) ?? undefined
  } catch {
    // Browsers may refuse storage; then a reload starts anew.
    return undefined
  }
}

function remember(notebook: string, id: string): void {
  try {
    window.sessionStorage.setItem(storageName(notebook), id)
  } catch {
    // As above.
  }
}

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
