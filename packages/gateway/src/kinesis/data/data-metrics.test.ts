import type { Store } from '@millrace/store'
import { describe, expect, it } from 'vitest'
import type { Meter, MetricDimensions } from '../../metrics/meter.ts'
import { awsLimits } from '../kinesis-limits.ts'
import { readPage } from './record-page.ts'
import { awsRates, dataKit, HOUR_MS, parsedReply } from './testing/data-kit.ts'
import { serviceKit } from './testing/service-kit.ts'

/** Sums by name and dimensions, with how often each was observed. */
class Ledger implements Meter {
  readonly sums = new Map<string, [sum: number, count: number]>()

  metric(name: string, { stream, shard, consumer }: MetricDimensions) {
    const id = [name, stream, shard, consumer].filter((part) => part !== undefined).join(' ')
    return {
      observe: (value: number) => {
        const [sum, count] = this.sums.get(id) ?? [0, 0]
        this.sums.set(id, [sum + value, count + 1])
      },
    }
  }

  sum(id: string): number | undefined {
    return this.sums.get(id)?.[0]
  }

  take(): Record<string, number> {
    const found = Object.fromEntries([...this.sums].map(([id, [sum]]) => [id, sum]))
    this.sums.clear()
    return found
  }
}

const b64 = (text: string): string => Buffer.from(text).toString('base64')

describe('metrics of the data plane', () => {
  it('count what was put, by record and by call, and what was refused', async () => {
    const meter = new Ledger()
    const kit = await serviceKit({ meter, limits: { shardWriteRecordsPerSecond: 3 } })
    await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
    const Records = Array.from({ length: 5 }, () => ({ Data: b64('12345678'), PartitionKey: 'kk' }))
    await kit.call('PutRecords', { StreamName: 's', Records })
    expect(meter.take()).toEqual({
      'IncomingBytes s': 30,
      'IncomingRecords s': 3,
      'WriteProvisionedThroughputExceeded s': 2,
      'PutRecords.Bytes s': 30,
      'PutRecords.Latency s': 0,
      'PutRecords.Success s': 1,
      'PutRecords.Records s': 3,
      'PutRecords.TotalRecords s': 5,
      'PutRecords.SuccessfulRecords s': 3,
      'PutRecords.FailedRecords s': 0,
      'PutRecords.ThrottledRecords s': 2,
    })
    const one = { StreamName: 's', Data: b64('1'), PartitionKey: 'k' }
    expect(await kit.fault('PutRecord', one)).toBe('ProvisionedThroughputExceededException')
    await kit.clock.advance(1_000)
    await kit.call('PutRecord', one)
    expect(meter.sums.get('PutRecord.Success s')).toEqual([1, 2])
    expect(meter.take()).toMatchObject({
      'PutRecord.Bytes s': 2,
      'IncomingRecords s': 1,
      'WriteProvisionedThroughputExceeded s': 1,
    })
    await kit.fault('PutRecord', { ...one, SequenceNumberForOrdering: '1' })
    expect(meter.take()).toEqual({ 'PutRecord.Success s': 0, 'PutRecord.Latency s': 0 })
  })

  it('say how much was read and how old it was, refused calls apart', async () => {
    const meter = new Ledger()
    const kit = await serviceKit({ meter, limits: awsLimits })
    await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
    await kit.clock.advance(1_000)
    for (let i = 0; i < 2; i++)
      await kit.call('PutRecord', { StreamName: 's', Data: b64('123'), PartitionKey: 'k' })
    const at = { StreamName: 's', ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }
    const { ShardIterator } = await kit.call('GetShardIterator', at)
    await kit.clock.advance(700)
    meter.take()
    await kit.call('GetRecords', { ShardIterator, Limit: 1 })
    expect(meter.take()).toEqual({
      'GetRecords.Bytes s': 4,
      'GetRecords.Records s': 1,
      'GetRecords.Latency s': 0,
      'GetRecords.Success s': 1,
      'GetRecords.IteratorAgeMilliseconds s': 700,
    })
    for (let i = 0; i < 4; i++) await kit.call('GetRecords', { ShardIterator })
    meter.take()
    await kit.fault('GetRecords', { ShardIterator })
    expect(meter.take()).toEqual({ 'ReadProvisionedThroughputExceeded s': 1, 'GetRecords.Success s': 0 })
  })

  it('are kept by shard while the stream has them enabled', async () => {
    const meter = new Ledger()
    const kit = await serviceKit({
      meter,
      limits: { shardWriteRecordsPerSecond: 2, shardReadCallsPerSecond: 1 },
    })
    await kit.call('CreateStream', { StreamName: 's', ShardCount: 2 })
    const entry = (hash: bigint) => ({ Data: b64('12'), PartitionKey: 'k', ExplicitHashKey: String(hash) })
    const Records = [entry(0n), entry(2n ** 127n), entry(0n), entry(0n)]
    const read = async () => {
      const at = { StreamName: 's', ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }
      const { ShardIterator } = await kit.call('GetShardIterator', at)
      await kit.call('GetRecords', { ShardIterator })
      await kit.fault('GetRecords', { ShardIterator })
    }
    await kit.call('PutRecords', { StreamName: 's', Records })
    await read()
    expect(Object.keys(meter.take()).filter((id) => id.includes('shardId'))).toEqual([])
    await kit.clock.advance(1_000)
    const ShardLevelMetrics = [
      'IncomingRecords',
      'WriteProvisionedThroughputExceeded',
      'OutgoingBytes',
      'ReadProvisionedThroughputExceeded',
    ]
    await kit.call('EnableEnhancedMonitoring', { StreamName: 's', ShardLevelMetrics })
    await kit.call('PutRecords', { StreamName: 's', Records })
    await read()
    const byShard = Object.entries(meter.take()).filter(([id]) => id.includes('shardId'))
    expect(Object.fromEntries(byShard)).toEqual({
      'IncomingRecords s shardId-000000000000': 2,
      'IncomingRecords s shardId-000000000001': 1,
      'WriteProvisionedThroughputExceeded s shardId-000000000000': 1,
      'OutgoingBytes s shardId-000000000000': 12,
      'ReadProvisionedThroughputExceeded s shardId-000000000000': 1,
    })
  })

  it('of fan-out are those of the consumer', async () => {
    const meter = new Ledger()
    const kit = await serviceKit({ meter, limits: awsLimits })
    await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
    await kit.clock.advance(1_000)
    const { StreamDescriptionSummary } = await kit.call('DescribeStreamSummary', { StreamName: 's' })
    const { StreamARN } = StreamDescriptionSummary
    const { Consumer } = await kit.call('RegisterStreamConsumer', { StreamARN, ConsumerName: 'c' })
    await kit.clock.advance(1_000)
    await kit.call('PutRecord', { StreamName: 's', Data: b64('123'), PartitionKey: 'k' })
    meter.take()
    const input = {
      ConsumerARN: Consumer.ConsumerARN,
      ShardId: 'shardId-000000000000',
      StartingPosition: { Type: 'TRIM_HORIZON' },
    }
    await kit.subscribe(input)
    await kit.clock.advance(1)
    expect(meter.take()).toEqual({
      'SubscribeToShard.Success s c': 1,
      'SubscribeToShardEvent.Bytes s c': 4,
      'SubscribeToShardEvent.Records s c': 1,
      'SubscribeToShardEvent.MillisBehindLatest s c': 0,
      'SubscribeToShardEvent.Success s c': 1,
    })
    await kit.fault('SubscribeToShard', input)
    expect(meter.take()).toEqual({
      'SubscribeToShard.Success s c': 0,
      'SubscribeToShard.RateExceeded s c': 1,
    })
  })
})

