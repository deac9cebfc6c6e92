import { expect, test } from 'vitest'
import type { Expr } from '../../plan.ts'
import { errorsOf, faultsOf, find, programOf, shapeOf, sinkOf } from './testing/flink-binding.ts'

const hour = 3_600_000
const o = 'watermark(orders)'
const s = 'watermark(shipments)'

test('a join by equal keys is a regular join; its times are plain columns', () => {
  const { plan } = sinkOf(
    'SELECT o.id, s.id FROM orders o JOIN shipments s ON o.id = s.order_id AND o.price > s.id',
  )
  const join = find(plan, 'join')
  expect(join.condition.leftKeys).toMatchObject([{ kind: 'column', index: 0 }])
  expect(join.condition.rightKeys).toMatchObject([{ kind: 'column', index: 1 }])
  expect(join.condition.residual).toMatchObject({ fn: '>' })
  expect(join.traits).toMatchObject({ changes: 'append', times: [], window: undefined })
})

test('outer joins change their rows, and their other side may be NULL', () => {
  const join = find(
    sinkOf('SELECT s.id FROM orders o LEFT JOIN shipments s ON o.id = s.order_id').plan,
    'join',
  )
  expect(join.join).toBe('left')
  expect(join.traits.changes).toBe('retract')
  expect(join.schema.fields.every((field) => field.nullable)).toBe(true)
})

// Bounds are of the right time minus the left one.
test.each([
  ["s.ts BETWEEN o.ts AND o.ts + INTERVAL '4' HOUR", 0, 4 * hour],
  ["o.ts BETWEEN s.ts - INTERVAL '4' HOUR AND s.ts", 0, 4 * hour],
  ["o.ts >= s.ts - INTERVAL '1' HOUR AND o.ts < s.ts + INTERVAL '2' HOUR", 1 - 2 * hour, hour],
  ["s.ts < o.ts + INTERVAL '1' HOUR AND o.ts - INTERVAL '1' HOUR <= s.ts", -hour, hour - 1],
  ['o.ts = s.ts', 0, 0],
])('bounds on both times make an interval join: %s', (bounds, lower, upper) => {
  const { plan } = sinkOf(`SELECT o.id FROM orders o JOIN shipments s ON o.id = s.order_id AND ${bounds}`)
  const join = find(plan, 'interval-join')
  expect(join).toMatchObject({ lower, upper, leftTime: { column: 5 }, rightTime: { column: 2 } })
  expect(join.condition.residual).toBeUndefined()
  expect(join.traits.times.map(({ column }) => column)).toEqual([5, 8])
})

test('one bound alone leaves a regular join, and so do bounds on a time that is no attribute', () => {
  expect(shapeOf('SELECT 1 FROM orders o JOIN shipments s ON o.id = s.id AND o.ts > s.ts')).toBe(
    `inner join(${o}, ${s})`,
  )
  expect(
    shapeOf(
      "SELECT 1 FROM orders o JOIN (SELECT id, ts + INTERVAL '1' DAY AS e FROM shipments) s ON o.id = s.id AND o.ts BETWEEN s.e AND s.e + INTERVAL '1' HOUR",
    ),
  ).toBe(`inner join(${o}, ${s})`)
})

test('of several pairs of times the one that is bounded on both ends counts', () => {
  const declared = `CREATE VIEW both_times AS SELECT o.id, o.ts AS x, s.ts AS y FROM orders o JOIN shipments s
      ON o.id = s.order_id AND o.ts BETWEEN s.ts AND s.ts + INTERVAL '1' HOUR;
    CREATE TABLE other (id BIGINT, t TIMESTAMP(3), WATERMARK FOR t AS t) WITH ('connector' = 'memory');`
  const { plan } = sinkOf(
    `${declared} SELECT 1 FROM both_times b JOIN other r ON b.id = r.id AND b.x > r.t AND b.y BETWEEN r.t AND r.t + INTERVAL '2' HOUR`,
  )
  const join = find(plan, 'interval-join')
  expect(join).toMatchObject({ leftTime: { column: 2 }, lower: -2 * hour, upper: 0 })
  expect(join.condition).toMatchObject({ leftKeys: [{}], residual: { fn: '>' } })
})

