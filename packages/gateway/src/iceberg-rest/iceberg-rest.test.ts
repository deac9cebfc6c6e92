import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  applyUpdates,
  bearerAuthorization,
  clientCredentialsAuthorization,
  FolderCatalog,
  FolderObjectStore,
  newTableUpdates,
  openRestCatalog,
  type RestCatalogOptions,
  signedAuthorization,
  type TableCatalog,
  type TableUpdate,
} from '@millrace/lake'
import { VirtualClock } from '@millrace/values'
import { afterEach, describe, expect, it } from 'vitest'
import { createAccessKey } from '../auth/key-file.ts'
import type { Policy } from '../auth/policy.ts'
import { signRequest } from '../auth/sign-request.ts'
import { closeAll, directories, open, start } from '../testing/open-gateway.ts'
import { icebergRestTree } from './iceberg-rest-tree.ts'
import type { Warehouse } from './rest-call.ts'

afterEach(closeAll)

function warehouse(name: string, clock: VirtualClock): Warehouse {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-rest-'))
  directories.push(dir)
  const store = new FolderObjectStore({ name, dir, clock })
  return {
    catalog: new FolderCatalog(store, { clock }),
    location: ({ namespace, name: table }) => [store.url, ...namespace, table].join('/'),
    staged: (updates) => applyUpdates(undefined, updates, { now: clock.now(), baseLocation: undefined }),
  }
}

async function serve(names: readonly string[] = ['lake'], options: Parameters<typeof open>[0] = {}) {
  const clock = new VirtualClock(start)
  const warehouses = new Map(names.map((name) => [name, warehouse(name, clock)]))
  const tree = icebergRestTree({ warehouses: () => names, open: (name) => warehouses.get(name) })
  const opened = await open({ trees: [tree], ...options })
  const url = `${opened.gateway.url}/iceberg`
  const connect = (more: Partial<RestCatalogOptions> = {}) => openRestCatalog({ url, clock, ...more })
  return { ...opened, url, connect, warehouses }
}

const orders = { namespace: ['sales'], name: 'orders' }
const updates = newTableUpdates({
  schema: {
    columns: [
      { name: 'id', type: { kind: 'long' }, isRequired: true },
      { name: 'at', type: { kind: 'timestamptz' } },
    ],
  },
  partitionBy: [{ column: 'at', transform: 'day' }],
})
const property = (name: string, value: string): TableUpdate => ({
  action: 'set-properties',
  updates: { [name]: value },
})

async function send(url: string, init: RequestInit = {}) {
  const reply = await fetch(url, init)
  const text = await reply.text()
  return { status: reply.status, body: text === '' ? undefined : JSON.parse(text) }
}

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** What happens to a catalog, told by codes, so that two catalogs can be compared. */
async function story(catalog: TableCatalog): Promise<unknown[]> {
  const told: unknown[] = []
  const tell = async (act: () => Promise<unknown>) => {
    try {
      told.push(await act())
    } catch (error) {
      told.push(error instanceof Error && 'code' in error ? error.code : error)
    }
  }
  await tell(() => catalog.listTables(['sales']))
  await tell(() => catalog.createNamespace(['sales'], { owner: 'me' }))
  await tell(() => catalog.createNamespace(['sales']))
  await tell(() => catalog.createNamespace(['sales', 'a & ü']))
  await tell(() => catalog.createNamespace(['sales', 'old']))
  await tell(() => catalog.createNamespace(['none', 'below']))
  await tell(() => catalog.listNamespaces())
  await tell(() => catalog.listNamespaces(['sales']))
  await tell(() => catalog.loadTable(orders))
  await tell(async () => withoutPlace(await catalog.createTable(orders, updates)))
  await tell(() => catalog.createTable(orders, updates))
  await tell(() => catalog.createTable({ ...orders, namespace: ['none'] }, updates))
  await tell(async () => withoutPlace(await catalog.loadTable(orders)))
  await tell(() => catalog.listTables(['sales']))
  const uuid = (await catalog.loadTable(orders))?.metadata['table-uuid'] ?? ''
  await tell(async () =>
    withoutPlace(
      await catalog.commitTable(orders, [{ type: 'assert-table-uuid', uuid }], [property('a', 'b')]),
    ),
  )
  await tell(() =>
    catalog.commitTable(orders, [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 7 }], []),
  )
  await tell(() => catalog.commitTable({ ...orders, name: 'none' }, [], [property('a', 'b')]))
  await tell(() => catalog.renameTable(orders, { ...orders, name: 'other' }))
  await tell(() => catalog.dropNamespace(['sales']))
  await tell(() => catalog.dropTable(orders, { purge: true }))
  await tell(() => catalog.dropTable(orders))
  await tell(() => catalog.loadTable(orders))
  await tell(() => catalog.dropNamespace(['sales', 'old']))
  await tell(() => catalog.dropNamespace(['sales']))
  await tell(() => catalog.dropNamespace(['sales']))
  await tell(() => catalog.listNamespaces())
  return told
}

