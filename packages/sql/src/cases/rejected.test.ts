/** Where the statements of a `rejected` case stand: in the case file, in the program, or in both. */
import { expect, test } from 'vitest'
import { parseCase } from './case-file.ts'
import { judgeRejected } from './rejected.ts'

const setup = 'CREATE OR REPLACE STREAM A (X INTEGER);'
const bad = 'CREATE PUMP P AS INSERT INTO A SELECT STREAM Y FROM S;'
const good = 'CREATE PUMP P AS INSERT INTO A SELECT STREAM X FROM S;'

function judge(program: string, statements: readonly string[] | undefined): string | undefined {
  const file = {
    dialect: 'kda',
    schemas: { S: [['X', 'INTEGER']] },
    expected: { mode: 'rejected', statements },
  }
  return judgeRejected(parseCase('t', program, JSON.stringify(file)))
}

test.each<[string, string, readonly string[] | undefined]>([
  ['listed beside a program that sets up', setup, [bad]],
  ['listed with the statement that sets up', setup, [setup, bad]],
  ['in the program alone', `${setup}\n${bad}`, undefined],
  ['in the program and listed', `${setup}\n${bad}`, [bad]],
  ['all of the program listed', `${setup}\n${bad}`, [setup, bad]],
  ['several statements that set up', `${setup}\nCREATE STREAM B (X INTEGER);`, [bad]],
  ['one statement and nothing that sets up', 'SELECT STREAM Y FROM S;', undefined],
  ['the same, listed', 'SELECT STREAM Y FROM S;', ['SELECT STREAM Y FROM S']],
])('%s', (_, program, statements) => {
  expect(judge(program, statements)).toBeUndefined()
})

test('a statement that is accepted fails the case', () => {
  expect(judge(setup, [bad, good])).toContain('was accepted')
  expect(judge(`${setup}\n${good}`, undefined)).toContain('was accepted')
})

test('a refusal of what sets up fails the case', () => {
  expect(judge('CREATE STREAM A (X NUMBER);', [bad])).toContain('sets up was refused')
})
