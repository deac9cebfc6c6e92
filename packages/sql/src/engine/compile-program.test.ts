import { type CellValue, makeBatch, readCell, type Schema, writeCell } from '@millrace/values'
import { expect, test } from 'vitest'
import { bindProgram } from '../binder/bind-program.ts'
import type { MicroBatchResult, QueryInstance } from '../engine-port.ts'
import { optimizeProgram } from '../optimizer/optimize.ts'
import type { Program, SqlValue } from '../plan.ts'
import { compileProgram } from './compile-program.ts'

const input: Schema = {
  fields: [
    { name: 'K', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'T', type: { kind: 'VARCHAR', length: 30 }, nullable: true },
  ],
}
const table: Schema = {
  fields: [
    { name: 'K', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'NAME', type: { kind: 'VARCHAR', length: 30 }, nullable: true },
  ],
}

function bind(text: string): Program {
  const { program, diagnostics } = bindProgram({
    text,
    fileName: 'test.sql',
    dialect: 'kda',
    inputs: [{ name: 'S', schema: input }],
    references: [{ name: 'REF', schema: table }],
    outputs: ['O'],
  })
  if (program === undefined) throw new Error(JSON.stringify(diagnostics))
  return optimizeProgram(program)
}

let clock = 1000

/** Each row is a ms later than the one before. */
function batchOf(schema: Schema, rows: readonly (readonly SqlValue[])[]) {
  const batch = makeBatch(schema, rows.length)
  rows.forEach((row, i) => {
    row.forEach((value, c) => {
      // Columns hold the flat types only.
      writeCell(batch.columns[c]!, i, schema.fields[c]!.type, value as CellValue)
    })
    batch.rowtime[i] = clock++
    batch.origin[i] = i
  })
  batch.length = rows.length
  return batch
}

function feed(instance: QueryInstance, rows: readonly (readonly SqlValue[])[]): MicroBatchResult {
  const inputs = new Map([['S', batchOf(input, rows)]])
  return instance.process({ inputs, records: rows.length, bound: Number.NEGATIVE_INFINITY })
}

function rowsOf(result: MicroBatchResult, program: Program): SqlValue[][] {
  const { fields } = program.streams.find(({ name }) => name === 'O')!.schema
  const out = result.outputs.get('O')!
  return Array.from({ length: out.length }, (_, i) =>
    fields.map(({ type }, c) => readCell(out.columns[c]!, i, type)),
  )
}

test('no digit is lost when a value or a result leaves 53 bits', () => {
  const program = bind(`
    CREATE STREAM O (K BIGINT, L BIGINT, M BIGINT);
    CREATE PUMP P AS INSERT INTO O SELECT STREAM K, K + 1, K * 3 FROM S WHERE K > 0;`)
  const instance = compileProgram(program)
  const keys = [1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 60n + 1n, 3_002_399_751_580_331n]
  const result = feed(
    instance,
    keys.map((key) => [key, null]),
  )
  expect(rowsOf(result, program)).toEqual(keys.map((key) => [key, key + 1n, key * 3n]))
  // A narrow batch after a wide one is narrow again.
  expect(rowsOf(feed(instance, [[5n, null]]), program)).toEqual([[5n, 6n, 15n]])
})

test('a result that does not fit drops its row alone', () => {
  const program = bind(`
    CREATE STREAM O (K BIGINT);
    CREATE PUMP P AS INSERT INTO O SELECT STREAM K + 1 FROM S;`)
  const result = feed(compileProgram(program), [
    [1n, null],
    [2n ** 63n - 1n, null],
    [3n, null],
  ])
  expect(rowsOf(result, program)).toEqual([[2n], [4n]])
  expect(result.errors.map(({ name, origin, pump }) => [name, origin, pump])).toEqual([
    ['ValueOutOfRange', 1, 'P'],
  ])
  expect([...result.outcomes.slice(0, 3)]).toEqual([1, 3, 1])
})

test('a replaced reference table answers from then on, and its batch may be used again', () => {
  const program = bind(`
    CREATE STREAM O (K BIGINT, NAME VARCHAR(30));
    CREATE PUMP P AS INSERT INTO O SELECT STREAM S.K, R.NAME FROM S LEFT JOIN REF AS R ON S.K = R.K;`)
  const instance = compileProgram(program)
  expect(rowsOf(feed(instance, [[1n, null]]), program)).toEqual([[1n, null]])
  const rows = batchOf(table, [
    [1n, 'one'],
    [2n, 'two'],
    [1n, 'uno'],
  ])
  instance.setReference('REF', rows)
  rows.length = 0
  for (const column of rows.columns) column.nulls.fill(1)
  const found = [
    [1n, 'one'],
    [1n, 'uno'],
    [3n, null],
  ]
  expect(
    rowsOf(
      feed(instance, [
        [1n, null],
        [3n, null],
      ]),
      program,
    ),
  ).toEqual(found)
  instance.setReference('REF', batchOf(table, [[3n, 'three']]))
  expect(
    rowsOf(
      feed(instance, [
        [1n, null],
        [3n, null],
      ]),
      program,
    ),
  ).toEqual([
    [1n, null],
    [3n, 'three'],
  ])
})

test('generated source holds no text of the program', () => {
  const sources: string[] = []
  const program = bind(`
    CREATE STREAM O ("a'];process.exit();//" VARCHAR(60));
    CREATE PUMP "P'];x" AS INSERT INTO O SELECT STREAM T || '\`];process.exit()' FROM S WHERE T <> 'secret';`)
  compileProgram(program, { onSource: (_, source) => sources.push(source) })
  expect(sources.length).toBeGreaterThan(0)
  expect(sources.join()).not.toMatch(/process|secret/)
})

test('state keeps its address when comments, pump names and other pumps change', () => {
  const join = `FROM A OVER (RANGE INTERVAL '1' MINUTE PRECEDING) JOIN B OVER (RANGE INTERVAL '1' MINUTE PRECEDING) ON A.K = B.K`
  const text = (names: readonly string[], more: string) => `
    CREATE STREAM A (K BIGINT); CREATE STREAM B (K BIGINT); CREATE STREAM O (K BIGINT);
    CREATE PUMP ${names[0]} AS INSERT INTO A SELECT STREAM K FROM S WHERE T = 'a';
    CREATE PUMP ${names[1]} AS INSERT INTO B SELECT STREAM K FROM S WHERE T = 'b';
    ${more}
    CREATE PUMP ${names[2]} AS INSERT INTO O SELECT STREAM A.K ${join};`
  const old = compileProgram(bind(text(['P1', 'P2', 'P3'], '')))
  feed(old, [[7n, 'a']])
  const changed = bind(
    text(
      ['X', 'Y', 'Z'],
      `-- more\nCREATE STREAM C (K BIGINT); CREATE PUMP Q AS INSERT INTO C SELECT STREAM K FROM S;`,
    ),
  )
  const next = compileProgram(changed)
  for (const { operator, blob } of old.takeChanges()) {
    expect(next.stateInfo().map((info) => info.operator)).toContain(operator)
    next.restore(operator, blob)
  }
  expect(rowsOf(feed(next, [[7n, 'b']]), changed)).toEqual([[7n]])
})

test('rows of a stream that is no input are refused by name', () => {
  const instance = compileProgram(
    bind(`CREATE STREAM O (K BIGINT); CREATE PUMP P AS INSERT INTO O SELECT STREAM K FROM S;`),
  )
  const inputs = new Map([['X', batchOf(input, [])]])
  expect(() => instance.process({ inputs, records: 0, bound: 0 })).toThrow(
    'no input stream "X" in the program; there are S',
  )
})
