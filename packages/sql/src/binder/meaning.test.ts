/** What bound programs mean, seen by running them in the interpreter. */
import { expect, test } from 'vitest'
import { renderDiagnostics } from '../diagnostic/render.ts'
import { Interpreter } from '../interpreter/interpreter.ts'
import { field, types, varchar } from '../laws/plan-builder.ts'
import type { Program, SqlValue } from '../plan.ts'
import { SourceText } from '../syntax/source-text.ts'
import { bindProgram } from './bind-program.ts'

const at = (text: string): number => Date.parse(`2024-03-05T${text}Z`)

const inputs = [
  {
    name: 'S',
    schema: {
      fields: [
        field('K', types.integer),
        field('name', varchar(8)),
        field('T', types.timestamp),
        field('BIG', types.bigint),
      ],
    },
  },
]
const references = [
  {
    name: 'REF',
    schema: {
      fields: [field('ID', types.integer), field('LABEL', varchar(8)), field('ROWTIME', types.integer)],
    },
  },
]

function bind(text: string, outputs: readonly string[] = []): Program {
  const { program, diagnostics } = bindProgram({
    text,
    fileName: 'p.sql',
    dialect: 'kda',
    inputs,
    references,
    outputs,
  })
  expect(program, renderDiagnostics(diagnostics, new SourceText(text, 'p.sql'))).toBeDefined()
  return program!
}

interface Input {
  readonly rowtime: number
  readonly values: readonly SqlValue[]
}

/** Rows of the first output as [row time, ...values], after a bound one hour behind the last row. */
function run(
  text: string,
  rows: readonly Input[],
  tables: readonly (readonly SqlValue[])[] = [],
): unknown[][] {
  const program = bind(text)
  const interpreter = new Interpreter(program)
  interpreter.setReference('REF', tables)
  const out: unknown[][] = []
  const take = (records: readonly Input[], bound: number): void => {
    const stream = records.map((row, origin) => ({ ...row, origin }))
    const result = interpreter.process({ inputs: new Map([['S', stream]]), records: records.length, bound })
    expect(result.errors).toEqual([])
    for (const row of result.outputs.get(program.outputs[0]!) ?? []) out.push([row.rowtime, ...row.values])
  }
  take(rows, Number.NEGATIVE_INFINITY)
  take([], (rows.at(-1)?.rowtime ?? 0) + 3_600_000)
  return out
}

const row = (
  time: string,
  key: SqlValue,
  name: SqlValue = null,
  event: SqlValue = null,
  big: SqlValue = null,
): Input => ({ rowtime: at(time), values: [key, name, event, big] })

test('names without quotes are folded to upper case, names in quotes are taken as written', () => {
  expect(run('select stream x.k, "name", X."name" as n from s as x', [row('10:00:00', 1, 'a')])).toEqual([
    [at('10:00:00'), 1, 'a', 'a'],
  ])
})

test('ROWTIME in a select list is the time of the row that comes out; s.ROWTIME that of the input row', () => {
  const grouped =
    'SELECT STREAM ROWTIME, FLOOR(S.ROWTIME TO MINUTE), COUNT(*) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE)'
  expect(run(grouped, [row('22:49:10', 1), row('22:49:15', 2)])).toEqual([
    [at('22:50:00'), at('22:50:00'), at('22:49:00'), 2n],
  ])
  const joined =
    "SELECT STREAM ROWTIME, A.ROWTIME, B.ROWTIME FROM S OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS A JOIN S AS B ON A.K + 1 = B.K"
  expect(run(joined, [row('10:00:00', 1), row('10:00:30', 2)])).toEqual([
    [at('10:00:30'), at('10:00:30'), at('10:00:00'), at('10:00:30')],
  ])
})

test('expr AS ROWTIME sets the time, is no column, and is what ROWTIME means beside it', () => {
  expect(
    run('SELECT STREAM K, T AS ROWTIME, ROWTIME AS R, S.ROWTIME AS I FROM S', [
      row('10:00:00', 1, null, at('09:00:00')),
    ]),
  ).toEqual([[at('09:00:00'), 1, at('09:00:00'), at('10:00:00')]])
})

