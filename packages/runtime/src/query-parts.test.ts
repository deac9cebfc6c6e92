/** A query in parts answers as in one: for programs of all kinds, however often it stops, and when the number of parts changes. */
import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { diagnoseApp } from './diagnose-app.ts'
import { planApp } from './plan-app.ts'
import { partName, partOfShard, sharesKeys } from './query-parts.ts'
import {
  expectConserved,
  type Left,
  leftBehind,
  runWhole,
  start,
  startMs,
  tempDir,
} from './testing/app-kit.ts'
import { answerOf, type PartsAppOptions, partsApp } from './testing/parts-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

async function run(options: PartsAppOptions, dir?: string): Promise<Left> {
  if (dir !== undefined) return runWhole(partsApp(options), dir)
  const own = tempDir()
  try {
    return await runWhole(partsApp(options), own.dir)
  } finally {
    own.remove()
  }
}

const count = 'SELECT k, COUNT(*) AS c, SUM(n) AS s, MAX(n) AS most FROM l GROUP BY k'
const programs = {
  'without state': 'SELECT k, n * 2 AS n FROM l WHERE n > 20',
  groups: count,
  'groups of groups': `SELECT k, MAX(c) AS c FROM (SELECT k, n, COUNT(*) AS c FROM l GROUP BY k, n) GROUP BY k`,
  windows: `SELECT window_end, k, COUNT(*) AS c, MIN(n) AS n FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '10' SECOND))
    GROUP BY window_start, window_end, k`,
  sessions: `SELECT window_start, window_end, k, COUNT(*) AS c
    FROM TABLE(SESSION(TABLE l PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY window_start, window_end, k`,
  'a join': 'SELECT l.k, n, m FROM l JOIN r ON l.k = r.k AND n < m',
  'a left join': 'SELECT l.k, n, m FROM l LEFT JOIN r ON l.k = r.k AND n = m',
  'a full join': 'SELECT l.k, r.k AS k2, n, m FROM l FULL JOIN r ON l.k = r.k AND n = m',
  'an interval join': `SELECT l.k, n, m FROM l JOIN r ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL '3' SECOND AND l.ts`,
  'groups above a join': 'SELECT l.k, COUNT(*) AS c, SUM(m) AS s FROM l JOIN r ON l.k = r.k GROUP BY l.k',
  'Top-N': `SELECT k, n, id FROM (SELECT k, n, id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC, id) AS rn FROM l) WHERE rn <= 3`,
  'numbered Top-N': `SELECT * FROM (SELECT k, n, id, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n, id) AS rn FROM l) WHERE rn <= 2`,
  OVER: 'SELECT id, SUM(n) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM l',
  EXISTS: 'SELECT k, n FROM l WHERE EXISTS (SELECT 1 FROM r WHERE r.k = l.k AND r.m = l.n)',
  INTERSECT: 'SELECT k FROM l INTERSECT SELECT k FROM r',
  'VALUES beside a table': `SELECT k, n FROM l UNION ALL VALUES ('one', 1), ('two', 2)`,
}

describe('one, two and three parts give the same answer', () => {
  test.each([1, 2])('programs of all kinds, rows of seed %i', async (seed) => {
    const select = Object.values(programs)
    const one = await run({ select, parallelism: 1, seed })
    for (const parallelism of [2, 3]) {
      const parts = await run({ select, parallelism, seed })
      for (const [i, name] of Object.keys(programs).entries()) {
        const expected = answerOf(one.streams[`out${i + 1}`]!)
        expect(Object.keys(expected).length, name).toBeGreaterThan(5)
        expect(Object.values(expected).every((times) => times > 0)).toBe(true)
        expect(answerOf(parts.streams[`out${i + 1}`]!), `${name} in ${parallelism} parts`).toEqual(expected)
      }
      expect(parts.streams['q.error_stream']).toHaveLength(one.streams['q.error_stream']!.length)
      expect(parts.report.warnings).toEqual(one.report.warnings)
      const stages = parts.report.stages.filter(({ kind }) => kind === 'query')
      expect(stages.map(({ name }) => name)).toEqual(
        Array.from({ length: parallelism }, (_, i) => `q-${i + 1}-of-${parallelism}`),
      )
      const whole = one.report.stages.find(({ name }) => name === 'q')!
      for (const figure of ['in', 'dead'] as const)
        expect(stages.reduce((sum, stage) => sum + stage[figure], 0)).toBe(whole[figure])
    }
  })

  test('joined streams may have numbers of shards that the parts divide', async () => {
    const select = programs['a left join']
    const one = await run({ select, parallelism: 1 })
    const parts = await run({ select, parallelism: 2, shards: { l: 2, r: 6 } })
    expect(answerOf(parts.streams.out1!)).toEqual(answerOf(one.streams.out1!))
  })
})

class Killed extends Error {}

