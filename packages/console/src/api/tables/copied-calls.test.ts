/** What the page gives to copy asks for what the page shows: run with the SDK, and compared with what the API answers. */
import { DynamoDBClient, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { openTables } from '@millrace/tables'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  apiQuery,
  placeOf,
  queryCalls,
  queryOf,
  quoted,
  type TableQuery,
} from '../../protocol/table-query.ts'
import type { ItemsAnswer, TableAnswer, TableShape } from '../../protocol/tables.ts'
import { type OpenRoutes, openRoutes } from '../../testing/open-routes.ts'
import { tableRoutes } from './table-routes.ts'

let api: OpenRoutes
let table: TableShape
let client: DynamoDBClient

beforeAll(async () => {
  api = await openRoutes((store) => tableRoutes({ store, clock: systemClock }))
  const tables = openTables({ store: api.store })
  const city = { name: 'the city', type: 'string' } as const
  tables.create({
    name: 'Rides',
    partitionKey: city,
    sortKey: { name: 'n', type: 'number' },
    settings: {
      indexes: [
        {
          name: 'byName',
          kind: 'local',
          partitionKey: city,
          sortKey: { name: 'name', type: 'string' },
          projection: { kind: 'ALL' },
        },
      ],
      tags: {},
      exports: [],
      isProtected: false,
    },
  })
  api.store.commit((transaction) => {
    const writer = tables.writer(transaction)
    for (let n = 0; n < 40; n++) {
      const [name, place] = [`n${n % 7}'s`, n % 3 === 0 ? "O'Hara" : 'Ulm']
      writer.replace('Rides', { 'the city': { S: place }, n: { N: String(n) }, name: { S: name } })
    }
  })
  table = (await api.get<TableAnswer>('/admin/tables/table', { table: 'Rides' })).body.table
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  client = new DynamoDBClient({ endpoint: api.url, region: 'us-east-1', credentials })
})
afterAll(async () => {
  client.destroy()
  await api.close()
})

const all: TableQuery = {
  index: '',
  partition: '',
  op: '=',
  sort: '',
  to: '',
  backward: false,
  filter: '',
}
const queries: readonly Partial<TableQuery>[] = [
  {},
  { partition: "O'Hara" },
  { partition: 'Ulm', backward: true },
  { partition: 'Ulm', sort: '7' },
  { partition: 'Ulm', op: '<', sort: '7' },
  { partition: 'Ulm', op: '<=', sort: '7' },
  { partition: 'Ulm', op: '>', sort: '7', backward: true },
  { partition: 'Ulm', op: '>=', sort: '7' },
  { partition: 'Ulm', op: 'between', sort: '7', to: '20' },
  { index: 'byName', partition: 'Ulm', op: 'begins', sort: "n1'" },
  { index: 'byName' },
]

test.each(queries)('%j', async (part) => {
  const query = { ...all, ...part }
  const place = { endpoint: api.url, dataDir: '/data of mine' }
  const calls = new Map(queryCalls(table, query, place).map(({ label, text }) => [label, text]))
  const [, command, input = '{}'] =
    /send\(new (\w+)\((\{[\s\S]*\})\)\)/.exec(calls.get('SDK v3 (TypeScript)') ?? '') ?? []
  const made = JSON.parse(input)
  const sent =
    command === 'QueryCommand'
      ? await client.send(new QueryCommand(made))
      : await client.send(new ScanCommand(made))
  const answer = await api.get<ItemsAnswer>('/admin/tables/items', apiQuery('Rides', query))
  expect(answer.body.items.length).toBeGreaterThan(0)
  expect(sent.Items).toEqual(answer.body.items)
  const [, url = ''] = /curl -s '?([^']*)'?$/.exec((calls.get('curl') ?? '').replaceAll("'\\''", '%27')) ?? []
  expect(await (await fetch(url)).json()).toEqual(answer.body)
  // The address says the same.
  const address = new URLSearchParams()
  for (const [name, value] of Object.entries(placeOf(query)))
    if (value !== undefined) address.set(name, value)
  expect(queryOf(address)).toEqual(query)
  for (const text of calls.values()) expect(text).not.toContain('undefined')
})

test('words of a shell are quoted, and the command line is offered what it can do', () => {
  expect(quoted("it's a <b>")).toBe("'it'\\''s a <b>'")
  const place = { endpoint: 'http://127.0.0.1:1', dataDir: '/a b' }
  const cli = (part: Partial<TableQuery>) =>
    queryCalls(table, { ...all, ...part }, place).find(({ label }) => label === 'millrace')?.text
  expect(cli({})).toBe("npx millrace table scan --data-dir '/a b' Rides")
  expect(cli({ partition: 'Ulm', op: 'between', sort: '1', to: '2', backward: true })).toBe(
    "npx millrace table query --data-dir '/a b' Rides --from 1 --to 2 --reverse Ulm",
  )
  expect(cli({ partition: '-1' })).toBe("npx millrace table query --data-dir '/a b' Rides -- -1")
  expect(cli({ partition: 'Ulm', op: '<', sort: '1' })).toBeUndefined()
  expect(cli({ index: 'byName' })).toBeUndefined()
})
