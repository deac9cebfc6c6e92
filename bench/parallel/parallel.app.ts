/** Clicks of users in a log (`--phase fill`), and one query that reads it from its beginning on some threads (`--phase query`). */
import { defineApp, type SourceFactory } from 'millrace'

const users = 50_000
const shards = 8

/** Query by name; each has the user among its keys. */
const queries: { readonly [name: string]: string } = {
  stateless: `INSERT INTO nowhere SELECT user_id, UPPER(page), CAST(ms AS BIGINT) FROM clicks WHERE ms > 50`,
  groups: `INSERT INTO nowhere SELECT user_id, MAX(page), SUM(CAST(ms AS BIGINT)) FROM clicks GROUP BY user_id`,
  windows: `INSERT INTO nowhere SELECT user_id, MAX(page), SUM(CAST(ms AS BIGINT))
    FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '30' SECOND))
    GROUP BY window_start, window_end, user_id`,
  topn: `INSERT INTO nowhere SELECT user_id, page, CAST(ms AS BIGINT) FROM (SELECT user_id, page, ms,
    ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ms DESC) AS rn FROM clicks) WHERE rn <= 3`,
}

export default defineApp('parallel', (app) => {
  const phase = app.option.string('phase', { default: 'fill', help: 'fill the log, or run a query over it' })
  const events = app.stream('clicks', { shards })
  if (phase === 'fill') {
    app.source(clicks(app.option.integer('events', { default: 1_000_000 })), { into: events })
    return
  }
  const name = app.option.string('query', { default: 'groups', help: Object.keys(queries).join(', ') })
  app.query('query', {
    dialect: 'flink',
    sql: `CREATE TABLE clicks (user_id BIGINT, page STRING, ms INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
        WITH ('connector' = 'stream', 'partition-key' = 'user_id');
      CREATE TABLE nowhere (user_id BIGINT, page STRING, ms BIGINT) WITH ('connector' = 'blackhole');
      ${queries[name] ?? name};`,
    tables: { clicks: events },
    parallelism: app.option.integer('parallelism', { default: 1 }),
  })
})

/** Event i follows from i: a multiplication spreads users and times well enough. */
function clicks(count: number): SourceFactory {
  const encoder = new TextEncoder()
  const start = Date.UTC(2026, 0, 1)
  return (context) => {
    let at = typeof context.position === 'number' ? context.position : 0
    return {
      async read(builders, maxBytes) {
        const from = at
        for (let bytes = 0; bytes < maxBytes && at < count; at++) {
          const mixed = Math.imul(at + 1, 0x9e3779b1) >>> 0
          const user = mixed % users
          const ts = new Date(start + at).toISOString().slice(0, -1).replace('T', ' ')
          const key = encoder.encode(String(user))
          const data = encoder.encode(
            JSON.stringify({ user_id: user, page: `/items/${mixed % 977}`, ms: (mixed >>> 8) % 200, ts }),
          )
          const shard = context.route(key, 0, key.length)
          builders[shard]?.add(key, 0, key.length, data, 0, data.length, 0)
          bytes += data.length
        }
        return { position: at, taken: at - from, dead: [], done: at === count }
      },
      async close() {},
    }
  }
}
