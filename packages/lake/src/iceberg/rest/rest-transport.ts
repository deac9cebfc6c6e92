/**
 * One request of the REST catalog protocol and what came of it. Reading requests are repeated after failures that pass (5xx, 429, a
 * broken connection); changes never are, since nobody knows whether the first one arrived. `lost` says that the answer is missing or
 * says as much as a missing one.
 */
import type { Clock } from '@millrace/values'
import { LakeError } from '../../errors.ts'
import { parseExactJson } from './exact-json.ts'
import type { Fetch, RestAuthorization } from './rest-authorization.ts'

export interface RestRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE'
  /** After the catalog's base and `v1/`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export type RestAnswer =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly type: string; readonly message: string }
  /** Whether the request was carried out is not known. */
  | { readonly kind: 'lost'; readonly message: string; readonly cause: unknown }

export interface RestTransportOptions {
  /** Of the catalog: `http://127.0.0.1:4567/iceberg`. */
  readonly url: string
  readonly authorization: RestAuthorization
  readonly headers?: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly fetch?: Fetch
  /** For one request: 30 s unless given. */
  readonly timeoutMs?: number
}

const attemptsMax = 4
const waitMs = 200

export class RestTransport {
  readonly url: string
  readonly #options: RestTransportOptions

  constructor(options: RestTransportOptions) {
    this.#options = options
    this.url = options.url.replace(/\/+$/, '')
  }

  async send(request: RestRequest): Promise<RestAnswer> {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#attempt(request)
      const maybeLater =
        answer.kind === 'lost' || (answer.kind === 'refused' && [429, 503].includes(answer.status))
      if (isRead && maybeLater && attempt < attemptsMax) {
        await this.#options.clock.sleep(waitMs * 2 ** (attempt - 1))
        continue
      }
      const isStranger = answer.kind === 'refused' && [401, 419].includes(answer.status)
      if (isStranger && attempt < attemptsMax && this.#options.authorization.refused()) continue
      return answer
    }
  }

  /** The body of the answer. Errors: TABLE_CATALOG_FAILED, also for answers that are lost. */
  async get(request: RestRequest): Promise<unknown> {
    const answer = await this.send(request)
    if (answer.kind === 'ok') return answer.body
    throw this.failure(request, answer)
  }

  failure({ method, path }: RestRequest, answer: Exclude<RestAnswer, { kind: 'ok' }>): LakeError {
    const what = `${method} ${this.url}/v1/${path}`
    return answer.kind === 'lost'
      ? new LakeError('TABLE_CATALOG_FAILED', `${what}: ${answer.message}`, { cause: answer.cause })
      : new LakeError('TABLE_CATALOG_FAILED', `${what}: ${answer.status} ${answer.type}: ${answer.message}`)
  }

  async #attempt({ method, path, query, body }: RestRequest): Promise<RestAnswer> {
    const { authorization, fetch: send = fetch, timeoutMs = 30_000 } = this.#options
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
    const url = `${this.url}/v1/${path}${search}`
    const text = body === undefined ? '' : JSON.stringify(body)
    const plain = {
      ...this.#options.headers,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const headers = {
      ...plain,
      ...(await authorization.headers({ method, url, headers: plain, body: text })),
    }
    let status: number
    let answered: string
    try {
      const reply = await send(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body: text }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = reply.status
      answered = await reply.text()
    } catch (error) {
      const reason = reasonOf(error)
      // Nobody listened, so nobody did anything.
      if (reason.includes('ECONNREFUSED'))
        return { kind: 'refused', status: 503, type: 'Unreachable', message: reason }
      return { kind: 'lost', message: `no answer: ${reason}`, cause: error }
    }
    if (status >= 200 && status < 300) {
      return answered === ''
        ? { kind: 'ok', body: undefined }
        : { kind: 'ok', body: parseExactJson(answered, `the answer of ${url}`) }
    }
    const { type, message } = errorOf(answered, status)
    // These say that something broke on the way, which may have been on the way back. 503 is one of them for changes.
    if (status >= 500 && (status !== 503 || method === 'POST' || method === 'DELETE'))
      return { kind: 'lost', message: `${status} ${type}: ${message}`, cause: undefined }
    return { kind: 'refused', status, type, message }
  }
}

function errorOf(text: string, status: number): { type: string; message: string } {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined
  }
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  if (typeof error === 'object' && error !== null) {
    const type = 'type' in error && typeof error.type === 'string' ? error.type : `Status${status}`
    const message = 'message' in error && typeof error.message === 'string' ? error.message : ''
    return { type, message }
  }
  return { type: `Status${status}`, message: text.slice(0, 200) }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  const code = 'code' in cause ? `${String(cause.code)} ` : ''
  return `${error.message}: ${code}${cause.message}`
}