function withoutPlace(loaded: Awaited<ReturnType<TableCatalog['loadTable']>>): unknown {
  if (loaded === undefined) return undefined
  return JSON.parse(JSON.stringify(loaded.metadata).replaceAll(loaded.metadata.location, 'PLACE'))
}

describe('a catalog over the REST protocol', () => {
  it('is the catalog behind it: the same answers and the same errors', async () => {
    const { connect } = await serve()
    const direct = await story(warehouse('direct', new VirtualClock(start)).catalog)
    expect(direct).toContain('ICEBERG_TABLE_EXISTS')
    const differing = (told: readonly unknown[]) =>
      // The protocol has no types of their own for these.
      told.map((entry) =>
        entry === 'ICEBERG_RENAME_UNSUPPORTED' || entry === 'ICEBERG_NAME_INVALID'
          ? 'TABLE_CATALOG_FAILED'
          : entry,
      )
    expect(await story(await connect())).toEqual(differing(direct))
  })

  it('a table made through it is the table that the folder has', async () => {
    const { connect, warehouses } = await serve()
    const catalog = await connect()
    await catalog.createNamespace(['sales'])
    const made = await catalog.createTable(orders, updates)
    expect(await warehouses.get('lake')?.catalog.loadTable(orders)).toMatchObject({ ...made })
  })

  it('a warehouse is a catalog of its own', async () => {
    const { connect, url } = await serve(['lake', 'tables'])
    const tables = await connect({ warehouse: 'tables' })
    await tables.createNamespace(['sales'])
    const lake = await connect({ warehouse: 'lake' })
    expect(await lake.listNamespaces()).toEqual([])
    expect(await tables.listNamespaces()).toEqual([['sales']])
    await expect(connect({ warehouse: 'none' })).rejects.toThrow(
      /TABLE_CATALOG_FAILED.*there are lake, tables/,
    )
    expect(await send(`${url}/v1/namespaces`)).toMatchObject({ status: 400 })
  })

  it('many committers at once: each commit is made once', async () => {
    const { connect } = await serve()
    const catalog = await connect()
    await catalog.createNamespace(['sales'])
    await catalog.createTable(orders, updates)
    const others = await Promise.all(Array.from({ length: 4 }, () => connect()))
    await Promise.all(others.map((other, i) => other.commitTable(orders, [], [property(`p${i}`, 'set')])))
    const { metadata } = (await catalog.loadTable(orders))!
    for (const i of others.keys()) expect(metadata.properties[`p${i}`]).toBe('set')
  })
})

