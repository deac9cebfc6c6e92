/** Queries of the Flink dialect as stages: exactly once, balanced, the same however often they stop. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FlinkQueryStage } from './app-model.ts'
import { leftBehind, runWhole, start, tempDir, testApp } from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const tables = `
  CREATE TABLE clicks (id STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
    WITH ('connector' = 'stream');
  CREATE TABLE counts (id STRING, n BIGINT) WITH ('connector' = 'stream', 'format' = 'debezium-json');
  CREATE TABLE windows (ends TIMESTAMP(3), id STRING, n BIGINT) WITH ('connector' = 'stream');`
const countById = 'INSERT INTO counts SELECT id, COUNT(*) FROM clicks WHERE n >= 0 GROUP BY id;'
const countByWindow = `INSERT INTO windows SELECT window_end, id, SUM(n)
  FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, id;`

function query(text: string, from: string): FlinkQueryStage {
  return {
    kind: 'query',
    name: 'q',
    dialect: 'flink',
    text: `${tables}\n${text}`,
    fileName: 'q.sql',
    inputs: [{ table: 'clicks', stream: 'in' }],
    outputs: [{ from, stream: 'out', partitionKey: undefined, format: undefined }],
    lookups: [],
    functions: [],
  }
}

function click(id: string, n: number, second: number) {
  const ts = `2026-01-01 00:00:${String(second).padStart(2, '0')}.000`
  return { key: id, value: { id, n, ts } }
}
const clicks = Array.from({ length: 40 }, (_, i) => click(`k${i % 3}`, i % 5, i))

/** The last count by id. */
function counted(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of texts) {
    const { before, after, op } = JSON.parse(text)
    if (op === 'd') {
      expect(counts[before.id]).toBe(before.n)
      delete counts[before.id]
    } else counts[after.id] = after.n
  }
  return counts
}

test('changes of a group come out as a changelog; what is filtered counts as filtered', async () => {
  const records = [...clicks, click('k1', -1, 40)]
  const { report, streams } = await runWhole(
    testApp({ records, queries: [query(countById, 'counts')], shards: 1 }),
    temp.dir,
  )
  expect(counted(streams.out!)).toEqual({ k0: 14, k1: 13, k2: 13 })
  expect(report.stages.find(({ name }) => name === 'q')).toMatchObject({ in: 41, out: 40, filtered: 1 })
})

test('windows fire by the watermark, and all of them when the source has ended', async () => {
  const { streams } = await runWhole(
    testApp({ records: clicks, queries: [query(countByWindow, 'windows')], shards: 2 }),
    temp.dir,
  )
  const rows = streams.out!.map((text) => JSON.parse(text))
  expect(rows).toHaveLength(12)
  expect(rows.reduce((sum, row) => sum + row.n, 0)).toBe(clicks.reduce((sum, { value }) => sum + value.n, 0))
})

test('a stage that stops and goes on gives what one gives that never stops', async () => {
  const straight = await runWhole(
    testApp({ records: clicks, queries: [query(countByWindow, 'windows')], shards: 1 }),
    temp.dir,
  )
  const other = tempDir()
  for (const upTo of [7, 13, 29]) {
    const { app } = await start(
      testApp({ records: clicks.slice(0, upTo), perRead: 3, queries: [], shards: 1 }),
      other.dir,
    )
    await app.runToEnd()
    await app.close()
    // The stage joins later and stops before the source has ended.
    const { app: querying } = await start(
      {
        ...testApp({ records: [], queries: [query(countByWindow, 'windows')], shards: 1 }),
        stages: [query(countByWindow, 'windows')],
      },
      other.dir,
    )
    await querying.runToEnd()
    await querying.close()
  }
  const { streams } = await runWhole(
    testApp({ records: clicks, queries: [query(countByWindow, 'windows')], shards: 1 }),
    other.dir,
  )
  expect(streams.out).toEqual(straight.streams.out)
  other.remove()
})

describe('bad and late input', () => {
  test('a record that is none is dead and on the error stream; a late row is late and on the late stream', async () => {
    const records = [
      click('a', 1, 5),
      { key: 'a', value: '{"id": "cut' },
      { key: 'a', value: { id: 'a', n: 'ten', ts: '2026-01-01 00:00:06' } },
      click('a', 1, 30),
      click('a', 1, 3),
    ]
    const { report, streams } = await runWhole(
      testApp({ records, queries: [query(countByWindow, 'windows')], shards: 1 }),
      temp.dir,
    )
    expect(streams['q.error_stream']!.map((text) => JSON.parse(text).ERROR_NAME)).toEqual([
      'ParseError',
      'CoercionError',
    ])
    expect(streams['q.late']).toHaveLength(1)
    expect(report.stages.find(({ name }) => name === 'q')).toMatchObject({ in: 5, out: 2, late: 1, dead: 2 })
  })

  test('a program that is refused is refused at the start', async () => {
    const app = testApp({
      records: clicks,
      queries: [query('INSERT INTO counts SELECT nothing FROM clicks;', 'counts')],
    })
    await expect(start(app, temp.dir)).rejects.toThrow(/QUERY_INVALID.*SQL2002/s)
  })
})

test('a changed program gets its state rebuilt from the log', async () => {
  await runWhole(
    testApp({ records: clicks.slice(0, 20), queries: [query(countById, 'counts')], shards: 1 }),
    temp.dir,
  )
  const changed = query('INSERT INTO counts SELECT id, SUM(n) FROM clicks GROUP BY id;', 'counts')
  const { app } = await start(testApp({ records: clicks, queries: [changed], shards: 1 }), temp.dir)
  await app.runToEnd()
  const { streams } = leftBehind(app.store)
  const report = await app.close()
  expect(report.warnings.map(({ code }) => code)).toContain('STATE_REBUILT')
  // What the new program puts out after the change counts from the first click on.
  const last = new Map(
    streams
      .out!.map((text) => JSON.parse(text).after)
      .filter(Boolean)
      .map((row) => [row.id, row.n]),
  )
  const sums = new Map<string, number>()
  for (const { value } of clicks) sums.set(value.id, (sums.get(value.id) ?? 0) + value.n)
  expect(Object.fromEntries(last)).toEqual(Object.fromEntries(sums))
})
