/** Opens and ends the session of this browser. */
import { type SessionAnswer, sessionPath } from '../../../src/protocol/session.ts'
import { postJson } from './client.ts'
import { setSession } from './session.ts'

/** Errors: ApiError with SIGN_IN_REFUSED, SIGN_IN_TOO_OFTEN, TLS_NEEDED, SESSION_NOT_NEEDED. */
export async function signIn(keyId: string, secret: string): Promise<void> {
  setSession(await postJson<SessionAnswer>(sessionPath, { keyId, secret }))
}

export async function signOut(): Promise<void> {
  setSession(await postJson<SessionAnswer>(`${sessionPath}/end`, {}))
}
