/**
 * Speed of the changelog engine on one core, of the built package: `npx tsc -b packages/sql && node --expose-gc
 * node_modules/.bin/jiti packages/sql/src/changelog/changelog.bench.ts`. Environment: EVENTS (rows for each query, 1,000,000), QUERY (a name, all).
 *
 * The table is that of Nexmark: one in fifty events is a person, three are auctions, the rest bids, each nested in a ROW.
 * Events are made before the clock starts, pushed one by one, and every 2,000 the changes and the state are taken, as a
 * commit would. Figures: source rows per second, changes put out, bytes of change log, rows and bytes of state, heap.
 */

import { bindFlinkProgram, compileChangelog, type Row } from '@millrace/sql'

const events = Number(process.env.EVENTS ?? 1_000_000)
const commitEvery = 2_000

const ddl = `
CREATE TABLE nexmark (
  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING, \`dateTime\` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT, \`dateTime\` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, \`dateTime\` TIMESTAMP(3), extra STRING>,
  \`dateTime\` AS CASE WHEN event_type = 0 THEN person.\`dateTime\` WHEN event_type = 1 THEN auction.\`dateTime\` ELSE bid.\`dateTime\` END,
  WATERMARK FOR \`dateTime\` AS \`dateTime\` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'format' = 'json');
CREATE VIEW person AS SELECT person.id, person.name, person.city, person.state, \`dateTime\` FROM nexmark WHERE event_type = 0;
CREATE VIEW auction AS SELECT auction.id, auction.itemName, auction.seller, auction.category, auction.expires, \`dateTime\` FROM nexmark WHERE event_type = 1;
CREATE VIEW bid AS SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, \`dateTime\`, bid.extra FROM nexmark WHERE event_type = 2;
`

const queries: Readonly<Record<string, string>> = {
  q0: 'SELECT auction, bidder, price, `dateTime`, extra FROM bid;',
  q1: 'SELECT auction, bidder, 0.908 * price AS price, `dateTime`, extra FROM bid;',
  q2: 'SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;',
  q3: `SELECT P.name, P.city, P.state, A.id FROM auction AS A INNER JOIN person AS P ON A.seller = P.id
       WHERE A.category = 10 AND (P.state = 'OR' OR P.state = 'ID' OR P.state = 'CA');`,
  q11: `SELECT bidder, COUNT(*) AS bids, window_start, window_end FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(\`dateTime\`), INTERVAL '10' SECOND))
       GROUP BY bidder, window_start, window_end;`,
  q14: `SELECT auction, bidder, 0.908 * price AS price,
       CASE WHEN HOUR(\`dateTime\`) >= 8 AND HOUR(\`dateTime\`) <= 18 THEN 'dayTime' WHEN HOUR(\`dateTime\`) <= 6 OR HOUR(\`dateTime\`) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bidTimeType, \`dateTime\`, extra
       FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;`,
  q17: `SELECT auction, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd') AS \`day\`, COUNT(*) AS total_bids, MIN(price) AS min_price, MAX(price) AS max_price, AVG(price) AS avg_price, SUM(price) AS sum_price
       FROM bid GROUP BY auction, DATE_FORMAT(\`dateTime\`, 'yyyy-MM-dd');`,
  q20: `SELECT B.auction, B.bidder, B.price, B.channel, B.url, B.\`dateTime\`, A.itemName, A.seller, A.category
       FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id WHERE A.category = 10;`,
  q21: `SELECT auction, bidder, price, channel, CASE WHEN LOWER(channel) = 'apple' THEN '0' WHEN LOWER(channel) = 'google' THEN '1' ELSE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id
       FROM bid WHERE REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) IS NOT NULL OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu');`,
  q22: `SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) AS dir1, SPLIT_INDEX(url, '/', 4) AS dir2, SPLIT_INDEX(url, '/', 5) AS dir3 FROM bid;`,
}

/** A small generator of its own: numbers by a linear congruence. */
function makeEvents(count: number): Row[] {
  let seed = 12345
  const below = (bound: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return Math.floor((seed / 4294967296) * bound)
  }
  const states = ['OR', 'ID', 'CA', 'AZ', 'WA', 'WY']
  const channels = ['Google', 'Facebook', 'Baidu', 'Apple', 'channel-17']
  const start = 1_436_918_400_000
  return Array.from({ length: count }, (_, i): Row => {
    const time = start + Math.floor(i / 10)
    const kind = i % 50
    const people = Math.floor(i / 50)
    if (kind === 0) {
      const state = states[below(6)]!
      return [
        0,
        [
          1000 + people,
          `name ${below(1000)}`,
          'a@b.com',
          '1234 5678',
          'Portland',
          state,
          time,
          'x'.repeat(50),
        ],
        null,
        null,
      ]
    }
    if (kind < 4) {
      const id = 1000 + people * 3 + kind
      const seller = 1000 + Math.max(0, people - below(100))
      return [
        1,
        null,
        [
          id,
          `item ${id}`,
          'a thing',
          1 + below(1000),
          below(10_000),
          time,
          time + 20_000,
          seller,
          10 + below(5),
          'y'.repeat(50),
        ],
        null,
      ]
    }
    const auction = 1000 + Math.max(1, people * 3 - below(300))
    const url = `https://www.nexmark.com/a${below(100)}/b${below(100)}/item.htm?query=1&channel_id=${below(10_000)}`
    return [
      2,
      null,
      null,
      [
        auction,
        1000 + Math.max(0, people - below(1000)),
        100 + below(10_000_000),
        channels[below(5)]!,
        url,
        time,
        'z'.repeat(40),
      ],
    ]
  })
}

const rows = makeEvents(events)
const commit = { record: 0, shard: '0' }

for (const [name, query] of Object.entries(queries)) {
  if (process.env.QUERY !== undefined && process.env.QUERY !== name) continue
  const { program, diagnostics } = bindFlinkProgram({ text: ddl + query, fileName: `${name}.sql` })
  if (program === undefined) {
    console.log(`${name}: ${diagnostics.map(({ message }) => message).join('; ')}`)
    continue
  }
  try {
    run(name, compileChangelog(program, { now: 0 }))
  } catch (error) {
    console.log(`${name}: ${String(error)}`)
  }
}

function run(name: string, instance: ReturnType<typeof compileChangelog>): void {
  globalThis.gc?.()
  const heapBefore = process.memoryUsage().heapUsed
  let changes = 0
  let logged = 0
  const begin = performance.now()
  for (let i = 0; i < rows.length; i++) {
    instance.push('nexmark', rows[i]!, 0, commit)
    if (i % commitEvery === commitEvery - 1) {
      for (const list of instance.take().outputs.values()) changes += list.rows.length
      for (const { blob } of instance.takeChanges()) logged += blob.length
    }
  }
  const seconds = (performance.now() - begin) / 1000
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed - heapBefore
  const state = instance
    .stateInfo()
    .reduce((sum, each) => ({ rows: sum.rows + each.rows, bytes: sum.bytes + each.bytes }), {
      rows: 0,
      bytes: 0,
    })
  const million = (n: number) => `${(n / 1e6).toFixed(2)} M`
  console.log(
    `${name}: ${million(rows.length / seconds)} rows/s, ${million(changes)} changes, log ${million(logged)}B, ` +
      `state ${state.rows} rows ${million(state.bytes)}B, heap ${million(heap)}B`,
  )
}
