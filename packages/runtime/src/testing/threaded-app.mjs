/** The app of the tests with worker threads, as a loader module: plain JavaScript, since Node imports it in each thread. */
import { makeTableHandle, mappingDefaults } from '../../dist/index.js'

const encoder = new TextEncoder()
const table = { name: 'items', partitionKey: { name: 'id', type: 'string' } }

/** spec: { records, failAt?, openEnd?, crashAt?, badProgram?, holdSave? } */
export function loadApp(spec) {
  const items = makeTableHandle(table)
  return {
    name: 'threaded',
    streams: ['in', 'out'].map((name) => ({ name, shards: 2, retentionMs: 86_400_000 })),
    tables: [table],
    stages: [
      { kind: 'source', name: 'feed', into: 'in', open: (context) => countingSource(context, spec) },
      {
        kind: 'query',
        name: 'pass',
        dialect: 'kda',
        fileName: 'pass.sql',
        text:
          spec.badProgram ??
          `CREATE OR REPLACE STREAM "DEST" ("id" VARCHAR(16), "n" INTEGER);
          CREATE OR REPLACE PUMP "P" AS INSERT INTO "DEST" SELECT STREAM "id", "n" FROM "SOURCE_SQL_STREAM_001";`,
        input: {
          stream: 'in',
          name: 'SOURCE_SQL_STREAM_001',
          columns: [
            { name: 'id', type: 'VARCHAR(16)', path: '$.id' },
            { name: 'n', type: 'INTEGER', path: '$.n' },
          ],
          preprocess: undefined,
        },
        references: [],
        outputs: [{ from: 'DEST', stream: 'out', partitionKey: 'id' }],
      },
      {
        kind: 'function',
        name: 'save',
        from: 'out',
        mapping: { ...mappingDefaults, batchSize: 50, parallelization: 3, maxRetries: 0 },
        code: {
          form: 'batch',
          handler: async (records, { signal }) => {
            if (spec.holdSave) {
              await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
              signal.throwIfAborted()
            }
            if (spec.crashAt !== undefined && records.some((record) => record.json().n === spec.crashAt)) {
              setTimeout(() => {
                throw new Error('nobody catches this')
              }, 0)
            }
            return items.put(records)
          },
        },
      },
    ],
  }
}

function countingSource(context, spec) {
  let at = context.position ?? 0
  return {
    async read(builders) {
      if (at === spec.failAt) throw new Error('the outside is gone')
      const to = Math.min(spec.records, at + 100, spec.failAt ?? Number.POSITIVE_INFINITY)
      for (let n = at; n < to; n++) {
        const key = encoder.encode(`k${n % 50}`)
        const data = encoder.encode(JSON.stringify({ id: `i${n}`, n }))
        builders[context.route(key, 0, key.length)].add(key, 0, key.length, data, 0, data.length, 0)
      }
      const taken = to - at
      at = to
      const ended = at === spec.records
      if (ended && spec.openEnd && taken === 0) await context.clock.sleep(3_600_000, context.signal)
      return { position: at, taken, dead: [], done: ended && !spec.openEnd }
    },
    async close() {},
  }
}
