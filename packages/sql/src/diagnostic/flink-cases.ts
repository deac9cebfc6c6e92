/**
 * What a Flink program is told for each code that only it can get: code, statements behind the tables below, the text that is
 * pointed at, and a part of the message.
 */
import type { codes } from './codes.ts'

export const flinkTables = `CREATE TABLE orders (id BIGINT, item STRING, price DECIMAL(10, 2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'memory');
CREATE TABLE rates (item STRING, rate DOUBLE, ts TIMESTAMP(3), PRIMARY KEY (item) NOT ENFORCED, WATERMARK FOR ts AS ts)
  WITH ('connector' = 'memory', 'changelog-mode' = 'upsert');
CREATE TABLE log (id BIGINT, n BIGINT) WITH ('connector' = 'memory', 'changelog-mode' = 'append');
`

export const flinkCases: readonly (readonly [
  code: keyof typeof codes,
  text: string,
  at: string,
  says: string,
])[] = [
  [
    'needsAppend',
    'SELECT item, COUNT(*) OVER (PARTITION BY item ORDER BY ts) AS n FROM rates',
    'COUNT(*) OVER (PARTITION BY item ORDER BY ts)',
    '',
  ],
  [
    'needsTimeAttribute',
    "SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(price), INTERVAL '10' SECOND))",
    'price',
    'Time attributes here: "ts"',
  ],
  [
    'badRank',
    'SELECT id, ROW_NUMBER() OVER (PARTITION BY id ORDER BY price) AS rn FROM orders',
    'ROW_NUMBER() OVER (PARTITION BY id ORDER BY price)',
    'WHERE rn <= 10',
  ],
  ['badSort', 'SELECT id FROM orders ORDER BY price', 'price', 'add LIMIT'],
  [
    'badSubquery',
    'SELECT id FROM orders WHERE id IN (SELECT id, n FROM log)',
    'SELECT id, n FROM log',
    'Select equally many',
  ],
  [
    'badPattern',
    'SELECT * FROM orders MATCH_RECOGNIZE (PARTITION BY id ORDER BY ts MEASURES LAST(A.price) AS p PATTERN (A+) DEFINE A AS A.price > 1) AS m',
    'A+',
    'Make it reluctant',
  ],
  [
    'badWatermark',
    "CREATE TABLE t (at STRING, WATERMARK FOR at AS at) WITH ('connector' = 'memory')",
    'at',
    'TO_TIMESTAMP(at)',
  ],
  [
    'badPrimaryKey',
    "CREATE TABLE t (a INT, b AS a + 1, PRIMARY KEY (b) NOT ENFORCED) WITH ('connector' = 'memory')",
    'b',
    'Use physical columns',
  ],
  [
    'badTemporalJoin',
    'SELECT 1 FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.id AS r ON o.item = r.item',
    'o.id',
    'It has ts.',
  ],
  [
    'updatesRefused',
    'INSERT INTO log SELECT id, COUNT(*) FROM orders GROUP BY id',
    'log',
    'a GROUP BY without windows changes its results',
  ],
  ['badOption', "SET 'table.exec.state.ttl' = 'soon'", "SET 'table.exec.state.ttl' = 'soon'", "'1 d'"],
  [
    'hintIgnored',
    "SELECT /*+ LOOKUP('table' = 'rates') */ id FROM orders",
    "LOOKUP('table' = 'rates')",
    'OPTIONS behind a table',
  ],
]
