import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { PutRecordsEntry } from './put-records.ts'
import {
  awsRates,
  type DataKit,
  dataKit,
  defaultSettings,
  errorOf,
  HOUR_MS,
  parsedReply,
} from './testing/data-kit.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const entry = (key: string, data = key): PutRecordsEntry => ({ Data: bytes(data), PartitionKey: key })

interface PutReply {
  FailedRecordCount: number
  EncryptionType?: string
  Records: { SequenceNumber?: string; ShardId?: string; ErrorCode?: string; ErrorMessage?: string }[]
}

interface GetReply {
  Records: {
    SequenceNumber: string
    Data: string
    PartitionKey: string
    ApproximateArrivalTimestamp: number
    EncryptionType?: string
  }[]
  NextShardIterator?: string
  MillisBehindLatest: number
  ChildShards?: object[]
}

async function put(kit: DataKit, records: PutRecordsEntry[], stream = 's'): Promise<PutReply> {
  const reply = await kit.data.operations.PutRecords.run(
    { Records: records, StreamName: stream },
    kit.call(),
    kit.context,
  )
  return parsedReply(reply) as PutReply
}

async function iterator(
  kit: DataKit,
  shard: number,
  place: object = { ShardIteratorType: 'TRIM_HORIZON' },
): Promise<string> {
  const input = { StreamName: 's', ShardId: `shardId-00000000000${shard}`, ...place }
  const reply = await kit.data.operations.GetShardIterator.run(input as never, kit.call(), kit.context)
  return (reply as { ShardIterator: string }).ShardIterator
}

async function get(kit: DataKit, ShardIterator: string, Limit?: number): Promise<GetReply> {
  return parsedReply(
    await kit.data.operations.GetRecords.open({ ShardIterator, Limit }, kit.call(), kit.context),
  ) as GetReply
}

const texts = (reply: GetReply): string[] =>
  reply.Records.map(({ Data }) => Buffer.from(Data, 'base64').toString())

async function kitWith(shards: number, options: Parameters<typeof dataKit>[0] = {}): Promise<DataKit> {
  const kit = await dataKit(options)
  kit.store.defineStream({ name: 's', shards, retentionMs: 24 * HOUR_MS })
  return kit
}

