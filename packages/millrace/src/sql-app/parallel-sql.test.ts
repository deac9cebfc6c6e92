/** SQL files and apps that ask for several threads: the same answer, or a refusal that says what would allow it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineApp } from '../define/define-app.ts'
import { testApp } from '../testing/index.ts'
import { sqlApp } from './sql-app.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-parallel-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const orders = `CREATE TABLE orders (user_id INT, item STRING, price INT) WITH (
  'connector' = 'datagen', 'number-of-rows' = '80', 'rows-per-second' = '10000000', 'partition-key' = 'user_id', 'shards' = '4',
  'fields.user_id.min' = '1', 'fields.user_id.max' = '5', 'fields.item.length' = '1', 'fields.price.min' = '1', 'fields.price.max' = '9');`
const sums = 'SELECT user_id, COUNT(*) AS n, SUM(price) AS total FROM orders GROUP BY user_id'

async function printed(text: string): Promise<string[]> {
  const file = join(folder, 'pipeline.sql')
  writeFileSync(file, `${orders}\n${text};`)
  const lines: string[] = []
  const running = await testApp(sqlApp(file, { print: (line) => lines.push(line) }))
  try {
    await running.runUntilIdle()
  } finally {
    await running.close()
  }
  return lines
}

/** The rows that stay. */
function answer(lines: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of lines) {
    const row = line.slice(2)
    counts.set(row, (counts.get(row) ?? 0) + (line.startsWith('-D') ? -1 : 1))
  }
  return [...counts].flatMap(([row, count]) => Array.from({ length: count }, () => row)).sort()
}

test('the setting of a SQL file spreads its query over several stages, which answer alike', async () => {
  const one = answer(await printed(sums))
  expect(one).toHaveLength(5)
  expect(answer(await printed(`SET 'parallelism.default' = '3';\n${sums}`))).toEqual(one)
})

test('a program whose keys do not allow it is refused with the key that would', async () => {
  const text = "SET 'parallelism.default' = '2';\nSELECT item, COUNT(*) AS n FROM orders GROUP BY item"
  await expect(printed(text)).rejects.toThrow(
    /QUERY_INVALID.*GROUP BY item.*'partition-key' = 'item' in the table orders/s,
  )
})

test.each(['0', '65', 'many', '1.5'])('a setting of %s is refused', async (value) => {
  await expect(printed(`SET 'parallelism.default' = '${value}';\n${sums}`)).rejects.toThrow(
    /SQL_OPTION.*'parallelism\.default' is .*from 1 to 64/,
  )
})

function app(parallelism: number, setting = '') {
  return defineApp('parallel', (app) => {
    const input = app.stream('orders', { shards: 4 })
    const output = app.stream('sums', { shards: 2 })
    app.source(
      () => ({ read: async () => ({ position: 0, taken: 0, dead: [], done: true }), close: async () => {} }),
      {
        into: input,
      },
    )
    app.query('sum', {
      dialect: 'flink',
      sql: `${setting}
        CREATE TABLE orders (user_id INT, price INT) WITH ('connector' = 'stream', 'partition-key' = 'user_id');
        CREATE TABLE sums (user_id INT, total INT, PRIMARY KEY (user_id) NOT ENFORCED) WITH ('connector' = 'stream');
        INSERT INTO sums SELECT user_id, SUM(price) FROM orders GROUP BY user_id;`,
      tables: { orders: input, sums: output },
      ...(parallelism === 0 ? {} : { parallelism }),
    })
  })
}

test('an app says the parallelism of a query, or its program does', () => {
  const names = (built: ReturnType<typeof app>) =>
    built.build().definition.stages.flatMap(({ kind, name }) => (kind === 'query' ? [name] : []))
  expect(names(app(2))).toEqual(['sum-1-of-2', 'sum-2-of-2'])
  expect(names(app(1))).toEqual(['sum'])
  expect(names(app(0, "SET 'parallelism.default' = '4';"))).toHaveLength(4)
  expect(names(app(1, "SET 'parallelism.default' = '4';"))).toEqual(['sum'])
  expect(() => app(65).build()).toThrow(/Parallelism of query "sum" is 65/)
})
