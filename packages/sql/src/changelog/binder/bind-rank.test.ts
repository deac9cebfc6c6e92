/** OVER, Top-N, deduplication: what ROW_NUMBER with a filter becomes, and what is refused. */
import { describe, expect, it } from 'vitest'
import { errorsOf, planOf, shapeOf } from '../testing/plan-kit.ts'

const tumble = "TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '10' SECOND))"

function shape(text: string): string[] {
  return shapeOf(planOf(text)).split('\n')
}

/** Rows of bid numbered by key in this order, filtered by a condition on `rn`. */
function numbered(order: string, condition: string): string[] {
  return shape(
    `SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ${order}) AS rn FROM bid) WHERE ${condition}`,
  )
}

describe('OVER', () => {
  it('computes all calls of one window in one node', () => {
    const plan = planOf(
      "SELECT ts, SUM(price) OVER w, COUNT(*) OVER w + 1, LAG(price, 2) OVER w FROM bid WINDOW w AS (PARTITION BY auction ORDER BY ts RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW)",
    )
    expect(shapeOf(plan)).toBe('over (auction) ts range 10000 [SUM, COUNT, LAG]\n  bid')
    expect(plan.traits).toMatchObject({ changes: 'append', times: [{ column: 0, kind: 'rowtime' }] })
  })

  it('takes frames by rows, without a bound, by a computed key, along processing time', () => {
    expect(
      shape('SELECT SUM(price) OVER (ORDER BY ts ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) FROM bid')[0],
    ).toBe('over () ts rows 10 [SUM]')
    expect(shape('SELECT SUM(price) OVER (PARTITION BY auction + 1 ORDER BY pt) FROM bid')[0]).toBe(
      'over ($0) pt range Infinity [SUM]',
    )
  })

  it('numbers rows in the order of time', () => {
    const plan = planOf('SELECT ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ts) FROM bid')
    expect(shapeOf(plan)).toBe('over (auction) ts rows Infinity [ROW_NUMBER]\n  bid')
    expect(plan.traits.changes).toBe('append')
  })

  it.each([
    ['SELECT SUM(price) OVER (ORDER BY price) FROM bid', 'SQL4022', 'price'],
    ['SELECT SUM(price) OVER (ORDER BY ts DESC) FROM bid', 'SQL4005', 'ts DESC'],
    ['SELECT SUM(price) OVER (ORDER BY ts, price) FROM bid', 'SQL4005', 'ts'],
    ['SELECT SUM(price) OVER (PARTITION BY auction) FROM bid', 'SQL4005', '(PARTITION BY auction)'],
    [
      'SELECT SUM(price) OVER (ORDER BY ts ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM bid',
      'SQL4005',
      'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
    ],
    [
      'SELECT SUM(price) OVER (ORDER BY ts), SUM(price) OVER (PARTITION BY auction ORDER BY ts) FROM bid',
      'SQL4005',
      'SUM(price) OVER (PARTITION BY auction ORDER BY ts)',
    ],
    ['SELECT SUM(price) OVER w FROM bid', 'SQL2007', 'w'],
    ['SELECT LEAD(price) OVER (ORDER BY ts) FROM bid', 'SQL6001', 'LEAD(price) OVER (ORDER BY ts)'],
    ['SELECT RANK() OVER (ORDER BY price) FROM bid', 'SQL6001', 'RANK() OVER (ORDER BY price)'],
    ['SELECT ROW_NUMBER() FROM bid', 'SQL4004', 'ROW_NUMBER()'],
    [
      'SELECT SUM(n) OVER (ORDER BY pt) FROM (SELECT COUNT(*) AS n, PROCTIME() AS pt FROM bid GROUP BY auction)',
      'SQL4021',
      'SUM(n) OVER (ORDER BY pt)',
    ],
  ])('refuses %s', (text, code, at) => {
    expect(errorsOf(text)[0]).toMatchObject({ code, at })
  })
})