test('ROWTIME of a reference table is an ordinary column', () => {
  expect(
    run(
      'SELECT STREAM R.ROWTIME, S.ROWTIME FROM S JOIN REF AS R ON S.K = R.ID',
      [row('10:00:00', 1)],
      [[1, 'one', 7]],
    ),
  ).toEqual([[at('10:00:00'), 7, at('10:00:00')]])
})

test('SELECT * holds the columns of all sources in the order of the text, without ROWTIME', () => {
  expect(
    bind('SELECT STREAM * FROM REF JOIN S ON REF.ID = S.K').streams[1]!.schema.fields.map(({ name }) => name),
  ).toEqual(['ID', 'LABEL', 'ROWTIME', 'K', 'name', 'T', 'BIG'])
  const using =
    'SELECT STREAM * FROM S OVER (ROWS 1 PRECEDING) AS A JOIN S OVER (ROWS 1 PRECEDING) AS B USING (K, "name")'
  expect(bind(using).streams[1]!.schema.fields.map(({ name }) => name)).toEqual([
    'K',
    'name',
    'T',
    'BIG',
    'T',
    'BIG',
  ])
})

test.each([
  ['FLOOR(S.ROWTIME TO MINUTE)', '22:49:10', '22:50:00'],
  ["STEP(S.ROWTIME BY INTERVAL '10' SECOND)", '22:49:10', '22:49:20'],
  ['FLOOR(S.ROWTIME TO HOUR)', '22:49:10', '23:00:00'],
  ["FLOOR(S.ROWTIME + INTERVAL '20' SECOND TO MINUTE)", '22:49:10', '22:49:40'],
  ["FLOOR(S.ROWTIME TO MINUTE) - INTERVAL '5' SECOND", '22:49:10', '22:50:00'],
  ["STEP(FLOOR(S.ROWTIME TO MINUTE) BY INTERVAL '90' SECOND)", '22:49:10', '22:50:00'],
  ["FLOOR(STEP(S.ROWTIME BY INTERVAL '40' SECOND) TO MINUTE)", '22:49:10', '22:49:20'],
])('the row time of a group by %s is the first instant of the next step', (key, time, next) => {
  const [only] = run(`SELECT STREAM COUNT(*) FROM S GROUP BY ${key}`, [row(time, 1)])
  expect(only).toEqual([at(next), 1n])
})

test('the next step is the first row time at which the key is another one, for every millisecond', () => {
  const keys = [
    'CEIL(S.ROWTIME TO SECOND)',
    "STEP(CEIL(S.ROWTIME TO SECOND) BY INTERVAL '3' SECOND)",
    "FLOOR(STEP(S.ROWTIME BY INTERVAL '0.7' SECOND) TO SECOND)",
    "CEIL(S.ROWTIME - INTERVAL '0.25' SECOND TO SECOND)",
    'S.ROWTIME',
  ]
  for (const key of keys) {
    const text = `SELECT STREAM COUNT(*) FROM S GROUP BY ${key}`
    // Every 50 ms a row: a group must come out with a time above its last row and not above the first row of the next one.
    const rows = Array.from({ length: 200 }, (_, i) => ({
      ...row('22:49:10', 1),
      rowtime: at('22:49:10') + 50 * i,
    }))
    let index = 0
    const groups = run(text, rows)
    expect(groups.length).toBeGreaterThan(3)
    for (const [time, count] of groups) {
      index += Number(count)
      expect(Number(time), key).toBeGreaterThan(rows[index - 1]!.rowtime)
      if (index < rows.length) expect(Number(time), key).toBeLessThanOrEqual(rows[index]!.rowtime)
    }
    expect(index).toBe(rows.length)
  }
})

