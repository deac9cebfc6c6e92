/** Traits: what is said of rows holds; keys are those that the operators above may rely on. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileChangelog } from '../compile-changelog.ts'
import { isRetraction, type Row, rowKind } from '../row.ts'
import { bindProgram, planOf } from '../testing/plan-kit.ts'
import { valueKey } from '../value.ts'

function keysOf(text: string): readonly (readonly number[])[] {
  return planOf(text).traits.keys
}

describe('keys', () => {
  it.each([
    ['SELECT id, name FROM person', [[0]]],
    ['SELECT name FROM person', []],
    ['SELECT COUNT(*), auction, price FROM bid GROUP BY auction, price', [[1, 2]]],
    ['SELECT COUNT(*), auction FROM bid GROUP BY auction, price', []],
    ['SELECT MAX(price) FROM bid', [[]]],
    ['SELECT auction FROM bid UNION SELECT auction FROM ask', [[0]]],
    ['SELECT auction FROM bid UNION ALL SELECT auction FROM ask', []],
    // The key of the pair is that of the side whose rows meet one partner at most.
    [
      'SELECT c.auction, p.id FROM (SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction) c LEFT JOIN person p ON c.n = p.id',
      [[0], [0, 1]],
    ],
    [
      'SELECT c.auction, p.id FROM (SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction) c JOIN person p ON c.n = p.id',
      [[0], [0, 1]],
    ],
    [
      'SELECT auction, rn FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rn FROM bid) WHERE rn <= 3',
      [[0, 1]],
    ],
    [
      'SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rn FROM bid) WHERE rn = 1',
      [[0]],
    ],
  ])('of %s', (text, keys) => {
    expect(keysOf(text)).toEqual(keys)
  })
})

const queries = [
  'SELECT auction, price, COUNT(*) FROM bid GROUP BY auction, price',
  'SELECT DISTINCT channel, price FROM bid',
  'SELECT auction, rn, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rn FROM bid) WHERE rn <= 2',
  'SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ts DESC) AS rn FROM bid) WHERE rn = 1',
  "SELECT auction, window_start, window_end FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '4' SECOND)) GROUP BY window_start, window_end, auction",
  "SELECT auction, window_end, n FROM (SELECT auction, window_start, window_end, COUNT(*) AS n FROM TABLE(SESSION(TABLE bid PARTITION BY auction, DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY window_start, window_end, auction)",
  'SELECT a.auction, a.n, b.price, b.m FROM (SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction) a JOIN (SELECT price, COUNT(*) AS m FROM bid GROUP BY price) b ON a.n = b.m',
  'SELECT a.auction, a.n, b.price, b.m FROM (SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction) a LEFT JOIN (SELECT price, COUNT(*) AS m FROM bid GROUP BY price) b ON a.n = b.price',
  'SELECT auction, channel, GROUPING_ID(auction, channel) AS g, COUNT(*) FROM bid GROUP BY CUBE(auction, channel)',
  'SELECT price FROM bid INTERSECT SELECT price FROM bid WHERE auction = 1',
]

const row = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 2 }),
    fc.option(fc.integer({ min: 1, max: 4 })),
    fc.constantFrom('x', 'y'),
    fc.integer({ min: 0, max: 12 }).map((second) => second * 500),
  )
  .map((values): Row => values)

describe('what is said of rows', () => {
  it.each(queries)('holds at every moment: %s', (text) => {
    const program = bindProgram(text)
    const { keys, changes } = program.sinks[0]!.plan.traits
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30, size: 'max' }), (rows) => {
        const instance = compileChangelog(program, { now: 0 })
        const held = new Map<string, { readonly row: Row; count: number }>()
        const check = (): void => {
          for (const { rows: out, kinds } of instance.take().outputs.values()) {
            if (changes === 'append') expect(kinds.every((kind) => kind === rowKind.insert)).toBe(true)
            for (const [i, each] of out.entries()) {
              const entry = held.get(each.map(valueKey).join('')) ?? { row: each, count: 0 }
              entry.count += isRetraction(kinds[i]!) ? -1 : 1
              held.set(each.map(valueKey).join(''), entry)
            }
          }
          const there = [...held.values()].filter(({ count }) => count > 0)
          for (const key of keys) {
            const values = there.map((entry) => key.map((column) => valueKey(entry.row[column]!)).join(''))
            expect(new Set(values).size).toBe(there.reduce((sum, { count }) => sum + count, 0))
          }
        }
        for (const [i, each] of rows.entries()) {
          instance.push('bid', each, rowKind.insert, { record: i, shard: 's' })
          check()
        }
        instance.finish('bid')
        check()
      }),
      { numRuns: 15, seed: 11 },
    )
  })
})