test('conditions of WHERE go into inner joins: keys, bounds, and filters of one side', () => {
  const shape = `inner interval-join(filter(${o}), ${s})`
  expect(
    shapeOf(
      "SELECT o.id FROM orders o, shipments s WHERE o.id = s.order_id AND o.product = 'x' AND s.ts BETWEEN o.ts AND o.ts + INTERVAL '4' HOUR",
    ),
  ).toBe(shape)
  const three = sinkOf(
    'SELECT 1 FROM orders a, shipments b, shipments c WHERE a.id = b.order_id AND b.id = c.id AND a.id > 3',
  )
  const outer = find(three.plan, 'join')
  expect(outer.condition.leftKeys).toMatchObject([{ index: 6 }])
  expect(outer.left).toMatchObject({
    kind: 'join',
    condition: { leftKeys: [{ index: 0 }] },
    left: { kind: 'filter' },
  })
})

test('a condition on the padded side of an outer join filters that side; one on the other stays', () => {
  const { plan } = sinkOf(
    'SELECT 1 FROM orders o LEFT JOIN shipments s ON o.id = s.order_id AND s.id > 1 AND o.id > 2',
  )
  const join = find(plan, 'join')
  expect(join.right.kind).toBe('filter')
  expect(join.left.kind).toBe('watermark')
  expect(join.condition.residual).toMatchObject({ fn: '>' })
})

test('WHERE stays above an outer join', () => {
  expect(
    shapeOf('SELECT 1 FROM orders o LEFT JOIN shipments s ON o.id = s.order_id WHERE s.id IS NULL'),
  ).toBe(`filter(left join(${o}, ${s}))`)
})

test('joins without equality share one key, and their state is warned of', () => {
  const faults = faultsOf('SELECT 1 FROM orders o JOIN shipments s ON o.id > s.id')
  expect(faults).toMatchObject([
    { code: 'SQL9004', severity: 'warning', text: 'orders o JOIN shipments s ON o.id > s.id' },
  ])
  expect(faults[0]!.message).toContain('has no equality')
})

test('a node is warned of once, whoever reads it; a time to live silences it', () => {
  const view = 'CREATE VIEW v AS SELECT o.id FROM orders o JOIN shipments s ON o.id = s.order_id;'
  expect(faultsOf(`${view} SELECT * FROM v; SELECT id FROM v;`)).toHaveLength(1)
  expect(faultsOf(`SET 'table.exec.state.ttl' = '1 d'; ${view} SELECT * FROM v`)).toEqual([])
  expect(
    faultsOf(
      "SELECT /*+ STATE_TTL('o' = '1d', 's' = '2h') */ o.id FROM orders o JOIN shipments s ON o.id = s.order_id",
    ),
  ).toEqual([])
})

test('STATE_TTL sets each side, the setting what has no hint', () => {
  const { plan } = sinkOf(
    "SET 'table.exec.state.ttl' = '10 s'; SELECT /*+ STATE_TTL('s' = '2h') */ o.id FROM orders o JOIN shipments s ON o.id = s.order_id",
  )
  expect(find(plan, 'join')).toMatchObject({ leftTtl: 10_000, rightTtl: 2 * hour })
})

test('keys of different numeric types meet in one; integers are held alike as they are', () => {
  const keys = (on: string): Expr[] => {
    const { condition } = find(sinkOf(`SELECT 1 FROM orders o JOIN log l ON ${on}`).plan, 'join')
    return [...condition.leftKeys, ...condition.rightKeys]
  }
  expect(keys('o.id = l.n').every((key) => key.kind === 'column')).toBe(true)
  expect(keys('o.price = l.n').map((key) => key.type)).toMatchObject([
    { kind: 'DECIMAL', scale: 2 },
    { kind: 'DECIMAL', scale: 2 },
  ])
})

