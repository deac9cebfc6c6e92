/** Plans of SELECT: groups, windows, grouping sets, sets, sorting; what is refused, and where. */
import { describe, expect, it } from 'vitest'
import { errorsOf, planOf, shapeOf } from '../testing/plan-kit.ts'

const tumble = "TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' SECOND))"

function shape(text: string): string[] {
  return shapeOf(planOf(text)).split('\n')
}

function fieldsOf(text: string): string[] {
  return planOf(text).schema.fields.map(({ name }) => name)
}

describe('the select list', () => {
  it('names its columns, and numbers names that come twice', () => {
    expect(fieldsOf('SELECT price, price + 1, price AS p, bid.* FROM bid')).toEqual([
      'price',
      'EXPR$0',
      'p',
      'auction',
      'bidder',
      'price0',
      'channel',
      'ts',
      'pt',
    ])
    expect(fieldsOf('SELECT 1 + 1')).toEqual(['EXPR$0'])
  })

  it('keeps time attributes that are plain columns, and loses them in casts and arithmetic', () => {
    const { traits } = planOf(
      "SELECT ts, ts AS again, ts + INTERVAL '1' SECOND, CAST(ts AS TIMESTAMP(3)), pt, PROCTIME() FROM bid WHERE price > 1",
    )
    expect(traits.times).toEqual([
      { column: 0, kind: 'rowtime' },
      { column: 1, kind: 'rowtime' },
      { column: 4, kind: 'proctime' },
      { column: 5, kind: 'proctime' },
    ])
  })

  it('takes DISTINCT as a group without aggregates, which only adds rows', () => {
    const plan = planOf('SELECT DISTINCT auction, price FROM bid')
    expect(shapeOf(plan)).toBe('aggregate (auction, price) []\n  bid')
    expect(plan.traits).toMatchObject({ changes: 'append', keys: [[0, 1]], times: [] })
  })
})

describe('GROUP BY', () => {
  it('makes a changelog by its keys', () => {
    const plan = planOf('SELECT price, COUNT(*), SUM(price) FROM bid GROUP BY auction, price')
    expect(shapeOf(plan)).toBe('aggregate (auction, price) [COUNT, SUM]\n  bid')
    expect(plan.traits.changes).toBe('retract')
    expect(planOf('SELECT COUNT(*), auction FROM bid GROUP BY auction').traits.keys).toEqual([[1]])
  })

  it('computes keys, and finds them in expressions above', () => {
    const text =
      'SELECT auction + 1, (auction + 1) * 2 + COUNT(*) FROM bid GROUP BY auction + 1 HAVING COUNT(*) > 1'
    expect(shape(text)).toEqual(['filter', '  aggregate ($0) [COUNT]', '    bid'])
  })

  it('computes an aggregate that is written twice once', () => {
    expect(shape('SELECT SUM(price), SUM(price) + 1, SUM(DISTINCT price) FROM bid')[0]).toBe(
      'aggregate () [SUM, SUM]',
    )
  })

  it('has one row without keys', () => {
    const plan = planOf('SELECT MAX(price) FROM bid')
    expect(plan.traits.keys).toEqual([[]])
    expect(plan.schema.fields[0]!.nullable).toBe(true)
  })

  it('puts copies of the keys out for GROUPING SETS, so that aggregates see the values', () => {
    const plan = planOf(
      'SELECT auction, price, GROUPING(auction), GROUPING_ID(auction, price), SUM(price) FROM bid GROUP BY ROLLUP(auction, price)',
    )
    expect(shapeOf(plan).split('\n')).toEqual([
      'aggregate ($0, $1, GROUPING_ID) [SUM]',
      '  expand ($0, $1) ($0) ()',
      '    bid',
    ])
    expect(plan.schema.fields.map(({ nullable }) => nullable)).toEqual([true, true, false, false, true])
  })

  it.each([
    ['SELECT price, COUNT(*) FROM bid GROUP BY auction', 'SQL4003', 'price'],
    ['SELECT COUNT(*) FROM bid GROUP BY 1', 'SQL4003', '1'],
    ['SELECT auction AS a, COUNT(*) FROM bid GROUP BY a', 'SQL4003', 'a'],
    ['SELECT SUM(COUNT(*)) FROM bid GROUP BY auction', 'SQL4004', 'COUNT(*)'],
    ['SELECT auction FROM bid WHERE COUNT(*) > 1', 'SQL4004', 'COUNT(*)'],
    ['SELECT SUM(*) FROM bid', 'SQL3001', 'SUM(*)'],
    ['SELECT SUM(channel) FROM bid', 'SQL3001', 'SUM(channel)'],
    ['SELECT GROUPING(price) FROM bid', 'SQL4004', 'GROUPING(price)'],
    ["SELECT TUMBLE_END(ts, INTERVAL '1' SECOND) FROM bid", 'SQL4005', "TUMBLE_END(ts, INTERVAL '1' SECOND)"],
    [
      "SELECT HOP(ts, INTERVAL '1' SECOND, INTERVAL '2' SECOND) FROM bid GROUP BY HOP(ts, INTERVAL '1' SECOND, INTERVAL '2' SECOND)",
      'SQL4005',
      "HOP(ts, INTERVAL '1' SECOND, INTERVAL '2' SECOND)",
    ],
    ['SELECT GROUPING(price) FROM bid GROUP BY auction', 'SQL4003', 'price'],
    [
      "SELECT TUMBLE_START(ts, INTERVAL '1' SECOND) FROM bid GROUP BY auction",
      'SQL4005',
      "TUMBLE_START(ts, INTERVAL '1' SECOND)",
    ],
  ])('refuses %s', (text, code, at) => {
    expect(errorsOf(text)[0]).toMatchObject({ code, at })
  })
})

