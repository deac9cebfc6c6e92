/** Signs a request of our own clients and tests, in the header form of Signature Version 4. */
import { hash } from 'node:crypto'
import {
  algorithm,
  canonicalRequest,
  type Scope,
  scopeText,
  signature,
  signingKey,
  timestampOf,
} from './canonical-request.ts'

export interface SigningCredentials {
  readonly keyId: string
  readonly secret: string
  readonly sessionToken?: string
}

export interface SigningOptions {
  readonly credentials: SigningCredentials
  readonly region: string
  /** The service's signing name, for example `kinesis`. */
  readonly service: string
  /** Ms since the epoch. */
  readonly time: number
}

export interface RequestToSign {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Must hold `host` (or `:authority`); all of them are signed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** The headers to send: those given, in lower case, with x-amz-date, the session token and authorization. */
export function signRequest(request: RequestToSign, options: SigningOptions): Record<string, string> {
  const { credentials, region, service, time } = options
  const timestamp = timestampOf(time)
  const headers: Record<string, string> = {}
  for (const name in request.headers) headers[name.toLowerCase()] = request.headers[name]!
  headers['x-amz-date'] = timestamp
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken

  const signedHeaders = Object.keys(headers).sort()
  const scope: Scope = { date: timestamp.slice(0, 8), region, service }
  const canonical = canonicalRequest(
    { method: request.method, url: request.url, rawHeaders: Object.entries(headers).flat() },
    { signedHeaders, payloadHash: hash('sha256', request.body, 'hex') },
  )
  const signed = signature(signingKey(credentials.secret, scope), { timestamp, scope, canonical })
  headers.authorization =
    `${algorithm} Credential=${credentials.keyId}/${scopeText(scope)}, ` +
    `SignedHeaders=${signedHeaders.join(';')}, Signature=${signed.toString('hex')}`
  return headers
}
