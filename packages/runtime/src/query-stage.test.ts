import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { QueryStage } from './app-model.ts'
import { dropped, type Preprocess, type PreprocessRecord } from './preprocess-api.ts'
import {
  expectConserved,
  passThrough,
  readAll,
  runWhole,
  start,
  startMs,
  tempDir,
  testApp,
} from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

function errorsOf(texts: readonly string[] | undefined): Record<string, unknown>[] {
  return (texts ?? []).map((text) => JSON.parse(text))
}

function withPreprocess(preprocess: Preprocess): QueryStage {
  const stage = passThrough()
  return { ...stage, input: { ...stage.input, preprocess } }
}

describe('bad input', () => {
  test('goes to the error stream with reason, bytes and place; the pipeline goes on; counts balance', async () => {
    const records = [
      { key: 'a', value: { id: 'good', n: 1 } },
      { key: 'a', value: '{"id": "cut' },
      { key: 'a', value: { id: 'x', n: 'ten' } },
      { key: 'a', value: { id: 'x', n: 3e9 } },
      { key: 'a', value: { id: 'y'.repeat(600_000), n: 1 } },
      { key: 'a', value: '\u0000' },
      { key: 'a', value: '' },
      { key: 'a', value: { id: 'last', n: 2 } },
    ]
    const app = testApp({ records, queries: [passThrough()], shards: 1 })
    const { report, streams } = await runWhole(app, temp.dir)
    expect(streams.out).toEqual(['{"id":"good","n":1}', '{"id":"last","n":2}'])
    const rows = errorsOf(streams['pass.error_stream'])
    expect(rows.map((row) => row.ERROR_NAME)).toEqual([
      'ParseError',
      'CoercionError',
      'CoercionError',
      'RowTooLarge',
      'ParseError',
      'ParseError',
    ])
    expect(rows[0]).toMatchObject({
      ERROR_LEVEL: 'ERROR',
      DATA_ROW: Buffer.from('{"id": "cut').toString('hex'),
      SHARD_ID: 'shardId-000000000000',
      SEQUENCE_NUMBER: '1',
      PUMP_NAME: '',
      DATA_ROWTIME: '2026-01-01 00:00:00.000',
    })
    expect(rows[1]!.MESSAGE).toContain('$.n')
    expect(String(rows[3]!.DATA_ROW)).toHaveLength(49_152)
    expect(report.stages[1]).toMatchObject({ in: 8, out: 2, filtered: 0, dead: 6, errors: 6, emitted: 2 })
    expect(report.warnings).toMatchObject([{ code: 'VALUES_REFUSED' }])
    expect(report.warnings[0]!.message).toMatch(/2 values did not fit column "n".*First: .*"ten"/)
  })
})

describe('preprocessing', () => {
  const records = Array.from({ length: 40 }, (_, n) => ({ key: `k${n % 3}`, value: { id: `i${n}`, n } }))

  test('returns the record, another value or dropped; a throw or anything else is a PreprocessingFailed row', async () => {
    const app = testApp({
      records,
      queries: [
        // Untyped code may return anything.
        withPreprocess(((record: PreprocessRecord) => {
          const n = record.get('$.n') as number
          if (n % 4 === 0) return dropped
          if (n % 4 === 1) return record.set('id', `set-${record.partitionKey}`)
          if (n % 4 === 2) return { id: `new${n}`, n: n + 1000 }
          if (n === 3) throw new Error('not this one')
          return n === 7 ? 'text' : n === 11 ? Promise.resolve(record) : record
        }) as Preprocess),
      ],
    })
    const { report, streams } = await runWhole(app, temp.dir)
    expect(report.stages[1]).toMatchObject({ in: 40, out: 27, filtered: 10, dead: 3, errors: 3 })
    expect(streams.out).toContain('{"id":"set-k1","n":1}')
    expect(streams.out).toContain('{"id":"new2","n":1002}')
    expect(streams.out).toContain('{"id":"i39","n":39}')
    const rows = errorsOf(streams['pass.error_stream'])
    expect(rows.map((row) => row.ERROR_NAME)).toEqual(Array(3).fill('PreprocessingFailed'))
    expect(rows.map((row) => row.MESSAGE).join()).toMatch(/not this one/)
  })
})