describe('puts', () => {
  it('go to the shard of the key or of the explicit hash, and answer in request order', async () => {
    const kit = await kitWith(4)
    const records = Array.from({ length: 100 }, (_, i) => entry(`key ${i} é`))
    const top = String(2n ** 128n - 1n)
    const reply = await put(kit, [
      ...records,
      { ...entry('x'), ExplicitHashKey: top },
      { ...entry('x'), ExplicitHashKey: '0' },
    ])
    expect(reply.FailedRecordCount).toBe(0)
    expect(reply).not.toHaveProperty('EncryptionType')
    const shardOf = (key: string): string => {
      const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
      return `shardId-00000000000${hash / 2n ** 126n}`
    }
    expect(reply.Records.map(({ ShardId }) => ShardId)).toEqual([
      ...records.map(({ PartitionKey }) => shardOf(PartitionKey)),
      'shardId-000000000003',
      'shardId-000000000000',
    ])
    const found = new Map<string, string>()
    for (const shard of [0, 1, 2, 3]) {
      const page = await get(kit, await iterator(kit, shard))
      for (const record of page.Records) found.set(record.SequenceNumber, record.PartitionKey)
      const numbers = page.Records.map(({ SequenceNumber }) => BigInt(SequenceNumber))
      expect(numbers).toEqual([...numbers].sort((a, b) => (a < b ? -1 : 1)))
    }
    expect(reply.Records.map(({ SequenceNumber }) => found.get(SequenceNumber!))).toEqual([
      ...records.map(({ PartitionKey }) => PartitionKey),
      'x',
      'x',
    ])
  })

  it('of one turn share one commit, of any number of streams', async () => {
    let commits = 0
    const kit = await kitWith(2, { probe: (point) => (commits += point === 'after-commit' ? 1 : 0) })
    kit.store.defineStream({ name: 't', shards: 1, retentionMs: HOUR_MS })
    const one = kit.data.operations.PutRecord.run(
      { Data: bytes('1'), PartitionKey: 'a', StreamName: 't' },
      kit.call(),
      kit.context,
    )
    const replies = await Promise.all([
      put(kit, [entry('a')]),
      put(kit, [entry('a'), entry('b')], 't'),
      put(kit, [entry('a')]),
      one,
    ])
    expect(commits).toBe(1)
    const numbers = [replies[0], replies[2]].map((reply) => (reply as PutReply).Records[0]!.SequenceNumber)
    expect(new Set(numbers).size).toBe(2)
  })

  it('that share a turn with a stream that is gone are stored all the same', async () => {
    const kit = await kitWith(1)
    kit.store.defineStream({ name: 't', shards: 1, retentionMs: HOUR_MS })
    const replies = [put(kit, [entry('a')]), put(kit, [entry('b'), entry('c')], 't')]
    kit.store.deleteStream('t')
    expect((await replies[0]!).FailedRecordCount).toBe(0)
    expect(await replies[1]!).toEqual({
      FailedRecordCount: 2,
      Records: Array(2).fill({ ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure.' }),
    })
    const single = kit.data.operations.PutRecord.run(
      { Data: bytes(''), PartitionKey: 'k', StreamName: 's' },
      kit.call(),
      kit.context,
    )
    kit.store.deleteStream('s')
    expect(await errorOf(() => single)).toEqual({
      type: 'InternalFailureException',
      message: 'Internal Service Failure.',
    })
  })

  it('that share a turn with the end of their stream and the beginning of another are in neither', async () => {
    const kit = await kitWith(1)
    const replies = [put(kit, [entry('a')]), put(kit, [entry('b')])]
    kit.store.deleteStream('s')
    kit.store.defineStream({ name: 's', shards: 1, retentionMs: HOUR_MS })
    for (const reply of replies) expect((await reply).FailedRecordCount).toBe(1)
    expect((await put(kit, [entry('c')])).FailedRecordCount).toBe(0)
    expect(texts(await get(kit, await iterator(kit, 0)))).toEqual(['c'])
  })

  it('routed before a split and committed after it are in the shards that followed', async () => {
    const kit = await kitWith(1)
    const records = Array.from({ length: 20 }, (_, i) => entry(`k${i}`))
    const half = 2n ** 127n
    const explicit = { ...entry('explicit'), ExplicitHashKey: String(half) }
    const reply = put(kit, [...records, explicit, { ...explicit, ExplicitHashKey: '1' }, entry('last')])
    kit.store.reshard('s', {
      close: [0],
      open: [
        { range: { start: 0n, end: half - 1n }, parents: [0] },
        { range: { start: half, end: 2n * half - 1n }, parents: [0] },
      ],
    })
    const { Records } = await reply
    const numberOf = new Map<string, string>()
    for (const shard of [0, 1, 2]) {
      const page = await get(kit, await iterator(kit, shard))
      for (const [i, data] of texts(page).entries())
        numberOf.set(`${shard} ${data}`, page.Records[i]!.SequenceNumber)
    }
    const placed = Records.map(({ ShardId, SequenceNumber }, i) => {
      const shard = Number(ShardId!.at(-1))
      const data = i < 20 ? `k${i}` : i < 22 ? 'explicit' : 'last'
      expect(numberOf.get(`${shard} ${data}`)).toBe(SequenceNumber)
      return shard
    })
    expect(placed.slice(20, 22)).toEqual([2, 1])
    expect(new Set(placed)).toEqual(new Set([1, 2]))
  })

  it('routed before a merge and committed after it have the numbers of the records they are', async () => {
    const kit = await kitWith(2)
    const records = Array.from({ length: 40 }, (_, i) => entry(`k${i}`))
    const reply = put(kit, records)
    const top = 2n ** 128n - 1n
    kit.store.reshard('s', { close: [0, 1], open: [{ range: { start: 0n, end: top }, parents: [0, 1] }] })
    const { Records } = await reply
    const page = await get(kit, await iterator(kit, 2))
    const numberOf = new Map(
      page.Records.map(({ PartitionKey, SequenceNumber }) => [PartitionKey, SequenceNumber]),
    )
    expect(Records.map(({ SequenceNumber }) => SequenceNumber)).toEqual(
      records.map(({ PartitionKey }) => numberOf.get(PartitionKey)),
    )
    expect(Records.every(({ ShardId }) => ShardId === 'shardId-000000000002')).toBe(true)
  })

  it('with one record that is too large, or a hash outside of the ring, store nothing', async () => {
    const kit = await kitWith(1)
    const invalid = 'InvalidArgumentException'
    const large = { Data: new Uint8Array(1024 * 1024), PartitionKey: 'k' }
    expect(await errorOf(() => put(kit, [entry('a'), large]))).toMatchObject({
      type: invalid,
      message: /Record 2 has 1048577 bytes/,
    })
    expect((await put(kit, [{ ...large, Data: new Uint8Array(1024 * 1024 - 1) }])).FailedRecordCount).toBe(0)
    const many = Array.from({ length: 11 }, () => ({ Data: new Uint8Array(1_000_000), PartitionKey: 'k' }))
    expect(await errorOf(() => put(kit, many))).toEqual({
      type: invalid,
      message: 'Records size exceeds 10 MB limit',
    })
    const out = { ...entry('b'), ExplicitHashKey: String(2n ** 128n) }
    expect(await errorOf(() => put(kit, [entry('a'), out]))).toMatchObject({ type: invalid })
    expect((await get(kit, await iterator(kit, 0))).Records).toHaveLength(1)
    kit.settings.set('s', { ...defaultSettings, maxRecordKiB: 10_240 })
    expect(
      (await put(kit, [{ ...large, Data: new Uint8Array(10 * 1024 * 1024 - 1) }])).FailedRecordCount,
    ).toBe(0)
  })

  it('that exceed a rate fail record by record', async () => {
    const kit = await kitWith(1, { limits: awsRates })
    const records = Array.from({ length: 500 }, (_, i) => entry(`${i}`))
    const replies = await Promise.all([put(kit, records), put(kit, records), put(kit, records)])
    expect(replies.map(({ FailedRecordCount }) => FailedRecordCount)).toEqual([0, 0, 500])
    expect(replies[2]!.Records[499]).toEqual({
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: 'Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.',
    })
    const single = () =>
      kit.data.operations.PutRecord.run(
        { Data: bytes(''), PartitionKey: 'k', StreamName: 's' },
        kit.call(),
        kit.context,
      )
    expect((await errorOf(single)).type).toBe('ProvisionedThroughputExceededException')
    await kit.clock.advance(10)
    // Ten records' worth has come in.
    expect((await put(kit, records)).FailedRecordCount).toBe(490)
    expect((await get(kit, await iterator(kit, 0))).Records).toHaveLength(1_010)
  })

  it('take a number for ordering only if it is one of the stream', async () => {
    const kit = await kitWith(2)
    const one = async (more: object): Promise<{ SequenceNumber: string }> => {
      const input = { Data: bytes(''), PartitionKey: 'k', StreamName: 's', ...more }
      return parsedReply(await kit.data.operations.PutRecord.run(input, kit.call(), kit.context)) as {
        SequenceNumber: string
      }
    }
    const first = await one({})
    const second = await one({ SequenceNumberForOrdering: first.SequenceNumber })
    expect(BigInt(second.SequenceNumber) > BigInt(first.SequenceNumber)).toBe(true)
    const future = String(BigInt(second.SequenceNumber) + 2n ** 80n)
    for (const number of [future, '0', '12345'])
      expect(await errorOf(() => one({ SequenceNumberForOrdering: number }))).toMatchObject({
        type: 'InvalidArgumentException',
        message: `ExclusiveMinimumSequenceNumber ${number} used in PutRecord on stream s under account 000000000000 is invalid.`,
      })
  })

  it('of encrypted streams say so', async () => {
    const kit = await kitWith(1)
    kit.settings.set('s', { ...defaultSettings, encryptionKeyId: 'alias/aws/kinesis' })
    expect((await put(kit, [entry('a')])).EncryptionType).toBe('KMS')
    expect((await get(kit, await iterator(kit, 0))).Records[0]!.EncryptionType).toBe('KMS')
  })
})

describe('reads', () => {
  it('begin where the iterator says', async () => {
    const kit = await kitWith(1)
    const numbers: string[] = []
    for (let i = 0; i < 5; i++) {
      numbers.push((await put(kit, [entry(`${i}`)])).Records[0]!.SequenceNumber!)
      await kit.clock.advance(1_000)
    }
    const from = async (place: object) => texts(await get(kit, await iterator(kit, 0, place)))
    const all = ['0', '1', '2', '3', '4']
    expect(await from({ ShardIteratorType: 'TRIM_HORIZON' })).toEqual(all)
    for (const i of all.keys()) {
      const StartingSequenceNumber = numbers[i]!
      expect(await from({ ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber })).toEqual(
        all.slice(i),
      )
      expect(await from({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber })).toEqual(
        all.slice(i + 1),
      )
      const arrival = kit.clock.now() - 5_000 + i * 1_000
      expect(await from({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(arrival) })).toEqual(
        all.slice(i),
      )
      expect(await from({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(arrival + 1) })).toEqual(
        all.slice(i + 1),
      )
    }
    const latest = await iterator(kit, 0, { ShardIteratorType: 'LATEST' })
    expect(texts(await get(kit, latest))).toEqual([])
    await put(kit, [entry('5')])
    expect(texts(await get(kit, latest))).toEqual(['5'])
    expect(texts(await get(kit, latest))).toEqual(['5'])
  })

  it('refuse places that do not exist, with the texts that clients know', async () => {
    const kit = await kitWith(2)
    const number = (await put(kit, [{ ...entry('a'), ExplicitHashKey: '0' }])).Records[0]!.SequenceNumber!
    const fault = (shard: number, place: object) => errorOf(() => iterator(kit, shard, place))
    const invalid = { type: 'InvalidArgumentException' }
    for (const place of [
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER' },
      { ShardIteratorType: 'AT_TIMESTAMP' },
      { ShardIteratorType: 'LATEST', StartingSequenceNumber: number },
      { ShardIteratorType: 'TRIM_HORIZON', Timestamp: new Date(0) },
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: number, Timestamp: new Date(0) },
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: '7' },
      { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: String(BigInt(number) + 2n ** 80n) },
      { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(kit.clock.now() + 1) },
    ])
      expect(await fault(0, place), JSON.stringify(place)).toMatchObject(invalid)
    expect(
      await fault(1, { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: number }),
    ).toMatchObject(invalid)
    expect(await fault(5, { ShardIteratorType: 'LATEST' })).toEqual({
      type: 'ResourceNotFoundException',
      message: 'Shard shardId-000000000005 in stream s under account 000000000000 does not exist',
    })
    expect(
      texts(
        await get(kit, await iterator(kit, 0, { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(0) })),
      ),
    ).toEqual(['a'])
  })

  it('give whole records up to the limit, say how far behind they are, and go on where they ended', async () => {
    const kit = await kitWith(1)
    await put(kit, [entry('0'), entry('1'), entry('2')])
    await kit.clock.advance(500)
    await put(kit, [entry('3'), entry('4')])
    await kit.clock.advance(250)
    const pages: [string[], number][] = []
    let next = await iterator(kit, 0)
    for (const limit of [2, 2, 1, 7]) {
      const reply = await get(kit, next, limit)
      pages.push([texts(reply), reply.MillisBehindLatest])
      next = reply.NextShardIterator!
    }
    expect(pages).toEqual([
      [['0', '1'], 750],
      [['2', '3'], 250],
      [['4'], 0],
      [[], 0],
    ])
    const { ApproximateArrivalTimestamp } = (await get(kit, await iterator(kit, 0))).Records[3]!
    expect(ApproximateArrivalTimestamp).toBe((kit.clock.now() - 250) / 1000)
  })

  it('are at most 10 MiB and at least one record', async () => {
    const kit = await kitWith(1)
    kit.settings.set('s', { ...defaultSettings, maxRecordKiB: 10_240 })
    const sized = (n: number): PutRecordsEntry => ({ Data: new Uint8Array(n), PartitionKey: 'k' })
    await put(kit, [sized(10 * 1024 * 1024 - 1)])
    await put(kit, [sized(6_000_000), sized(4_000_000), sized(485_000)])
    await put(kit, [sized(800_000), sized(1)])
    const counts: number[] = []
    for (let next: string | undefined = await iterator(kit, 0); next !== undefined && counts.length < 4; ) {
      const page: GetReply = await get(kit, next)
      counts.push(page.Records.length)
      next = page.NextShardIterator
    }
    expect(counts).toEqual([1, 3, 2, 0])
  })

  it('of a closed shard end with its children and no further iterator', async () => {
    const kit = await kitWith(2)
    const top = 2n ** 128n - 1n
    await put(kit, [
      { ...entry('a'), ExplicitHashKey: '0' },
      { ...entry('b'), ExplicitHashKey: '1' },
    ])
    kit.store.reshard('s', { close: [0, 1], open: [{ range: { start: 0n, end: top }, parents: [0, 1] }] })
    const first = await get(kit, await iterator(kit, 0), 1)
    expect(first.ChildShards).toBeUndefined()
    const child = {
      ShardId: 'shardId-000000000002',
      ParentShards: ['shardId-000000000000', 'shardId-000000000001'],
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(top) },
    }
    const last = await get(kit, first.NextShardIterator!, 1)
    expect(texts(last)).toEqual(['b'])
    expect(last).not.toHaveProperty('NextShardIterator')
    expect(last.ChildShards).toEqual([child])
    const empty = await get(kit, await iterator(kit, 1, { ShardIteratorType: 'LATEST' }))
    expect(empty).toEqual({ Records: [], MillisBehindLatest: 0, ChildShards: [child] })
  })

  it('move from what retention has taken to the horizon, removed yet or not', async () => {
    const kit = await kitWith(1)
    const number = (await put(kit, [entry('old')])).Records[0]!.SequenceNumber!
    await put(kit, [entry('old too')])
    await kit.clock.advance(24 * HOUR_MS - 1)
    await put(kit, [entry('new')])
    const at = { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: number }
    expect(texts(await get(kit, await iterator(kit, 0, at)))).toEqual(['old', 'old too', 'new'])
    await kit.clock.advance(2)
    expect(texts(await get(kit, await iterator(kit, 0, at)))).toEqual(['new'])
    expect(texts(await get(kit, await iterator(kit, 0)))).toEqual(['new'])
    kit.store.enforceRetention(kit.clock.now())
    expect(texts(await get(kit, await iterator(kit, 0, at)))).toEqual(['new'])
    await kit.clock.advance(48 * HOUR_MS)
    const caughtUp = await get(kit, await iterator(kit, 0, at))
    expect([caughtUp.Records, caughtUp.MillisBehindLatest]).toEqual([[], 0])
  })

  it('of a closed shard whose records are gone lead to its children at once', async () => {
    const kit = await kitWith(1)
    await put(kit, [entry('old')])
    await kit.clock.advance(24 * HOUR_MS + 1)
    kit.store.reshard('s', {
      close: [0],
      open: [{ range: { start: 0n, end: 2n ** 128n - 1n }, parents: [0] }],
    })
    kit.store.enforceRetention(kit.clock.now())
    const page = await get(kit, await iterator(kit, 0))
    expect(page).not.toHaveProperty('NextShardIterator')
    expect([page.Records, page.ChildShards?.length]).toEqual([[], 1])
  })

  it('are throttled by calls and by bytes, and their iterators expire', async () => {
    const kit = await kitWith(1, { limits: { ...awsRates, shardWriteBytesPerSecond: Infinity } })
    const at = await iterator(kit, 0)
    for (let i = 0; i < 5; i++) await get(kit, at)
    expect(await errorOf(() => get(kit, at))).toEqual({
      type: 'ProvisionedThroughputExceededException',
      message: 'Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000.',
    })
    await put(
      kit,
      Array.from({ length: 4 }, () => ({ Data: new Uint8Array(1024 * 1024 - 1), PartitionKey: 'k' })),
    )
    await kit.clock.advance(1_000)
    expect((await get(kit, at)).Records).toHaveLength(4)
    await kit.clock.advance(1_999)
    expect((await errorOf(() => get(kit, at))).type).toBe('ProvisionedThroughputExceededException')
    await kit.clock.advance(1)
    await get(kit, at)
    await kit.clock.advance(300_000)
    expect((await errorOf(() => get(kit, at))).type).toBe('ExpiredIteratorException')
  })

  it('with an iterator of a stream that was made anew are refused', async () => {
    const kit = await kitWith(1)
    const at = await iterator(kit, 0)
    kit.store.deleteStream('s')
    expect((await errorOf(() => get(kit, at))).type).toBe('ResourceNotFoundException')
    await kit.clock.advance(1)
    kit.store.defineStream({ name: 's', shards: 1, retentionMs: HOUR_MS })
    expect((await errorOf(() => get(kit, at))).type).toBe('ResourceNotFoundException')
  })
})