test('IS NOT DISTINCT FROM is a key in which NULL meets NULL', () => {
  const { plan } = sinkOf('SELECT 1 FROM orders o JOIN log l ON o.id IS NOT DISTINCT FROM l.id')
  expect(find(plan, 'join').condition).toMatchObject({ nullSafe: [true], residual: undefined })
})

test('USING and NATURAL make columns one', () => {
  const { plan } = sinkOf('SELECT * FROM log FULL JOIN changes USING (id)')
  expect(plan.schema.fields.map((field) => field.name)).toEqual(['id', 'n', 'n0'])
  expect(find(plan, 'join').condition.leftKeys).toHaveLength(1)
  expect(
    find(sinkOf('SELECT id, n FROM log NATURAL JOIN changes').plan, 'join').condition.leftKeys,
  ).toHaveLength(2)
  expect(errorsOf('SELECT 1 FROM log JOIN shipments USING (n)')).toEqual([['SQL2002', 'n']])
})

test('windows of both sides that are set equal make a window join', () => {
  const side = (table: string): string =>
    `(SELECT id, window_start, window_end FROM TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(ts), INTERVAL '1' HOUR)))`
  const on = 'a.id = b.id AND a.window_start = b.window_start AND a.window_end = b.window_end'
  const join = find(
    sinkOf(`SELECT a.id FROM ${side('orders')} a JOIN ${side('shipments')} b ON ${on}`).plan,
    'window-join',
  )
  expect(join).toMatchObject({
    time: 'rowtime',
    leftEnd: 2,
    rightEnd: 2,
    condition: { leftKeys: [{ index: 0 }], residual: undefined },
  })
  expect(join.traits.changes).toBe('append')
  // The end alone does not do.
  expect(
    shapeOf(
      `SELECT a.id FROM ${side('orders')} a JOIN ${side('shipments')} b ON a.window_end = b.window_end`,
    ),
  ).toContain('inner join')
})

test('an interval join refuses a side that changes its rows', () => {
  const text =
    "orders o JOIN rates r ON o.product = r.currency AND o.ts BETWEEN r.ts AND r.ts + INTERVAL '1' HOUR"
  expect(errorsOf(`SELECT 1 FROM ${text}`)).toEqual([['SQL4021', text]])
})

test('by event time each row meets a version of a keyed table', () => {
  const { plan } = sinkOf(
    'SELECT o.id, r.rate FROM orders AS o LEFT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.product = r.currency',
  )
  const join = find(plan, 'temporal-join')
  expect(join).toMatchObject({
    join: 'left',
    leftTime: { column: 5, kind: 'rowtime' },
    rightTime: { column: 2 },
  })
  expect(join.right.kind).toBe('watermark')
  expect(join.traits).toMatchObject({ changes: 'append', times: [{ column: 5 }] })
})

test('a view of the last row by key has versions', () => {
  const view =
    'CREATE VIEW last_order AS SELECT id, price, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ts DESC) AS rn FROM orders) WHERE rn = 1;'
  expect(
    shapeOf(
      `${view} SELECT s.id, v.price FROM shipments s JOIN last_order FOR SYSTEM_TIME AS OF s.ts AS v ON s.order_id = v.id`,
    ),
  ).toBe(`inner temporal-join(${s}, dedup(${o}))`)
})

test.each([
  [
    'the time is no attribute',
    'orders o JOIN rates FOR SYSTEM_TIME AS OF o.id AS r ON o.product = r.currency',
    'o.id',
  ],
  [
    'the table has no key',
    'orders o JOIN shipments FOR SYSTEM_TIME AS OF o.ts AS r ON o.id = r.id',
    'shipments FOR SYSTEM_TIME AS OF o.ts AS r',
  ],
  [
    'the key is not set equal',
    'orders o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.price = r.rate',
    'o.price = r.rate',
  ],
  [
    'the side is the wrong one',
    'orders o RIGHT JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.product = r.currency',
    undefined,
  ],
  [
    'there is no left side',
    "rates FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 00:00:00'",
    "TIMESTAMP '2024-01-01 00:00:00'",
  ],
  [
    'no time tells versions',
    'orders o JOIN keyed FOR SYSTEM_TIME AS OF o.ts AS r ON o.id = r.id',
    'keyed FOR SYSTEM_TIME AS OF o.ts AS r',
  ],
])('a temporal join is refused where %s', (_, from, text) => {
  const errors = errorsOf(`SELECT 1 FROM ${from}`)
  expect(errors).toEqual([['SQL4032', text ?? from]])
})

