/** `millrace notebook` as a process, on a data directory that nobody else has open. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliProcess } from './cli-process.test-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-notebook-cli-'))
const dataDir = join(folder, 'data')
beforeAll(async () => {
  const store = await openStore({ dir: dataDir, clock: systemClock })
  store.defineStream({ name: 'orders', shards: 2, retentionMs: 3_600_000 })
  store.commit((transaction) =>
    transaction.append(
      'orders',
      [1, 2, 3].map((id) => ({
        key: Buffer.from(String(id)),
        data: Buffer.from(JSON.stringify({ id, amount: id * 10 })),
      })),
    ),
  )
  await store.close()
  mkdirSync(join(dataDir, 'notebooks'))
  writeFileSync(
    join(dataDir, 'notebooks/sales.notebook.sql'),
    `-- %% [markdown] {"id":"about"}
-- Sales.

-- %% A view {"id":"view"}
CREATE VIEW large AS SELECT * FROM orders WHERE amount > 10;

-- %% Their sum {"id":"sum"}
SELECT COUNT(*) AS n, SUM(amount) AS total FROM large;

-- %% Wrong {"id":"wrong"}
SELECT
  amout FROM large;
`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...words: string[]) =>
  new CliProcess(['notebook', ...words, '--data-dir', dataDir], { cwd: folder }).ended

test('list, run to the first cell that fails, and one cell as lines of JSON', async () => {
  const listed = await run('list')
  expect(listed.stdout).toMatch(/^sales {2}4 cells {2}\S+sales\.notebook\.sql\n$/)

  const all = await run('run', 'sales', '--until-idle')
  expect(all.stdout).toBe('-- A view\nok\n-- Their sum\nn  total\n-  -----\n2     50\n(1 row)\n-- Wrong\n')
  expect(all.stderr).toMatch(/cell wrong:2:3: SQL2002: .*`?amout`?/)
  expect(all.exitCode).toBe(1)

  const one = await run('run', 'sales', '--cell', 'sum', '--until-idle', '--json')
  const events = one.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(one.exitCode, one.stderr).toBe(0)
  expect(events.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['columns', 'rows', 'progress', 'done']),
  )
  expect(events.findLast(({ event }) => event === 'rows')).toMatchObject({
    cell: 'sum',
    total: 1,
    put: [[1, [2, 50]]],
  })

  const unknown = await run('run', 'sales', '--cell', 'som')
  expect(unknown.stderr).toMatch(/no cell "som".*Did you mean "sum"\?/)
  expect(unknown.exitCode).toBe(2)
}, 60_000)
