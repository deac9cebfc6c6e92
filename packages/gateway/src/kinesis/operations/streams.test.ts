import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import {
  type Kit,
  openKit,
  type Reply,
  startTime,
  streamArnOf,
  testDirectory,
} from '../testing/kinesis-kit.ts'

const statusOf = async (kit: Kit, name: string): Promise<string> =>
  (await kit.call('DescribeStreamSummary', { StreamName: name })).StreamDescriptionSummary.StreamStatus

test('a stream is made, described in both forms and both encodings, and deleted', async () => {
  for (const encoding of ['json', 'cbor'] as const) {
    const kit = await openKit({ encoding })
    expect(
      await kit.call('CreateStream', { StreamName: 's', ShardCount: 3, Tags: { team: 'a' } }),
    ).toBeUndefined()
    const { StreamDescription } = await kit.call('DescribeStream', { StreamName: 's' })
    const created = encoding === 'json' ? startTime / 1000 : new Date(startTime)
    expect(StreamDescription).toMatchObject({
      StreamName: 's',
      StreamARN: streamArnOf('s'),
      StreamStatus: 'ACTIVE',
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      HasMoreShards: false,
      RetentionPeriodHours: 24,
      StreamCreationTimestamp: created,
      EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
      EncryptionType: 'NONE',
    })
    expect(StreamDescription).not.toHaveProperty('KeyId')
    // The ranges of the specification for three shards.
    expect(StreamDescription.Shards.map((shard: Reply) => shard.HashKeyRange)).toEqual([
      { StartingHashKey: '0', EndingHashKey: '113427455640312821154458202477256070484' },
      {
        StartingHashKey: '113427455640312821154458202477256070485',
        EndingHashKey: '226854911280625642308916404954512140969',
      },
      {
        StartingHashKey: '226854911280625642308916404954512140970',
        EndingHashKey: '340282366920938463463374607431768211455',
      },
    ])
    for (const [i, shard] of StreamDescription.Shards.entries()) {
      expect(shard.ShardId).toBe(`shardId-00000000000${i}`)
      expect(shard).not.toHaveProperty('ParentShardId')
      expect(shard.SequenceNumberRange.StartingSequenceNumber).toMatch(/^49[0-9]{54}$/)
      expect(shard.SequenceNumberRange).not.toHaveProperty('EndingSequenceNumber')
    }
    const { StreamDescriptionSummary } = await kit.call('DescribeStreamSummary', { StreamName: 's' })
    expect(StreamDescriptionSummary).toMatchObject({
      OpenShardCount: 3,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: 1024,
    })
    expect(StreamDescriptionSummary).not.toHaveProperty('Shards')
    expect(StreamDescriptionSummary).not.toHaveProperty('StreamId')
    expect(await kit.call('ListStreams', {})).toEqual({
      StreamNames: ['s'],
      HasMoreStreams: false,
      StreamSummaries: [
        {
          StreamName: 's',
          StreamARN: streamArnOf('s'),
          StreamStatus: 'ACTIVE',
          StreamModeDetails: { StreamMode: 'PROVISIONED' },
          StreamCreationTimestamp: created,
        },
      ],
    })
    expect(await kit.call('DeleteStream', { StreamName: 's' })).toBeUndefined()
    expect(await kit.fault('DescribeStream', { StreamName: 's' })).toBe(
      'ResourceNotFoundException: Stream s under account 123456789012 not found.',
    )
    expect(kit.store.streams()).toEqual([])
    expect(kit.store.table('system.kinesis')?.items).toBe(0)
  }
})

test('without a count a stream is on-demand with 4 shards; count and mode have to fit', async () => {
  const kit = await openKit()
  const create = (input: object): Promise<string> => kit.fault('CreateStream', { StreamName: 's', ...input })
  const onDemand = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
  expect(await create({ ...onDemand, ShardCount: 1 })).toContain('ValidationException')
  expect(await create({ StreamModeDetails: { StreamMode: 'PROVISIONED' } })).toContain('ValidationException')
  expect(await create({ ShardCount: 5000 })).toContain('LimitExceededException')
  expect(await create({ ShardCount: 1, WarmThroughputMiBps: 1 })).toContain('ValidationException')
  expect(await create({ ShardCount: 1, Tags: { 'aws:x': 'y' } })).toContain('InvalidArgumentException')
  expect(await create({ MaxRecordSizeInKiB: 10240 })).toBe('no error')
  const { StreamDescriptionSummary } = await kit.call('DescribeStreamSummary', { StreamName: 's' })
  expect(StreamDescriptionSummary).toMatchObject({
    OpenShardCount: 4,
    MaxRecordSizeInKiB: 10240,
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  })
  expect(await create({})).toBe('ResourceInUseException: Stream s under account 123456789012 already exists.')
})