describe('windows', () => {
  it('takes the window function into the aggregation', () => {
    const plan = planOf(
      `SELECT window_start, window_end, window_time, auction, COUNT(*) FROM ${tumble} WHERE price > 1 GROUP BY window_start, window_end, window_time, auction`,
    )
    expect(shapeOf(plan).split('\n')).toEqual([
      'window tumble (auction) [COUNT] start, end, rowtime',
      '  filter',
      '    bid',
    ])
    expect(plan.traits).toMatchObject({
      changes: 'append',
      times: [{ column: 2, kind: 'rowtime' }],
      window: { start: 0, end: 1, time: 2 },
    })
    expect(plan.schema.fields[0]!.type).toEqual({ kind: 'TIMESTAMP', precision: 3 })
  })

  it('leaves the window function alone where its columns are read', () => {
    expect(shape(`SELECT MAX(window_end) FROM ${tumble} GROUP BY window_start, window_end`)).toEqual([
      'window assigned () [MAX] start, end',
      '  assign tumble',
      '    bid',
    ])
  })

  it('is a group like any other without both ends', () => {
    expect(shape(`SELECT window_start, COUNT(*) FROM ${tumble} GROUP BY window_start`)[0]).toBe(
      'aggregate (window_start) [COUNT]',
    )
  })

  it('cascades over windows in columns', () => {
    const text = `SELECT window_start, window_end, SUM(n) FROM (
      SELECT window_start, window_end, auction, COUNT(*) AS n FROM ${tumble} GROUP BY window_start, window_end, auction)
      GROUP BY window_start, window_end`
    expect(shape(text)).toEqual([
      'window assigned () [SUM] start, end',
      '  window tumble (auction) [COUNT] start, end',
      '    bid',
    ])
  })

  it('takes the windows of either side of a window join', () => {
    const text = (
      side: string,
    ): string => `SELECT ${side}.window_start, COUNT(*) FROM (SELECT * FROM ${tumble}) l
      JOIN (SELECT * FROM ${tumble}) r ON l.window_start = r.window_start AND l.window_end = r.window_end AND l.auction = r.auction
      GROUP BY ${side}.window_start, ${side}.window_end`
    for (const side of ['l', 'r']) {
      expect(shape(text(side)).slice(0, 2)).toEqual([
        'window assigned () [COUNT] start, end',
        '  window inner join on 1 keys',
      ])
    }
    // Windows of a side that may be missing may be NULL.
    expect(shape(text('r').replace('JOIN', 'LEFT JOIN'))[0]).toBe(
      'aggregate (window_start, window_end) [COUNT]',
    )
  })

  it('counts in larger windows over window_time', () => {
    const text = `CREATE VIEW small AS SELECT window_time AS rowtime, auction, COUNT(*) AS n FROM ${tumble} GROUP BY window_start, window_end, window_time, auction;
      SELECT window_start, SUM(n) FROM TABLE(TUMBLE(TABLE small, DESCRIPTOR(rowtime), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end`
    expect(shape(text)[0]).toBe('window tumble () [SUM] start, end')
    expect(shape(text)[1]).toBe('  window tumble (auction) [COUNT] start, end, rowtime')
  })

  it('takes arguments by name, offsets, and sessions by key', () => {
    const hop = planOf(
      "SELECT window_end FROM TABLE(HOP(DATA => TABLE ask, TIMECOL => DESCRIPTOR(lts), SLIDE => INTERVAL '2' SECOND, SIZE => INTERVAL '10' SECOND, \"OFFSET\" => INTERVAL '1' SECOND)) GROUP BY window_start, window_end".replaceAll(
        '"',
        '`',
      ),
    )
    expect(find(hop, 'window-aggregate')).toMatchObject({
      window: { kind: 'hop', slide: 2000, size: 10_000, offset: 1000, zone: 'UTC' },
    })
    const session = `SELECT auction, COUNT(*) FROM TABLE(SESSION(TABLE bid PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '5' SECOND))`
    expect(shape(`${session} GROUP BY window_start, window_end, auction`)).toEqual([
      'window session (auction) [COUNT] start, end',
      '  bid',
    ])
    // A session is made by all rows of its key, so the filter comes after it.
    expect(shape(`${session} WHERE price > 1 GROUP BY window_start, window_end, auction`)).toEqual([
      'window assigned (auction) [COUNT] start, end',
      '  filter',
      '    assign session',
      '      bid',
    ])
    expect(shape(`${session} WHERE auction > 1 GROUP BY window_start, window_end, auction`)[0]).toBe(
      'window session (auction) [COUNT] start, end',
    )
  })

  it('cuts instants in the zone of the session', () => {
    const text =
      "SET 'table.local-time-zone' = 'Europe/Berlin'; SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE ask, DESCRIPTOR(lts), INTERVAL '1' DAY)) GROUP BY window_start, window_end"
    expect(find(planOf(text), 'window-aggregate')).toMatchObject({ window: { zone: 'Europe/Berlin' } })
  })

  it('groups in sets within windows', () => {
    expect(
      shape(
        `SELECT window_start, auction, COUNT(*) FROM ${tumble} GROUP BY window_start, window_end, GROUPING SETS ((auction), ())`,
      ),
    ).toEqual(['window tumble ($0, GROUPING_ID) [COUNT] start, end', '  expand ($0) ()', '    bid'])
  })

  it('makes DISTINCT of windows a window aggregation', () => {
    expect(shape(`SELECT DISTINCT window_start, window_end, auction FROM ${tumble}`)[0]).toBe(
      'window tumble (auction) [] start, end',
    )
  })

  it('takes windows of GROUP BY', () => {
    const plan = planOf(
      "SELECT auction, HOP_START(ts, INTERVAL '2' SECOND, INTERVAL '10' SECOND), HOP_ROWTIME(ts, INTERVAL '2' SECOND, INTERVAL '10' SECOND) AS rt, COUNT(*) FROM bid GROUP BY HOP(ts, INTERVAL '2' SECOND, INTERVAL '10' SECOND), auction",
    )
    expect(shapeOf(plan)).toBe('window hop (auction) [COUNT] start, rowtime\n  bid')
    expect(plan.traits.times).toEqual([{ column: 2, kind: 'rowtime' }])
    const session =
      "SELECT SESSION_END(pt, INTERVAL '5' SECOND), bidder FROM bid GROUP BY SESSION(pt, INTERVAL '5' SECOND), bidder"
    expect(find(planOf(session), 'window-aggregate')).toMatchObject({
      window: { kind: 'session', gap: 5000, partition: [1] },
    })
  })

  it('gives early results if the settings say so', () => {
    const plan = planOf(
      `SET 'table.exec.emit.early-fire.enabled' = 'true'; SET 'table.exec.emit.early-fire.delay' = '5 s'; SELECT COUNT(*) FROM ${tumble} GROUP BY window_start, window_end`,
    )
    expect(find(plan, 'window-aggregate')).toMatchObject({ early: 5000, traits: { changes: 'retract' } })
  })

  it.each([
    ["SELECT * FROM TABLE(TUMBLE(TABLE ask, DESCRIPTOR(plain), INTERVAL '1' SECOND))", 'SQL4022', 'plain'],
    ["SELECT * FROM TABLE(TUMBLE(TABLE ask, DESCRIPTOR(nope), INTERVAL '1' SECOND))", 'SQL2002', 'nope'],
    [
      "SELECT * FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND))",
      'SQL4005',
      "INTERVAL '10' SECOND",
    ],
    [
      "SELECT * FROM TABLE(CUMULATE(TABLE bid, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND))",
      'SQL4005',
      "INTERVAL '10' SECOND",
    ],
    ['SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), 10))', 'SQL4005', '10'],
    [
      'SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts)))',
      'SQL4005',
      'TUMBLE(TABLE bid, DESCRIPTOR(ts))',
    ],
    [
      "SELECT * FROM TABLE(TUMBLE(TABLE bid PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '1' SECOND))",
      'SQL4005',
      'auction',
    ],
    [
      "SELECT COUNT(*) FROM ask GROUP BY TUMBLE(plain, INTERVAL '1' SECOND)",
      'SQL4022',
      "TUMBLE(plain, INTERVAL '1' SECOND)",
    ],
    [
      "SELECT TUMBLE_START(ts, INTERVAL '2' SECOND) FROM bid GROUP BY TUMBLE(ts, INTERVAL '1' SECOND)",
      'SQL4005',
      "TUMBLE_START(ts, INTERVAL '2' SECOND)",
    ],
    [
      "SELECT TUMBLE_PROCTIME(ts, INTERVAL '1' SECOND) FROM bid GROUP BY TUMBLE(ts, INTERVAL '1' SECOND)",
      'SQL4022',
      "TUMBLE_PROCTIME(ts, INTERVAL '1' SECOND)",
    ],
  ])('refuses %s', (text, code, at) => {
    expect(errorsOf(text)[0]).toMatchObject({ code, at })
  })

  it('refuses a table that has window columns already', () => {
    const text = `SELECT * FROM TABLE(TUMBLE((SELECT * FROM ${tumble}), DESCRIPTOR(window_time), INTERVAL '1' MINUTE))`
    expect(errorsOf(text)[0]).toMatchObject({ code: 'SQL2004' })
  })
})

