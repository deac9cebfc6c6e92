/**
 * Calls of the gateway's administration pages (docs/console-api.md). Everything a page knows comes through here or through
 * events.ts.
 */
import { csrfHeader } from '../../../src/protocol/session.ts'
import { csrfToken, refreshSession } from './session.ts'

/** What a call was refused with: the code and the sentence that the API gave. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  /** HTTP; 0: nobody answered. */
  readonly status: number

  constructor(code: string, message: string, status: number) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** Whatever a call or the page's own code threw, as something that can be shown. */
export function asApiError(failure: unknown): ApiError {
  return failure instanceof ApiError ? failure : new ApiError('PAGE_FAILED', messageOf(failure), 0)
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}

export type Query = Readonly<Record<string, string | number | undefined>>

/** `path` with what is defined of `query`. */
export function withQuery(path: string, query: Query = {}): string {
  const text = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) text.set(name, String(value))
  const tail = text.toString()
  return tail === '' ? path : `${path}?${tail}`
}

/** The shape of an answer is the API's promise: `T` is one of src/protocol. Errors: ApiError; an AbortError when `signal` aborts. */
export function getJson<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return call<T>(withQuery(path, query), signal === undefined ? {} : { signal })
}

export async function postJson<T>(path: string, body: object, signal?: AbortSignal): Promise<T> {
  const send = () => {
    const csrf = csrfToken()
    return call<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(csrf === undefined ? {} : { [csrfHeader]: csrf }) },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    })
  }
  try {
    return await send()
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'CSRF_REFUSED') throw error
    // Another tab has signed in anew, and the cookie is of its session: the token of that one is asked for.
    await refreshSession()
    return send()
  }
}

async function call<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError('UNREACHABLE', 'Millrace does not answer. It may have been stopped.', 0)
  }
  const text = await response.text()
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw new ApiError('ANSWER_INVALID', text.slice(0, 300) || `Status ${response.status}.`, response.status)
  }
  if (response.ok) return answer as T
  if (response.status === 401) void refreshSession()
  const { error } = answer as { error?: { code?: string; message?: string } }
  throw new ApiError(
    error?.code ?? 'REFUSED',
    withoutCode(error?.message ?? `Status ${response.status}.`, error?.code),
    response.status,
  )
}

/** Layers below put their code before the sentence; pages show both beside each other. */
function withoutCode(message: string, code: string | undefined): string {
  return code !== undefined && message.startsWith(`${code} `) ? message.slice(code.length + 1) : message
}
