/** Subqueries in conditions: semi and anti joins, correlation, values. */
import { describe, expect, it } from 'vitest'
import { errorsOf, planOf, shapeOf } from '../testing/plan-kit.ts'

function shape(text: string): string[] {
  return shapeOf(planOf(text)).split('\n')
}

describe('IN and EXISTS', () => {
  it('become semi and anti joins', () => {
    expect(shape('SELECT * FROM bid WHERE auction IN (SELECT auction FROM ask) AND price > 1')).toEqual([
      'semi join on 1 keys',
      '  filter',
      '    bid',
      '  ask',
    ])
    expect(shape('SELECT * FROM bid WHERE auction NOT IN (SELECT auction FROM ask)')[0]).toBe(
      'anti join on 1 keys, knows NULL',
    )
    // Neither side can be NULL.
    expect(shape('SELECT * FROM bid WHERE NOT (bidder IN (SELECT id FROM person))')[0]).toBe(
      'anti join on 1 keys',
    )
    expect(shape('SELECT * FROM bid WHERE (auction, price) IN (SELECT auction, price FROM ask)')[0]).toBe(
      'semi join on 2 keys',
    )
    expect(planOf('SELECT * FROM bid WHERE auction IN (SELECT auction FROM ask)').traits.changes).toBe(
      'append',
    )
  })

  it('may speak of the rows around them', () => {
    const plan = planOf(
      'SELECT auction FROM bid WHERE NOT EXISTS (SELECT * FROM ask WHERE ask.auction = bid.auction AND ask.price > bid.price AND ask.price > 3)',
    )
    expect(shapeOf(plan).split('\n')).toEqual([
      'anti join on 1 keys and more',
      '  bid',
      '  filter',
      '    ask',
    ])
    // `price` is that of the inner table, as its names come first; `bidder` can only be the outer one.
    expect(
      shape('SELECT auction FROM bid b WHERE EXISTS (SELECT 1 FROM ask WHERE price = bidder AND price > 3)'),
    ).toEqual(['semi join on 1 keys', '  bid', '  filter', '    ask'])
    expect(
      shape(
        'SELECT auction FROM bid b WHERE b.price IN (SELECT a.price FROM ask a WHERE a.auction = b.auction)',
      )[0],
    ).toBe('semi join on 2 keys')
  })

  it('meet within windows', () => {
    const tvf = (table: string, time: string): string =>
      `TABLE(TUMBLE(TABLE ${table}, DESCRIPTOR(${time}), INTERVAL '10' SECOND))`
    const text = `SELECT * FROM ${tvf('bid', 'ts')} b WHERE b.auction IN (SELECT c.auction FROM ${tvf('bid', 'ts')} c WHERE c.window_start = b.window_start AND c.window_end = b.window_end)`
    expect(shape(text)[0]).toBe('window semi join on 1 keys')
    expect(planOf(text).traits.changes).toBe('append')
  })

  it.each([
    [
      'SELECT * FROM bid WHERE auction IN (SELECT auction, price FROM ask)',
      'SQL4025',
      '(SELECT auction, price FROM ask)',
    ],
    [
      'SELECT * FROM bid WHERE auction IN (SELECT auction FROM ask) OR price = 1',
      'SQL4025',
      'auction IN (SELECT auction FROM ask)',
    ],
    [
      'SELECT * FROM bid WHERE EXISTS (SELECT COUNT(*) FROM ask WHERE ask.auction = bid.auction)',
      'SQL4025',
      undefined,
    ],
    [
      'SELECT * FROM bid b WHERE auction NOT IN (SELECT a.auction FROM ask a WHERE a.price = b.price)',
      'SQL6001',
      undefined,
    ],
  ])('refuses %s', (text, code, at) => {
    const [first] = errorsOf(text)
    expect(first?.code).toBe(code)
    if (at !== undefined) expect(first?.at.replace(/^\(|\)$/g, '')).toBe(at.replace(/^\(|\)$/g, ''))
  })
})

describe('a subquery as a value', () => {
  it('is joined to every row', () => {
    expect(shape('SELECT * FROM bid WHERE price > (SELECT AVG(price) FROM ask) AND auction = 1')).toEqual([
      'filter',
      '  left join on 0 keys',
      '    filter',
      '      bid',
      '    aggregate () [AVG]',
      '      ask',
    ])
    expect(
      shape('SELECT auction, COUNT(*) + (SELECT MAX(price) FROM ask) FROM bid GROUP BY auction'),
    ).toEqual([
      'left join on 0 keys',
      '  aggregate (auction) [COUNT]',
      '    bid',
      '  aggregate () [MAX]',
      '    ask',
    ])
    expect(
      shape('SELECT auction FROM bid GROUP BY auction HAVING COUNT(*) > (SELECT MAX(price) FROM ask)')[0],
    ).toBe('filter')
  })

  it('is grouped by what it compares with the rows around it', () => {
    const text =
      'SELECT auction FROM bid b WHERE price > (SELECT AVG(a.price) FROM ask a WHERE a.auction = b.auction AND a.price > 1)'
    expect(shape(text)).toEqual([
      'filter',
      '  left join on 1 keys',
      '    bid',
      '    aggregate (auction) [AVG]',
      '      filter',
      '        ask',
    ])
    const counts = planOf(
      'SELECT auction, (SELECT COUNT(*) FROM ask WHERE ask.auction = bid.auction) AS n FROM bid',
    )
    expect(shapeOf(counts).split('\n')[0]).toBe('left join on 1 keys')
    expect(counts.schema.fields[1]).toMatchObject({ name: 'n', nullable: false })
  })

  it.each([
    [
      'SELECT auction FROM bid b WHERE price > (SELECT MAX(a.price) FROM ask a WHERE a.auction > b.auction)',
      'SQL4025',
    ],
    [
      'SELECT auction FROM bid b WHERE price > (SELECT a.price FROM ask a WHERE a.auction = b.auction)',
      'SQL4025',
    ],
    ['SELECT (SELECT price FROM ask) FROM bid', 'SQL4025'],
    ['SELECT (SELECT MAX(price), MIN(price) FROM ask) FROM bid', 'SQL4025'],
  ])('refuses %s', (text, code) => {
    expect(errorsOf(text)[0]?.code).toBe(code)
  })
})
