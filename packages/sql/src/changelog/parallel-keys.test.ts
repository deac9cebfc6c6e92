/** Which programs may run in parts, and what those that may not are told. */
import { describe, expect, test } from 'vitest'
import { bindFlinkProgram } from './binder/bind-flink-program.ts'
import { optimizeChangelog } from './optimizer/optimize-changelog.ts'
import { parallelKeys, parallelProblem } from './parallel-keys.ts'
import { keyTextClass, partitionKeyNames, partitionKeyText } from './partition-key.ts'
import type { ChangelogProgram } from './plan.ts'

const tables = `
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price INT, channel STRING, note CHAR(3), tags ARRAY<STRING>,
  ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND)
  WITH ('connector' = 'memory', 'partition-key' = 'bidder');
CREATE TABLE ask (seller BIGINT, label STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'memory', 'partition-key' = 'seller');
CREATE TABLE sold (auction BIGINT, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
  WITH ('connector' = 'memory', 'partition-key' = 'auction');
CREATE TABLE pair (a BIGINT, b STRING, n INT) WITH ('connector' = 'memory', 'partition-key' = 'a; b');
CREATE TABLE named (label STRING, n INT) WITH ('connector' = 'memory', 'partition-key' = 'label');
CREATE TABLE loose (id BIGINT, n INT) WITH ('connector' = 'memory');
CREATE TABLE person (id BIGINT NOT NULL, name STRING, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED,
  WATERMARK FOR ts AS ts) WITH ('connector' = 'memory', 'changelog-mode' = 'upsert', 'partition-key' = 'id');
CREATE TABLE moving (id BIGINT NOT NULL, town STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'memory', 'changelog-mode' = 'upsert', 'partition-key' = 'town');
CREATE TABLE changing (id BIGINT, n INT) WITH ('connector' = 'memory', 'changelog-mode' = 'all');
CREATE TABLE noted (note CHAR(3)) WITH ('connector' = 'memory', 'partition-key' = 'note');
CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'memory', 'partition-key' = 'nobody');
CREATE TABLE computed (id BIGINT, twice AS id * 2) WITH ('connector' = 'memory', 'partition-key' = 'twice');
CREATE TABLE crossed (bidder BIGINT, channel STRING) WITH ('connector' = 'memory', 'partition-key' = 'channel');
CREATE TABLE city (id BIGINT, name STRING) WITH ('connector' = 'filesystem', 'path' = 'x');
CREATE TABLE by_bidder (bidder BIGINT, n BIGINT, PRIMARY KEY (bidder) NOT ENFORCED) WITH ('connector' = 'memory');
CREATE TABLE by_channel (channel STRING, n BIGINT, PRIMARY KEY (channel) NOT ENFORCED) WITH ('connector' = 'memory');
CREATE TABLE by_both (bidder BIGINT, channel STRING, n BIGINT, PRIMARY KEY (bidder, channel) NOT ENFORCED)
  WITH ('connector' = 'memory');
`

function bound(text: string): ChangelogProgram {
  const { program, diagnostics } = bindFlinkProgram({ text: `${tables}${text};`, fileName: 'test.sql' })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  if (program === undefined)
    throw new Error(errors.map(({ code, message }) => `${code} ${message}`).join('\n'))
  return program
}

const tumble = `TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' SECOND))`
const number = (partition: string, order: string) =>
  `ROW_NUMBER() OVER (${partition} ORDER BY ${order}) AS rn`

