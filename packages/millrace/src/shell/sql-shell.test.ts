/** The SQL shell under virtual time, without a terminal. */
import { type Clock, seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { ResultTable, textTable } from './result-table.ts'
import { SqlShell } from './sql-shell.ts'

/** A clock that is at once where it is waited for. */
function leapingClock(): Clock {
  let now = Date.UTC(2026, 0, 1)
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms
    },
  }
}

async function run(text: string, json = false) {
  const printed: string[] = []
  const errors: string[] = []
  const shell = new SqlShell({
    view: { print: (line) => printed.push(line), error: (line) => errors.push(line), rows: 10 },
    clock: leapingClock(),
    random: seededRandom(1),
    folder: '.',
    store: undefined,
    json,
  })
  const ok = await shell.execute(text, 'test', new AbortController().signal)
  return { ok, printed, errors }
}

const numbers = `CREATE TABLE numbers (id INT, k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '6',
  'rows-per-second' = '1000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '6',
  'fields.k.min' = '3', 'fields.k.max' = '3');`

test('a result is the table that is left after all changes', async () => {
  const { ok, printed } = await run(`${numbers} SELECT k, SUM(id) AS total FROM numbers GROUP BY k;`)
  expect(ok).toBe(true)
  expect(printed).toEqual(['ok', 'k  total', '-  -----', '3     21', '(1 row)'])
})

test('with --json every change is a line', async () => {
  const { printed } = await run(`${numbers} SELECT id FROM numbers WHERE id < 3;`, true)
  expect(printed.map((line) => JSON.parse(line))).toEqual([
    { op: '+I', id: 1 },
    { op: '+I', id: 2 },
  ])
})

test('statements are a session; the first that fails ends the text', async () => {
  const { ok, printed, errors } = await run('SELECT 1 AS one; SELECT nope; SELECT 2 AS two;')
  expect(ok).toBe(false)
  expect(printed.slice(0, 3)).toEqual(['one', '---', '  1'])
  expect(printed.join()).not.toMatch(/two/)
  expect(errors.join()).toMatch(/SQL2002 error test:1:/)
})

test('SHOW, DESCRIBE and EXPLAIN answer', async () => {
  const { printed } = await run(`${numbers} SHOW TABLES; DESCRIBE numbers; EXPLAIN SELECT id FROM numbers;`)
  expect(printed.join('\n')).toMatch(/numbers[\s\S]*id\s+INT[\s\S]*source/)
})

test('what the shell cannot do is said with the next step', async () => {
  const { ok, errors } = await run(
    `CREATE TABLE out1 (x INT) WITH ('connector' = 'filesystem', 'path' = 'x'); INSERT INTO out1 SELECT 1;`,
  )
  expect(ok).toBe(false)
  expect(errors.join()).toMatch(/millrace run/)
})

test('a table of results counts equal rows and shows the last ones', () => {
  const table = new ResultTable([{ name: 'x', type: { kind: 'INTEGER' }, nullable: true }])
  for (const x of [1, 2, 2, 3]) table.apply([x], 0)
  table.apply([2], 3)
  expect(table.lines(2)).toEqual(['x', '-', '2', '3', '(3 rows, the last 2 shown)'])
})

test('text tables cut long cells', () => {
  expect(textTable(['a'], [['x'.repeat(100)]])[2]).toHaveLength(60)
})