describe('sorting and sets', () => {
  it('sorts by time, keeps the first rows in another order, and the first that come', () => {
    expect(shape('SELECT * FROM bid ORDER BY ts, price DESC')).toEqual(['sort ts, price desc', '  bid'])
    expect(shape('SELECT auction FROM bid ORDER BY ts')).toEqual(['sort ts', '  bid'])
    expect(fieldsOf('SELECT auction FROM bid ORDER BY ts')).toEqual(['auction'])
    expect(shape('SELECT auction, price AS p FROM bid ORDER BY p DESC LIMIT 3 OFFSET 2')).toEqual([
      'rank 3..5 () p desc',
      '  bid',
    ])
    expect(shape('SELECT auction FROM bid ORDER BY 1 LIMIT 3')[0]).toBe('rank 1..3 () auction')
    expect(shape('SELECT auction FROM bid LIMIT 3')[0]).toBe('limit 3 offset 0')
  })

  it('joins branches in common types', () => {
    const plan = planOf('SELECT auction, ts FROM bid UNION ALL SELECT price, ts FROM bid')
    expect(shapeOf(plan)).toBe('union\n  bid\n  bid')
    expect(plan.traits).toMatchObject({ changes: 'append', times: [{ column: 1, kind: 'rowtime' }] })
    expect(plan.schema.fields[0]!.type.kind).toBe('BIGINT')
    expect(shape('SELECT auction FROM bid UNION SELECT auction FROM ask')[0]).toBe('aggregate (auction) []')
    expect(shape('SELECT auction FROM bid INTERSECT ALL SELECT auction FROM ask')[0]).toBe('intersect all')
    expect(planOf('SELECT auction FROM bid EXCEPT SELECT auction FROM ask').traits.changes).toBe('retract')
  })

  it('takes VALUES and WITH', () => {
    expect(planOf("VALUES (1, 'a'), (20000000000, 'bcd')").schema.fields).toMatchObject([
      { name: 'EXPR$0', type: { kind: 'BIGINT' } },
      { name: 'EXPR$1', type: { kind: 'VARCHAR', length: 3 } },
    ])
    const plan = planOf(
      'WITH a (x) AS (SELECT price FROM bid), b AS (SELECT x FROM a) SELECT a.x FROM a JOIN b ON a.x = b.x',
    )
    expect(shapeOf(plan)).toBe('inner join on 1 keys\n  bid\n  bid')
  })

  it.each([
    ['SELECT * FROM bid ORDER BY price', 'SQL4024', 'price'],
    ['SELECT * FROM bid ORDER BY ts DESC', 'SQL4024', 'ts DESC'],
    ['SELECT * FROM bid ORDER BY 12', 'SQL4024', '12'],
    ['SELECT auction, COUNT(*) FROM bid GROUP BY auction ORDER BY auction', 'SQL4024', 'auction'],
    ['SELECT DISTINCT auction FROM bid ORDER BY ts LIMIT 2', 'SQL4024', 'ts'],
    ['SELECT auction FROM bid UNION ALL SELECT channel FROM bid', 'SQL4008', 'SELECT channel FROM bid'],
    [
      'SELECT auction FROM bid UNION SELECT auction, price FROM bid',
      'SQL4008',
      'SELECT auction, price FROM bid',
    ],
  ])('refuses %s', (text, code, at) => {
    expect(errorsOf(text)[0]).toMatchObject({ code, at })
  })
})

function find(node: ReturnType<typeof planOf>, kind: string): ReturnType<typeof planOf> | undefined {
  if (node.kind === kind) return node
  return 'input' in node ? find(node.input, kind) : undefined
}