test('statuses last their time by the clock, also over a restart', async () => {
  const clock = new VirtualClock(startTime)
  const dir = testDirectory()
  const options = { dir, clock, limits: { statusMs: 400 } }
  let kit = await openKit(options)
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  expect(await statusOf(kit, 's')).toBe('CREATING')
  const { StreamDescription } = await kit.call('DescribeStream', { StreamName: 's' })
  expect(StreamDescription).toMatchObject({ Shards: [], HasMoreShards: false })
  const busy = 'ResourceInUseException: Stream s under account 123456789012 not ACTIVE, instead in state'
  expect(await kit.fault('ListShards', { StreamName: 's' })).toBe(`${busy} CREATING`)
  expect(await kit.fault('AddTagsToStream', { StreamName: 's', Tags: { a: 'b' } })).toBe(`${busy} CREATING`)
  await clock.advance(399)
  await kit.close()
  kit = await openKit(options)
  expect(await statusOf(kit, 's')).toBe('CREATING')
  await clock.advance(1)
  expect(await statusOf(kit, 's')).toBe('ACTIVE')
  await kit.call('UpdateMaxRecordSize', { StreamARN: streamArnOf('s'), MaxRecordSizeInKiB: 2048 })
  expect(await statusOf(kit, 's')).toBe('UPDATING')
  const split = { StreamName: 's', ShardToSplit: 'shardId-0', NewStartingHashKey: '1000' }
  expect(await kit.fault('SplitShard', split)).toBe(`${busy} UPDATING`)
  await clock.advance(400)
  expect(await statusOf(kit, 's')).toBe('ACTIVE')
  await kit.call('DeleteStream', { StreamName: 's' })
  expect(await statusOf(kit, 's')).toBe('DELETING')
  expect(await kit.fault('ListShards', { StreamName: 's' })).toContain('ResourceNotFoundException')
  expect(await kit.fault('DeleteStream', { StreamName: 's' })).toContain('ResourceNotFoundException')
  expect(await kit.fault('CreateStream', { StreamName: 's', ShardCount: 1 })).toContain('ResourceInUse')
  await kit.close()
  kit = await openKit(options)
  expect(await statusOf(kit, 's')).toBe('DELETING')
  await clock.advance(400)
  // Removed in the background, without anybody looking.
  expect(kit.store.stream('s')).toBeUndefined()
  expect(await kit.fault('CreateStream', { StreamName: 's', ShardCount: 1 })).toBe('no error')
})

test('streams that an app made are Kinesis streams with default settings', async () => {
  const kit = await openKit()
  kit.store.defineStream({ name: 'app', shards: 2, retentionMs: Number.POSITIVE_INFINITY })
  kit.store.defineStream({ name: 'not a name of Kinesis', shards: 1, retentionMs: 1 })
  expect((await kit.call('ListStreams', {})).StreamNames).toEqual(['app'])
  const { StreamDescriptionSummary } = await kit.call('DescribeStreamSummary', { StreamName: 'app' })
  expect(StreamDescriptionSummary).toMatchObject({
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    OpenShardCount: 2,
    MaxRecordSizeInKiB: 1024,
    EncryptionType: 'NONE',
    RetentionPeriodHours: 8760,
    StreamStatus: 'ACTIVE',
  })
  await kit.call('AddTagsToStream', { StreamName: 'app', Tags: { a: 'b' } })
  expect(kit.service.streams.settings('app')?.tags).toEqual({ a: 'b' })
  expect(kit.service.streams.settings('none')).toBeUndefined()
})

test('settings survive a restart, and do not pass to another stream of the same name', async () => {
  const dir = testDirectory()
  let kit = await openKit({ dir })
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1, MaxRecordSizeInKiB: 4096 })
  const before = kit.service.streams.settings('s')
  await kit.close()
  kit = await openKit({ dir })
  expect(kit.service.streams.settings('s')).toEqual(before)
  expect(before?.maxRecordKiB).toBe(4096)
  kit.store.deleteStream('s')
  await kit.clock.advance(5)
  kit.store.defineStream({ name: 's', shards: 1, retentionMs: 1 })
  const { clock } = kit
  await kit.close()
  kit = await openKit({ dir, clock })
  expect(kit.service.streams.settings('s')?.maxRecordKiB).toBe(1024)
})

