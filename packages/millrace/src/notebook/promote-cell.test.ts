/** Cells as queries of an app: what is written runs, and holds what it needs and no more. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppDoor } from '@millrace/console'
import { bindFlinkProgram } from '@millrace/sql'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineApp } from '../define/define-app.ts'
import { sqlApp } from '../sql-app/sql-app.ts'
import { NotebookKit } from './notebook-host.test-kit.ts'

let folder: string
let kit: NotebookKit
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-promote-'))
})
afterEach(async () => {
  await kit.close()
  rmSync(folder, { recursive: true, force: true })
})

function door({ takesQueries = true } = {}): AppDoor {
  const factory = defineApp('shop', (app) => {
    app.function('pass', { from: app.stream('orders') }, () => {})
    if (takesQueries) app.queries(join(folder, 'queries'))
  })
  return { definition: factory.build().definition, file: join(folder, 'shop.app.ts'), app: undefined }
}

async function open(app: AppDoor | undefined): Promise<void> {
  kit = await NotebookKit.open(app === undefined ? {} : { app })
  kit.stream('orders')
  kit.put('orders', { id: 1, state: 'NY', amount: 5 })
}

test('a SELECT becomes an INSERT into a stream of the name, with what it needs from above and from the directory', async () => {
  await open(door())
  const before = [
    'CREATE TABLE unused (x INT);',
    "SET 'table.exec.state.ttl' = '1 d';",
    'CREATE VIEW large AS SELECT * FROM orders WHERE amount > 1; SELECT * FROM large;',
  ]
  const { file, text, next } = await kit.host.promote({
    name: 'by-state',
    text: 'SHOW TABLES; -- how many\nSELECT state, COUNT(*) AS n FROM large GROUP BY state',
    before,
  })
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(text).toMatch(
    /CREATE TABLE `orders`[\s\S]*SET[\s\S]*CREATE VIEW large[\s\S]*CREATE TABLE `by-state` \(\n {2}state STRING,\n {2}n BIGINT\n\) WITH [^;]*'format' = 'debezium-json'\);[\s\S]*INSERT INTO `by-state`/,
  )
  expect(text).not.toMatch(/unused|SHOW/)
  expect(next).toMatch(/millrace dev/)
  expect(bindFlinkProgram({ text, fileName: file }).program?.sinks.map(({ name }) => name)).toEqual([
    'by-state',
  ])
  // The app with it, as it starts the next time.
  expect(door().definition.stages.map(({ name }) => name)).toEqual(['pass', 'by-state'])
  await expect(
    kit.host.promote({ name: 'by-state', text: 'SELECT id FROM orders', before: [] }),
  ).rejects.toThrow(/There is a file .*by-state\.sql already/)
})

test('an app without a folder of queries is told the line that it lacks', async () => {
  await open(door({ takesQueries: false }))
  const { file, next } = await kit.host.promote({ name: 'ids', text: 'SELECT id FROM orders;', before: [] })
  expect(file).toBe(join(folder, 'queries/ids.sql'))
  expect(next).toMatch(/Add this line to .*shop\.app\.ts.*app\.queries\('\.\/queries'\)/)
})

test('to an app of one SQL file the text is shown, without what the file declares', async () => {
  const file = join(folder, 'shop.sql')
  writeFileSync(
    file,
    'CREATE TABLE orders (id BIGINT); CREATE TABLE o (id BIGINT); INSERT INTO o SELECT id FROM orders;',
  )
  await open({ definition: sqlApp(file).build().definition, file, app: undefined })
  const promoted = await kit.host.promote({ name: 'ids', text: 'SELECT id FROM orders', before: [] })
  expect(promoted.file).toBe(file)
  expect(promoted.text).not.toMatch(/CREATE TABLE `?orders/)
  expect(promoted.next).toMatch(/add this text at the end of/)
  expect(readFileSync(file, 'utf8')).not.toMatch(/ids/)
  // What it says is so.
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n${promoted.text}`)
  expect(
    sqlApp(file)
      .build()
      .definition.streams.map(({ name }) => name),
  ).toEqual(['orders', 'o', 'ids'])
})

test('without an app the file is beside the notebooks', async () => {
  await open(undefined)
  const { file, next } = await kit.host.promote({ name: 'ids', text: 'SELECT id FROM orders', before: [] })
  expect(file).toBe(join(kit.store.dir, 'queries/ids.sql'))
  expect(next).toMatch(/No app runs here/)
})

test.each([
  ['pass', 'SELECT id FROM orders', 'NOTEBOOK_PROMOTE', /stage "pass" already/],
  ['../x', 'SELECT id FROM orders', 'APP_NAME_INVALID', /x/],
  ['a', 'SHOW TABLES', 'SQL_NOTHING_TO_RUN', /no SELECT/],
  ['a', 'SELECT idx FROM orders', 'SQL_REFUSED', /SQL2002/],
  ['a', 'SELECT 1 AS x; SELECT 2 AS y', 'NOTEBOOK_PROMOTE', /several SELECTs/],
  ['a', 'SELECT sku FROM Stock', 'NOTEBOOK_PROMOTE', /keyed table/],
  ['a', 'SELECT id FROM `of-a-cell`', 'NOTEBOOK_PROMOTE', /of-a-cell.*no stream of the app.*app\.stream/],
])('%s: %s is refused', async (name, text, code, message) => {
  mkdirSync(join(folder, 'queries'))
  await open(door())
  kit.store.defineTable({ name: 'Stock', partitionKey: { name: 'sku', type: 'string' } })
  kit.stream('of-a-cell')
  kit.put('of-a-cell', { id: 1 })
  await expect(kit.host.promote({ name, text, before: [] })).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  )
})