describe('what clients send', () => {
  it('numbers columns anew, and all that refers to them', async () => {
    const { url } = await serve()
    await send(`${url}/v1/lake/namespaces`, post({ namespace: ['sales'] }))
    const created = await send(
      `${url}/v1/lake/namespaces/sales/tables`,
      post({
        name: 'events',
        schema: {
          type: 'struct',
          'schema-id': 0,
          'identifier-field-ids': [20],
          fields: [
            {
              id: 10,
              name: 'tags',
              required: false,
              type: { type: 'list', 'element-id': 7, element: 'string', 'element-required': false },
            },
            { id: 20, name: 'id', required: true, type: 'long' },
            { id: 5, name: 'at', required: false, type: 'timestamptz' },
          ],
        },
        'partition-spec': { 'spec-id': 0, fields: [{ 'source-id': 5, name: 'at_day', transform: 'day' }] },
        'write-order': {
          'order-id': 1,
          fields: [{ 'source-id': 20, transform: 'identity', direction: 'asc', 'null-order': 'nulls-first' }],
        },
      }),
    )
    expect(created.status).toBe(200)
    const { metadata } = created.body
    expect(
      metadata.schemas[0].fields.map((field: { id: number; name: string }) => [field.name, field.id]),
    ).toEqual([
      ['tags', 1],
      ['id', 2],
      ['at', 3],
    ])
    expect(metadata.schemas[0].fields[0].type['element-id']).toBe(4)
    expect(metadata['last-column-id']).toBe(4)
    expect(metadata.schemas[0]['identifier-field-ids']).toEqual([2])
    expect(metadata['partition-specs'][0].fields).toEqual([
      { 'source-id': 3, 'field-id': 1000, name: 'at_day', transform: 'day' },
    ])
    expect(metadata['sort-orders'].at(-1).fields[0]['source-id']).toBe(2)
  })

  it('a staged table is there once it is committed', async () => {
    const { url, warehouses } = await serve()
    await send(`${url}/v1/lake/namespaces`, post({ namespace: ['sales'] }))
    const schema = {
      type: 'struct',
      'schema-id': 0,
      fields: [{ id: 1, name: 'id', required: true, type: 'long' }],
    }
    const staged = await send(
      `${url}/v1/lake/namespaces/sales/tables`,
      post({ name: 'orders', 'stage-create': true, schema }),
    )
    expect(staged.body.metadata.location).toMatch(/\/sales\/orders$/)
    expect(await warehouses.get('lake')?.catalog.loadTable(orders)).toBeUndefined()
    expect((await send(`${url}/v1/lake/namespaces/sales/tables/orders`, { method: 'HEAD' })).status).toBe(404)
    const { location, 'table-uuid': uuid } = staged.body.metadata
    const committed = await send(
      `${url}/v1/lake/namespaces/sales/tables/orders`,
      post({
        requirements: [{ type: 'assert-create' }],
        updates: [
          { action: 'assign-uuid', uuid },
          { action: 'upgrade-format-version', 'format-version': 2 },
          { action: 'add-schema', schema, 'last-column-id': 1 },
          { action: 'set-current-schema', 'schema-id': -1 },
          { action: 'add-spec', spec: { 'spec-id': 0, fields: [] } },
          { action: 'set-default-spec', 'spec-id': -1 },
          { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields: [] } },
          { action: 'set-default-sort-order', 'sort-order-id': -1 },
          { action: 'set-location', location },
        ],
      }),
    )
    expect(committed.status).toBe(200)
    expect(committed.body.metadata['table-uuid']).toBe(uuid)
    expect((await send(`${url}/v1/lake/namespaces/sales/tables/orders`, { method: 'HEAD' })).status).toBe(204)
  })

  it('says what it serves, takes metrics, has no views', async () => {
    const { url, connect } = await serve()
    const config = await send(`${url}/v1/config`)
    expect(config.body.overrides).toEqual({ prefix: 'lake' })
    expect(config.body.endpoints).toContain('POST /v1/{prefix}/namespaces/{namespace}/tables/{table}')
    const catalog = await connect()
    await catalog.createNamespace(['sales'])
    await catalog.createTable(orders, updates)
    const table = `${url}/v1/lake/namespaces/sales/tables/orders`
    expect((await send(`${table}/metrics`, post({ 'report-type': 'scan-report' }))).status).toBe(204)
    expect(await send(`${url}/v1/lake/namespaces/sales/views`)).toEqual({
      status: 200,
      body: { identifiers: [] },
    })
    expect((await send(`${url}/v1/lake/namespaces/sales/views/v`)).status).toBe(404)
    expect((await send(`${url}/v1/lake/namespaces/sales`, { method: 'HEAD' })).status).toBe(204)
    expect((await send(`${url}/v1/lake/namespaces/none`, { method: 'HEAD' })).status).toBe(404)
    const change = { identifier: orders, requirements: [], updates: [property('t', '1')] }
    const both = post({ 'table-changes': [change, change] })
    expect(
      (await send(`${url}/v1/lake/transactions/commit`, post({ 'table-changes': [change] }))).status,
    ).toBe(204)
    expect((await send(`${url}/v1/lake/transactions/commit`, both)).status).toBe(406)
    expect((await catalog.loadTable(orders))?.metadata.properties.t).toBe('1')
  })

  it('what does not fit is refused in words, and changes nothing', async () => {
    const { url, connect, failures } = await serve()
    const catalog = await connect()
    await catalog.createNamespace(['sales'])
    const made = await catalog.createTable(orders, updates)
    const table = `${url}/v1/lake/namespaces/sales/tables/orders`
    const bodies: unknown[] = [
      [],
      {},
      { requirements: [], updates: [{ action: 'explode' }] },
      { requirements: [{ type: 'assert-nothing' }], updates: [] },
      { requirements: [], updates: [{ action: 'set-properties' }] },
      { requirements: [], updates: [{ action: 'set-location', location: 'file:///elsewhere' }] },
      { requirements: [], updates: [{ action: 'set-current-schema', 'schema-id': 99 }] },
      // What it names would be read, and deleted when it expires, with the rights of this table.
      ...[
        'sales/secrets/metadata/list.avro',
        'sales/orders/../secrets/metadata/list.avro',
        'sales/orders2/list.avro',
      ].map((path) => {
        const list = made.metadata.location.replace(/sales\/orders$/, path)
        const snapshot = {
          'snapshot-id': 1,
          'sequence-number': 1,
          'timestamp-ms': start,
          summary: { operation: 'append' },
        }
        return {
          requirements: [],
          updates: [{ action: 'add-snapshot', snapshot: { ...snapshot, 'manifest-list': list } }],
        }
      }),
    ]
    for (const body of bodies) {
      const answer = await send(table, post(body))
      expect(answer, JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { error: { type: 'BadRequestException' } },
      })
    }
    const big = `{"requirements":[],"updates":[{"action":"add-snapshot","snapshot":{"snapshot-id":5346534653465346534}}]}`
    expect(await send(table, { ...post({}), body: big })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(/5346534653465346000.*2\^53/) } },
    })
    expect((await send(`${url}/v1/lake/namespaces/sales/nothing`)).status).toBe(404)
    expect((await send(`${url}/v1/lake/namespaces/%FF`)).status).toBe(400)
    expect((await send(`${url}/v2/config`)).status).toBe(404)
    expect(await catalog.loadTable(orders)).toEqual(made)
    expect(failures).toEqual([])
  })

  it('pages of elsewhere and names of elsewhere are refused', async () => {
    const { url } = await serve()
    expect((await send(`${url}/v1/config`, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
  })
})

describe('where access keys are', () => {
  async function guarded(policy?: Policy) {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-rest-'))
    directories.push(directory)
    const served = await serve(['lake'], { directory, auth: { mode: 'verify' } })
    const key = createAccessKey({
      directory,
      clock: served.clock,
      ...(policy === undefined ? {} : { policy }),
    })
    await served.clock.advance(2_000)
    return { ...served, key }
  }

  it('takes the id and secret themselves, tokens made of them, and signatures', async () => {
    const { connect, key, url, clock } = await guarded()
    await expect(connect()).rejects.toThrow(/401 NotAuthorizedException/)
    const pair = await connect({ authorization: bearerAuthorization(`${key.id}:${key.secret}`) })
    await pair.createNamespace(['sales'])
    const credentials = { tokenUrl: `${url}/v1/oauth/tokens`, clientId: key.id, clientSecret: key.secret }
    const authorization = clientCredentialsAuthorization(credentials, { clock })
    const withToken = await connect({ authorization })
    expect(await withToken.listNamespaces()).toEqual([['sales']])
    const signed = await connect({
      authorization: signedAuthorization(({ method, url: target, headers, body }) => {
        const { host, pathname, search } = new URL(target)
        return signRequest(
          { method, url: pathname + search, headers: { ...headers, host }, body },
          {
            credentials: { keyId: key.id, secret: key.secret },
            region: 'us-east-1',
            service: 'iceberg',
            time: clock.now(),
          },
        )
      }),
    })
    expect(await signed.listNamespaces()).toEqual([['sales']])
  })

  it('a token ends; a client that may ask for one asks again', async () => {
    const { connect, key, url, clock } = await guarded()
    const form = { client_id: key.id, client_secret: key.secret, grant_type: 'client_credentials' }
    const { body } = await send(`${url}/v1/oauth/tokens`, { method: 'POST', body: new URLSearchParams(form) })
    const fixed = await connect({ authorization: bearerAuthorization(body.access_token) })
    const credentials = { tokenUrl: `${url}/v1/oauth/tokens`, clientId: key.id, clientSecret: key.secret }
    const renewing = await connect({ authorization: clientCredentialsAuthorization(credentials, { clock }) })
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: body.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
    await clock.advance(1_800_000)
    const exchanged = await send(`${url}/v1/oauth/tokens`, {
      method: 'POST',
      body: new URLSearchParams(exchange),
    })
    await clock.advance(1_900_000)
    await expect(fixed.listNamespaces()).rejects.toThrow(/401/)
    expect(await renewing.listNamespaces()).toEqual([])
    const later = await connect({ authorization: bearerAuthorization(exchanged.body.access_token) })
    expect(await later.listNamespaces()).toEqual([])
  })

  it('nothing else opens the door', async () => {
    const { connect, key, url } = await guarded()
    const form = { client_id: key.id, client_secret: key.secret, grant_type: 'client_credentials' }
    const { body } = await send(`${url}/v1/oauth/tokens`, { method: 'POST', body: new URLSearchParams(form) })
    const token: string = body.access_token
    const [version, id, end, mac] = token.split('.')
    const forged = [
      'x',
      `${key.id}:`,
      `${key.id}:wrong`,
      `MRAKAAAAAAAAAAAAAAAA:${key.secret}`,
      `${version}.${id}.${Number(end) + 1}.${mac}`,
      `${version}.${id}.${end}.${'A'.repeat(43)}`,
      token.slice(0, -1),
    ]
    for (const each of forged)
      await expect(connect({ authorization: bearerAuthorization(each) }), each).rejects.toThrow(/401/)
    const wrong = new URLSearchParams({ ...form, client_secret: 'wrong' })
    expect(await send(`${url}/v1/oauth/tokens`, { method: 'POST', body: wrong })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
  })

  it('the policy of a key says which tables it may load and change', async () => {
    const { connect, key, warehouses } = await guarded([
      { allow: ['iceberg:GetConfig', 'iceberg:List*'], streams: ['*'] },
      { allow: ['iceberg:LoadTable'], streams: ['sales.*'] },
    ])
    const direct = warehouses.get('lake')!.catalog
    await direct.createNamespace(['sales'])
    await direct.createNamespace(['hr'])
    const pay = { namespace: ['hr'], name: 'pay' }
    await direct.createTable(orders, updates)
    await direct.createTable(pay, updates)
    const catalog = await connect({ authorization: bearerAuthorization(`${key.id}:${key.secret}`) })
    expect(await catalog.loadTable(orders)).toBeDefined()
    await expect(catalog.loadTable(pay)).rejects.toThrow(/403 ForbiddenException/)
    await expect(catalog.dropTable(orders)).rejects.toThrow(/403/)
    await expect(catalog.commitTable(orders, [], [property('a', 'b')])).rejects.toThrow(/403/)
  })
})
