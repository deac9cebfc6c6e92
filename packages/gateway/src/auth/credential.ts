/**
 * Who a request says it is from, and what it signed: read from the Authorization header or from the query, not yet
 * checked. Types and texts of the errors are the service's.
 */
import { WireError } from '../wire/wire-error.ts'
import {
  algorithm,
  queryParameters,
  type Scope,
  type SignableRequest,
  scopeEnd,
  signedValue,
  timeOfTimestamp,
  timestampOf,
} from './canonical-request.ts'

export interface Credential {
  readonly keyId: string
  readonly scope: Scope
  /** Lower case. */
  readonly signedHeaders: readonly string[]
  /** Hex, as sent. */
  readonly signature: string
  /** As signed. */
  readonly timestamp: string
  readonly time: number
  readonly sessionToken: string | undefined
  /** Seconds for which a presigned query holds. */
  readonly expiresSeconds: number | undefined
}

/** Whether a request carries any signature at all. */
export function isSigned(request: SignableRequest): boolean {
  return signedValue(request, 'authorization') !== undefined || authQuery(request.url) !== undefined
}

/** Throws Missing-, Incomplete- or InvalidSignature errors. */
export function readCredential(request: SignableRequest): Credential {
  const header = signedValue(request, 'authorization')
  const query = authQuery(request.url)
  if (header !== undefined && query !== undefined) {
    throw invalidSignature(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )
  }
  if (header !== undefined) return fromHeader(request, header)
  if (query !== undefined) return fromQuery(query)
  throw new WireError('MissingAuthenticationTokenException', 'Missing Authentication Token')
}

export function invalidSignature(message: string): WireError {
  return new WireError('InvalidSignatureException', message)
}

function incompleteSignature(message: string): WireError {
  return new WireError('IncompleteSignatureException', message)
}

function fromHeader(request: SignableRequest, header: string): Credential {
  const parts = new Map<string, string>()
  const [scheme = '', ...rest] = header.split(/[, ]+/)
  for (const part of rest) {
    const mark = part.indexOf('=')
    if (mark > 0) parts.set(part.slice(0, mark), part.slice(mark + 1))
  }
  const [credential, signature, signedHeaders] = ['Credential', 'Signature', 'SignedHeaders'].map(
    (name) => parts.get(name) || undefined,
  )
  const timestamp = headerTimestamp(request)
  let fault = ''
  if (credential === undefined) fault += "Authorization header requires 'Credential' parameter. "
  if (signature === undefined) fault += "Authorization header requires 'Signature' parameter. "
  if (signedHeaders === undefined) fault += "Authorization header requires 'SignedHeaders' parameter. "
  if (timestamp === undefined) {
    fault += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
  }
  if (
    credential === undefined ||
    signature === undefined ||
    signedHeaders === undefined ||
    timestamp === undefined
  ) {
    throw incompleteSignature(`${fault}Authorization=${header}`)
  }
  return credentialOf({
    algorithm: scheme,
    credential,
    signature,
    signedHeaders,
    timestamp,
    sessionToken: signedValue(request, 'x-amz-security-token'),
    expires: undefined,
  })
}

/** x-amz-date; else the Date header in the form that x-amz-date would have. */
function headerTimestamp(request: SignableRequest): string | undefined {
  const amz = signedValue(request, 'x-amz-date')
  if (amz) return amz
  const date = signedValue(request, 'date')
  if (!date) return undefined
  const time = Date.parse(date)
  return Number.isNaN(time) ? date : timestampOf(time)
}

function fromQuery(parameters: ReadonlyMap<string, string>): Credential {
  const required = (name: string) => parameters.get(name) || undefined
  const scheme = required('X-Amz-Algorithm')
  const credential = required('X-Amz-Credential')
  const signature = required('X-Amz-Signature')
  const signedHeaders = required('X-Amz-SignedHeaders')
  const timestamp = required('X-Amz-Date')
  if (!scheme || !credential || !signature || !signedHeaders || !timestamp) {
    const missing = Object.entries({
      'X-Amz-Algorithm': scheme,
      'X-Amz-Credential': credential,
      'X-Amz-Signature': signature,
      'X-Amz-SignedHeaders': signedHeaders,
      'X-Amz-Date': timestamp,
    })
      .filter(([, value]) => value === undefined)
      .map(([name]) => `AWS query-string parameters must include '${name}'. `)
    throw incompleteSignature(`${missing.join('')}Re-examine the query-string parameters.`)
  }
  return credentialOf({
    algorithm: scheme,
    credential,
    signature,
    signedHeaders,
    timestamp,
    sessionToken: required('X-Amz-Security-Token'),
    expires: required('X-Amz-Expires'),
  })
}

interface CredentialParts {
  readonly algorithm: string
  readonly credential: string
  readonly signature: string
  readonly signedHeaders: string
  readonly timestamp: string
  readonly sessionToken: string | undefined
  readonly expires: string | undefined
}

function credentialOf(parts: CredentialParts): Credential {
  if (parts.algorithm !== algorithm) {
    throw incompleteSignature(`Unsupported AWS 'algorithm': '${parts.algorithm}'.`)
  }
  const time = timeOfTimestamp(parts.timestamp)
  if (time === undefined) {
    throw incompleteSignature(`Date must be in ISO-8601 'basic format'. Got '${parts.timestamp}'.`)
  }
  const elements = parts.credential.split('/')
  const [keyId, date, region, service, end] = elements
  if (elements.length !== 5 || !keyId || !date || !region || !service) {
    throw incompleteSignature(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${parts.credential}'`,
    )
  }
  if (end !== scopeEnd) {
    throw invalidSignature(
      `Credential should be scoped with a valid terminator: '${scopeEnd}', not '${end}'.`,
    )
  }
  if (date !== parts.timestamp.slice(0, 8)) {
    throw invalidSignature(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${date}' != '${parts.timestamp.slice(0, 8)}', from '${parts.timestamp}'.`,
    )
  }
  return {
    keyId,
    scope: { date, region, service },
    signedHeaders: parts.signedHeaders.toLowerCase().split(';'),
    signature: parts.signature,
    timestamp: parts.timestamp,
    time,
    sessionToken: parts.sessionToken,
    expiresSeconds: expirySeconds(parts.expires),
  }
}

const expirySecondsMax = 7 * 24 * 3600

function expirySeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (seconds >= 1 && seconds <= expirySecondsMax) return seconds
  throw incompleteSignature(
    `X-Amz-Expires must be a number of seconds from 1 to ${expirySecondsMax}, not '${text}'.`,
  )
}

/** The parameters of the query, if it carries a signature. */
function authQuery(url: string): ReadonlyMap<string, string> | undefined {
  const mark = url.indexOf('?')
  if (mark < 0 || !url.includes('X-Amz-Algorithm', mark)) return undefined
  const parameters = new Map(queryParameters(url.slice(mark + 1)).map(({ name, value }) => [name, value]))
  return parameters.has('X-Amz-Algorithm') ? parameters : undefined
}
