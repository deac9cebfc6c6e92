/** What GET and POST /admin/session and POST /admin/session/end answer: who the page speaks for, and what they may do. */
export interface SessionAnswer {
  /** `verify`: somebody has to sign in. In the others everybody on this machine may do everything. */
  readonly mode: 'verify' | 'lenient' | 'off'
  /** The secret of a key may be sent over this connection: it is on this machine, or under TLS. */
  readonly maySignIn: boolean
  /** Left out: nobody in particular, or nobody yet. */
  readonly user?: { readonly keyId: string; readonly account: string }
  readonly session?: {
    /** The page sends it with each change, as the header `csrfHeader`. */
    readonly csrf: string
    /** Ms since the epoch: ends then, unless it is used before. */
    readonly idleAt: number
    /** Ms since the epoch: ends then. */
    readonly endsAt: number
  }
  /** Actions that may be done: `millrace:RedriveDeadLetters`. */
  readonly allowed: readonly string[]
  /** All actions that there are. */
  readonly actions: readonly string[]
}

export const sessionPath = '/admin/session'
export const csrfHeader = 'x-millrace-csrf'

export function needsSignIn({ mode, user }: SessionAnswer): boolean {
  return mode === 'verify' && user === undefined
}