test('UNNEST makes rows of arrays, maps and rows in arrays', () => {
  const nested =
    "CREATE TABLE nested (id BIGINT, items ARRAY<ROW<sku STRING, n INT>>, m MAP<STRING, INT>) WITH ('connector' = 'memory');"
  const fields = (query: string): string[] =>
    sinkOf(`${nested} ${query}`).plan.schema.fields.map(
      ({ name, type, nullable }) => `${name} ${type.kind}${nullable ? '' : '!'}`,
    )
  expect(fields('SELECT t.* FROM nested CROSS JOIN UNNEST(items) AS t')).toEqual(['sku VARCHAR', 'n INTEGER'])
  expect(fields('SELECT t.* FROM nested, UNNEST(m) AS t(k, v)')).toEqual(['k VARCHAR', 'v INTEGER'])
  expect(fields('SELECT tag FROM orders CROSS JOIN UNNEST(tags) AS tag')).toEqual(['tag VARCHAR'])
  expect(fields('SELECT t.* FROM orders CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t(tag, i)')).toEqual([
    'tag VARCHAR',
    'i INTEGER!',
  ])
  expect(
    find(sinkOf('SELECT tag FROM orders LEFT JOIN UNNEST(tags) AS t(tag) ON TRUE').plan, 'correlate'),
  ).toMatchObject({ join: 'left', residual: undefined })
  expect(errorsOf('SELECT 1 FROM orders CROSS JOIN UNNEST(price) AS t(x)')).toEqual([['SQL3001', 'price']])
})

test('a table is read once, and a view is run once', () => {
  const { sinks, sources } = programOf(
    'CREATE VIEW v AS SELECT id FROM orders WHERE id > 1; SELECT * FROM v; SELECT id FROM v; SELECT id FROM orders',
  )
  const [a, b, c] = sinks.map(({ plan }) => find(plan, 'source'))
  expect(a).toBe(b)
  expect(a).toBe(c)
  expect(find(sinks[0]!.plan, 'filter')).toBe(find(sinks[1]!.plan, 'filter'))
  expect(sources).toEqual(['orders'])
})

test('WITH tables, aliases with columns, and names that count with their case', () => {
  expect(
    shapeOf('WITH a AS (SELECT id FROM orders), b AS (SELECT id FROM a) SELECT t.x FROM b AS t (x)'),
  ).toBe(o)
  expect(errorsOf('SELECT ID FROM orders')).toEqual([['SQL2002', 'ID']])
  expect(errorsOf('SELECT id FROM Orders')).toEqual([['SQL2001', 'Orders']])
  expect(errorsOf('SELECT orders.id FROM orders AS o')).toEqual([['SQL2001', 'orders']])
  expect(errorsOf('SELECT 1 FROM orders AS o (a, b)')).toEqual([['SQL5001', 'a, b']])
  expect(errorsOf('SELECT id FROM orders, shipments')).toEqual([['SQL2003', 'id']])
})

test('fields of rows are reached by their names', () => {
  const { plan } = sinkOf('SELECT o.address.geo.lat, address.city, address FROM orders o')
  expect(plan).toMatchObject({
    exprs: [
      {
        fn: 'FIELD',
        type: { kind: 'DOUBLE' },
        args: [{ fn: 'FIELD', args: [{ index: 4 }, { value: 1 }] }, { value: 0 }],
      },
      { fn: 'FIELD', type: { kind: 'VARCHAR' } },
      { kind: 'column', index: 4 },
    ],
  })
  expect(plan.schema.fields.map((field) => field.name)).toEqual(['lat', 'city', 'address'])
  expect(errorsOf('SELECT o.address.town FROM orders o')).toEqual([['SQL2002', 'town']])
  expect(errorsOf('SELECT o.price.x FROM orders o')).toEqual([['SQL2002', 'x']])
})

