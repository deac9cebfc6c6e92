import { describe, expect, it } from 'vitest'
import { awsLimits } from '../kinesis-limits.ts'
import { type Reader, type ServiceKit, serviceKit } from './testing/service-kit.ts'

const shardId = (shard: number): string => `shardId-00000000000${shard}`
const text = (record: { Data: string }): string => Buffer.from(record.Data, 'base64').toString()
const b64 = (value: string): string => Buffer.from(value).toString('base64')

interface Fixture extends ServiceKit {
  readonly consumer: string
  put(...texts: string[]): Promise<string[]>
  open(place?: object, options?: Parameters<ServiceKit['subscribe']>[1] & { shard?: number }): Promise<Reader>
  /** Lets everything happen that takes no time. */
  settle(): Promise<void>
}

async function fixture(options: Parameters<typeof serviceKit>[0] = {}): Promise<Fixture> {
  const kit = await serviceKit(options)
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  await kit.clock.advance(1_000)
  const { StreamDescriptionSummary } = await kit.call('DescribeStreamSummary', { StreamName: 's' })
  const { Consumer } = await kit.call('RegisterStreamConsumer', {
    StreamARN: StreamDescriptionSummary.StreamARN,
    ConsumerName: 'c',
  })
  await kit.clock.advance(1_000)
  return {
    ...kit,
    consumer: Consumer.ConsumerARN,
    async put(...texts) {
      const Records = texts.map((value) => ({ Data: b64(value), PartitionKey: 'k' }))
      const reply = await kit.call('PutRecords', { StreamName: 's', Records })
      await settled(kit)
      return reply.Records.map(({ SequenceNumber }: { SequenceNumber: string }) => SequenceNumber)
    },
    open: (place = { Type: 'TRIM_HORIZON' }, { shard = 0, ...more } = {}) =>
      kit.subscribe(
        { ConsumerARN: Consumer.ConsumerARN, ShardId: shardId(shard), StartingPosition: place },
        more,
      ),
    settle: () => settled(kit),
  }
}

async function settled({ clock }: ServiceKit): Promise<void> {
  for (let i = 0; i < 4; i++) await clock.advance(i * 3)
}