describe('time', () => {
  const counting = passThrough({
    name: 'count',
    text: `CREATE OR REPLACE STREAM "DEST" ("id" VARCHAR(16), "n" INTEGER);
      CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "id", COUNT(*) FROM "SOURCE_SQL_STREAM_001"
        GROUP BY "id", STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '10' SECOND);`,
  })

  test('windows close by the clock while nothing arrives, and only when their time is over', async () => {
    const records = Array.from({ length: 20 }, (_, n) => ({ key: 'k', value: { id: `i${n % 2}`, n } }))
    const clock = new VirtualClock(startMs)
    const { app } = await start(testApp({ records, queries: [counting] }), temp.dir, { clock })
    await app.advance(9_000)
    expect(readAll(app.store, 'out')).toEqual([])
    await app.advance(3_000)
    expect(readAll(app.store, 'out').sort()).toEqual(['{"id":"i0","n":10}', '{"id":"i1","n":10}'])
    expectConserved(await app.close())
  })

  test('a window that was open when the app stopped closes after its restart, with all it had seen', async () => {
    const records = Array.from({ length: 20 }, (_, n) => ({ key: 'k', value: { id: `i${n % 2}`, n } }))
    const clock = new VirtualClock(startMs)
    const first = await start(testApp({ records: records.slice(0, 13), queries: [counting] }), temp.dir, {
      clock,
    })
    await first.app.runToEnd()
    await first.app.close()
    const second = await start(testApp({ records, queries: [counting] }), temp.dir, { clock })
    await second.app.advance(12_000)
    expect(readAll(second.app.store, 'out').sort()).toEqual(['{"id":"i0","n":10}', '{"id":"i1","n":10}'])
    expectConserved(await second.app.close())
  })
})

describe('references', () => {
  const joined = (file: string): QueryStage =>
    passThrough({
      text: `CREATE OR REPLACE STREAM "DEST" ("id" VARCHAR(16), "name" VARCHAR(16));
        CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM s."id", r."name"
          FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "names" AS r ON s."n" = r."n";`,
      references: [
        {
          name: 'names',
          file,
          columns: [
            { name: 'n', type: 'INTEGER', path: '$.n' },
            { name: 'name', type: 'VARCHAR(16)', path: '$.name' },
          ],
        },
      ],
    })
  const records = [
    { key: 'k', value: { id: 'a', n: 1 } },
    { key: 'k', value: { id: 'b', n: 9 } },
  ]

  test.each([
    ['an array', '[{"n":1,"name":"one"},\n {"n":2,"name":"two"}]\n'],
    ['lines', '{"n":1,"name":"one"}\n{"n":2,"name":"two"}\n'],
    ['objects over several lines', '\ufeff{\n"n":1,\n"name":"one"} {"n":2,"name":"two"}'],
  ])('are read from %s', async (_, text) => {
    const file = join(temp.dir, 'names.json')
    writeFileSync(file, text)
    const app = testApp({ records, queries: [joined(file)], shards: 1 })
    const { streams } = await runWhole(app, join(temp.dir, 'data'))
    expect(streams.out).toEqual(['{"id":"a","name":"one"}', '{"id":"b","name":null}'])
  })

  test.each([
    ['[{"n":1},\n {"n":]', ':2:7:'],
    ['{"n":1}\n{"n":"x"}', ':2:1:'],
    ['[{"n":1}', ':1:9:'],
    ['[{"n":1} {"n":2}]', ':1:10:'],
    ['[{"n":1}] 5', ':1:11:'],
    ['7', ':1:1:'],
  ])('with a fault are refused at the start with line and column: %s', async (text, place) => {
    const file = join(temp.dir, 'names.json')
    writeFileSync(file, text)
    const app = testApp({ records, queries: [joined(file)] })
    await expect(start(app, join(temp.dir, 'data'))).rejects.toMatchObject({
      code: 'REFERENCE_INVALID',
      message: expect.stringContaining(place),
    })
  })
})

