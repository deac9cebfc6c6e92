/**
 * Who the page speaks for, as the gateway says. Asked when the page opens, and again when a call was refused because nobody is signed
 * in any more. Who signs in or out tells it by `setSession` (sign-in.ts). The CSRF token is here alone: in memory, never in storage.
 */
import { useSyncExternalStore } from 'react'
import { needsSignIn, type SessionAnswer, sessionPath } from '../../../src/protocol/session.ts'

export interface SessionState {
  /** Undefined: not known yet, or nobody answers; pages then say so themselves. */
  readonly answer: SessionAnswer | undefined
  /** Whether the first question has been answered, or could not be. */
  readonly isAsked: boolean
  /** Grows when somebody has signed in: what was refused before is asked again. */
  readonly signIns: number
}

let state: SessionState = { answer: undefined, isAsked: false, signIns: 0 }
let asking: Promise<void> | undefined
const listeners = new Set<() => void>()

export function useSession(): SessionState {
  return useSyncExternalStore(listen, () => state)
}

/** Changes when somebody has signed in: for effects that then have to be run again. */
export function useSignIns(): number {
  return useSyncExternalStore(listen, () => state.signIns)
}

/** Whether an action may be done (`millrace:RedriveDeadLetters`); true while that is not known. */
export function useAllowed(action: string): boolean {
  const { answer } = useSession()
  return answer === undefined || answer.allowed.includes(action) || !answer.actions.includes(action)
}

export function csrfToken(): string | undefined {
  return state.answer?.session?.csrf
}

export function setSession(answer: SessionAnswer): void {
  const { answer: before } = state
  const isIn = before !== undefined && needsSignIn(before) && !needsSignIn(answer)
  state = { answer, isAsked: true, signIns: state.signIns + (isIn ? 1 : 0) }
  for (const listener of listeners) listener()
}

/** Asks the gateway; calls at the same time are one. */
export function refreshSession(): Promise<void> {
  asking ??= ask().finally(() => {
    asking = undefined
  })
  return asking
}

async function ask(): Promise<void> {
  try {
    const response = await fetch(sessionPath, { credentials: 'same-origin' })
    // The gateway's promise.
    if (response.ok) return setSession((await response.json()) as SessionAnswer)
  } catch {
    // Nobody answers, which the page's own calls say better.
  }
  state = { ...state, isAsked: true }
  for (const listener of listeners) listener()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