test('OPTIONS of one use make a source of its own', () => {
  const { sinks } = programOf(
    "SELECT id FROM orders; SELECT id FROM orders /*+ OPTIONS('scan.rows' = '5') */",
  )
  const [plain, hinted] = sinks.map(({ plan }) => find(plan, 'source'))
  expect(plain!.options).toBeUndefined()
  expect(hinted!.options).toEqual({ connector: 'memory', 'scan.rows': '5' })
})

const dimension = `CREATE TABLE dimension (id BIGINT, label STRING, up AS UPPER(label)) WITH ('connector' = 'memory', 'lookup' = 'true');
CREATE VIEW timed AS SELECT *, PROCTIME() AS pt FROM orders;`

test('by processing time a table that can be asked is looked up; its computed columns come behind', () => {
  const { plan } = sinkOf(
    `${dimension} SELECT o.id, d.label, d.up FROM timed AS o LEFT JOIN dimension FOR SYSTEM_TIME AS OF o.pt AS d ON o.id = d.id AND d.up <> o.product`,
  )
  const join = find(plan, 'lookup-join')
  expect(join).toMatchObject({
    join: 'left',
    table: 'dimension',
    inputKeys: [{ index: 0 }],
    tableKeys: [0],
    residual: { fn: '<>', args: [{ fn: 'UPPER', args: [{ index: 8 }] }, { index: 1 }] },
  })
  expect(join.tableSchema.fields.map(({ name }) => name)).toEqual(['id', 'label'])
  expect(join.traits.times.map(({ kind }) => kind)).toEqual(['rowtime', 'proctime'])
})

test('by processing time other tables with a key are followed; without one they are refused', () => {
  const join = (table: string, key: string): string =>
    `${dimension} SELECT 1 FROM timed AS o JOIN ${table} FOR SYSTEM_TIME AS OF o.pt AS d ON ${key}`
  const { plan } = sinkOf(join('keyed', 'o.id = d.id'))
  expect(find(plan, 'temporal-join')).toMatchObject({ leftTime: { kind: 'proctime' }, rightTime: undefined })
  expect(errorsOf(join('log', 'o.id = d.id'))).toEqual([['SQL4032', 'log FOR SYSTEM_TIME AS OF o.pt AS d']])
  expect(errorsOf(join('dimension', 'o.id > d.id'))).toEqual([['SQL4032', 'o.id > d.id']])
})

test('times of processing bound the distance of rows as times of events do', () => {
  const sides =
    'CREATE VIEW a AS SELECT id, PROCTIME() AS t FROM orders; CREATE VIEW b AS SELECT id, PROCTIME() AS t FROM log;'
  const { plan } = sinkOf(
    `${sides} SELECT a.id FROM a JOIN b ON a.id = b.id AND b.t BETWEEN a.t AND a.t + INTERVAL '1' MINUTE`,
  )
  expect(find(plan, 'interval-join')).toMatchObject({
    leftTime: { kind: 'proctime' },
    lower: 0,
    upper: 60_000,
  })
})

test('a subquery that reads the left side is refused as what it is', () => {
  const lateral = 'LATERAL (SELECT * FROM shipments s WHERE s.order_id = o.id) AS x'
  expect(errorsOf(`SELECT 1 FROM orders o CROSS JOIN ${lateral}`)).toEqual([['SQL6001', lateral]])
  expect(shapeOf('SELECT 1 FROM orders o CROSS JOIN LATERAL (SELECT id FROM log) AS x')).toBe(
    `inner join(${o}, log)`,
  )
})

test('a column of ROW wins over a source of its name where a field is meant', () => {
  const ddl = "CREATE TABLE bid (bid ROW<price INT>, n INT) WITH ('connector' = 'memory');"
  expect(sinkOf(`${ddl} SELECT bid.price, bid.n, bid.bid.price FROM bid`).plan).toMatchObject({
    exprs: [{ fn: 'FIELD' }, { kind: 'column', index: 1 }, { fn: 'FIELD' }],
  })
})
