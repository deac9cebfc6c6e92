/** What servers of other makers do and ours does not: pages, prefixes, failures on the way. */
import { VirtualClock } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import { newTableUpdates } from '../catalog/create-table.ts'
import { applyUpdates } from '../format/apply-updates.ts'
import type { TableUpdate } from '../metadata.ts'
import { bearerAuthorization, clientCredentialsAuthorization, type Fetch } from './rest-authorization.ts'
import { openRestCatalog, type RestCatalogOptions } from './rest-table-catalog.ts'

const orders = { namespace: ['a', 'b/c'], name: 'or ders' }
const creation = newTableUpdates({ schema: { columns: [{ name: 'id', type: { kind: 'long' } }] } })
const metadata = applyUpdates(
  undefined,
  [{ action: 'set-location', location: 's3://x/orders' }, ...creation],
  {
    now: 0,
    baseLocation: undefined,
  },
)
const loaded = { 'metadata-location': 's3://x/orders/metadata/1.json', metadata, config: {} }
const change: readonly TableUpdate[] = [{ action: 'set-properties', updates: { a: 'b' } }]

interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}
type Answer = { readonly status?: number; readonly body?: unknown } | Error

/** Answers in turn; the configuration first. */
function server(answers: readonly Answer[], config: unknown = { defaults: {}, overrides: {} }) {
  const asked: Asked[] = []
  const rest = [...answers]
  const fetch: Fetch = async (url, init) => {
    const { pathname, search } = new URL(String(url))
    const isForm = typeof init?.body === 'string' && !init.body.startsWith('{')
    asked.push({
      method: init?.method ?? 'GET',
      path: pathname + search,
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: init?.body === undefined ? undefined : isForm ? init.body : JSON.parse(String(init.body)),
    })
    const answer = pathname.endsWith('/v1/config') ? { body: config } : rest.shift()
    if (answer === undefined) throw new Error(`nothing is to be answered to ${pathname}`)
    if (answer instanceof Error) throw answer
    const { status = 200, body } = answer
    return new Response(body === undefined ? null : JSON.stringify(body), { status })
  }
  return { fetch, asked }
}

async function open(fetch: Fetch, options: Partial<RestCatalogOptions> = {}) {
  const clock = new VirtualClock(0)
  const catalog = await openRestCatalog({ url: 'http://catalog.example/api/', fetch, clock, ...options })
  return { catalog, clock }
}

const refused = (code: number, type: string): Answer => ({
  status: code,
  body: { error: { message: 'no', type, code } },
})

describe('paths and settings', () => {
  it('the prefix that the server overrides goes into every path, names are encoded', async () => {
    const { fetch, asked } = server([{ body: loaded }], {
      defaults: { prefix: 'x' },
      overrides: { prefix: '/ws/one/' },
    })
    const { catalog } = await open(fetch, {
      warehouse: 's3://w',
      prefix: 'mine',
      headers: { 'x-tenant': 't' },
    })
    expect(await catalog.loadTable(orders)).toEqual({
      metadataLocation: loaded['metadata-location'],
      metadata,
    })
    expect(asked.map(({ path }) => path)).toEqual([
      '/api/v1/config?warehouse=s3%3A%2F%2Fw',
      '/api/v1/ws/one/namespaces/a%1Fb%2Fc/tables/or%20ders',
    ])
    expect(asked[1]?.headers['x-tenant']).toBe('t')
  })

  it('an address that is none, and a name that no path can say, are refused', async () => {
    await expect(openRestCatalog({ url: 'catalog' })).rejects.toThrow(/TABLE_CATALOG_OPTION/)
    await expect(openRestCatalog({ url: 'ftp://x' })).rejects.toThrow(/TABLE_CATALOG_OPTION/)
    const { catalog } = await open(server([]).fetch)
    await expect(catalog.loadTable({ namespace: ['a\u001fb'], name: 'x' })).rejects.toThrow(
      /TABLE_CATALOG_OPTION/,
    )
  })

  it('lists are read to their last page', async () => {
    const { fetch, asked } = server([
      { body: { namespaces: [['a']], 'next-page-token': 'p 2' } },
      { body: { namespaces: [['b']], 'next-page-token': null } },
    ])
    const { catalog } = await open(fetch)
    expect(await catalog.listNamespaces()).toEqual([['a'], ['b']])
    expect(asked[2]?.path).toBe('/api/v1/namespaces?pageToken=p+2')
  })

  it('a table without a place of its own gets the one that the server stages', async () => {
    const { fetch, asked } = server([{ body: { metadata } }, { body: loaded }])
    const { catalog } = await open(fetch)
    await catalog.createTable(orders, creation)
    expect(asked[1]?.body).toMatchObject({ name: 'or ders', 'stage-create': true })
    expect(asked[2]?.body).toMatchObject({
      requirements: [{ type: 'assert-create' }],
      updates: [...creation, { action: 'set-location', location: 's3://x/orders' }],
    })
  })
})

