/** What the KDA dialect refuses around windows, sorting, table functions and tables, and where it points. */
import type { Schema, SqlType } from '@millrace/values'
import { expect, test } from 'vitest'
import { type BindResult, bindProgram } from './bind-program.ts'

const column = (name: string, type: SqlType) => ({ name, type, nullable: true })
const schema: Schema = {
  fields: [
    column('K', { kind: 'VARCHAR', length: 8 }),
    column('X', { kind: 'INTEGER' }),
    column('T', { kind: 'TIMESTAMP' }),
    column('D', { kind: 'DECIMAL', precision: 9, scale: 2 }),
  ],
}

function bind(text: string): BindResult {
  return bindProgram({
    text,
    fileName: 'k.sql',
    dialect: 'kda',
    inputs: [{ name: 'S', schema }],
    references: [{ name: 'R', schema }],
    outputs: [],
  })
}

const cursor = 'CURSOR(SELECT STREAM K, X FROM S)'

test.each([
  [
    'SELECT STREAM K FROM S WINDOWED BY STAGGER (PARTITION BY K ROWS 5 PRECEDING)',
    '(PARTITION BY K ROWS 5 PRECEDING)',
  ],
  [
    "SELECT STREAM K FROM S WINDOWED BY STAGGER (PARTITION BY K RANGE INTERVAL '0' SECOND)",
    "RANGE INTERVAL '0' SECOND",
  ],
  ['SELECT STREAM K, X FROM S ORDER BY FLOOR(S.ROWTIME TO MINUTE) DESC', 'FLOOR(S.ROWTIME TO MINUTE) DESC'],
  ["SELECT STREAM K, X FROM S ORDER BY T WITHIN INTERVAL '1' MINUTE", 'T'],
  ["SELECT STREAM T AS ROWTIME, X FROM S ORDER BY T DESC WITHIN INTERVAL '1' MINUTE", 'T DESC'],
  ["SELECT STREAM S.ROWTIME AS ROWTIME, X FROM S ORDER BY X WITHIN INTERVAL '1' MINUTE", 'X'],
  ['SELECT STREAM K FROM S ORDER BY FLOOR(S.ROWTIME TO MINUTE), 4', '4'],
  ['SELECT STREAM SUM(X) OVER (ORDER BY S.ROWTIME ROWS 2 PRECEDING) FROM S', 'S.ROWTIME'],
  [`SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(${cursor}, 'Q', 3, 60))`, "'Q'"],
  [`SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(${cursor}, 'K', 3, 3601))`, '3601'],
  [`SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(${cursor}, 5, 9))`, '9'],
  [`SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(${cursor}, 5, 20, 20))`, '20'],
  [`SELECT STREAM * FROM TABLE(HOTSPOTS(${cursor}, 99, 1.5, 2))`, '99'],
  [
    'SELECT STREAM * FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM K, D FROM S), 100, 1.5, 2))',
    'CURSOR(SELECT STREAM K, D FROM S)',
  ],
  [`SELECT STREAM * FROM TABLE(NO_SUCH(${cursor}))`, `NO_SUCH(${cursor})`],
  ['SELECT STREAM K FROM S WHERE X = (SELECT X FROM R)', '(SELECT X FROM R)'],
  ['SELECT STREAM K FROM S WHERE X IN (SELECT X, K FROM R)', 'X IN (SELECT X, K FROM R)'],
  ['SELECT STREAM K FROM S WHERE EXISTS (SELECT 1 FROM R WHERE R.X > S.X)', 'R.X > S.X'],
  ['SELECT STREAM FLOOR(S.ROWTIME TO SECOND) FROM S GROUP BY FLOOR(S.ROWTIME TO MINUTE)', 'S.ROWTIME'],
  ['SELECT STREAM FLOOR(S.ROWTIME TO DAY) FROM S GROUP BY FLOOR(S.ROWTIME TO MONTH)', 'S.ROWTIME'],
  ['SELECT STREAM * FROM (VALUES (1, 2), (3)) AS t(a, b)', '3'],
  [
    "SELECT STREAM * FROM (SELECT STREAM SYS_LOG_PARSE(K) AS R FROM S) AS t WHERE t.R.COLUMN9 = 'x'",
    't.R.COLUMN9',
  ],
  ['CREATE STREAM A (X INTEGER); CREATE VIEW V AS SELECT STREAM X FROM A; DROP STREAM A', 'A'],
])('%s', (text, at) => {
  const { program, diagnostics } = bind(text)
  expect(program).toBeUndefined()
  const { span, severity } = diagnostics[0]!
  expect(severity).toBe('error')
  expect(text.slice(span.start, span.end)).toBe(at)
})
