/** The forms in which case files may say what they expect. */
import { expect, test } from 'vitest'
import { parseCase } from './case-file.ts'
import { runCase } from './run-case.ts'

const tables = `CREATE TABLE t (k STRING, op STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE out_ (k STRING, op STRING) WITH ('connector' = 'memory', 'changelog-mode' = 'all');`

function problemOf(program: string, expected: object): string | undefined {
  const inputs = { t: [{ $seq: 1, k: 'a', op: 'x' }] }
  return runCase(parseCase('form', program, JSON.stringify({ dialect: 'flink', inputs, expected }))).problem
}

test.each([
  ['a kind before the values', { columns: ['k', 'op'], rows: [['+I', 'a', 'x']] }],
  ['a kind in a column of its own', { columns: ['$op', 'k', 'op'], rows: [['+U', 'a', 'x']] }],
  ['rows by column', { columns: ['k', 'op'], rows: [{ $op: '+I', k: 'a', op: 'x' }] }],
])('a changelog may be written with %s; a column may be called op', (_, form) => {
  const program = `${tables} INSERT INTO out_ SELECT k, op FROM t;`
  expect(problemOf(program, { stream: 'out_', mode: 'changelog', ...form })).toBeUndefined()
})

test.each([
  [
    'all changes',
    [
      ['+I', 'a', 1],
      ['-U', 'a', 1],
      ['+U', 'a', 2],
      ['+I', 'b', 1],
    ],
    true,
  ],
  [
    'by key',
    [
      ['+I', 'a', 1],
      ['+U', 'a', 2],
      ['+I', 'b', 1],
    ],
    true,
  ],
  [
    'another order',
    [
      ['+I', 'a', 1],
      ['+I', 'b', 1],
      ['+U', 'a', 2],
    ],
    false,
  ],
  [
    'without the first',
    [
      ['+U', 'a', 2],
      ['+I', 'b', 1],
    ],
    false,
  ],
])('the changelog of an output by key may be written as %s', (_, rows, agrees) => {
  const program = `CREATE TABLE t (k STRING) WITH ('connector' = 'memory');
    CREATE TABLE u (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
    INSERT INTO u SELECT k, COUNT(*) FROM t GROUP BY k;`
  const inputs = { t: ['a', 'a', 'b'].map((k, i) => ({ $seq: i, k })) }
  const expected = { stream: 'u', mode: 'changelog', columns: ['k', 'n'], rows }
  const file = parseCase('form', program, JSON.stringify({ dialect: 'flink', inputs, expected }))
  expect(runCase(file).problem === undefined).toBe(agrees)
})

test.each([
  ['nothing', '', undefined],
  ['all changes', ", 'changelog-mode' = 'all'", undefined],
  ['new rows only', ", 'changelog-mode' = 'append'", 'gives new rows only, but a change of kind -D came'],
])('changes may be fed to a table whose options speak of %s', (_, option, problem) => {
  const program = `CREATE TABLE IF NOT EXISTS t (k STRING, up AS UPPER(k)) WITH ('connector' = 'memory'${option}); SELECT up FROM t;`
  const inputs = { t: ['+I', '+I', '-D'].map(($op, i) => ({ $seq: i, $op, k: 'a' })) }
  const expected = { stream: 'SELECT_1', mode: 'final', columns: ['up'], rows: [['A']] }
  const file = parseCase('form', program, JSON.stringify({ dialect: 'flink', inputs, expected }))
  const found = runCase(file).problem
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(problem)
})

test.each([
  ['2026-01-01 00:00:00.000', true],
  ['2026-01-01 09:00:00.000', true],
  ['2026-01-01 01:00:00.000', false],
])('an instant may be written as UTC or as the session shows it: %s', (text, agrees) => {
  const program = `SET 'table.local-time-zone' = 'Asia/Tokyo'; CREATE TABLE t (ms BIGINT) WITH ('connector' = 'memory');
    SELECT TO_TIMESTAMP_LTZ(ms, 3) AS at_ FROM t;`
  const inputs = { t: [{ $seq: 1, ms: 1767225600000 }] }
  const expected = { stream: 'SELECT_1', mode: 'ordered', columns: ['at_'], rows: [[text]] }
  const file = parseCase('form', program, JSON.stringify({ dialect: 'flink', inputs, expected }))
  expect(runCase(file).problem === undefined).toBe(agrees)
})

test('numbers keep their digits', () => {
  const program = `CREATE TABLE n (l BIGINT, d DOUBLE, e DECIMAL(20, 0), s STRING) WITH ('connector' = 'memory');
    SELECT l, l + 1 AS m, d, e, s FROM n;`
  const file = (l: string, m: string) => `{"dialect": "flink",
    "inputs": {"n": [{"$seq": 1, "l": ${l}, "d": 0.12345678901234567, "e": 12345678901234567890, "s": "1234567890123456789 \\" 1"}]},
    "expected": {"stream": "SELECT_1", "mode": "ordered", "columns": ["l", "m", "d", "e", "s"],
      "rows": [[${l}, ${m}, 0.12345678901234567, "12345678901234567890", "1234567890123456789 \\" 1"]]}}`
  const problem = (l: string, m: string) => runCase(parseCase('form', program, file(l, m))).problem
  expect(problem('9007199254740993', '9007199254740994')).toBeUndefined()
  expect(problem('9223372036854775807', '-9223372036854775808')).toBeUndefined()
  expect(problem('9007199254740993', '9007199254740993')).toContain('9007199254740994')
})

const bad = 'SELECT nothing FROM t;'
const good = 'SELECT k FROM t;'

test.each([
  ['listed, the program sets up', tables, [bad]],
  ['listed and in the program', `${tables}\n${bad}`, [bad]],
  ['in the program behind the first statement', `CREATE TABLE t (k STRING) WITH ('a' = 'b');\n${bad}`, []],
  [
    'listed behind the statement that sets up',
    '',
    ["CREATE TABLE t (k STRING) WITH ('a' = 'b')", 'SELECT nothing FROM t'],
  ],
  ['alone', bad, []],
])('statements that have to be refused may be %s', (_, program, statements) => {
  expect(problemOf(program, { stream: '', mode: 'rejected', statements })).toBeUndefined()
})

test('a statement that is accepted, or set up that is refused, fails the case', () => {
  expect(problemOf(tables, { stream: '', mode: 'rejected', statements: [bad, good] })).toContain(
    'has to be refused, but was accepted',
  )
  expect(problemOf(bad, { stream: '', mode: 'rejected', statements: [good] })).toContain(
    'the statement that sets up was refused',
  )
})

test('an output that nothing writes fails, also where there is one output; the empty name is that one', () => {
  const program = `${tables} INSERT INTO out_ SELECT k, op FROM t;`
  const form = { mode: 'changelog', columns: ['k', 'op'], rows: [['+I', 'a', 'x']] }
  expect(problemOf(program, { stream: 'other', ...form })).toMatch(/nothing writes "other"; outputs are out_/)
  expect(problemOf(program, { stream: '', ...form })).toBeUndefined()
})
