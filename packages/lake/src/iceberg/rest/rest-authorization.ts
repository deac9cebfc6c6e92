/**
 * Who a REST catalog's client says it is: a token that somebody gave, one that the catalog gives for a client's id and secret (OAuth 2
 * client credentials, as the protocol's own token endpoint takes them), or a signature over each request. Secrets stay in here: no
 * message says them.
 */
import type { Clock } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import { parseExactJson } from './exact-json.ts'

export interface RequestToAuthorize {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RestAuthorization {
  /** Headers to add. */
  headers(request: RequestToAuthorize): Promise<Readonly<Record<string, string>>>
  /** The catalog said that it does not know us: true if another attempt has other headers. */
  refused(): boolean
}

export type Fetch = typeof fetch

/** Nobody: for catalogs on this machine that ask for nothing. */
export const noAuthorization: RestAuthorization = { headers: async () => ({}), refused: () => false }

export function bearerAuthorization(token: string): RestAuthorization {
  return { headers: async () => ({ authorization: `Bearer ${token}` }), refused: () => false }
}

/** For example a Signature Version 4 over the request, made by whoever knows how. */
export function signedAuthorization(
  sign: (request: RequestToAuthorize) => Readonly<Record<string, string>>,
): RestAuthorization {
  return { headers: async (request) => sign(request), refused: () => false }
}

export interface ClientCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** `catalog` unless given. */
  readonly scope?: string
}

/** A token is asked for anew before it ends, a tenth of its life ahead, and when the catalog refuses it. */
export function clientCredentialsAuthorization(
  credentials: ClientCredentials,
  { clock, fetch: send = fetch }: { readonly clock: Clock; readonly fetch?: Fetch },
): RestAuthorization {
  let token: Promise<{ readonly text: string; readonly renewAt: number }> | undefined
  let madeAt = 0
  const obtain = async () => {
    madeAt = clock.now()
    const { text, expiresSeconds } = await askForToken(credentials, send)
    const lifeMs = (expiresSeconds ?? Number.POSITIVE_INFINITY) * 1000
    return { text, renewAt: madeAt + lifeMs * 0.9 }
  }
  const current = async () => {
    token ??= obtain()
    try {
      return await token
    } catch (error) {
      token = undefined
      throw error
    }
  }
  return {
    async headers() {
      let known = await current()
      if (clock.now() >= known.renewAt) {
        token = undefined
        known = await current()
      }
      return { authorization: `Bearer ${known.text}` }
    },
    refused() {
      // A token that was refused as soon as it was given will be refused again.
      if (token === undefined || clock.now() - madeAt < 1000) return false
      token = undefined
      return true
    },
  }
}

async function askForToken(
  { tokenUrl, clientId, clientSecret, scope = 'catalog' }: ClientCredentials,
  send: Fetch,
): Promise<{ text: string; expiresSeconds: number | undefined }> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope,
  })
  let reply: Response
  let body: string
  try {
    reply = await send(tokenUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    })
    body = await reply.text()
  } catch (error) {
    throw refusal(`${tokenUrl} cannot be reached to ask for a token`, error)
  }
  if (!reply.ok) {
    throw refusal(
      `${tokenUrl} gave no token for client ${JSON.stringify(clientId)}: status ${reply.status}. Check the client's id and secret.`,
    )
  }
  const answer = parseExactJson(body, `the answer of ${tokenUrl}`)
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer) {
    const { access_token: text } = answer
    const seconds = 'expires_in' in answer ? answer.expires_in : undefined
    if (typeof text === 'string')
      return { text, expiresSeconds: typeof seconds === 'number' ? seconds : undefined }
  }
  throw refusal(`${tokenUrl} answered without an access_token`)
}

function refusal(message: string, cause?: unknown): LakeError {
  return new LakeError('TABLE_CATALOG_FAILED', message, cause === undefined ? undefined : { cause })
}
