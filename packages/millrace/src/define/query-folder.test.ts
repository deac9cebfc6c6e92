/** A folder of queries: what stands in it runs as stages of the app, and what cannot is refused with its file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testApp } from '../testing/index.ts'
import { defineApp } from './define-app.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-queries-'))
  mkdirSync(join(folder, 'queries'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, 'queries', name), text)
const app = () =>
  defineApp('shop', (shop) => {
    shop.queries(join(folder, 'queries'))
    shop.stream('orders')
    shop.function('pass', { from: shop.stream('unused') }, () => {})
  })

const source = 'CREATE TABLE orders (id BIGINT, amount DOUBLE);'

test('each file is a query; a stream that one writes the others read, in whatever order they stand', async () => {
  write(
    'b-large.sql',
    `${source} CREATE TABLE large (id BIGINT, amount DOUBLE) WITH ('shards' = '2'); INSERT INTO large SELECT * FROM orders WHERE amount > 10;`,
  )
  write(
    'a-count.sql',
    `CREATE TABLE l (id BIGINT) WITH ('stream' = 'large'); CREATE TABLE counts (n BIGINT) WITH ('format' = 'debezium-json'); INSERT INTO counts SELECT COUNT(*) FROM l;`,
  )
  write('story.notebook.sql', 'SELECT nonsense')
  const running = await testApp(app())
  for (const [id, amount] of [
    [1, 5],
    [2, 20],
    [3, 30],
  ] as const)
    running.put('orders', String(id), { id, amount })
  await running.runUntilIdle()
  expect(running.records('large').map((each) => each.json())).toEqual(
    expect.arrayContaining([
      { id: 2, amount: 20 },
      { id: 3, amount: 30 },
    ]),
  )
  expect(running.records('counts').at(-1)?.json()).toMatchObject({ after: { n: 2 } })
  await running.close()
})

test('a folder that is not there has no queries', () => {
  rmSync(join(folder, 'queries'), { recursive: true })
  const { definition } = app().build()
  expect(definition.stages.map(({ name }) => name)).toEqual(['pass'])
  expect(definition.queryFolders).toEqual([join(folder, 'queries')])
})

test.each([
  ['SELECT 1;', 'SQL_NOTHING_TO_RUN'],
  [source, 'SQL_NOTHING_TO_RUN'],
  ['SELECT nope', 'SQL_REFUSED'],
  [
    'CREATE TABLE ordres (id BIGINT); CREATE TABLE o (id BIGINT); INSERT INTO o SELECT * FROM ordres;',
    'APP_FOREIGN_HANDLE',
  ],
  [
    `CREATE TABLE g (id BIGINT) WITH ('connector' = 'datagen'); CREATE TABLE o (id BIGINT); INSERT INTO o SELECT * FROM g;`,
    'SQL_CONNECTOR_UNKNOWN',
  ],
  [
    `${source} CREATE TABLE o (id BIGINT) WITH ('shards' = '0'); INSERT INTO o SELECT id FROM orders;`,
    'SQL_OPTION',
  ],
])('%s is refused', (text, code) => {
  write('q.sql', text)
  expect(() => app().build()).toThrow(
    expect.objectContaining({ code, place: expect.stringContaining('q.sql') }),
  )
})

test('a query of the name of a stage is refused', () => {
  write('pass.sql', `${source} CREATE TABLE o (id BIGINT); INSERT INTO o SELECT id FROM orders;`)
  expect(() => app().build()).toThrow(expect.objectContaining({ code: 'APP_NAME_TAKEN' }))
})