describe('Top-N', () => {
  it.each([
    ['rn <= 3', 'rank 1..3 (auction) price desc numbered'],
    ['rn < 3', 'rank 1..2 (auction) price desc numbered'],
    ['3 >= rn', 'rank 1..3 (auction) price desc numbered'],
    ['rn = 1', 'rank 1..1 (auction) price desc numbered'],
    ['rn = 2', 'rank 2..2 (auction) price desc numbered'],
    ['rn BETWEEN 2 AND 4', 'rank 2..4 (auction) price desc numbered'],
    ['rn >= 2 AND rn <= 4', 'rank 2..4 (auction) price desc numbered'],
  ])('bounds the rank by %s', (condition, line) => {
    expect(numbered('price DESC', condition)).toEqual([line, '  bid'])
  })

  it('keeps other conditions above', () => {
    expect(numbered('price DESC', 'rn <= 3 AND price > 5')).toEqual([
      'filter',
      '  rank 1..3 (auction) price desc numbered',
      '    bid',
    ])
    expect(numbered('price DESC', 'rn <= 0')[0]).toBe('filter')
  })

  it('finds the number through views, names and joins', () => {
    const view = `CREATE VIEW top AS SELECT auction, rank_number AS r FROM (SELECT auction, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rank_number FROM bid);`
    expect(shape(`${view} SELECT * FROM top WHERE r = 1`)[0]).toBe('rank 1..1 (auction) price numbered')
    expect(shape(`${view} SELECT * FROM ask JOIN top ON ask.auction = top.auction WHERE top.r <= 2`)).toEqual(
      ['inner join on 1 keys', '  ask', '  rank 1..2 (auction) price numbered', '    bid'],
    )
    expect(
      shape(`${view} SELECT * FROM ask LEFT JOIN top ON ask.auction = top.auction AND top.r <= 2`)[2],
    ).toBe('  rank 1..2 (auction) price numbered')
  })

  it('keeps the first or last row by time', () => {
    expect(numbered('ts', 'rn = 1')).toEqual(['dedup first (auction) ts', '  bid'])
    expect(numbered('ts DESC', 'rn <= 1')).toEqual(['dedup last (auction) ts', '  bid'])
    expect(numbered('ts', 'rn <= 2')[0]).toBe('rank 1..2 (auction) ts numbered')
    expect(numbered('ts, price', 'rn = 1')[0]).toBe('rank 1..1 (auction) ts, price numbered')
    const traits = (order: string): unknown =>
      planOf(
        `SELECT auction, ts, pt FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ${order}) AS rn FROM bid) WHERE rn = 1`,
      ).traits
    expect(traits('pt')).toMatchObject({ changes: 'append', keys: [[0]] })
    expect(traits('ts')).toMatchObject({
      changes: 'retract',
      keys: [[0]],
      times: [
        { column: 1, kind: 'rowtime' },
        { column: 2, kind: 'proctime' },
      ],
    })
  })

  it('ranks within windows, over rows and over aggregates', () => {
    const over = (input: string, order: string): string =>
      `SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, auction ORDER BY ${order}) AS rn FROM ${input}) WHERE rn <= 2`
    const plan = planOf(over(tumble, 'price DESC'))
    expect(shapeOf(plan).split('\n')).toEqual([
      'window rank 1..2 (auction) price desc',
      '  assign tumble',
      '    bid',
    ])
    expect(plan.traits).toMatchObject({
      changes: 'append',
      times: [{ kind: 'proctime' }, { kind: 'rowtime' }],
    })
    const counts = `(SELECT window_start, window_end, auction, COUNT(*) AS n FROM ${tumble} GROUP BY window_start, window_end, auction)`
    expect(shape(over(counts, 'n DESC'))).toEqual([
      'window rank 1..2 (auction) n desc',
      '  window tumble (auction) [COUNT] start, end',
      '    bid',
    ])
    expect(planOf(over(tumble, 'ts DESC').replace('rn <= 2', 'rn = 1'))).toMatchObject({
      input: { input: { kind: 'window-rank', latest: true } },
    })
    expect(planOf(over(tumble, 'price DESC').replace('rn <= 2', 'rn = 1'))).toMatchObject({
      input: { input: { kind: 'window-rank', latest: false } },
    })
    expect(shape(over(tumble, 'window_time'))[0]).toBe('window rank 1..2 (auction) window_time')
  })

  it('ranks what changes', () => {
    const text =
      'SELECT * FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC) AS rn FROM (SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction)) WHERE rn <= 10'
    expect(shape(text)).toEqual(['rank 1..10 () n desc numbered', '  aggregate (auction) [COUNT]', '    bid'])
  })

  it.each([
    ['SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rn FROM bid', 'SQL4023'],
    [
      'SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rn FROM bid) WHERE rn > 3',
      'SQL4023',
    ],
    [
      'SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rn FROM bid) WHERE rn <= price',
      'SQL4023',
    ],
    [
      'SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rn FROM bid) WHERE rn <= 3 OR price = 1',
      'SQL4023',
    ],
  ])('refuses %s', (text, code) => {
    expect(errorsOf(text)).toMatchObject([
      { code, at: 'ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price)' },
    ])
  })

  it('refuses windows over rows that change', () => {
    const text = `SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n) AS rn FROM (
      SELECT window_start, window_end, n FROM TABLE(TUMBLE((SELECT ts, rn AS n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ts DESC) AS rn FROM bid) WHERE rn = 1), DESCRIPTOR(ts), INTERVAL '1' SECOND)))) WHERE rn <= 2`
    expect(errorsOf(text)[0]).toMatchObject({ code: 'SQL4021' })
  })
})