describe('mapping lints', () => {
  test('two columns on one path, and a path that never matched, are warned of', async () => {
    const stage = passThrough()
    const columns = [
      ...stage.input.columns,
      { name: 'itemId', type: 'INTEGER', path: '$.n' },
      { name: 'itemQuantity', type: 'INTEGER', path: '$.data.itemQuantity' },
    ]
    const app = testApp({
      records: Array.from({ length: 30 }, (_, n) => ({
        key: 'k',
        value: { id: 'i', n, data: { itemQuanity: 1 } },
      })),
      queries: [{ ...stage, input: { ...stage.input, columns } }],
    })
    const { report } = await runWhole(app, temp.dir)
    expect(report.warnings).toEqual([
      {
        code: 'COLUMNS_SHARE_PATH',
        message:
          'query "pass": columns "n" and "itemId" both read the path "$.n", so they always hold the same value. Give one of them its own path',
      },
      {
        code: 'PATH_NEVER_MATCHED',
        message:
          'query "pass": the path $.data.itemQuantity of column "itemQuantity" matched none of the records, so the column is always NULL. Compare its spelling with a record: millrace stream read',
      },
    ])
  })

  test('a path that matches late takes its warning back', async () => {
    const stage = passThrough()
    const columns = [...stage.input.columns, { name: 'rare', type: 'INTEGER', path: '$.rare' }]
    const query = { ...stage, input: { ...stage.input, columns } }
    const value = (n: number) => (n < 150 ? { id: 'i', n } : { id: 'i', n, rare: 1 })
    const records = Array.from({ length: 160 }, (_, n) => ({ key: 'k', value: value(n) }))
    const first = await runWhole(testApp({ records: records.slice(0, 140), queries: [query] }), temp.dir)
    expect(first.report.warnings.map((warning) => warning.code)).toEqual(['PATH_NEVER_MATCHED'])
    const { report } = await runWhole(testApp({ records, queries: [query] }), temp.dir)
    expect(report.warnings).toEqual([])
  })

  test('a path that matched in an earlier run is not warned of', async () => {
    const stage = passThrough()
    const columns = [...stage.input.columns, { name: 'rare', type: 'INTEGER', path: '$.rare' }]
    const query = { ...stage, input: { ...stage.input, columns } }
    const records = [
      { key: 'k', value: { id: 'i', n: 1, rare: 1 } },
      ...Array(5).fill({ key: 'k', value: { id: 'i', n: 1 } }),
    ]
    await runWhole(testApp({ records: records.slice(0, 1), queries: [query] }), temp.dir)
    const { report } = await runWhole(testApp({ records, queries: [query] }), temp.dir)
    expect(report.stages[1]!.in).toBe(6)
    expect(report.warnings).toEqual([])
  })
})

test('error_stream is an output like any other, and rows of it are counted', async () => {
  const outputs = [
    { from: 'DEST', stream: 'out', partitionKey: undefined },
    { from: 'error_stream', stream: 'errs', partitionKey: undefined },
  ]
  const records = [{ key: 'k', value: '{' }]
  const app = testApp({ records, queries: [passThrough({ outputs })], moreStreams: ['errs'] })
  const { streams } = await runWhole(app, temp.dir)
  expect(streams.errs).toEqual(streams['pass.error_stream'])
  expect(streams.errs).toHaveLength(1)
})

test('narrowing that overflowed is warned of with count and example, and its rows are on the error stream', async () => {
  const text = `CREATE OR REPLACE STREAM "DEST" ("id" VARCHAR(16), "n" SMALLINT);
    CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "id", "n" FROM "SOURCE_SQL_STREAM_001";`
  const records = [1, 40_000, 2, 50_000].map((n) => ({ key: 'k', value: { id: 'i', n } }))
  const { report, streams } = await runWhole(testApp({ records, queries: [passThrough({ text })] }), temp.dir)
  expect(report.stages[1]).toMatchObject({ in: 4, out: 2, dead: 2, errors: 2 })
  expect(errorsOf(streams['pass.error_stream'])[0]).toMatchObject({
    ERROR_NAME: 'ValueOutOfRange',
    PUMP_NAME: 'P',
  })
  expect(report.warnings).toMatchObject([
    {
      code: 'VALUES_OUT_OF_RANGE',
      message: expect.stringMatching(/^query "pass": 2 values did not fit pump "P"; .*First: .*40000/),
    },
  ])
})

