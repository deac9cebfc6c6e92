import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineBuckets, objectStreamName } from '@millrace/runtime'
import { openStore, type Store } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bucketPlaces, bucketsOf } from './buckets-of.ts'
import { appendObjectCreated, decodeEventKey, encodeEventKey, type S3EventRecord } from './object-events.ts'

const start = Date.UTC(2026, 5, 1, 12, 30)
const seed = Number(process.env.MILLRACE_SEED ?? 9_182)
let dir: string
let store: Store
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-events-'))
  store = await openStore({ dir, clock: new VirtualClock(start) })
})
afterEach(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

function recordsOf(bucket: string): { key: string; record: S3EventRecord }[] {
  const { batches } = store.read(objectStreamName(bucket), 0, 0, { maxRecords: 100, maxBytes: 1 << 20 })
  return batches.flatMap((batch) => {
    if ('reason' in batch) return []
    const { bytes, keyStart, dataStart, count } = batch
    return Array.from({ length: count }, (_, i) => ({
      key: Buffer.from(bytes.subarray(keyStart[i], keyStart[i + 1])).toString(),
      record: JSON.parse(Buffer.from(bytes.subarray(dataStart[i], dataStart[i + 1])).toString()),
    }))
  })
}

describe('news of stored objects', () => {
  const object = {
    key: 'in/año 1+2.json',
    bytes: 17,
    etag: 'd41d8cd98f00b204e9800998ecf8427e',
    modifiedAt: start,
  }

  test('have the shape of S3, version 2.1', () => {
    store.defineStream({ name: 'lake.objects', shards: 1, retentionMs: 86_400_000 })
    const commit = store.commit((transaction) => {
      appendObjectCreated(transaction, 'lake', object, { region: 'eu-west-1' })
      return transaction.commit
    })
    const [{ key, record } = expect.unreachable()] = recordsOf('lake')
    expect(key).toBe(object.key)
    expect(record).toEqual({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'eu-west-1',
      eventTime: '2026-06-01T12:30:00.000Z',
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'millrace' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: {
        'x-amz-request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
        'x-amz-id-2': expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'object-created',
        bucket: { name: 'lake', ownerIdentity: { principalId: 'millrace' }, arn: 'arn:aws:s3:::lake' },
        object: {
          key: 'in/a%C3%B1o+1%2B2.json',
          size: 17,
          eTag: object.etag,
          sequencer: commit.toString(16).toUpperCase().padStart(16, '0'),
        },
      },
    })
  })

  test('of one key have sequencers that grow, and uploads in parts are named so', () => {
    store.defineStream({ name: 'lake.objects', shards: 1, retentionMs: 86_400_000 })
    for (let i = 0; i < 20; i++) {
      store.commit((transaction) =>
        appendObjectCreated(transaction, 'lake', i === 19 ? { ...object, etag: `${object.etag}-2` } : object),
      )
    }
    const records = recordsOf('lake').map(({ record }) => record)
    const sequencers = records.map(({ s3 }) => s3.object.sequencer)
    expect([...sequencers].sort()).toEqual(sequencers)
    expect(new Set(sequencers).size).toBe(20)
    expect(records[19]?.eventName).toBe('ObjectCreated:CompleteMultipartUpload')
  })

  test('a key longer than a record may have stands for itself by its MD5', () => {
    store.defineStream({ name: 'lake.objects', shards: 1, retentionMs: 86_400_000 })
    const key = 'x/'.repeat(200).slice(0, -1)
    store.commit((transaction) => appendObjectCreated(transaction, 'lake', { ...object, key }))
    const [{ key: recordKey, record } = expect.unreachable()] = recordsOf('lake')
    expect(recordKey).toMatch(/^[0-9a-f]{32}$/)
    expect(record.s3.object.key).toBe(key)
  })

  test('where nobody has declared the bucket the transaction goes on', () => {
    store.defineStream({ name: 'other', shards: 1, retentionMs: 86_400_000 })
    store.commit((transaction) => {
      appendObjectCreated(transaction, 'lake', object)
      transaction.append('other', [{ key: Buffer.from('k'), data: Buffer.from('d') }])
    })
    expect(store.shard('other', 0).next).toBe(1)
  })

  test(`keys in events read back (seed ${seed})`, () => {
    expect(encodeEventKey("a b/c(1)!~*'é")).toBe('a+b/c%281%29%21%7E*%27%C3%A9')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        const encoded = encodeEventKey(key)
        expect(encoded).toMatch(/^[A-Za-z0-9\-_.*/+%]*$/)
        expect(decodeEventKey(encoded)).toBe(key)
      }),
      { seed },
    )
  })
})

describe('the buckets of a store', () => {
  test('are where the store says, also for who opens it without the app', async () => {
    const elsewhere = join(dir, 'elsewhere')
    defineBuckets(store, [
      { name: 'lake', place: undefined },
      { name: 'mine', place: { kind: 'folder', dir: elsewhere } },
    ])
    expect([...bucketPlaces(store)]).toEqual([['mine', { kind: 'folder', dir: elsewhere }]])
    expect(bucketsOf(store)).toBe(bucketsOf(store))
    expect(bucketsOf(store).open('mine').url).toMatch(/\/elsewhere$/)
    expect(bucketsOf(store).open('lake').url).toMatch(/\/buckets\/lake$/)
    defineBuckets(store, [{ name: 'mine', place: undefined }])
    expect(bucketPlaces(store).size).toBe(0)
  })

  test('a place of a kind that nobody knows is named', () => {
    defineBuckets(store, [{ name: 'odd', place: { kind: 'tape' } }])
    expect(() => bucketPlaces(store)).toThrow(
      expect.objectContaining({
        code: 'BUCKET_PLACE_INVALID',
        message: expect.stringMatching(/"odd".*tape/),
      }),
    )
  })
})
