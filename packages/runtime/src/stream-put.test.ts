/** What functions put to streams: in their commit, routed by key or hash, one by one or packed. */
import type { Store } from '@millrace/store'
import { deaggregate, hashToBigInt, md5Words } from '@millrace/values'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PutOptions, type PutRecord, putToStream } from './stream-put.ts'
import { expectConserved, save, start, tempDir, testApp } from './testing/app-kit.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

function hashOf(key: string): bigint {
  const words = new Uint32Array(4)
  const bytes = encoder.encode(key)
  md5Words(bytes, 0, bytes.length, words)
  return hashToBigInt(words)
}

interface Found {
  readonly shard: number
  readonly key: string
  readonly data: string
}

/** All user records of a stream; asserts that no aggregate would be discarded by a reader who checks the shard's range. */
function userRecords(store: Store, stream: string): { found: Found[]; records: number } {
  const found: Found[] = []
  let records = 0
  for (const { shard, range } of store.stream(stream)!.shardInfos) {
    for (const batch of store.read(stream, shard, 0, { maxRecords: 1e6, maxBytes: 1e9 }).batches) {
      if (!('count' in batch)) throw new Error(batch.reason)
      for (let i = 0; i < batch.count; i++) {
        records++
        const partitionKey = decoder.decode(batch.bytes.subarray(batch.keyStart[i], batch.keyStart[i + 1]))
        const data = batch.bytes.subarray(batch.dataStart[i], batch.dataStart[i + 1])
        const { outcome, records: inner } = deaggregate({ partitionKey, data }, range)
        expect(['plain', 'aggregate']).toContain(outcome)
        for (const each of inner)
          found.push({ shard, key: each.partitionKey, data: decoder.decode(each.data) })
      }
    }
  }
  return { found, records }
}

async function putAll(puts: readonly PutRecord[], options?: PutOptions) {
  const temp = tempDir()
  const handler = save(() => putToStream('out', puts, options), { maxRetries: 0 })
  const { app } = await start(
    testApp({ records: [{ key: 'k', value: {} }], functions: [handler], shards: 3 }),
    temp.dir,
  )
  await app.runToEnd()
  const left = userRecords(app.store, 'out')
  const { shardInfos } = app.store.stream('out')!
  const dead = [...app.store.scan('dead-letters')].map(({ json }) => decoder.decode(json)).join()
  const report = await app.close()
  expectConserved(report)
  temp.remove()
  return { ...left, shardInfos, report, dead }
}

const texts = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' })
const puts = fc.array(
  fc.record(
    {
      partitionKey: texts,
      value: texts,
      explicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
    },
    { requiredKeys: ['partitionKey', 'value'] },
  ),
  { minLength: 1, maxLength: 40 },
)

test('packed or not, each record stands once in the shard of its hash, and those of a key and hash in order', async () => {
  await fc.assert(
    fc.asyncProperty(puts, fc.constantFrom(false, true, 60, 300), async (list, aggregate) => {
      const { found, records, shardInfos } = await putAll(list, { aggregate })
      expect(found).toHaveLength(list.length)
      if (aggregate === false) expect(records).toBe(list.length)
      const expected = list.map(({ partitionKey, value, explicitHashKey }) => {
        const hash = explicitHashKey === undefined ? hashOf(partitionKey) : BigInt(explicitHashKey)
        const { shard } = shardInfos.find(({ range }) => range.start <= hash && hash <= range.end)!
        return { shard, key: partitionKey, data: JSON.stringify(value) }
      })
      for (const { shard } of shardInfos) {
        const inShard = (each: Found): boolean => each.shard === shard
        expect(found.filter(inShard)).toEqual(expected.filter(inShard))
      }
    }),
    { numRuns: 25 },
  )
})

test('many small records take few records of the stream', async () => {
  const list = Array.from({ length: 1_000 }, (_, i) => ({ partitionKey: `k${i % 50}`, value: { n: i } }))
  const { found, records } = await putAll(list, { aggregate: true })
  expect(found).toHaveLength(1_000)
  expect(records).toBe(3)
})

test.each([
  [{ partitionKey: '', value: 1 }, undefined, /partition key/],
  [{ partitionKey: 'k', value: 1, explicitHashKey: '-1' }, undefined, /explicit hash key/],
  [{ partitionKey: 'k', value: 1, explicitHashKey: String(2n ** 128n) }, undefined, /explicit hash key/],
  [{ partitionKey: 'k', value: 1 }, { aggregate: 0 }, /size of aggregates/],
])('what cannot be stored is refused with the reason: %j %j', async (record, options, reason) => {
  const { report, found, dead } = await putAll([record], options)
  expect(found).toEqual([])
  expect(report.stages.find(({ name }) => name === 'save')).toMatchObject({ dead: 1 })
  expect(dead).toMatch(reason)
})

test('outside a function there is no commit to be part of', () => {
  expect(() => putToStream('out', { partitionKey: 'k', value: 1 })).toThrow(/STREAM_OUTSIDE_STAGE/)
})
