/**
 * Who may have a page of the administration. Pages show and change what an app holds, so they are stricter than other pages:
 *
 *   verify            a signature by a key whose policy allows the action (`millrace:...`) on `*`; or the cookie of a session of such
 *                     a key, for the host that it was opened for, and with a change the session's CSRF token as well
 *   lenient and off   which the gateway has on loopback only: the Host has to be a name of this machine, so that no name
 *                     server makes a page of elsewhere speak for it
 *   in all of them    a request that comes out of a web page (it has an Origin, or says from which site it was sent) has to come
 *                     out of a page of this gateway
 */
import type { BrowserSession } from '../session/browser-sessions.ts'
import { equalTexts } from '../session/browser-sessions.ts'
import { readCookie, sessionCookieName } from '../session/session-cookie.ts'
import type { Caller } from '../wire/wire-service.ts'
import { AdminProblem } from './admin-problem.ts'
import type { RouteRequest } from './routes.ts'

export const csrfHeader = 'x-millrace-csrf'

export interface Admission {
  /** Undefined where the gateway checks nobody. */
  readonly caller: Caller | undefined
  /** False once the caller's session has ended: what is still being told stops then. Asking counts as use. */
  stillHolds(): boolean
}

const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** Throws an AdminProblem or the signature's WireError. */
export function admitRequest(request: RouteRequest, action: string): Admission {
  assertTrustedPage(request)
  if (request.authMode !== 'verify') return { caller: undefined, stillHolds: () => true }
  const admission = request.isSigned
    ? { caller: request.authenticate(), stillHolds: () => true }
    : admitSession(request)
  admission.caller.authorize(action, '*')
  return admission
}

/** No page of elsewhere, and where no signatures are verified no name of elsewhere either. Throws an AdminProblem. */
export function assertTrustedPage(request: RouteRequest): void {
  const host = hostOf(request)
  const origin = request.header('origin')
  const site = request.header('sec-fetch-site')
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    throw new AdminProblem('ORIGIN_REFUSED', `A page of ${origin} may not administer this gateway.`, 403)
  }
  // Requests without an Origin: images, scripts and links of other pages, those of other ports of this machine among them.
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new AdminProblem('ORIGIN_REFUSED', 'A page of elsewhere may not administer this gateway.', 403)
  }
  if (request.authMode !== 'verify' && !isLoopbackHost(host)) {
    throw new AdminProblem(
      'HOST_REFUSED',
      `The request is for host ${JSON.stringify(host)}. Use localhost or 127.0.0.1, or create access keys and sign it.`,
      403,
    )
  }
}

/** The session of the request's cookie, whatever else it brings; undefined: there is none, or it has ended. */
export function sessionOf(request: RouteRequest): BrowserSession | undefined {
  const token = tokenOf(request)
  const session = token === undefined ? undefined : request.sessions.find(token)
  return session?.host === hostOf(request) ? session : undefined
}

export function tokenOf(request: RouteRequest): string | undefined {
  const name = cookieNameOf(request)
  return name === undefined ? undefined : readCookie(request.header('cookie'), name)
}

/**
 * The cookie that the request has; undefined: none. A proxy may have ended the TLS, so the browser's own mark counts over plain
 * connections too; over TLS no other one does, since anybody in front of a plain connection could have made it.
 */
export function cookieNameOf(request: RouteRequest): string | undefined {
  const header = request.header('cookie')
  const names = [true, ...(request.isSecure ? [] : [false])].map((isSecure) =>
    sessionCookieName(hostOf(request), isSecure),
  )
  return names.find((name) => readCookie(header, name) !== undefined)
}

export function hostOf(request: RouteRequest): string {
  return request.header('host') ?? request.header(':authority') ?? ''
}

export function isLoopbackHost(host: string): boolean {
  return loopbackHost.test(host)
}

function admitSession(request: RouteRequest): { caller: Caller; stillHolds: () => boolean } {
  const token = tokenOf(request)
  if (token === undefined) {
    throw new AdminProblem(
      'SESSION_NEEDED',
      'Sign in at /console/ with an access key (millrace keys create makes one), or sign the request.',
      401,
    )
  }
  const session = sessionOf(request)
  if (session === undefined) {
    throw new AdminProblem('SESSION_ENDED', 'The session has ended. Sign in again at /console/.', 401)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') assertCsrf(request, session)
  return { caller: session.caller, stillHolds: () => request.sessions.find(token) !== undefined }
}

/** A change says by a header that a page of ours asks for it: a cookie alone is sent whoever asks. */
export function assertCsrf(request: RouteRequest, { csrf }: BrowserSession): void {
  if (equalTexts(request.header(csrfHeader) ?? '', csrf)) return
  throw new AdminProblem(
    'CSRF_REFUSED',
    `A change under a session needs the session's token in the header ${csrfHeader}. GET /admin/session tells it; reload the page.`,
    403,
  )
}