describe('programs that may run in parts', () => {
  test.each([
    ['without state', `SELECT channel, price * 2 FROM bid WHERE price > 3`],
    ['without state, of a table whose key nobody knows', `SELECT n + 1 FROM loose`],
    ['of tables side by side', `SELECT n FROM loose UNION ALL SELECT price FROM bid UNION ALL VALUES (1)`],
    ['with elements of arrays', `SELECT bidder, tag FROM bid CROSS JOIN UNNEST(tags) AS t (tag)`],
    ['groups by the key', `SELECT bidder, COUNT(*) FROM bid GROUP BY bidder`],
    [
      'groups by more than the key',
      `SELECT channel, bidder, COUNT(DISTINCT price) FROM bid GROUP BY channel, bidder`,
    ],
    [
      'groups by the key in a wider type',
      `SELECT COUNT(*) FROM (SELECT CAST(price AS INT) p, bidder AS who FROM bid) GROUP BY who, p`,
    ],
    ['DISTINCT', `SELECT DISTINCT bidder, channel FROM bid`],
    [
      'groups of groups',
      `SELECT bidder, MAX(n) FROM (SELECT bidder, channel, COUNT(*) n FROM bid GROUP BY bidder, channel) GROUP BY bidder`,
    ],
    [
      'grouping sets that all hold the key',
      `SELECT bidder, channel, COUNT(*) FROM bid GROUP BY GROUPING SETS ((bidder), (bidder, channel))`,
    ],
    ['groups by both columns of a key', `SELECT a, b, SUM(n) FROM pair GROUP BY b, a`],
    [
      'windows by the key',
      `SELECT window_end, bidder, COUNT(*) FROM ${tumble} GROUP BY window_start, window_end, bidder`,
    ],
    [
      'legacy windows by the key',
      `SELECT bidder, COUNT(*) FROM bid GROUP BY bidder, TUMBLE(ts, INTERVAL '10' SECOND)`,
    ],
    [
      'session windows by the key',
      `SELECT bidder, COUNT(*) FROM TABLE(SESSION(TABLE bid PARTITION BY bidder, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, bidder`,
    ],
    [
      'window Top-N by the key',
      `SELECT * FROM (SELECT bidder, price, window_end, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, bidder ORDER BY price) rn FROM ${tumble}) WHERE rn <= 2`,
    ],
    ['OVER by the key', `SELECT bidder, SUM(price) OVER (PARTITION BY bidder ORDER BY ts) FROM bid`],
    [
      'Top-N by the key',
      `SELECT * FROM (SELECT bidder, price, ${number('PARTITION BY bidder', 'price')} FROM bid) WHERE rn <= 3`,
    ],
    [
      'deduplication by the key and more',
      `SELECT * FROM (SELECT bidder, channel, ${number('PARTITION BY channel, bidder', 'pt')} FROM bid) WHERE rn = 1`,
    ],
    [
      'a pattern by the key',
      `SELECT * FROM bid MATCH_RECOGNIZE (PARTITION BY bidder ORDER BY ts MEASURES A.price AS p ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) DEFINE B AS B.price > A.price)`,
    ],
    ['a join by the keys', `SELECT bid.price, ask.price FROM bid JOIN ask ON bid.bidder = ask.seller`],
    [
      'a join by the keys and more',
      `SELECT * FROM bid LEFT JOIN ask ON bidder = seller AND channel = label AND bid.price > ask.price`,
    ],
    ['a full join by the keys', `SELECT * FROM bid FULL JOIN ask ON bidder = seller`],
    [
      'groups above an inner join, by the other side',
      `SELECT seller, COUNT(*) FROM bid JOIN ask ON bidder = seller GROUP BY seller`,
    ],
    [
      'groups above a left join, by the left side',
      `SELECT bidder, COUNT(seller) FROM bid LEFT JOIN ask ON bidder = seller GROUP BY bidder`,
    ],
    [
      'groups above a right join, by the right side',
      `SELECT seller, COUNT(bidder) FROM bid RIGHT JOIN ask ON bidder = seller GROUP BY seller`,
    ],
    [
      'an interval join by the keys',
      `SELECT * FROM bid JOIN ask ON bidder = seller AND ask.ts BETWEEN bid.ts - INTERVAL '1' MINUTE AND bid.ts`,
    ],
    [
      'a temporal join by the keys',
      `SELECT bid.price, person.name FROM bid JOIN person FOR SYSTEM_TIME AS OF bid.ts ON bid.bidder = person.id`,
    ],
    [
      'a lookup join by anything',
      `SELECT price, city.name FROM bid JOIN city FOR SYSTEM_TIME AS OF bid.pt ON city.id = bid.auction`,
    ],
    [
      'groups above a lookup join',
      `SELECT bidder, COUNT(city.name) FROM bid LEFT JOIN city FOR SYSTEM_TIME AS OF bid.pt ON city.id = bid.auction GROUP BY bidder`,
    ],
    ['EXISTS by the keys', `SELECT * FROM bid WHERE EXISTS (SELECT 1 FROM ask WHERE seller = bidder)`],
    ['IN by the keys', `SELECT * FROM bid WHERE bidder IN (SELECT seller FROM ask)`],
    ['changes by the primary key', `SELECT * FROM person`],
    [
      'a join of groups',
      `SELECT * FROM (SELECT bidder, COUNT(*) n FROM bid GROUP BY bidder) x JOIN (SELECT seller, COUNT(*) m FROM ask GROUP BY seller) y ON x.bidder = y.seller`,
    ],
    [
      'UNION ALL keyed alike',
      `SELECT who, COUNT(*) FROM (SELECT bidder AS who FROM bid UNION ALL SELECT seller FROM ask) GROUP BY who`,
    ],
    ['INTERSECT keyed alike', `SELECT bidder FROM bid INTERSECT SELECT seller FROM ask`],
    [
      'groups into a sink by the same key',
      `INSERT INTO by_bidder SELECT bidder, COUNT(*) FROM bid GROUP BY bidder`,
    ],
    [
      'groups into a sink by a wider key',
      `INSERT INTO by_both SELECT bidder, channel, COUNT(*) FROM bid GROUP BY bidder, channel`,
    ],
    [
      'CAST to a wider whole number',
      `SELECT id, COUNT(*) FROM (SELECT CAST(bidder AS BIGINT) AS id FROM bid) GROUP BY id`,
    ],
  ])('%s', (_, text) => {
    expect(parallelProblem(bound(text))).toBeUndefined()
    expect(parallelProblem(optimizeChangelog(bound(text)))).toBeUndefined()
  })
})

