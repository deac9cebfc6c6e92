/**
 * Whether Millrace answers: told by whoever asks it all the time (the shell), known to everybody. What failed because nobody
 * answered is asked again when somebody does.
 */
import { useSyncExternalStore } from 'react'

export type Connection = 'answers' | 'lost'

let connection: Connection = 'answers'
const listeners = new Set<() => void>()

export function tellConnection(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const listener of listeners) listener()
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
