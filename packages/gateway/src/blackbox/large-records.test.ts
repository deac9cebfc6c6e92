/** Records of 10 MiB, the largest that there are, through every way in and out, by clients as they come. */
import { hash } from 'node:crypto'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import type { BlackboxClient, Members } from './client.ts'
import { JsSdkClient } from './clients/js-sdk-client.ts'
import { PlainClient } from './clients/plain-client.ts'
import { jsonCodec, ownCborCodec } from './clients/plain-codecs.ts'

const key = 'k'
/** With its key, 10 MiB. */
const dataOf = (fill: number): Buffer => Buffer.alloc(10 * 1024 * 1024 - key.length, fill)
const digest = (data: unknown): string => hash('sha256', data as Uint8Array)
const StreamName = 'large'
let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const ways: readonly (readonly [string, () => BlackboxClient])[] = [
  ['JSON over HTTP/2', () => new JsSdkClient({ ...server, http: 2 })],
  ['JSON over HTTP/1.1', () => new JsSdkClient({ ...server, http: 1 })],
  ['plain JSON', () => new PlainClient({ ...server, codec: jsonCodec, clock: systemClock })],
  ['CBOR', () => new PlainClient({ ...server, codec: ownCborCodec, clock: systemClock })],
]

describe.each(ways)('by %s', (_, open) => {
  test('a record of 10 MiB is put, read and pushed whole; a byte more is refused', {
    timeout: 60_000,
  }, async () => {
    const client = open()
    const call = (operation: string, input: Members) => client.call(operation, input, 'owner')
    await call('CreateStream', { StreamName, ShardCount: 1, MaxRecordSizeInKiB: 10_240 })
    const [one, two] = [dataOf(1), dataOf(2)]
    const { ShardId } = await call('PutRecord', { StreamName, PartitionKey: key, Data: one })
    const many = { StreamName, Records: [{ PartitionKey: key, Data: two }] }
    expect(await call('PutRecords', many)).toMatchObject({ FailedRecordCount: 0 })
    const over = { StreamName, PartitionKey: `${key}k`, Data: one }
    await expect(call('PutRecord', over)).rejects.toMatchObject({ type: 'InvalidArgumentException' })

    const first = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
    let { ShardIterator } = await call('GetShardIterator', first)
    for (const data of [one, two]) {
      const page: Members = await call('GetRecords', { ShardIterator })
      const records = page.Records as readonly Members[]
      expect(records.map(({ Data }) => digest(Data))).toEqual([digest(data)])
      ShardIterator = page.NextShardIterator
    }
    const { StreamDescriptionSummary } = await call('DescribeStreamSummary', { StreamName })
    const { StreamARN } = StreamDescriptionSummary as Members
    const registered = await call('RegisterStreamConsumer', { StreamARN, ConsumerName: 'c' })
    const { ConsumerARN } = registered.Consumer as Members
    const start = { ConsumerARN, ShardId, StartingPosition: { Type: 'TRIM_HORIZON' } }
    const events = await client.subscribe(start, 'owner', 2)
    const pushed = events.flatMap(({ Records }) => (Records ?? []) as readonly Members[])
    expect(pushed.map(({ Data }) => digest(Data))).toEqual([digest(one), digest(two)])
    await call('DeleteStream', { StreamName, EnforceConsumerDeletion: true })
    await client.close()
    expect(server.failures).toEqual([])
  })
})
