/** Which programs give the same state when their input is read again in another division. */
import { expect, test } from 'vitest'
import { optimizeChangelog } from './optimizer/optimize-changelog.ts'
import { replayProblem } from './replay-problem.ts'
import { bindProgram } from './testing/plan-kit.ts'

test.each([
  ['SELECT bidder, price FROM bid WHERE price > 1', undefined],
  ['SELECT bidder, COUNT(*), MAX(price) FROM bid GROUP BY bidder', undefined],
  [
    'SELECT * FROM (SELECT auction, price FROM bid) JOIN (SELECT auction a, price p FROM ask) ON auction = a',
    undefined,
  ],
  [
    'SELECT * FROM (SELECT bidder, price, ROW_NUMBER() OVER (PARTITION BY bidder ORDER BY price) rn FROM bid) WHERE rn < 3',
    undefined,
  ],
  [
    "SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
    /watermark/,
  ],
  ['SELECT SUM(price) OVER (PARTITION BY bidder ORDER BY ts) FROM bid', /watermark/],
  ['SELECT bidder, RAND() FROM bid', /when it is called/],
  ['SELECT bidder, MAX(CURRENT_TIMESTAMP) FROM bid GROUP BY bidder', /when it is called/],
  ["SET 'table.exec.state.ttl' = '1 h'; SELECT bidder, COUNT(*) FROM bid GROUP BY bidder", /time to live/],
])('%s', (text, problem) => {
  const found = replayProblem(optimizeChangelog(bindProgram(`${text};`)))
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toMatch(problem)
})
