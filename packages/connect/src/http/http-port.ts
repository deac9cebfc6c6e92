/** The port to services over HTTP: one request, one answer, of whose body only the beginning is kept. */

export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | Uint8Array | undefined
}

export interface HttpResponse {
  readonly status: number
  /** By lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array
  /** The body was longer. */
  readonly isCut: boolean
}

/** Rejects where no answer came: whether the service has taken the request is not known then. */
export type HttpPort = (
  request: HttpRequest,
  options: { readonly bodyBytesMax: number; readonly signal: AbortSignal },
) => Promise<HttpResponse>

/** Node's own client. Redirections are answers like others: following them could hand a token to somebody else. */
export const fetchPort: HttpPort = async ({ method, url, headers, body }, { bodyBytesMax, signal }) => {
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal,
    // What the sink makes is text or bytes of their own.
    ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']> }),
  })
  const { bytes, isCut } = await start(response, bodyBytesMax)
  return { status: response.status, headers: new Map(response.headers), body: bytes, isCut }
}

/** The beginning of the body. Of a longer one the rest is not read, which costs its connection. */
async function start(response: Response, bytesMax: number): Promise<{ bytes: Uint8Array; isCut: boolean }> {
  const reader = response.body?.getReader()
  if (reader === undefined) return { bytes: new Uint8Array(0), isCut: false }
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { bytes: Buffer.concat(parts), isCut: false }
    parts.push(value)
    size += value.length
    if (size > bytesMax) {
      await reader.cancel().catch(() => {})
      return { bytes: Buffer.concat(parts).subarray(0, bytesMax), isCut: true }
    }
  }
}