test('rows are routed by the partition key column, or else by the key of their source record', async () => {
  const records = Array.from({ length: 60 }, (_, n) => ({ key: `k${n % 5}`, value: { id: `i${n % 7}`, n } }))
  for (const partitionKey of ['id', 'n', undefined]) {
    const own = tempDir()
    const query = passThrough({ outputs: [{ from: 'DEST', stream: 'out', partitionKey }] })
    const { app } = await start(testApp({ records, queries: [query], shards: 4 }), own.dir)
    await app.runToEnd()
    const wrong: string[] = []
    let count = 0
    for (const { shard, next } of app.store.stream('out')!.shardInfos) {
      for (const batch of next === 0
        ? []
        : app.store.read('out', shard, 0, { maxRecords: 1e6, maxBytes: 1e9 }).batches) {
        if (!('count' in batch)) continue
        for (let i = 0; i < batch.count; i++, count++) {
          const key = Buffer.from(batch.bytes.subarray(batch.keyStart[i], batch.keyStart[i + 1])).toString()
          const row = JSON.parse(
            Buffer.from(batch.bytes.subarray(batch.dataStart[i], batch.dataStart[i + 1])).toString(),
          )
          const expected = partitionKey === undefined ? `k${row.n % 5}` : String(row[partitionKey])
          const bytes = Buffer.from(key)
          if (key !== expected || app.store.route('out', bytes, 0, bytes.length) !== shard) wrong.push(key)
        }
      }
    }
    expect(count).toBe(60)
    expect(wrong).toEqual([])
    await app.close()
    own.remove()
  }
})

