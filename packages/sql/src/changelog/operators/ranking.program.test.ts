/** Programs that rank, sort and match, from text to changes; some are the worked examples of the Flink documentation. */
import { expect, test } from 'vitest'
import { bindFlinkProgram } from '../binder/bind-flink-program.ts'
import { compileChangelog } from '../compile-changelog.ts'
import { optimizeChangelog } from '../optimizer/optimize-changelog.ts'
import { type Row, rowKind } from '../row.ts'
import { accumulate, changeText } from '../testing/test-context.ts'
import { valueKey } from '../value.ts'

const second = 1000

/** Pushes all rows and ends the input; the changes of the query. */
function run(table: string, query: string, rows: readonly Row[]) {
  const text = `${table}; ${query};`
  const { program, diagnostics } = bindFlinkProgram({ text, fileName: 'test.sql' })
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const instance = compileChangelog(optimizeChangelog(program), { now: 0 })
  for (const row of rows) instance.push('t', row, rowKind.insert, { record: 0, shard: 's0' })
  instance.finish('t')
  const { outputs, errors } = instance.take()
  expect(errors).toEqual([])
  const { rows: out, kinds } = outputs.get('SELECT_1')!
  return { texts: out.map((row, at) => changeText(row, kinds[at]!)), left: accumulate(out, kinds) }
}

const ticker = `CREATE TABLE t (symbol STRING, price DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'x', 'format' = 'json')`
function prices(symbol: string, ...list: readonly number[]): Row[] {
  return list.map((price, at): Row => [symbol, price, at * second])
}

test('the lowest price between a fall and a rise', () => {
  const query = `SELECT symbol, s, b, e FROM t MATCH_RECOGNIZE (
    PARTITION BY symbol ORDER BY ts
    MEASURES START_ROW.ts AS s, LAST(PRICE_DOWN.ts) AS b, LAST(PRICE_UP.ts) AS e
    ONE ROW PER MATCH AFTER MATCH SKIP TO LAST PRICE_UP
    PATTERN (START_ROW PRICE_DOWN+ PRICE_UP)
    DEFINE
      PRICE_DOWN AS (LAST(PRICE_DOWN.price, 1) IS NULL AND PRICE_DOWN.price < START_ROW.price)
        OR PRICE_DOWN.price < LAST(PRICE_DOWN.price, 1),
      PRICE_UP AS PRICE_UP.price > LAST(PRICE_DOWN.price, 1))`
  expect(run(ticker, query, prices('ACME', 12, 17, 19, 21, 25, 18, 15, 14, 24, 25, 19)).texts).toEqual([
    '+I ACME, 4000, 7000, 8000',
  ])
})

test('rows whose average stays below a bound', () => {
  const query = `SELECT * FROM t MATCH_RECOGNIZE (
    PARTITION BY symbol ORDER BY ts
    MEASURES FIRST(A.ts) AS s, LAST(A.ts) AS e, AVG(A.price) AS mean
    ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
    PATTERN (A+ B) DEFINE A AS AVG(A.price) < 15)`
  const list = prices('ACME', 12, 17, 13, 16, 25, 2, 4, 10, 15, 25, 25, 30)
  expect(run(ticker, query, list).texts).toEqual(['+I ACME, 0, 3000, 14.5', '+I ACME, 5000, 10000, 13.5'])
})

test.each([
  ['B*', ['+I XYZ, 16']],
  ['B*?', ['+I XYZ, 13', '+I XYZ, 16']],
])('greedy and reluctant: A %s C', (quantified, expected) => {
  const query = `SELECT symbol, lastPrice FROM t MATCH_RECOGNIZE (
    PARTITION BY symbol ORDER BY ts MEASURES C.price AS lastPrice
    ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
    PATTERN (A ${quantified} C) DEFINE A AS A.price > 10, B AS B.price < 15, C AS C.price > 12)`
  expect(run(ticker, query, prices('XYZ', 10, 11, 12, 13, 14, 16)).texts).toEqual(expected)
})

test('a fall within a time, rows of the match named without a variable, the time of the match', () => {
  const query = `SELECT symbol, drop_time, drop_diff, n FROM t MATCH_RECOGNIZE (
    PARTITION BY symbol ORDER BY ts
    MEASURES MATCH_ROWTIME() AS drop_time, A.price - C.price AS drop_diff, COUNT(price) AS n
    ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
    PATTERN (A B* C) WITHIN INTERVAL '3' SECOND
    DEFINE B AS B.price > A.price - 10, C AS C.price < A.price - 10)`
  const list = prices('ACME', 20, 15, 18, 7, 30, 25, 25, 25, 10)
  expect(run(ticker, query, list).texts).toEqual(['+I ACME, 3000, 13, 4', '+I ACME, 8000, 15, 4'])
})