test('quotas: five streams in CREATING, provisioned shards, on-demand streams', async () => {
  const kit = await openKit({ limits: { statusMs: 400, shardsMax: 10, onDemandStreamsMax: 2 } })
  const create = (name: string, input: object): Promise<string> =>
    kit.fault('CreateStream', { StreamName: name, ...input })
  for (let i = 0; i < 5; i++) expect(await create(`p${i}`, { ShardCount: 1 })).toBe('no error')
  expect(await create('p5', { ShardCount: 1 })).toContain('LimitExceededException')
  await kit.clock.advance(400)
  expect(await create('p5', { ShardCount: 6 })).toContain('LimitExceededException')
  expect(await create('p5', { ShardCount: 5 })).toBe('no error')
  for (const name of ['d0', 'd1']) expect(await create(name, {})).toBe('no error')
  expect(await create('d2', {})).toContain('LimitExceededException')
  expect(await kit.call('DescribeLimits', {})).toEqual({
    ShardLimit: 10,
    OpenShardCount: 10,
    OnDemandStreamCount: 2,
    OnDemandStreamCountLimit: 2,
  })
})

test('pages of streams and of shards name each one once, in order', async () => {
  const kit = await openKit()
  const names = Array.from({ length: 7 }, (_, i) => `s${i}`)
  for (const name of [...names].reverse()) await kit.call('CreateStream', { StreamName: name, ShardCount: 1 })
  const byToken: string[] = []
  let page = await kit.call('ListStreams', { Limit: 3 })
  for (;;) {
    byToken.push(...page.StreamNames)
    expect(page.HasMoreStreams).toBe(page.NextToken !== undefined)
    if (!page.HasMoreStreams) break
    page = await kit.call('ListStreams', { Limit: 3, NextToken: page.NextToken })
  }
  expect(byToken).toEqual(names)
  const { StreamNames } = await kit.call('ListStreams', { ExclusiveStartStreamName: 's4' })
  expect(StreamNames).toEqual(['s5', 's6'])

  await kit.call('CreateStream', { StreamName: 'wide', ShardCount: 250 })
  const ids: string[] = []
  for (let more = true; more; ) {
    const last = ids.at(-1)
    const input = last === undefined ? {} : { ExclusiveStartShardId: last }
    const { StreamDescription } = await kit.call('DescribeStream', {
      StreamName: 'wide',
      Limit: 10_000,
      ...input,
    })
    expect(StreamDescription.Shards.length).toBeLessThanOrEqual(100)
    ids.push(...StreamDescription.Shards.map((shard: Reply) => shard.ShardId))
    more = StreamDescription.HasMoreShards
  }
  expect(ids).toEqual(Array.from({ length: 250 }, (_, i) => `shardId-${String(i).padStart(12, '0')}`))
})

test('the guard of a running app is heard', async () => {
  const kit = await openKit({
    guard: {
      mayDelete: (stream) => (stream === 's' ? `the app reads ${stream}` : undefined),
      mayReshard: (stream) => (stream === 's' ? `the app reads ${stream} in parts` : undefined),
    },
  })
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 2 })
  await kit.call('CreateStream', { StreamName: 'free', ShardCount: 2 })
  const inParts = 'ResourceInUseException: the app reads s in parts'
  expect(await kit.fault('DeleteStream', { StreamName: 's' })).toBe('ResourceInUseException: the app reads s')
  const update = { TargetShardCount: 4, ScalingType: 'UNIFORM_SCALING' }
  expect(await kit.fault('UpdateShardCount', { StreamName: 's', ...update })).toBe(inParts)
  const split = { ShardToSplit: 'shardId-0', NewStartingHashKey: '1000' }
  expect(await kit.fault('SplitShard', { StreamName: 's', ...split })).toBe(inParts)
  const merge = { ShardToMerge: 'shardId-0', AdjacentShardToMerge: 'shardId-1' }
  expect(await kit.fault('MergeShards', { StreamName: 's', ...merge })).toBe(inParts)
  expect(await kit.fault('SplitShard', { StreamName: 'free', ...split })).toBe('no error')
  expect(await kit.fault('DeleteStream', { StreamName: 'free' })).toBe('no error')
})

test('calls of the control plane are limited per second where the profile says so', async () => {
  const kit = await openKit({ limits: { controlPlaneRates: true } })
  for (let i = 0; i < 5; i++) expect(await kit.fault('ListStreams', {})).toBe('no error')
  expect(await kit.fault('ListStreams', {})).toBe(
    'LimitExceededException: Rate exceeded for ListStreams under account 123456789012.',
  )
  expect(await kit.fault('DescribeLimits', {})).toBe('no error')
  expect(await kit.fault('DescribeLimits', {})).toContain('LimitExceededException')
  await kit.clock.advance(200)
  expect(await kit.fault('ListStreams', {})).toBe('no error')
  expect(await kit.fault('ListStreams', {})).toContain('LimitExceededException')
})
