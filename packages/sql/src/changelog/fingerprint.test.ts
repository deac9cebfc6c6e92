/** Laws of addresses of state: what a node computes counts, how it is written does not. */
import { describe, expect, it } from 'vitest'
import { inputsOf } from './binder/nodes.ts'
import { changelogFingerprints } from './fingerprint.ts'
import { optimizeChangelog } from './optimizer/optimize-changelog.ts'
import type { ChangelogNode } from './plan.ts'
import { bindProgram } from './testing/plan-kit.ts'

/** Addresses of the nodes of a kind, in the order of the sinks. */
function addresses(text: string, kind: ChangelogNode['kind'], optimize = true): string[] {
  const bound = bindProgram(text)
  const program = optimize ? optimizeChangelog(bound) : bound
  const prints = changelogFingerprints(program)
  const found = new Set<string>()
  const visit = (node: ChangelogNode): void => {
    for (const input of inputsOf(node)) visit(input)
    if (node.kind === kind) found.add(prints.address(node))
  }
  for (const sink of program.sinks) visit(sink.plan)
  return [...found]
}

const count = 'SELECT auction, COUNT(*) AS n FROM bid WHERE price > 3 GROUP BY auction'

describe('an address of state', () => {
  it.each([
    ['names', 'SELECT b.auction AS a, COUNT(*) AS m FROM bid AS b WHERE b.price > 3 GROUP BY b.auction'],
    [
      'spacing and comments',
      'SELECT auction,   COUNT(*) /* all */ FROM bid WHERE price > 3 GROUP BY auction -- end',
    ],
    [
      'projections in between',
      'SELECT x, COUNT(*) FROM (SELECT auction AS x, price + 1, price AS p FROM bid) WHERE p > 3 GROUP BY x',
    ],
    [
      'views',
      'CREATE VIEW v AS SELECT price, auction FROM bid WHERE price > 3; SELECT auction, COUNT(*) FROM v GROUP BY auction',
    ],
    [
      'what is computed above',
      'SELECT auction + 1, COUNT(*) * 2 FROM bid WHERE price > 3 GROUP BY auction HAVING COUNT(*) > 1',
    ],
    ['other statements', `SELECT channel FROM bid; ${count}`],
  ])('does not depend on %s', (_, text) => {
    expect(addresses(text, 'aggregate')).toEqual(addresses(count, 'aggregate'))
  })

  it.each([
    'SELECT auction, COUNT(*) FROM bid WHERE price > 4 GROUP BY auction',
    'SELECT bidder, COUNT(*) FROM bid WHERE price > 3 GROUP BY bidder',
    'SELECT auction, COUNT(price) FROM bid WHERE price > 3 GROUP BY auction',
    'SELECT auction, COUNT(DISTINCT price) FROM bid WHERE price > 3 GROUP BY auction',
    'SELECT auction, COUNT(*) FROM ask WHERE price > 3 GROUP BY auction',
    `SET 'table.exec.state.ttl' = '1 h'; ${count}`,
    'SELECT auction, COUNT(*) FILTER (WHERE price > 1) FROM bid WHERE price > 3 GROUP BY auction',
  ])('tells apart: %s', (text) => {
    expect(addresses(text, 'aggregate')).not.toEqual(addresses(count, 'aggregate'))
  })

  it('depends on frames, windows, ranks and joins', () => {
    const over = (frame: string): string[] =>
      addresses(`SELECT SUM(price) OVER (PARTITION BY auction ORDER BY ts ${frame}) FROM bid`, 'over')
    const frames = [
      '',
      'ROWS BETWEEN 2 PRECEDING AND CURRENT ROW',
      'ROWS BETWEEN 3 PRECEDING AND CURRENT ROW',
    ].flatMap(over)
    expect(new Set(frames).size).toBe(3)
    const window = (size: string): string[] =>
      addresses(
        `SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '${size}' SECOND)) GROUP BY window_start, window_end`,
        'window-aggregate',
      )
    expect(window('10')).not.toEqual(window('20'))
    const top = (n: number): string[] =>
      addresses(
        `SELECT auction FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price) AS rn FROM bid) WHERE rn <= ${n}`,
        'rank',
      )
    expect(top(2)).not.toEqual(top(3))
    const join = (kind: string, on: string): string[] =>
      addresses(`SELECT b.price FROM bid b ${kind} JOIN ask a ON b.auction = a.auction AND ${on}`, 'join')
    const joins = [
      join('INNER', 'a.price > b.price'),
      join('LEFT', 'a.price > b.price'),
      join('INNER', 'a.price < b.price'),
    ]
    expect(new Set(joins.flat()).size).toBe(3)
  })

  it('of a watermark stays when other columns are read', () => {
    const [one] = addresses('SELECT auction FROM bid ORDER BY ts', 'watermark')
    expect(addresses('SELECT bidder, price FROM bid ORDER BY ts', 'watermark')).toEqual([one])
  })

  it('tells equal nodes of one program apart, which the optimizer makes one', () => {
    const twice = `${count}; ${count}`
    expect(addresses(twice, 'aggregate', false)).toHaveLength(2)
    expect(addresses(twice, 'aggregate')).toEqual(addresses(count, 'aggregate'))
  })
})
