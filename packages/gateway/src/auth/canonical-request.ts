/**
 * The canonical form of a request and what is signed of it (AWS Signature Version 4). Signer and verifier share it, so
 * that they cannot drift apart.
 *
 *   method \n path \n query \n (name:value \n)* \n signed names \n hex SHA-256 of the body
 *
 * The path is normalized and URI-encoded once more than it came; the query is sorted by encoded name, then value. Values
 * of one name are joined by commas, with outer blanks trimmed and inner runs collapsed. Over HTTP/2 clients sign
 * `:authority`, over HTTP/1.1 `host`; either stands for the other where only one of them was sent.
 */
import { createHmac, hash } from 'node:crypto'

export const algorithm = 'AWS4-HMAC-SHA256'
export const scopeEnd = 'aws4_request'

export interface SignableRequest {
  readonly method: string
  /** Path and query as they stand in the request line. */
  readonly url: string
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[]
}

export interface CanonicalOptions {
  /** Lower case, sorted by the signer. */
  readonly signedHeaders: readonly string[]
  readonly payloadHash: string
}

export function canonicalRequest(request: SignableRequest, options: CanonicalOptions): string {
  const { method, url } = request
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  let headers = ''
  for (const name of options.signedHeaders) headers += `${name}:${signedValue(request, name) ?? ''}\n`
  const names = options.signedHeaders.join(';')
  return `${method}\n${canonicalPath(path)}\n${canonicalQuery(query)}\n${headers}\n${names}\n${options.payloadHash}`
}

/** All values of a header as they are signed; undefined where the request has none. */
export function signedValue(request: SignableRequest, name: string): string | undefined {
  const value = joinedValues(request, name)
  if (value !== undefined) return value
  if (name === 'host') return joinedValues(request, ':authority')
  if (name === ':authority') return joinedValues(request, 'host')
  return undefined
}

function joinedValues({ rawHeaders }: SignableRequest, name: string): string | undefined {
  let joined: string | undefined
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i]!
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    const value = rawHeaders[i + 1]!.trim().replace(/\s+/g, ' ')
    joined = joined === undefined ? value : `${joined},${value}`
  }
  return joined
}

function canonicalPath(path: string): string {
  if (path === '/' || path === '') return '/'
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(encodeUri(segment))
  }
  const end = kept.length > 0 && path.endsWith('/') ? '/' : ''
  return `/${kept.join('/')}${end}`
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs: [string, string][] = []
  for (const { name, value } of queryParameters(query)) {
    if (name !== 'X-Amz-Signature') pairs.push([encodeUri(name), encodeUri(value)])
  }
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

/** The decoded parameters of a query, in its order. A "+" stays a plus, and a broken escape stays as it is. */
export function queryParameters(query: string): { readonly name: string; readonly value: string }[] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const mark = part.indexOf('=')
      const name = mark < 0 ? part : part.slice(0, mark)
      return { name: decodeUri(name), value: mark < 0 ? '' : decodeUri(part.slice(mark + 1)) }
    })
}

export interface Scope {
  /** yyyymmdd. */
  readonly date: string
  readonly region: string
  readonly service: string
}

export function scopeText({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/${scopeEnd}`
}

/** Key of one secret, day, region and service. */
export function signingKey(secret: string, { date, region, service }: Scope): Buffer {
  let key = createHmac('sha256', `AWS4${secret}`).update(date).digest()
  for (const part of [region, service, scopeEnd]) key = createHmac('sha256', key).update(part).digest()
  return key
}

/** `timestamp` is the x-amz-date: yyyymmddThhmmssZ. */
export function signature(
  key: Buffer,
  options: { timestamp: string; scope: Scope; canonical: string },
): Buffer {
  const { timestamp, scope, canonical } = options
  const text = `${algorithm}\n${timestamp}\n${scopeText(scope)}\n${hash('sha256', canonical, 'hex')}`
  return createHmac('sha256', key).update(text).digest()
}

/** The form of x-amz-date. */
export function timestampOf(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

/** Ms since the epoch; undefined for everything that is no timestamp of this form. */
export function timeOfTimestamp(timestamp: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp)
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second] = parts
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** RFC 3986: all but unreserved characters. */
function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function decodeUri(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
