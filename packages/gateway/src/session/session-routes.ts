/**
 * Signing in, for browsers: the console asks who it speaks for, takes an access key once, and has a cookie from then on.
 *
 *   GET  /admin/session        who calls and what they may do; the CSRF token of the session
 *   POST /admin/session        {"keyId", "secret"}: opens a session, sets its cookie
 *   POST /admin/session/end    {}: ends it
 *
 * All three answer in the shape of SessionAnswer. Where signatures are not verified nobody signs in: everybody on this machine may do
 * everything. A secret is taken over TLS or on this machine only.
 */
import type { AuthMode } from '../auth/authenticator.ts'
import { AdminProblem } from '../http/admin-problem.ts'
import { openAdminRoute } from '../http/admin-route.ts'
import {
  assertCsrf,
  cookieNameOf,
  hostOf,
  isLoopbackHost,
  sessionOf,
  tokenOf,
} from '../http/admit-request.ts'
import type { RouteRequest, Routes } from '../http/routes.ts'
import { WireError } from '../wire/wire-error.ts'
import type { Caller } from '../wire/wire-service.ts'
import type { BrowserSession } from './browser-sessions.ts'
import { endedCookie, sessionCookie, sessionCookieName } from './session-cookie.ts'

export const sessionPath = '/admin/session'

export interface SessionAnswer {
  readonly mode: AuthMode
  /** The secret of a key may be sent over this connection. */
  readonly maySignIn: boolean
  /** Left out: nobody in particular (where nobody has to sign in), or nobody yet. */
  readonly user?: { readonly keyId: string; readonly account: string }
  /** Of who has signed in with a browser. */
  readonly session?: {
    readonly csrf: string
    /** Ms since the epoch: ends then, unless it is used before. */
    readonly idleAt: number
    /** Ms since the epoch: ends then. */
    readonly endsAt: number
  }
  /** What may be done: of `actions`, all where nobody has to sign in, none where somebody should. */
  readonly allowed: readonly string[]
  /** All that there is to be allowed. */
  readonly actions: readonly string[]
}

/** Longer than any key is. */
const keyIdMax = 128
const secretMax = 512

/** `actions`: those of the pages that are mounted beside these. */
export function sessionRoutes(actions: readonly string[]): Routes {
  return new Map([
    [
      sessionPath,
      openAdminRoute((request) => {
        const session = sessionOf(request)
        const name = cookieNameOf(request)
        const isOver = name !== undefined && session === undefined
        return {
          value: sessionAnswer(request, actions, session),
          ...(isOver ? { headers: { 'Set-Cookie': endedCookie(name) } } : {}),
        }
      }),
    ],
    [
      `POST ${sessionPath}`,
      openAdminRoute((request, body) => {
        const { token, session } = signIn(request, body)
        const name = sessionCookieName(hostOf(request), isSeenAsSecure(request))
        return {
          value: sessionAnswer(request, actions, session),
          headers: { 'Set-Cookie': sessionCookie(name, token) },
        }
      }),
    ],
    [
      `POST ${sessionPath}/end`,
      openAdminRoute((request) => {
        const [session, token, name] = [sessionOf(request), tokenOf(request), cookieNameOf(request)]
        if (session !== undefined && token !== undefined) {
          assertCsrf(request, session)
          request.sessions.end(token)
        }
        return {
          value: sessionAnswer(request, actions, undefined),
          ...(name === undefined ? {} : { headers: { 'Set-Cookie': endedCookie(name) } }),
        }
      }),
    ],
  ])
}

function signIn(
  request: RouteRequest,
  { keyId, secret }: Readonly<Record<string, unknown>>,
): { readonly token: string; readonly session: BrowserSession } {
  if (request.authMode !== 'verify') {
    throw new AdminProblem(
      'SESSION_NOT_NEEDED',
      'Nobody signs in here: there is no access key, and the gateway answers this machine alone. millrace keys create makes one.',
      409,
    )
  }
  if (!maySignIn(request)) {
    throw new AdminProblem(
      'TLS_NEEDED',
      'A secret is not taken over a connection that others can read. Start the gateway with --tls-port and open https://.',
      403,
    )
  }
  if (!isText(keyId, keyIdMax) || !isText(secret, secretMax)) {
    throw new AdminProblem(
      'VALUE_INVALID',
      '"keyId" and "secret" of an access key are needed, as texts. millrace keys create makes one.',
    )
  }
  const tried = request.sessions.signIn({ keyId, secret, host: hostOf(request) })
  if (tried.kind === 'open') {
    // Who signs in again leaves nothing behind.
    const before = tokenOf(request)
    if (before !== undefined) request.sessions.end(before)
    return tried
  }
  if (tried.kind === 'wait') {
    throw new AdminProblem(
      'SIGN_IN_TOO_OFTEN',
      `Too many secrets were wrong. Try again in ${tried.seconds} seconds.`,
      429,
    )
  }
  throw new AdminProblem(
    'SIGN_IN_REFUSED',
    'There is no access key in force with this id and secret. millrace keys list shows the ids; millrace keys create makes a new key.',
    403,
  )
}

function sessionAnswer(
  request: RouteRequest,
  actions: readonly string[],
  session: BrowserSession | undefined,
): SessionAnswer {
  const base = { mode: request.authMode, maySignIn: maySignIn(request), actions }
  if (request.authMode !== 'verify') return { ...base, allowed: actions }
  const caller = request.isSigned ? request.authenticate() : session?.caller
  if (caller === undefined) return { ...base, allowed: [] }
  return {
    ...base,
    user: { keyId: caller.keyId, account: caller.account },
    allowed: actions.filter((action) => isAllowed(caller, action)),
    ...(session === undefined || request.isSigned
      ? {}
      : { session: { csrf: session.csrf, idleAt: session.idleAt, endsAt: session.endsAt } }),
  }
}

function isAllowed(caller: Caller, action: string): boolean {
  try {
    caller.authorize(action, '*')
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}

function maySignIn(request: RouteRequest): boolean {
  return isSeenAsSecure(request) || isLoopbackHost(hostOf(request))
}

/** The browser speaks TLS: with us, or with a proxy in front of us. The Origin is the browser's word for it. */
function isSeenAsSecure(request: RouteRequest): boolean {
  return request.isSecure || request.header('origin')?.startsWith('https://') === true
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= lengthMax
}