test('a key is seen to grow with time through a subquery', () => {
  expect(
    run(
      'SELECT STREAM M, COUNT(*) FROM (SELECT STREAM FLOOR(ROWTIME TO MINUTE) AS M FROM S WHERE K > 0) GROUP BY M',
      [row('10:00:10', 1), row('10:00:20', 0)],
    ),
  ).toEqual([[at('10:01:00'), at('10:00:00'), 1n]])
})

test('columns that an INSERT does not name become NULL, aliases do not count, and values take the types of the target', () => {
  const text = `CREATE STREAM O (A BIGINT, B VARCHAR(8), C DECIMAL(5, 1), D TIMESTAMP);
    CREATE PUMP P AS INSERT INTO O (C, A) SELECT STREAM K AS B, BIG AS D FROM S; SELECT STREAM * FROM O`
  expect(run(text, [row('10:00:00', 3, null, null, 5n)])).toEqual([[at('10:00:00'), 5n, null, 30n, null]])
})

test('a wider key of the input finds the row of the table, and beyond its range no row', () => {
  const text = 'SELECT STREAM LABEL FROM S LEFT JOIN REF ON S.BIG = REF.ID'
  const plan = bind(text).pumps[0]!.plan
  expect(plan.kind === 'project' && plan.input.kind === 'lookup-join' && plan.input.tableKeys).toEqual([0])
  const rows = [
    row('10:00:00', 0, null, null, 1n),
    row('10:00:01', 0, null, null, 4294967297n),
    row('10:00:02', 0),
  ]
  expect(run(text, rows, [[1, 'one', 0]])).toEqual([
    [at('10:00:00'), 'one'],
    [at('10:00:01'), null],
    [at('10:00:02'), null],
  ])
})

test('keys of different numeric types meet in their common type', () => {
  const plan = bind(
    'SELECT STREAM A.K FROM S OVER (ROWS 1 PRECEDING) AS A JOIN S AS B ON A.K = B.BIG AND A."name" < B."name"',
  ).pumps[0]!.plan
  if (plan.kind !== 'project' || plan.input.kind !== 'window-join')
    throw new Error('a project over a window join is expected')
  expect(plan.input.leftKeys.map(({ type }) => type)).toEqual([types.bigint])
  expect(plan.input.rightKeys.map(({ type }) => type)).toEqual([types.bigint])
  expect(plan.input.residual).toBeDefined()
})

test('views and functions stand for what they are made of', () => {
  const text = `CREATE FUNCTION PLUS (A BIGINT, B BIGINT) RETURNS BIGINT RETURNS NULL ON NULL INPUT RETURN COALESCE(A, 0) + COALESCE(B, 0);
    CREATE VIEW V (A, B) AS SELECT STREAM BIG, BIG * 2 FROM S; SELECT STREAM PLUS(A, B), PLUS(A, NULL) FROM V`
  expect(run(text, [row('10:00:00', 0, null, null, 2n)])).toEqual([[at('10:00:00'), 6n, null]])
})

test('pumps come in an order of writing before reading, otherwise in that of the text', () => {
  const program = bind(
    `CREATE STREAM A (K INTEGER); CREATE STREAM B (K INTEGER); CREATE STREAM C (K INTEGER);
    CREATE PUMP P3 AS INSERT INTO C SELECT STREAM K FROM B; CREATE PUMP P1 AS INSERT INTO A SELECT STREAM K FROM S;
    CREATE PUMP P2 AS INSERT INTO B SELECT STREAM K FROM A; CREATE PUMP P0 AS INSERT INTO A SELECT STREAM K + 1 FROM S;`,
    ['C'],
  )
  expect(program.pumps.map(({ name }) => name)).toEqual(['P1', 'P0', 'P2', 'P3'])
})

