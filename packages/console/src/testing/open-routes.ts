/** Routes of the console over HTTP, on a store of a temporary directory: what a test of the API needs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStoreGateway, type Routes, type StoreGateway, type StoreGatewayOptions } from '@millrace/gateway'
import { openStore, type Store } from '@millrace/store'
import { type Clock, seededRandom, systemClock } from '@millrace/values'

export interface Answer<T> {
  readonly status: number
  readonly body: T & { readonly error?: { readonly code: string; readonly message: string } }
}

export interface ApiEvent {
  readonly event: string
  readonly data: unknown
}

export interface OpenRoutes {
  readonly store: Store
  /** Of the gateway. */
  readonly url: string
  get<T = unknown>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Answer<T>>
  post<T = unknown>(path: string, body: object): Promise<Answer<T>>
  /** Server-sent events, until the caller leaves the loop. */
  events(path: string, query?: Readonly<Record<string, string>>): AsyncGenerator<ApiEvent>
  close(): Promise<void>
}

export interface OpenRoutesOptions extends Pick<StoreGatewayOptions, 'guard' | 'limits'> {
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** `gateway` gives undefined until it listens. */
export async function openRoutes(
  make: (store: Store, gateway: () => StoreGateway | undefined) => Routes,
  options: OpenRoutesOptions = {},
): Promise<OpenRoutes> {
  const { clock = systemClock, ...more } = options
  const dir = mkdtempSync(join(tmpdir(), 'millrace-console-'))
  const store = await openStore({ dir, clock })
  let opened: StoreGateway | undefined
  const gateway = await openStoreGateway({
    store,
    clock,
    random: seededRandom(1),
    port: 0,
    directory: dir,
    routes: make(store, () => opened),
    ...more,
  })
  opened = gateway
  const urlOf = (path: string, query: Readonly<Record<string, string | undefined>> = {}) => {
    const url = new URL(path, gateway.url)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value)
    return url
  }
  const answer = async <T>(response: Response): Promise<Answer<T>> => ({
    status: response.status,
    // Whatever it is: the test compares it.
    body: (await response.json()) as Answer<T>['body'],
  })
  return {
    store,
    url: gateway.url,
    get: async (path, query) => answer(await fetch(urlOf(path, query))),
    post: async (path, body) =>
      answer(
        await fetch(urlOf(path), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
    async *events(path, query) {
      const leaving = new AbortController()
      try {
        const response = await fetch(urlOf(path, query), { signal: leaving.signal })
        if (!response.ok || response.body === null) throw new Error(await response.text())
        let text = ''
        for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
          text += piece
          const parts = text.split('\n\n')
          text = parts.pop() ?? ''
          for (const part of parts) {
            const [, event = 'message'] = /^event: (.*)$/m.exec(part) ?? []
            const [, data] = /^data: (.*)$/m.exec(part) ?? []
            if (data !== undefined) yield { event, data: JSON.parse(data) }
          }
        }
      } finally {
        leaving.abort()
      }
    },
    async close() {
      await gateway.close()
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