describe('programs that may not', () => {
  test.each([
    [
      'groups by another column',
      `SELECT channel, COUNT(*) FROM bid GROUP BY channel`,
      /the aggregation GROUP BY channel .*keyed by `bidder` of `bid`.*'partition-key' = 'channel' in the table bid/,
    ],
    [
      'groups of all rows',
      `SELECT COUNT(*) FROM bid`,
      /the aggregation without GROUP BY .*all rows meet.*parallelism 1/,
    ],
    [
      'groups where the key is unknown',
      `SELECT id, COUNT(*) FROM loose GROUP BY id`,
      /nothing says by which column the records of `loose` are keyed.*'partition-key' = 'id' in the table loose/,
    ],
    [
      'a key by a hint, which is no promise of the table',
      `SELECT id, COUNT(*) FROM loose /*+ OPTIONS('partition-key' = 'id') */ GROUP BY id`,
      /nothing says by which column/,
    ],
    [
      'groups by one of two columns',
      `SELECT a, COUNT(*) FROM pair GROUP BY a`,
      /keyed by `a` of `pair` and `b` of `pair`, which are not/,
    ],
    [
      'groups of groups by less',
      `SELECT channel, MAX(n) FROM (SELECT bidder, channel, COUNT(*) n FROM bid GROUP BY bidder, channel) GROUP BY channel`,
      /GROUP BY channel/,
    ],
    [
      'groups by a function of the key',
      `SELECT bidder % 10, COUNT(*) FROM bid GROUP BY bidder % 10`,
      /GROUP BY an expression .*keyed by `bidder`/,
    ],
    [
      'groups by a shorter number',
      `SELECT id, COUNT(*) FROM (SELECT CAST(bidder AS INT) AS id FROM bid) GROUP BY id`,
      /does not come through/,
    ],
    [
      'CUBE',
      `SELECT bidder, channel, COUNT(*) FROM bid GROUP BY CUBE (bidder, channel)`,
      /GROUP BY several sets of columns .*keyed by `bidder`/,
    ],
    [
      'windows without the key',
      `SELECT window_end, COUNT(*) FROM ${tumble} GROUP BY window_start, window_end`,
      /the window aggregation without GROUP BY/,
    ],
    [
      'windows by another column',
      `SELECT window_end, channel, COUNT(*) FROM ${tumble} GROUP BY window_start, window_end, channel`,
      /the window aggregation GROUP BY channel/,
    ],
    [
      'sessions of all rows',
      `SELECT COUNT(*) FROM TABLE(SESSION(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end`,
      /without/,
    ],
    ['OVER of all rows', `SELECT SUM(price) OVER (ORDER BY ts) FROM bid`, /OVER without PARTITION BY/],
    [
      'Top-N of all rows',
      `SELECT * FROM (SELECT price, ${number('', 'price')} FROM bid) WHERE rn <= 3`,
      /the Top-N without PARTITION BY/,
    ],
    [
      'Top-N by another column',
      `SELECT * FROM (SELECT channel, price, ${number('PARTITION BY channel', 'price')} FROM bid) WHERE rn <= 3`,
      /the Top-N PARTITION BY channel/,
    ],
    ['ORDER BY', `SELECT * FROM bid ORDER BY ts`, /ORDER BY .*one order/],
    ['LIMIT', `SELECT * FROM bid LIMIT 3`, /does not allow running in parts/],
    [
      'a pattern over all rows',
      `SELECT * FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES A.price AS p ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) DEFINE B AS B.price > A.price)`,
      /MATCH_RECOGNIZE without/,
    ],
    [
      'a join by other columns',
      `SELECT * FROM bid JOIN sold ON bid.auction = sold.auction`,
      /the join ON auction = auction .*keyed by `bidder` of `bid` and `auction` of `sold`.*'partition-key' = 'auction' in the table bid and 'partition-key' = 'auction' in the table sold/,
    ],
    [
      'a join of other types',
      `SELECT * FROM bid JOIN named ON CAST(bidder AS STRING) = label`,
      /does not allow/,
    ],
    ['a join without equality', `SELECT * FROM bid JOIN ask ON bidder < seller`, /no equality/],
    [
      'groups above a left join, by the right side',
      `SELECT seller, COUNT(*) FROM bid LEFT JOIN ask ON bidder = seller GROUP BY seller`,
      /GROUP BY seller/,
    ],
    [
      'groups above a full join',
      `SELECT bidder, COUNT(*) FROM bid FULL JOIN ask ON bidder = seller GROUP BY bidder`,
      /FULL JOIN/,
    ],
    ['NOT IN with NULLs', `SELECT * FROM bid WHERE bidder NOT IN (SELECT seller FROM ask)`, /NOT IN/],
    [
      'a comparison with one value',
      `SELECT * FROM bid WHERE price > (SELECT MAX(price) FROM ask)`,
      /does not allow/,
    ],
    [
      'changes keyed by what they may change',
      `SELECT * FROM moving`,
      /the primary key of the changes of `moving`.*'partition-key' = 'id' in the table moving/,
    ],
    ['changes of rows whose place is unknown', `SELECT n FROM changing`, /its records change earlier ones/],
    [
      'UNION ALL keyed otherwise',
      `SELECT who, COUNT(*) FROM (SELECT bidder AS who FROM bid UNION ALL SELECT auction FROM sold UNION ALL SELECT auction FROM bid) GROUP BY who`,
      /UNION ALL are keyed by different columns|does not come through/,
    ],
    [
      'UNION ALL with VALUES',
      `SELECT who, COUNT(*) FROM (SELECT bidder AS who FROM bid UNION ALL VALUES (CAST(1 AS BIGINT))) GROUP BY who`,
      /VALUES/,
    ],
    [
      'a sink by another key',
      `INSERT INTO by_channel SELECT channel, COUNT(*) FROM bid GROUP BY channel, bidder`,
      /the primary key \(channel\) of the sink `by_channel`/,
    ],
    [
      'new rows into a sink by another key',
      `INSERT INTO by_channel SELECT channel, bidder FROM bid`,
      /the primary key \(channel\)/,
    ],
    ['a key of a type without one text', `SELECT * FROM noted`, /type CHAR/],
    ['a key that is no column', `SELECT * FROM nowhere`, /no physical column/],
    ['a key that is computed', `SELECT * FROM computed`, /no physical column/],
  ])('%s', (_, text, message) => {
    expect(parallelProblem(bound(text))).toMatch(message)
    expect(parallelProblem(optimizeChangelog(bound(text)))).toBeDefined()
  })

  test('several INSERTs into one table by key have to be keyed alike', () => {
    const text = `INSERT INTO by_both SELECT bidder, channel, COUNT(*) FROM bid GROUP BY bidder, channel;
      INSERT INTO by_both SELECT auction, 'none', COUNT(*) FROM sold GROUP BY auction`
    expect(parallelProblem(bound(text))).toBeUndefined()
    const other = text
      .replace('FROM sold GROUP BY auction', `FROM (SELECT bidder AS auction FROM crossed)`)
      .replace('COUNT(*) FROM (', 'CAST(1 AS BIGINT) FROM (')
    expect(parallelProblem(bound(other))).toMatch(/sink `by_both`/)
  })
})

