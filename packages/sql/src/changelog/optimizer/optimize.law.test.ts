/**
 * Law: an optimized program answers like the plain one, at every moment, over random rows of all its tables.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileChangelog } from '../compile-changelog.ts'
import type { ChangelogInstance, ChangelogResult } from '../instance.ts'
import type { ChangelogProgram } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import { bindProgram } from '../testing/plan-kit.ts'
import { valueKey } from '../value.ts'
import { optimizeChangelog } from './optimize-changelog.ts'

const tumble = "TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' SECOND))"
const hop = "TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND))"
const session = "TABLE(SESSION(TABLE bid PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '3' SECOND))"

const queries: readonly string[] = [
  'SELECT price + 1, p FROM (SELECT price, price * 2 AS p, channel FROM bid WHERE price > 2) WHERE p < 12',
  'SELECT auction, n FROM (SELECT auction, COUNT(*) AS n, SUM(price) AS s FROM bid GROUP BY auction) WHERE auction > 1',
  'SELECT COUNT(*) FROM (SELECT auction, MAX(price) AS m FROM bid GROUP BY auction, channel)',
  "SELECT b.price, a.price FROM bid b JOIN ask a ON b.auction = a.auction WHERE a.price > 2 AND b.channel = 'x'",
  'SELECT b.auction, a.plain FROM bid b LEFT JOIN ask a ON b.auction = a.auction AND a.price > b.price WHERE b.price > 3',
  'SELECT b.auction FROM bid b FULL JOIN ask a ON b.auction = a.auction WHERE a.price > 2',
  'SELECT auction FROM bid WHERE auction IN (SELECT auction FROM ask WHERE price > 4) AND price < 8',
  'SELECT auction FROM bid WHERE NOT EXISTS (SELECT 1 FROM ask WHERE ask.auction = bid.auction AND ask.price > 3)',
  'SELECT auction FROM (SELECT auction, price FROM bid UNION ALL SELECT auction, price FROM ask) WHERE price > 3',
  'SELECT auction FROM (SELECT auction, price FROM bid EXCEPT SELECT auction, price FROM ask) WHERE price > 3',
  'SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, bidder) AS rn FROM bid) WHERE rn <= 2 AND auction > 1',
  'SELECT auction, rn, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC, bidder) AS rn FROM bid) WHERE rn <= 2',
  'SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ts DESC) AS rn FROM bid) WHERE rn = 1',
  `SELECT window_end, n FROM (SELECT window_start, window_end, auction, COUNT(*) AS n, MAX(price) AS m FROM ${tumble} WHERE price > 1 GROUP BY window_start, window_end, auction) WHERE auction = 2`,
  `SELECT a.n, b.m FROM (SELECT window_start AS s, window_end AS e, auction, COUNT(*) AS n FROM ${hop} GROUP BY window_start, window_end, auction) a JOIN (SELECT window_start AS s, window_end AS e, auction, COUNT(*) AS m FROM ${hop} GROUP BY window_start, window_end, auction) b ON a.s = b.s AND a.e = b.e AND a.n >= b.m`,
  `SELECT auction, COUNT(*) FROM ${session} WHERE price > 3 GROUP BY window_start, window_end, auction`,
  `SELECT auction, window_end FROM ${session} WHERE auction = 1`,
  `SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, auction ORDER BY price, bidder) AS rn FROM ${tumble}) WHERE rn <= 2`,
  "SELECT auction, s FROM (SELECT auction, price, SUM(price) OVER (PARTITION BY auction ORDER BY ts RANGE BETWEEN INTERVAL '5' SECOND PRECEDING AND CURRENT ROW) AS s, channel FROM bid) WHERE auction = 1",
  'SELECT auction, GROUPING(channel), COUNT(*) FROM bid GROUP BY CUBE(auction, channel) HAVING COUNT(*) > 1',
  'SELECT name, n FROM person JOIN (SELECT bidder, COUNT(*) AS n, MIN(price) AS m FROM bid GROUP BY bidder) c ON c.bidder = person.id WHERE id < 3',
  'SELECT p FROM (SELECT price AS p, ts FROM bid ORDER BY ts) WHERE p > 4',
  'SELECT price FROM bid WHERE price > (SELECT AVG(price) FROM ask)',
  'SELECT auction, (SELECT COUNT(*) FROM ask WHERE ask.auction = bid.auction AND ask.price > 2) FROM bid WHERE price > 1',
  `SELECT a.auction, b.price FROM ${session} a LEFT JOIN ${session} b ON a.window_start = b.window_start AND a.window_end = b.window_end AND a.auction = b.auction WHERE a.price > 2`,
  `SELECT auction FROM ${hop} a WHERE a.auction NOT IN (SELECT b.bidder FROM ${hop} b WHERE a.window_start = b.window_start AND a.window_end = b.window_end AND b.price > 2)`,
  "SELECT auction, COUNT(*) FROM bid GROUP BY SESSION(ts, INTERVAL '3' SECOND), auction",
  "SELECT window_end, channel, SUM(price) FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) WHERE auction < 3 GROUP BY window_start, window_end, channel",
  "SELECT b.price FROM bid b JOIN bid c ON b.auction = c.auction AND c.ts BETWEEN b.ts - INTERVAL '2' SECOND AND b.ts + INTERVAL '1' SECOND WHERE c.price > 3",
  "SET 'table.local-time-zone' = 'Europe/Berlin'; SELECT * FROM (SELECT auction, price, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY price, auction) AS rn FROM TABLE(TUMBLE(TABLE ask, DESCRIPTOR(lts), INTERVAL '5' SECOND))) WHERE rn <= 2",
  'SELECT p, q FROM bid MATCH_RECOGNIZE (PARTITION BY auction ORDER BY ts MEASURES A.price AS p, B.price AS q PATTERN (A B) DEFINE B AS B.price > A.price) AS m WHERE q > 3',
  'SELECT u FROM (SELECT auction, ARRAY[price, price + 1] AS items, channel FROM bid) CROSS JOIN UNNEST(items) AS t(u) WHERE auction = 1 AND u > 2',
  'SELECT COUNT(*) FROM (SELECT auction, price FROM bid UNION ALL SELECT auction, price FROM ask)',
  'SELECT COUNT(*) FROM bid CROSS JOIN ask',
  `SELECT COUNT(*) FROM (SELECT auction, COUNT(*) AS n FROM ${tumble} GROUP BY window_start, window_end, auction)`,
  'SELECT COUNT(*) FROM (SELECT COUNT(price) AS n FROM bid)',
  'SELECT auction FROM (SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction) c JOIN person p ON c.n = p.id',
  'SELECT n FROM (SELECT auction, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ts) AS n, price FROM bid) WHERE price > 2',
  "SELECT l.auction, r.price FROM (SELECT auction, MAX(price) AS m FROM bid GROUP BY auction) l RIGHT JOIN bid r ON l.auction = r.auction AND l.m > r.price WHERE r.channel = 'x'",
  'SELECT a.auction FROM bid a JOIN bid b ON a.auction = b.auction JOIN bid c ON b.bidder = c.bidder WHERE c.price > 6 AND a.price > 6',
  "SELECT s FROM (SELECT bid.auction + ask.auction AS s, ask.price AS p FROM bid JOIN ask ON bid.auction = ask.auction AND ask.plain BETWEEN bid.ts AND bid.ts + INTERVAL '5' SECOND) WHERE p > 3",
  'INSERT INTO out1 SELECT auction, COUNT(*) FROM bid GROUP BY auction; INSERT INTO out2 SELECT auction, n FROM (SELECT auction, COUNT(*) AS n, MAX(price) FROM bid GROUP BY auction) WHERE n > 1',
]
const sinks = `CREATE TABLE out1 (a BIGINT, n BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE out2 (a BIGINT, n BIGINT, PRIMARY KEY (a) NOT ENFORCED) WITH ('connector' = 'memory', 'changelog-mode' = 'all');`

interface Push {
  readonly table: 'bid' | 'ask' | 'person'
  readonly row: Row
  readonly kind: RowKind
}

const small = fc.integer({ min: 1, max: 3 })
const price = fc.option(fc.integer({ min: 1, max: 9 }), { freq: 8 })
const time = fc.integer({ min: 0, max: 40 }).map((second) => second * 500)
const pushes: fc.Arbitrary<readonly Push[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(small, small, price, fc.constantFrom('x', 'y'), time)
        .map((row) => push('bid', row)),
    },
    { weight: 3, arbitrary: fc.tuple(small, price, time, time).map((row) => push('ask', row)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          small,
          fc.constantFrom('n', 'm'),
          fc.constantFrom(rowKind.insert, rowKind.insert, rowKind.delete),
        )
        .map(([id, name, kind]): Push => ({ table: 'person', row: [id, name], kind })),
    },
  ),
  { minLength: 12, maxLength: 50, size: 'max' },
)

function push(table: Push['table'], row: Row): Push {
  return { table, row, kind: rowKind.insert }
}

describe('an optimized program', () => {
  it.each(queries)('answers like the plain one: %s', (text) => {
    const plain = bindProgram(sinks + text)
    const optimized = optimizeChangelog(plain)
    let answers = 0
    fc.assert(
      fc.property(pushes, (list) => {
        const answer = run(plain, list)
        answers += answer.some((rows) => rows.length > 0) ? 1 : 0
        expect(run(optimized, list)).toEqual(answer)
      }),
      { numRuns: 25, seed: 7 },
    )
    // Programs that answer nothing would show nothing.
    expect(answers).toBeGreaterThan(5)
  })
})

it('columns of a sink keep their types and names where nothing has to be converted', () => {
  const plain = bindProgram(
    "CREATE TABLE rows_ (a BIGINT, r ROW<x BIGINT, y STRING>) WITH ('connector' = 'memory');" +
      'INSERT INTO rows_ SELECT auction, ROW(price, channel) FROM bid WHERE price > 1',
  )
  const types = (program: ChangelogProgram) =>
    program.sinks.map(({ plan }) => plan.schema.fields.map(({ name, type }) => ({ name, type })))
  expect(types(optimizeChangelog(plain))).toEqual(types(plain))
})

/** What each sink holds after every fifth row and at the end, as sorted texts. */
function run(program: ChangelogProgram, list: readonly Push[]): readonly (readonly string[])[] {
  const instance = compileChangelog(program, { now: 1_000_000 })
  const held = new Map<string, number>()
  const moments: string[][] = []
  const look = (): void => {
    collect(instance.take(), held)
    moments.push(
      [...held]
        .filter(([, count]) => count !== 0)
        .map(([key, count]) => `${count} ${key}`)
        .sort(),
    )
  }
  instance.start()
  const tables = new Set(program.sources)
  for (const [i, { table, row, kind }] of list.entries()) {
    if (tables.has(table)) feed(instance, table, row, kind, i)
    if (i % 5 === 4) look()
  }
  for (const table of tables) instance.finish(table)
  look()
  return moments
}

function feed(instance: ChangelogInstance, table: string, row: Row, kind: RowKind, record: number): void {
  instance.push(table, row, kind, { record, shard: 's' })
}

function collect(result: ChangelogResult, held: Map<string, number>): void {
  for (const [name, { rows, kinds }] of result.outputs) {
    for (const [i, row] of rows.entries()) {
      const key = `${name} ${row.map(valueKey).join('')}`
      held.set(key, (held.get(key) ?? 0) + (isRetraction(kinds[i]!) ? -1 : 1))
    }
  }
}
