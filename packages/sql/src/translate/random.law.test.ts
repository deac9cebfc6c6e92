/**
 * Random chains of exact constructs over random rows give the same rows in both engines: filters, tumbling windows of
 * several sizes, sliding windows, joins with windows on both sides; up to three pumps deep, so that windows stand over windows.
 * Times may be equal. Chains with a note that says how they differ are run and not compared.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runBoth } from './testing/both-engines.ts'
import { smallCase } from './testing/small-case.ts'

type Step = (from: string) => string

const known: ReadonlySet<string> = new Set(['window over the result of a join', 'RANGE window'])

const size = fc.constantFrom('1', '10', '15', '60', '90', '3600')
const condition = fc.constantFrom('X > 2', 'X <> 3 OR X IS NULL', "K = 'a'", 'MOD(X, 2) = 0')

const step: fc.Arbitrary<Step> = fc.oneof(
  condition.map(
    (where): Step =>
      (from) =>
        `SELECT STREAM K, X FROM ${from} WHERE ${where}`,
  ),
  fc.tuple(size, fc.constantFrom('SUM(X)', 'COUNT(*)', 'COUNT(X)', 'MIN(X)', 'MAX(X)', 'AVG(X)')).map(
    ([seconds, call]): Step =>
      (from) =>
        `SELECT STREAM K, ${call} FROM ${from} AS s GROUP BY K, STEP(s.ROWTIME BY INTERVAL '${seconds}' SECOND)`,
  ),
  fc.tuple(size, fc.constantFrom('MINUTE', 'HOUR', 'SECOND')).map(
    ([seconds, unit]): Step =>
      (from) =>
        `SELECT STREAM K, EXTRACT(${unit} FROM t.ROWTIME) + X FROM (SELECT STREAM K, SUM(X) AS X FROM ${from} AS s GROUP BY FLOOR(s.ROWTIME TO MINUTE), K, STEP(X BY ${seconds})) AS t WHERE t.ROWTIME IS NOT NULL`,
  ),
  fc.tuple(size, size).map(
    ([left, right]): Step =>
      (from) =>
        `SELECT STREAM a.K, a.X + b.X FROM ${from} OVER (RANGE INTERVAL '${left}' SECOND PRECEDING) AS a JOIN S OVER (RANGE INTERVAL '${right}' SECOND PRECEDING) AS b ON a.K = b.K AND b.X < 4`,
  ),
)

/** ROWS windows go by arrival, so they stand over the input alone: results of one window have no order among them. */
const first: fc.Arbitrary<Step> = fc.oneof(
  step,
  fc.nat(3).map(
    (rows): Step =>
      (from) =>
        `SELECT STREAM K, SUM(X) OVER (PARTITION BY K ROWS ${rows} PRECEDING) FROM ${from}`,
  ),
  fc.tuple(size, fc.nat(3)).map(
    ([seconds, rows]): Step =>
      (from) =>
        `SELECT STREAM K, MAX(X) OVER (PARTITION BY K RANGE INTERVAL '${seconds}' SECOND PRECEDING) + COUNT(*) OVER (ROWS ${rows} PRECEDING) FROM ${from}`,
  ),
)

const rows = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 40_000 }).map((gap) => (gap % 5 === 0 ? 0 : gap)),
    fc.constantFrom('a', 'b', null),
    fc.option(fc.nat(6), { nil: null }),
  ),
  { maxLength: 25 },
)

test('chains of exact constructs', () => {
  let lines = 0
  fc.assert(
    fc.property(first, fc.array(step, { maxLength: 2 }), rows, (start, others, gaps) => {
      const steps = [start, ...others]
      const streams = steps.map((_, i) => `CREATE STREAM S${i} (K VARCHAR(8), X BIGINT);`)
      const pumps = steps.map(
        (make, i) => `CREATE PUMP P${i} AS INSERT INTO S${i} ${make(i === 0 ? 'S' : `S${i - 1}`)};`,
      )
      let time = 0
      const times = gaps.map(([gap, key, value]): [number, string | null, number | null] => {
        time += gap
        return [time, key, value]
      })
      const { translation, kda, flink, refusal } = runBoth(
        smallCase({
          program: [...streams, ...pumps].join('\n'),
          columns: 'K VARCHAR(8), X BIGINT',
          rows: times,
          outputs: [`S${steps.length - 1}`],
        }),
      )
      expect(refusal).toBeUndefined()
      expect(translation.notes.filter(({ verdict }) => verdict === 'none')).toEqual([])
      if (translation.notes.some(({ construct }) => known.has(construct))) return
      expect(flink).toEqual(kda)
      lines += [...(kda?.values() ?? [])].flat().length
    }),
    { numRuns: 200, seed: 20_260_101 },
  )
  expect(lines).toBeGreaterThan(300)
})