test('a match that takes exactly as long as WITHIN allows', () => {
  const query = `SELECT * FROM t MATCH_RECOGNIZE (
    PARTITION BY symbol ORDER BY ts MEASURES C.ts AS dropTime, A.price - C.price AS dropDiff
    ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
    PATTERN (A B* C) WITHIN INTERVAL '1' HOUR DEFINE B AS B.price > A.price - 10, C AS C.price < A.price - 10)`
  const twentyMinutes = 1_200_000
  const list = [20, 17, 18, 11, 14, 9, 15, 14, 24, 1, 19].map(
    (price, at): Row => ['ACME', price, at * twentyMinutes],
  )
  expect(run(ticker, query, list).texts).toEqual([`+I ACME, ${9 * twentyMinutes}, 14`])
})

test('an optional variable, and rows of the match whatever their variable', () => {
  const query = `SELECT * FROM t MATCH_RECOGNIZE (
    PARTITION BY symbol ORDER BY ts MEASURES A.price AS a, B.price AS b, C.price AS c
    AFTER MATCH SKIP PAST LAST ROW PATTERN (A B? C) DEFINE B AS B.price < 20, C AS LAST(price, 1) < C.price)`
  expect(run(ticker, query, prices('x', 10, 15, 20)).texts).toEqual(['+I x, 10, 15, 20'])
  expect(run(ticker, query, prices('x', 10, 20)).texts).toEqual(['+I x, 10, NULL, 20'])
})

test('the best of counts that change', () => {
  const query = `SELECT symbol, n FROM (SELECT symbol, n, ROW_NUMBER() OVER (ORDER BY n DESC) AS rn
    FROM (SELECT symbol, COUNT(*) AS n FROM t GROUP BY symbol)) WHERE rn <= 2`
  const list = ['a', 'b', 'c', 'c', 'b', 'b'].map((symbol, at): Row => [symbol, 0, at * second])
  expect(run(ticker, query, list).left).toEqual(
    [['b', 3] as Row, ['c', 2] as Row].map((row) => row.map(valueKey).join('')),
  )
})

test('the ranks of the winning rows, the last row of each key, and the top of each window', () => {
  const list: Row[] = [
    ['a', 5, 1000],
    ['a', 7, 2000],
    ['b', 1, 3000],
    ['a', 6, 12_000],
  ]
  const top = `SELECT * FROM (SELECT symbol, price, ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY price DESC) AS rn FROM t) WHERE rn <= 2`
  expect(run(ticker, top, list).texts).toEqual([
    ...['+I a, 5, 1', '-U a, 5, 1', '+U a, 7, 1', '+I a, 5, 2', '+I b, 1, 1', '-U a, 5, 2', '+U a, 6, 2'],
  ])
  const last = `SELECT symbol, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY symbol ORDER BY ts DESC) AS rn FROM t) WHERE rn = 1`
  expect(run(ticker, last, list).texts).toEqual([
    ...['+I a, 5', '-U a, 5', '+U a, 7', '+I b, 1', '-U a, 7', '+U a, 6'],
  ])
  const windows = `SELECT symbol, price, window_end FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price DESC) AS rn
    FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn <= 2`
  expect(run(ticker, windows, list).texts).toEqual(['+I a, 7, 10000', '+I a, 5, 10000', '+I a, 6, 20000'])
})

test('ORDER BY time sorts a stream, LIMIT keeps the first rows', () => {
  const table = ticker.replace('AS ts)', "AS ts - INTERVAL '5' SECOND)")
  const list: Row[] = [
    ['a', 1, 3000],
    ['b', 2, 1000],
    ['c', 3, 1000],
  ]
  expect(run(table, 'SELECT symbol FROM t ORDER BY ts, price DESC', list).texts).toEqual([
    '+I c',
    '+I b',
    '+I a',
  ])
  expect(run(table, 'SELECT symbol FROM t LIMIT 2', list).texts).toEqual(['+I a', '+I b'])
  expect(run(table, 'SELECT symbol, price FROM t ORDER BY price DESC LIMIT 1 OFFSET 1', list).left).toEqual([
    ['b', 2].map(valueKey).join(''),
  ])
})