describe('another program on the same data directory', () => {
  const counting = (minutes: number) =>
    passThrough({
      text: `CREATE OR REPLACE STREAM "DEST" ("id" VARCHAR(16), "n" BIGINT);
      CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "id", COUNT(*) OVER W FROM "SOURCE_SQL_STREAM_001"
        WINDOW W AS (PARTITION BY "id" RANGE INTERVAL '${minutes}' MINUTE PRECEDING);`,
    })
  const records = Array.from({ length: 10 }, (_, n) => ({ key: 'k', value: { id: 'i', n } }))

  test('drops state that has no place in it, and says so', async () => {
    await runWhole(testApp({ records: records.slice(0, 5), queries: [counting(30)] }), temp.dir)
    const { report } = await runWhole(testApp({ records, queries: [passThrough()] }), temp.dir)
    expect(report.warnings.map((warning) => warning.code)).toEqual(['STATE_DROPPED'])
  })

  test('gets new state rebuilt from the log, as if it had run from the start', async () => {
    await runWhole(testApp({ records: records.slice(0, 5), queries: [counting(30)] }), temp.dir)
    const { report, streams } = await runWhole(testApp({ records, queries: [counting(20)] }), temp.dir)
    expect(report.warnings.map((warning) => warning.code)).toEqual(['STATE_REBUILT'])
    expect(streams.out!.map((text) => JSON.parse(text).n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const again = await runWhole(testApp({ records, queries: [counting(20)] }), temp.dir)
    expect(again.report.warnings).toEqual([])
  })
})

describe('metadata columns', () => {
  test('are filled where the program reads them', async () => {
    const stage = passThrough()
    const records = Array.from({ length: 3 }, (_, n) => ({ key: `k${n}`, value: { id: `i${n}`, n } }))
    const [input] = [stage.input.name]
    const query: QueryStage = {
      ...stage,
      text: `CREATE OR REPLACE STREAM "OUT" ("id" VARCHAR(64), "n" INTEGER);
        CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
        SELECT STREAM s.PARTITION_KEY || '/' || SHARD_ID || '/' || s.SEQUENCE_NUMBER, s."n"
        FROM "${input}" AS s WHERE APPROXIMATE_ARRIVAL_TIME = s.ROWTIME;`,
      outputs: stage.outputs.map((output) => ({ ...output, from: 'OUT' })),
    }
    const { streams } = await runWhole(testApp({ records, queries: [query], shards: 1 }), temp.dir)
    expect(streams.out).toEqual([0, 1, 2].map((n) => `{"id":"k${n}/shardId-000000000000/${n}","n":${n}}`))
  })
})

describe('records that are not one JSON object each', () => {
  const columns = (paths: boolean) => [
    { name: 'id', type: 'VARCHAR(16)', path: paths ? '$.id' : '' },
    { name: 'n', type: 'INTEGER', path: paths ? '$.n' : '' },
  ]

  test('CSV: several rows in a record, delimiters of its own; a bad one is dead', async () => {
    const stage = passThrough()
    const format = { record: 'CSV', columnDelimiter: ';', rowDelimiter: '|' } as const
    const query = { ...stage, input: { ...stage.input, columns: columns(false), format } }
    const records = ['a;1|b;2', 'c;x', '"d;e";3'].map((value) => ({ key: 'k', value }))
    const { streams } = await runWhole(testApp({ records, queries: [query], shards: 1 }), temp.dir)
    expect(streams.out).toEqual(['{"id":"a","n":1}', '{"id":"b","n":2}', '{"id":"d;e","n":3}'])
    expect(errorsOf(streams['pass.error_stream']).map((row) => row.ERROR_NAME)).toEqual(['CoercionError'])
  })

  test('JSON with a row path: a row for each element', async () => {
    const stage = passThrough()
    const format = { record: 'JSON', rowPath: '$.rows' } as const
    const query = { ...stage, input: { ...stage.input, columns: columns(true), format } }
    const records = [
      {
        key: 'k',
        value: {
          rows: [
            { id: 'a', n: 1 },
            { id: 'b', n: 2 },
          ],
        },
      },
    ]
    const { streams } = await runWhole(testApp({ records, queries: [query], shards: 1 }), temp.dir)
    expect(streams.out).toEqual(['{"id":"a","n":1}', '{"id":"b","n":2}'])
  })
})

test('a reference table is replaced as a whole on request; a faulty file leaves it as it was', async () => {
  const file = join(temp.dir, 'names.json')
  const columns = [
    { name: 'id', type: 'VARCHAR(16)', path: '$.id' },
    { name: 'name', type: 'VARCHAR(16)', path: '$.name' },
  ]
  const query = passThrough({
    text: `CREATE STREAM "DEST" ("n" INTEGER, "name" VARCHAR(16));
      CREATE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM s."n", r."name" FROM "SOURCE_SQL_STREAM_001" AS s
        LEFT JOIN "names" AS r ON s."id" = r."id";`,
    references: [{ name: 'names', file, columns }],
    outputs: [{ from: 'DEST', stream: 'out', partitionKey: undefined }],
  })
  const own = tempDir()
  const fed: { key: string; value: unknown }[] = []
  const app = testApp({ records: fed, queries: [query], shards: 1 })
  const give = (n: number) => {
    fed.push({ key: 'k', value: { id: 'a', n } })
  }
  const runs: [number, string][] = [
    [1, '{"id":"a","name":"old"}'],
    [2, '{"id":"a","name":"new"}'],
  ]
  for (const [n, text] of runs) {
    writeFileSync(file, text)
    give(n)
    const { app: running } = await start(app, own.dir)
    await running.runToEnd()
    if (n === 2) {
      writeFileSync(file, '{"id": broken')
      expect(() => running.reload()).toThrow(/names\.json/)
      writeFileSync(file, '{"id":"a","name":"newest"}')
      running.reload()
    }
    await running.close()
  }
  const { app: last } = await start(app, own.dir)
  expect(readAll(last.store, 'out')).toEqual(['{"n":1,"name":"old"}', '{"n":2,"name":"new"}'])
  await last.close()
  own.remove()
})
