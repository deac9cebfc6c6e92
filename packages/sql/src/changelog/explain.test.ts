/** EXPLAIN names what a node does, how its rows change, its times, its state and what bounds it. */
import { describe, expect, it } from 'vitest'
import { explainChangelog } from './explain.ts'
import { optimizeChangelog } from './optimizer/optimize-changelog.ts'
import { bindProgram } from './testing/plan-kit.ts'

function explain(text: string): string {
  return explainChangelog(optimizeChangelog(bindProgram(text))).replace(
    /fingerprint: [0-9a-f]{16}/g,
    'fingerprint: ...',
  )
}

describe('EXPLAIN', () => {
  it('writes a tree from the sink to the tables', () => {
    expect(explain('SELECT auction, SUM(price) AS s FROM bid WHERE price > 3 GROUP BY auction')).toBe(
      `sink "SELECT_1" [+I -U +U -D]
  project "auction", "SUM$0" AS "s" [+I -U +U -D]
    group by "auction" [+I -U +U -D]
      | aggregates: SUM("price")
      | columns: auction BIGINT, SUM$0 INT
      | state: one accumulator for each key, unbounded
      | fingerprint: ...
      filter "price" > 3 [+I]
        | time: "ts" (rowtime)
        watermark for "ts" as "ts" - INTERVAL 4 s [+I]
          | time: "ts" (rowtime)
          | state: the watermark of each shard
          | fingerprint: ...
          project "auction", "price", "ts" [+I]
            source "bid" [+I]
              | columns: auction BIGINT, bidder BIGINT NOT NULL, price INT, channel STRING, ts TIMESTAMP(3)
`,
    )
  })

  it('says what bounds the state', () => {
    expect(explain("SET 'table.exec.state.ttl' = '2 h'; SELECT DISTINCT auction FROM bid")).toContain(
      'forgotten after 2 h without change',
    )
    expect(
      explain(
        "SELECT COUNT(*) FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
      ),
    ).toMatch(
      /window group: hop 10 s every 5 s on "ts" \(rowtime\) \[\+I\][\s\S]*until the watermark reaches the end of the window/,
    )
    expect(
      explain(
        "SELECT b.price FROM bid b JOIN bid c ON b.auction = c.auction AND c.ts BETWEEN b.ts AND b.ts + INTERVAL '1' HOUR",
      ),
    ).toContain('rows of both sides within 1 h of each other')
  })

  it('writes a node that several read once', () => {
    const text = explain(
      'SELECT auction, COUNT(*) FROM bid GROUP BY auction; SELECT COUNT(*) AS n, auction FROM bid GROUP BY auction',
    )
    expect(text.match(/group by "auction"/g)).toHaveLength(1)
    expect(text).toContain('#1 group by "auction"')
    expect(text).toContain('(see #1)')
  })

  it('writes every kind of node', () => {
    const text = explain(`
      SELECT a FROM (SELECT auction AS a, ts FROM bid UNION ALL SELECT auction, ts FROM bid) ORDER BY ts;
      SELECT auction FROM bid LIMIT 3;
      SELECT auction FROM bid INTERSECT SELECT auction FROM ask;
      SELECT SUM(price) OVER (PARTITION BY auction ORDER BY ts) FROM bid;
      SELECT auction, COUNT(*) FROM bid GROUP BY CUBE(auction);
      SELECT auction FROM bid WHERE auction NOT IN (SELECT auction FROM ask);
      SELECT auction, price FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY ts DESC) AS rn FROM bid) WHERE rn = 1;
      SELECT name FROM person;
      SELECT p FROM bid MATCH_RECOGNIZE (ORDER BY ts MEASURES B.price AS p PATTERN (A B*? C) DEFINE B AS B.price > SUM(B.price)) AS m;
      VALUES (1)`)
    for (const part of [
      'sort by "ts"',
      'union all',
      'limit 3',
      'intersect',
      'over all rows so far by "auction" along "ts" (rowtime)',
      'grouping sets ("auction"), ()',
      'anti join that knows NULL',
      'keep the last row for each "auction" by "ts" (rowtime)',
      'normalize by key "id"',
      'match A B{0,}? C ordered by "ts", skip to-next',
      'values: 1 row',
    ])
      expect(text).toContain(part)
  })
})