test('parts that are stopped at commit points and started again give what they give undisturbed', async () => {
  const options = { select: programs['groups above a join'], parallelism: 3, rows: 40 }
  let points = 0
  const calm = tempDir()
  const undisturbed = await runWhole(partsApp(options), calm.dir, { probe: () => points++ })
  calm.remove()
  const expected = answerOf(undisturbed.streams.out1!)
  for (let target = 3; target < points; target += 11) {
    const own = tempDir()
    const clock = new VirtualClock(startMs)
    let passed = 0
    const probe = (): void => {
      if (passed++ === target) throw new Killed()
    }
    try {
      const { app } = await start(partsApp(options), own.dir, { clock, probe })
      await app.runToEnd().finally(() => app.close())
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    const again = await runWhole(partsApp(options), own.dir, { clock })
    expect(answerOf(again.streams.out1!), `point ${target}`).toEqual(expected)
    own.remove()
  }
})

describe('another number of parts on the same data', () => {
  test.each([
    [1, 3],
    [3, 1],
    [2, 4],
  ])('from %i to %i: the state of groups is rebuilt', async (before, now) => {
    const options = { select: count, seed: 5 }
    const expected = answerOf((await run({ ...options, parallelism: 1 })).streams.out1!)
    await run({ ...options, parallelism: before, rows: 90 }, temp.dir)
    const left = await run({ ...options, parallelism: now }, temp.dir)
    expect(answerOf(left.streams.out1!)).toEqual(expected)
    expect(left.report.warnings.map(({ code }) => code)).toContain('STATE_REBUILT')
    expectConserved(left.report)
    // And back again, as if nothing had been.
    const back = await run({ ...options, parallelism: before, rows: 180 }, temp.dir)
    expect(answerOf(back.streams.out1!)).toEqual(
      answerOf((await run({ ...options, parallelism: 1, rows: 180 })).streams.out1!),
    )
  })

  test('what keeps no state just goes on', async () => {
    const options = { select: programs['without state'], seed: 5 }
    await run({ ...options, parallelism: 2, rows: 90 }, temp.dir)
    const left = await run({ ...options, parallelism: 3 }, temp.dir)
    expect(answerOf(left.streams.out1!)).toEqual(
      answerOf((await run({ ...options, parallelism: 1 })).streams.out1!),
    )
    expect(left.report.warnings).toEqual([])
  })

  test('windows are refused, since each part has a watermark of its own; nothing is changed', async () => {
    const options = { select: programs.windows, rows: 100 }
    const before = await run({ ...options, parallelism: 2 }, temp.dir)
    await expect(run({ ...options, parallelism: 3 }, temp.dir)).rejects.toThrow(
      /QUERY_PARTS_CHANGED.*"q".*parallelism of 2.*watermark.*Set the parallelism back/s,
    )
    await expect(run({ ...options, parallelism: 1 }, temp.dir)).rejects.toThrow(/QUERY_PARTS_CHANGED/)
    const again = await run({ ...options, parallelism: 2 }, temp.dir)
    expect(again.streams.out1).toEqual(before.streams.out1)
  })
})

test('a start that was refused leaves nothing behind that hinders another number of parts', async () => {
  const bad = {
    select:
      "SELECT window_end, n, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, n",
  }
  await expect(run({ ...bad, parallelism: 2 }, temp.dir)).rejects.toThrow(/QUERY_INVALID/)
  const left = await run({ ...bad, parallelism: 1 }, temp.dir)
  expect(answerOf(left.streams.out1!)).toEqual(
    answerOf((await run({ ...bad, parallelism: 1 })).streams.out1!),
  )
})

describe('what is refused', () => {
  test('a program whose keys do not allow it', async () => {
    await expect(run({ select: 'SELECT n, COUNT(*) FROM l GROUP BY n', parallelism: 2 })).rejects.toThrow(
      /QUERY_INVALID query "q": it cannot run with a parallelism of 2: q\.sql:\d+:\d+: the aggregation GROUP BY n .*'partition-key' = 'n'/s,
    )
  })

  test('fewer shards than parts', async () => {
    await expect(run({ select: count, parallelism: 5 })).rejects.toThrow(
      /APP_LIMIT query "q", table "l": got the stream "l" of 4 shards.*at least 5/s,
    )
  })

  test('joined streams whose shards do not fit each other', async () => {
    await expect(run({ select: programs['a join'], parallelism: 3, shards: { l: 3, r: 4 } })).rejects.toThrow(
      /l \(stream "l"\) has 3, r \(stream "r"\) has 4/,
    )
  })
})

test('records that are keyed by something else are told of, once', async () => {
  const { report } = await run({ select: count, parallelism: 2, keyOf: ({ k }) => `x${k}` })
  const said = report.warnings.filter(({ code }) => code === 'KEY_DIFFERS')
  expect(said).toHaveLength(1)
  expect(said[0]!.message).toMatch(/promises records keyed by "(key \d+|-)", but record \d+ of shard/)
})

test('records of earlier runs that are keyed by something else are told of as well', async () => {
  const options = { select: count, keyOf: ({ k }: { k: string | null }) => `x${k}` }
  await run({ ...options, parallelism: 1 }, temp.dir)
  const { report } = await run({ ...options, parallelism: 2 }, temp.dir)
  expect(report.warnings.map(({ code }) => code)).toContain('KEY_DIFFERS')
})

test('plan and doctor know the parts', async () => {
  const app = partsApp({ select: count, parallelism: 2 })
  const clock = new VirtualClock(startMs)
  const { app: running } = await start(app, temp.dir, { clock })
  await running.runToEnd()
  expect(planApp(app, running.store, clock).map(({ stage, action }) => [stage, action])).toEqual([
    ['q-1-of-2', 'keep'],
    ['q-2-of-2', 'keep'],
  ])
  const one = partsApp({ select: count, parallelism: 1 })
  expect(planApp(one, running.store, clock)).toMatchObject([{ stage: 'q', hasRun: true, action: 'rebuild' }])
  const findings = diagnoseApp(app, running.store, clock)
  expect(findings.every(({ next }) => !next.includes('-of-'))).toBe(true)
  expect(findings.some(({ kind }) => kind === 'dead')).toBe(true)
  expect(findings.some(({ kind }) => kind === 'lag')).toBe(false)
  expect(Object.keys(leftBehind(running.store).streams).sort()).toEqual([
    'l',
    'out1',
    'q.error_stream',
    'q.late',
    'r',
  ])
  await running.close()
})

test('the shards of a stream are divided among the parts, each to one, none to nobody', () => {
  for (let shards = 1; shards < 20; shards++) {
    for (let of = 1; of <= shards; of++) {
      const owners = Array.from({ length: shards }, (_, shard) => partOfShard(shard, shards, of))
      expect(new Set(owners).size).toBe(of)
      expect([...owners].sort((a, b) => a - b)).toEqual(owners)
      const sizes = Array.from({ length: of }, (_, part) => owners.filter((owner) => owner === part).length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  }
  expect(sharesKeys([4, 4], 3)).toBe(true)
  expect(sharesKeys([2, 6], 2)).toBe(true)
  expect(sharesKeys([2, 3], 2)).toBe(false)
  expect(partName('q', 0, 1)).toBe('q')
})

describe("'partition-key' of a table that is written", () => {
  const written = (columns: string, key: string) => {
    const app = partsApp({ select: 'SELECT k FROM l', parallelism: 1, rows: 60 })
    const stages = app.stages.map((stage) =>
      stage.kind !== 'query' || stage.dialect !== 'flink'
        ? stage
        : {
            ...stage,
            text: `${stage.text.replace('SELECT k FROM l;', '')}
              CREATE TABLE o (${columns}) WITH ('connector' = 'stream', 'partition-key' = '${key}');
              INSERT INTO o SELECT k, n, ts FROM l;`,
            outputs: [{ from: 'o', stream: 'out1', partitionKey: undefined, format: undefined }],
          },
    )
    return { ...app, stages }
  }

  test('keys its records', async () => {
    const { app } = await start(written('k STRING, n INT, ts TIMESTAMP(3)', 'n'), temp.dir)
    await app.runToEnd()
    const keys = new Map<string, Set<number>>()
    for (const { shard, next } of app.store.stream('out1')!.shardInfos) {
      if (next === 0) continue
      for (const batch of app.store.read('out1', shard, 0, { maxRecords: 1e6, maxBytes: 1e9 }).batches) {
        if (!('count' in batch)) continue
        for (let i = 0; i < batch.count; i++) {
          const key = Buffer.from(batch.bytes.subarray(batch.keyStart[i]!, batch.keyStart[i + 1]!)).toString()
          const data = batch.bytes.subarray(batch.dataStart[i]!, batch.dataStart[i + 1]!)
          expect(key).toBe(String(JSON.parse(Buffer.from(data).toString()).n))
          keys.set(key, (keys.get(key) ?? new Set()).add(shard))
        }
      }
    }
    expect(keys.size).toBeGreaterThan(10)
    expect([...keys.values()].every((shards) => shards.size === 1)).toBe(true)
    await app.close()
  })

  test.each([
    ['k STRING, n INT, ts TIMESTAMP(3)', 'ts', /no single text/],
    ['k STRING, n INT, ts TIMESTAMP(3)', 'x', /no column "x"/],
    ['k STRING, n INT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED', 'n', /no part of its primary key/],
  ])('of (%s) by %s is refused', async (columns, key, message) => {
    await expect(start(written(columns, key), temp.dir)).rejects.toThrow(message)
  })
})
