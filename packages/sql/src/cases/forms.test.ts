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