describe('a subscription', () => {
  it('is pushed what is there and what is put, each record once and in order, with numbers to go on from', async () => {
    const kit = await fixture()
    const numbers = await kit.put('a', 'b')
    const reader = await kit.open()
    await kit.settle()
    numbers.push(...(await kit.put('c')), ...(await kit.put('d', 'e')))
    expect(reader.records.map(text)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(reader.records.map(({ SequenceNumber }) => SequenceNumber)).toEqual(numbers)
    expect(reader.last!.value).toMatchObject({
      ContinuationSequenceNumber: numbers.at(-1),
      MillisBehindLatest: 0,
    })
    expect(reader.last!.value).not.toHaveProperty('ChildShards')
    for (const { value } of reader.events) expect(value.Records.at(-1).PartitionKey).toBe('k')
  })

  it('is pushed the same in CBOR', async () => {
    const kit = await fixture()
    const reader = await kit.open({ Type: 'LATEST' }, { encoding: 'cbor' })
    await kit.settle()
    const [number] = await kit.put('é')
    expect(reader.events[0]!.value).toEqual({
      Records: [
        {
          SequenceNumber: number,
          ApproximateArrivalTimestamp: expect.any(Date),
          Data: Buffer.from('é'),
          PartitionKey: 'k',
        },
      ],
      ContinuationSequenceNumber: number,
      MillisBehindLatest: 0,
    })
  })

  it('hears something every 5 s, and can go on from any number it heard without loss or repetition', async () => {
    const kit = await fixture()
    const reader = await kit.open({ Type: 'LATEST' })
    await kit.clock.advance(12_000)
    await kit.put('a')
    await kit.clock.advance(21_000)
    let last = kit.clock.now() - 33_000 - 18
    for (const { atMs, value } of reader.events) {
      expect(atMs - last).toBeLessThanOrEqual(5_000)
      last = atMs
      expect(value.ContinuationSequenceNumber).toMatch(/^49[0-9]{54}$/)
    }
    expect(reader.events.length).toBeGreaterThanOrEqual(6)
    const heard = reader.events.map(({ value }) => BigInt(value.ContinuationSequenceNumber))
    for (let i = 1; i < heard.length; i++) expect(heard[i]! >= heard[i - 1]!).toBe(true)
    // The first that subscribes again takes over, which the reader hears of as well.
    for (const { atMs, value } of [...reader.events]) {
      const isBefore = atMs < reader.events.find((event) => event.value.Records.length > 0)!.atMs
      // The number of an event without records is that of no record, so AT and AFTER it comes the same.
      const types = value.Records.length === 0 ? ['AT', 'AFTER'] : ['AFTER']
      for (const type of types) {
        const place = {
          Type: `${type}_SEQUENCE_NUMBER`,
          SequenceNumber: value.ContinuationSequenceNumber,
        }
        await kit.clock.advance(5_000)
        const again = await kit.open(place)
        await kit.settle()
        expect(again.records.map(text)).toEqual(isBefore ? ['a'] : [])
      }
    }
  })

  it('ends without a word after 5 minutes', async () => {
    const kit = await fixture()
    const reader = await kit.open()
    await kit.clock.advance(299_900)
    expect(reader.isOver).toBe(false)
    await kit.clock.advance(200)
    expect(reader.isOver).toBe(true)
    expect(reader.events.every(({ value }) => value !== undefined)).toBe(true)
  })

  it('may be taken over after 5 s, not before; the older one is told', async () => {
    const kit = await fixture()
    const older = await kit.open()
    const again = { ConsumerARN: kit.consumer, ShardId: shardId(0), StartingPosition: { Type: 'LATEST' } }
    await kit.clock.advance(4_999)
    expect(await kit.fault('SubscribeToShard', again)).toBe('ResourceInUseException')
    await kit.clock.advance(1)
    const newer = await kit.open()
    await kit.settle()
    expect(older.last!.error).toBe('ResourceInUseException')
    expect(older.isOver).toBe(true)
    await kit.put('a')
    expect(newer.records.map(text)).toEqual(['a'])
    expect(older.records).toEqual([])
  })

  it('that its caller has left is over at once, and then in nobody’s way unless rates are enforced', async () => {
    for (const limits of [{}, awsLimits]) {
      const kit = await fixture({ limits })
      const gone = new AbortController()
      const reader = await kit.open(undefined, { signal: gone.signal })
      await kit.settle()
      gone.abort()
      await kit.settle()
      expect(reader.isOver).toBe(true)
      const again = { ConsumerARN: kit.consumer, ShardId: shardId(0), StartingPosition: { Type: 'LATEST' } }
      await kit.clock.advance(2_000)
      expect(await kit.fault('SubscribeToShard', again)).toBe(
        limits === awsLimits ? 'ResourceInUseException' : 'none',
      )
    }
  })

  it('may be asked for once a second', async () => {
    const kit = await fixture({ limits: awsLimits })
    await kit.open()
    const again = { ConsumerARN: kit.consumer, ShardId: shardId(0), StartingPosition: { Type: 'LATEST' } }
    expect(await kit.fault('SubscribeToShard', again)).toBe('LimitExceededException')
    await kit.clock.advance(1_000)
    expect(await kit.fault('SubscribeToShard', again)).toBe('ResourceInUseException')
  })

  it('is given 2 MiB a second at most, and says how far behind it is meanwhile', async () => {
    const kit = await fixture({ limits: { fanOutBytesPerSecond: 2 * 1024 * 1024 } })
    const big = 'x'.repeat(512 * 1024)
    for (let i = 0; i < 40; i++) await kit.put(big)
    const began = kit.clock.now()
    const reader = await kit.open()
    const total = 40 * (big.length + 1)
    while (reader.records.length < 40) {
      await kit.clock.advance(100)
      const bytes = reader.records.length * (big.length + 1)
      const seconds = (kit.clock.now() - began) / 1000
      // A second's worth at once, and an event's overdraft.
      expect(bytes).toBeLessThanOrEqual((seconds + 1) * 2 * 1024 * 1024 + 1024 * 1024)
      expect(seconds).toBeLessThan(total / (2 * 1024 * 1024) + 1)
    }
    const behind = reader.events.map(({ value }) => value.MillisBehindLatest)
    expect(behind.slice(0, -1).every((ms) => ms > 0)).toBe(true)
    expect(behind.at(-1)).toBe(0)
  })

  it('ends with the children of a shard that was closed, after its last record', async () => {
    const kit = await fixture()
    const live = await kit.open()
    await kit.put('a')
    await kit.call('SplitShard', {
      StreamName: 's',
      ShardToSplit: shardId(0),
      NewStartingHashKey: String(2n ** 127n),
    })
    await kit.settle()
    await kit.clock.advance(10_000)
    const late = await kit.open()
    await kit.settle()
    for (const reader of [live, late]) {
      expect(reader.records.map(text)).toEqual(['a'])
      expect(reader.isOver).toBe(true)
      expect(reader.last!.value).not.toHaveProperty('ContinuationSequenceNumber')
      expect(reader.last!.value.ChildShards).toEqual([
        {
          ShardId: shardId(1),
          ParentShards: [shardId(0)],
          HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(2n ** 127n - 1n) },
        },
        {
          ShardId: shardId(2),
          ParentShards: [shardId(0)],
          HashKeyRange: { StartingHashKey: String(2n ** 127n), EndingHashKey: String(2n ** 128n - 1n) },
        },
      ])
      expect(reader.events.slice(0, -1).every(({ value }) => value.ChildShards === undefined)).toBe(true)
    }
  })

  it('ends with its consumer, its stream and its gateway', async () => {
    const kit = await fixture()
    const reader = await kit.open()
    await kit.call('DeregisterStreamConsumer', { ConsumerARN: kit.consumer })
    await kit.settle()
    expect([reader.last!.error, reader.isOver]).toEqual(['ResourceNotFoundException', true])

    const deleted = await fixture()
    const orphan = await deleted.open()
    deleted.store.deleteStream('s')
    await deleted.settle()
    await deleted.clock.advance(5_000)
    expect([orphan.last!.error, orphan.isOver]).toEqual(['ResourceNotFoundException', true])

    const closed = await fixture()
    const last = await closed.open()
    await closed.close()
    expect([last.events, last.isOver]).toEqual([[], true])
  })

  it('is woken by commits of others too', async () => {
    const kit = await fixture()
    const reader = await kit.open()
    await kit.settle()
    kit.store.commit((transaction) =>
      transaction.append('s', [{ key: Buffer.from('app'), data: Buffer.from('x') }]),
    )
    // The news of a commit comes through shared memory, in real time; a heartbeat would come at 5 s.
    for (let i = 0; i < 400 && reader.records.length === 0; i++) await kit.clock.advance(10)
    expect(reader.records.map(({ PartitionKey }) => PartitionKey)).toEqual(['app'])
    expect(kit.clock.now()).toBeLessThan(reader.events[0]!.atMs + 5_000)
  })

  it('is refused for what does not exist', async () => {
    const kit = await fixture()
    const place = { Type: 'LATEST' }
    const fault = (more: object) =>
      kit.fault('SubscribeToShard', {
        ConsumerARN: kit.consumer,
        ShardId: shardId(0),
        StartingPosition: place,
        ...more,
      })
    expect(await fault({ ShardId: shardId(3) })).toBe('ResourceNotFoundException')
    expect(await fault({ ConsumerARN: `${kit.consumer}1` })).toBe('ResourceNotFoundException')
    expect(await fault({ StartingPosition: { Type: 'AT_TIMESTAMP' } })).toBe('InvalidArgumentException')
    expect(await fault({ StartingPosition: { Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: '7' } })).toBe(
      'InvalidArgumentException',
    )
    expect(await fault({})).toBe('none')
  })
})