describe('a damaged stretch', () => {
  it('is stepped over and counted, whatever of it was asked for', async () => {
    const meter = new Ledger()
    const kit = await dataKit({ meter, limits: { ...awsRates, shardReadCallsPerSecond: Infinity } })
    kit.store.defineStream({ name: 's', shards: 1, retentionMs: HOUR_MS })
    for (const n of [2, 3, 1]) {
      kit.store.commit((transaction) =>
        transaction.append(
          's',
          Array.from({ length: n }, (_, i) => ({ key: Buffer.from('k'), data: Buffer.from(`${n}${i}`) })),
        ),
      )
    }
    const damaged = withDamage(kit.store, 2, 5)
    const info = kit.store.stream('s')!.shardInfos[0]!
    const page = (position: number, maxRecords: number) => {
      const place = { stream: 's', info, position, nowMs: kit.clock.now(), horizonMs: 0 }
      const {
        records,
        corrupt,
        position: next,
        isCaughtUp,
      } = readPage(damaged, place, { maxRecords, maxBytes: 1e6 })
      return { records, corrupt, next, isCaughtUp }
    }
    expect(page(0, 10)).toEqual({ records: 3, corrupt: 3, next: 6, isCaughtUp: true })
    expect(page(0, 1)).toEqual({ records: 1, corrupt: 0, next: 1, isCaughtUp: false })
    expect(page(2, 1)).toEqual({ records: 1, corrupt: 3, next: 6, isCaughtUp: true })
    expect(page(4, 1)).toEqual({ records: 1, corrupt: 1, next: 6, isCaughtUp: true })

    const context = { ...kit.context, store: damaged }
    const input = {
      StreamName: 's',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON' as const,
    }
    const { ShardIterator } = (await kit.data.operations.GetShardIterator.run(
      input,
      kit.call(),
      context,
    )) as { ShardIterator: string }
    const reply = parsedReply(
      await kit.data.operations.GetRecords.open({ ShardIterator }, kit.call(), context),
    )
    expect((reply as { Records: object[] }).Records).toHaveLength(3)
    expect(meter.sum('CorruptRecords s')).toBe(3)
  })
})

/** The store, as if the bytes of records [from, to), which are whole batches, did not check out. */
function withDamage(store: Store, from: number, to: number): Store {
  const read: Store['read'] = (stream, shard, position, options) => {
    const result = store.read(stream, shard, position, options)
    const batches = result.batches.map((batch) =>
      batch.firstSequence >= from && batch.firstSequence < to
        ? { stream, shard, firstSequence: batch.firstSequence, nextSequence: to, reason: 'damaged' }
        : batch,
    )
    return { ...result, batches }
  }
  return new Proxy(store, {
    get(target, name) {
      if (name === 'read') return read
      const member = target[name as keyof Store] as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
