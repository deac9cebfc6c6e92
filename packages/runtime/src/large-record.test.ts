/** The largest records that streams take, 10 MiB, through each kind of stage. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppDefinition, FlinkQueryStage, StageDefinition } from './app-model.ts'
import { expectConserved, itemTable, passThrough, save, start, tempDir } from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const largest = 10 * 1024 * 1024
const key = Buffer.from('k')

function appOf(stage: StageDefinition): AppDefinition {
  const streams = ['in', 'out'].map((name) => ({ name, shards: 1, retentionMs: Number.POSITIVE_INFINITY }))
  return { name: 'test', streams, tables: [itemTable], stages: [stage] }
}

/** Each of 10 MiB: an object with a long text, and what is no JSON. */
function records(): { key: Buffer; data: Buffer }[] {
  const frame = '{"id":"a","n":1,"text":""}'
  const good = `{"id":"a","n":1,"text":"${'x'.repeat(largest - frame.length)}"}`
  return [Buffer.from(good), Buffer.alloc(largest, 0xff), Buffer.from('{"id":"b","n":2}')].map((data) => ({
    key,
    data,
  }))
}

const flink: FlinkQueryStage = {
  kind: 'query',
  name: 'q',
  dialect: 'flink',
  text: `CREATE TABLE a (id STRING, n INT, text STRING) WITH ('connector' = 'stream');
    CREATE TABLE b (id STRING, n INT, length INT) WITH ('connector' = 'stream');
    INSERT INTO b SELECT id, n, CHAR_LENGTH(text) FROM a;`,
  fileName: 'q.sql',
  inputs: [{ table: 'a', stream: 'in' }],
  outputs: [{ from: 'b', stream: 'out', partitionKey: undefined, format: undefined }],
  lookups: [],
  functions: [],
}
const parse = save(
  (batch) => {
    for (const record of batch) record.json()
  },
  { maxRetries: 0, batchSize: 1 },
)

test.each([
  ['a function', parse, { out: 2, dead: 1 }],
  ['a Flink query', flink, { out: 2, dead: 1 }],
  // Rows of this dialect have 512 KiB at most.
  ['a KDA query', passThrough(), { out: 1, dead: 2 }],
] as const)(
  '%s takes the largest records, and sets those aside that it cannot read',
  async (_, stage, fate) => {
    const { app } = await start(appOf(stage), temp.dir)
    for (const record of records()) app.store.commit((transaction) => transaction.append('in', [record]))
    await app.runUntilIdle()
    const report = await app.close()
    expectConserved(report)
    expect(report.stages[0]).toMatchObject({ in: 3, ...fate })
  },
)