describe('failures', () => {
  const losses: readonly (readonly [string, Answer])[] = [
    ['a broken connection', new TypeError('fetch failed', { cause: new Error('ECONNRESET') })],
    ...[500, 502, 503, 504].map((status) => [`status ${status}`, { status, body: {} }] as const),
    ['a proxy that says no more', { status: 502 }],
  ]
  it.each(losses)('%s leaves a commit unknown, and it is not sent again', async (_, answer) => {
    const { fetch, asked } = server([answer])
    const { catalog } = await open(fetch)
    await expect(catalog.commitTable(orders, [], change)).rejects.toThrow(/COMMIT_UNKNOWN/)
    expect(asked).toHaveLength(2)
  })

  it('nobody who listens is no doubt', async () => {
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    const { fetch } = server([new TypeError('fetch failed', { cause })])
    const { catalog } = await open(fetch)
    await expect(catalog.commitTable(orders, [], change)).rejects.toThrow(/TABLE_CATALOG_FAILED/)
  })

  it('reading is tried again, with pauses, and not for ever', async () => {
    const broken = { status: 503, body: {} }
    const { fetch, asked } = server([
      broken,
      new TypeError('reset'),
      { body: loaded },
      ...Array(9).fill(broken),
    ])
    const { catalog, clock } = await open(fetch)
    let ended = false
    const reading = catalog.loadTable(orders).finally(() => {
      ended = true
    })
    while (!ended) await clock.advance(100)
    expect((await reading)?.metadata).toEqual(metadata)
    expect(asked).toHaveLength(4)
    ended = false
    const failing = catalog.listTables(['a']).catch((error: unknown) => String(error))
    void failing.finally(() => {
      ended = true
    })
    while (!ended) await clock.advance(100)
    expect(await failing).toMatch(/TABLE_CATALOG_FAILED.*503/)
    expect(asked).toHaveLength(8)
  })

  it('conflicts and what is missing have their codes', async () => {
    const { fetch } = server([
      refused(409, 'CommitFailedException'),
      refused(404, 'NoSuchTableException'),
      refused(409, 'AlreadyExistsException'),
      refused(404, 'NoSuchNamespaceException'),
      refused(409, 'NamespaceNotEmptyException'),
      refused(404, 'NoSuchNamespaceException'),
      refused(400, 'BadRequestException'),
    ])
    const { catalog } = await open(fetch)
    const location: TableUpdate = { action: 'set-location', location: 's3://x/orders' }
    await expect(catalog.commitTable(orders, [], change)).rejects.toThrow(/COMMIT_CONFLICT/)
    await expect(catalog.commitTable(orders, [], change)).rejects.toThrow(/ICEBERG_TABLE_MISSING/)
    await expect(catalog.createTable(orders, [location])).rejects.toThrow(/ICEBERG_TABLE_EXISTS/)
    await expect(catalog.createTable(orders, [location])).rejects.toThrow(/NAMESPACE_MISSING/)
    await expect(catalog.dropNamespace(['a'])).rejects.toThrow(/NAMESPACE_NOT_EMPTY/)
    await expect(catalog.dropTable(orders)).rejects.toThrow(/NAMESPACE_MISSING/)
    await expect(catalog.dropTable(orders)).rejects.toThrow(
      /TABLE_CATALOG_FAILED.*400 BadRequestException: no/,
    )
  })

  it('an answer that cannot be understood is said to be that', async () => {
    const answers: Answer[] = [
      { body: { metadata } },
      { body: { 'metadata-location': 'x', metadata: { ...metadata, 'format-version': 3 } } },
      { body: { 'metadata-location': 'x', metadata: { ...metadata, 'last-updated-ms': 2 ** 60 } } },
    ]
    const { catalog } = await open(server(answers).fetch)
    await expect(catalog.loadTable(orders)).rejects.toThrow(/TABLE_CATALOG_FAILED.*metadata-location/)
    await expect(catalog.loadTable(orders)).rejects.toThrow(/ICEBERG_VERSION_UNSUPPORTED/)
    await expect(catalog.loadTable(orders)).rejects.toThrow(/ICEBERG_NUMBER_TOO_LARGE/)
  })

  it('secrets are in no message', async () => {
    const clock = new VirtualClock(0)
    const credentials = { tokenUrl: 'http://catalog.example/token', clientId: 'me', clientSecret: 's3cret' }
    const { fetch } = server([{ status: 401, body: { error: 'invalid_client' } }])
    const authorization = clientCredentialsAuthorization(credentials, { clock, fetch })
    const failed = await open(fetch, { authorization }).catch((error: unknown) => String(error))
    expect(failed).toMatch(/TABLE_CATALOG_FAILED.*gave no token for client "me"/)
    expect(failed).not.toMatch(/s3cret/)
    const { catalog } = await open(server([refused(403, 'ForbiddenException')]).fetch, {
      authorization: bearerAuthorization('t0ken'),
    })
    const forbidden = await catalog.loadTable(orders).catch((error: unknown) => String(error))
    expect(forbidden).toMatch(/403 ForbiddenException/)
    expect(forbidden).not.toMatch(/t0ken/)
  })
})
