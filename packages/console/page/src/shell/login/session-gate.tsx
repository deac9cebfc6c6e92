/**
 * Shows the console to who may see it, and the form to sign in where somebody has to. Nothing is drawn before the gateway has said
 * which: on this machine that is a millisecond.
 *
 * A session may end while somebody works. What they have typed then stays: the pages are put away, not taken down, and come back when
 * the same key signs in; another key finds new ones.
 */
import { type ReactNode, useEffect, useRef } from 'react'
import { needsSignIn } from '../../../../src/protocol/session.ts'
import { refreshSession, useSession } from '../../api/session.ts'
import { LoginPage } from './login-page.tsx'
import './login.css'

export function SessionGate({ children }: { readonly children: ReactNode }) {
  const { answer, isAsked } = useSession()
  /** Whose pages were shown last; undefined: none were. */
  const owner = useRef<string | undefined>(undefined)
  useEffect(() => {
    // Who comes back to the tab after a while sees at once that the session has ended.
    const look = () => {
      if (!document.hidden) void refreshSession()
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  if (!isAsked) return null
  const mustSignIn = answer !== undefined && needsSignIn(answer)
  if (!mustSignIn) owner.current = answer?.user?.keyId ?? ''
  return (
    <>
      {owner.current === undefined ? null : (
        <div key={owner.current} className={mustSignIn ? 'session-away' : 'session-frame'} inert={mustSignIn}>
          {children}
        </div>
      )}
      {mustSignIn ? <LoginPage maySignIn={answer.maySignIn} hasEnded={owner.current !== undefined} /> : null}
    </>
  )
}