test('a pump is stopped by its declaration or by ALTER, replaced by OR REPLACE, removed by DROP', () => {
  const program = bind(
    `CREATE STREAM A (K INTEGER); CREATE PUMP P STOPPED AS INSERT INTO A SELECT STREAM K FROM S; CREATE PUMP Q AS INSERT INTO A SELECT STREAM K FROM S;
    ALTER PUMP P START; ALTER PUMP Q STOP; CREATE PUMP R AS INSERT INTO A SELECT STREAM K FROM S; DROP PUMP R;
    CREATE OR REPLACE PUMP P AS INSERT INTO A SELECT STREAM K + 1 FROM S`,
    ['A'],
  )
  expect(program.pumps.map(({ name, stopped }) => [name, stopped])).toEqual([
    ['Q', true],
    ['P', false],
  ])
  const all = bind(
    `CREATE STREAM A (K INTEGER); CREATE PUMP P AS INSERT INTO A SELECT STREAM K FROM S; CREATE PUMP Q AS INSERT INTO A SELECT STREAM K FROM S;
    ALTER PUMP "app".* STOP; ALTER PUMP Q START`,
    ['A'],
  )
  expect(all.pumps.map(({ name, stopped }) => [name, stopped])).toEqual([
    ['P', true],
    ['Q', false],
  ])
})

test('windows: named ones are refined, equal ones are computed once', () => {
  const text = `SELECT STREAM COUNT(*) OVER W, SUM(K) OVER W, COUNT(*) OVER (W), MAX(K) OVER (W ROWS 1 PRECEDING) FROM S
    WINDOW W AS (PARTITION BY "name" RANGE INTERVAL '1' HOUR PRECEDING)`
  const { plan } = bind(text).pumps[0]!
  if (plan.kind !== 'project' || plan.input.kind !== 'over')
    throw new Error('a project over windows is expected')
  expect(plan.input.windows.map(({ frame, calls }) => [frame, calls.length])).toEqual([
    [{ kind: 'range', preceding: 3_600_000 }, 2],
    [{ kind: 'rows', preceding: 1 }, 1],
  ])
  expect(run(text, [row('10:00:00', 1, 'a'), row('10:00:01', 5, 'b'), row('10:00:02', 3, 'a')])).toEqual([
    [at('10:00:00'), 1n, 1n, 1n, 1],
    [at('10:00:01'), 1n, 5n, 1n, 5],
    [at('10:00:02'), 2n, 4n, 2n, 3],
  ])
})

test('integer arithmetic stays integer, and a decimal has the digits of its rule', () => {
  const [fields] = [
    bind(
      'SELECT STREAM K / 2, K + BIG, CAST(K AS DECIMAL(5, 2)) + CAST(K AS DECIMAL(4, 1)), 1.50 * 2.5, NULLIF(K, NULL) FROM S',
    ).streams[1]!.schema.fields,
  ]
  expect(fields.map(({ type }) => type)).toEqual([
    types.integer,
    types.bigint,
    { kind: 'DECIMAL', precision: 6, scale: 2 },
    { kind: 'DECIMAL', precision: 5, scale: 3 },
    types.integer,
  ])
})

test('an interval is cast by the units that it is written in', () => {
  const value = (expression: string) =>
    run(`SELECT STREAM CAST(${expression}) FROM S`, [row('10:00:00', 1, 'a')])[0]?.[1]
  expect(value("(TIME '12:03:34' - TIME '11:57:23') MINUTE TO SECOND AS VARCHAR(8)")).toBe('+6:11')
  expect(value("(TIME '11:57:23' - TIME '12:03:34') SECOND AS VARCHAR(8)")).toBe('-371')
  expect(value("INTERVAL '1 2:03:04.005' DAY TO SECOND AS VARCHAR(20)")).toBe('+1 02:03:04.005')
  expect(value("INTERVAL '1' DAY - INTERVAL '3 4' DAY TO HOUR AS VARCHAR(20)")).toBe('-2 04')
  expect(value("INTERVAL '90' MINUTE AS BIGINT")).toBe(90n)
  expect(value("INTERVAL '7' MONTH AS INTEGER")).toBe(7)
  expect(() => value("INTERVAL '1:30' HOUR TO MINUTE AS BIGINT")).toThrow('not one number')
})