test('tables whose rows meet are named together', () => {
  const { together } = parallelKeys(bound('SELECT * FROM bid JOIN ask ON bidder = seller'))
  expect(together).toEqual([['bid', 'ask']])
  expect(parallelKeys(bound('SELECT price FROM bid UNION ALL SELECT price FROM ask')).together).toEqual([])
})

test('the operator is pointed at', () => {
  const text = 'SELECT channel, COUNT(*) FROM bid GROUP BY channel'
  const { problem } = parallelKeys(bound(text))
  const at = `${tables}${text}`.slice(problem!.span.start, problem!.span.end)
  expect(at).toContain('GROUP BY channel')
})

test('the text of a key', () => {
  expect(partitionKeyText([5, 'a', null], [0])).toBe('5')
  expect(partitionKeyText([12345678901234567890n, 'a'], [0, 1])).toBe('12345678901234567890|a')
  expect(partitionKeyText([null], [0])).toBe('-')
  expect(partitionKeyText([''], [0])).toBe('-')
  expect(partitionKeyText([true], [0])).toBe('true')
  expect(partitionKeyText(['x'.repeat(300)], [0])).toHaveLength(256)
  expect(partitionKeyNames({ 'partition-key': ' a ;b' })).toEqual(['a', 'b'])
  expect(partitionKeyNames({})).toEqual([])
  expect(keyTextClass({ kind: 'DOUBLE' })).toBeUndefined()
})
