import { expect, test } from 'vitest'
import { anyone, type Kit, openKit, startTime, streamArnOf, testDirectory } from '../testing/kinesis-kit.ts'

const StreamName = 's'
const StreamARN = streamArnOf('s')
const HOUR_MS = 3_600_000

const summary = async (kit: Kit) =>
  (await kit.call('DescribeStreamSummary', { StreamName })).StreamDescriptionSummary

async function kitWithStream(options: Parameters<typeof openKit>[0] = {}): Promise<Kit> {
  const kit = await openKit(options)
  await kit.call('CreateStream', { StreamName, ShardCount: 2 })
  await kit.clock.advance(options.limits?.statusMs ?? 0)
  return kit
}

test('both families of tag operations work on one set of tags', async () => {
  const kit = await kitWithStream()
  await kit.call('AddTagsToStream', { StreamName, Tags: { b: '2', 'ü0 _.': 'a', '/=+-@%:': '' } })
  await kit.call('TagResource', { ResourceARN: StreamARN, Tags: { a: '1', b: '3' } })
  const all = [
    { Key: '/=+-@%:', Value: '' },
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '3' },
    { Key: 'ü0 _.', Value: 'a' },
  ]
  expect(await kit.call('ListTagsForResource', { ResourceARN: StreamARN })).toEqual({ Tags: all })
  expect(await kit.call('ListTagsForStream', { StreamName })).toEqual({ Tags: all, HasMoreTags: false })
  expect(await kit.call('ListTagsForStream', { StreamName, Limit: 2 })).toEqual({
    Tags: all.slice(0, 2),
    HasMoreTags: true,
  })
  expect(await kit.call('ListTagsForStream', { StreamName, Limit: 2, ExclusiveStartTagKey: 'a' })).toEqual({
    Tags: all.slice(2),
    HasMoreTags: false,
  })
  await kit.call('RemoveTagsFromStream', { StreamName, TagKeys: ['a', 'none'] })
  await kit.call('UntagResource', { ResourceARN: StreamARN, TagKeys: ['b'] })
  expect((await kit.call('ListTagsForStream', { StreamName })).Tags).toEqual([all[0], all[3]])
})

test('tags have their characters, their number, and reserved keys', async () => {
  const kit = await kitWithStream()
  const add = (Tags: object): Promise<string> => kit.fault('AddTagsToStream', { StreamName, Tags })
  for (const text of ['abc;def', 'abc\tdef', 'abc\ndef', 'abc,def']) {
    expect(await add({ [text]: '1' })).toContain(
      'InvalidArgumentException: Some tags contain invalid characters',
    )
    expect(await add({ a: text })).toContain('InvalidArgumentException')
    expect(await kit.fault('TagResource', { ResourceARN: StreamARN, Tags: { a: text } })).toContain(
      'InvalidArgument',
    )
  }
  for (const call of ['RemoveTagsFromStream', 'UntagResource'] as const) {
    const input = { StreamName, ResourceARN: StreamARN, TagKeys: ['a;b'] }
    expect(await kit.fault(call, input)).toContain('InvalidArgumentException: Some tags contain invalid')
  }
  expect(await add({ 'AWS:x': '1' })).toContain('InvalidArgumentException: Tag key AWS:x is reserved')
  const many = (from: number, count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${from + i}`, '']))
  expect(await add(many(0, 51))).toContain('InvalidArgumentException')
  expect(await add(many(0, 50))).toBe('no error')
  expect(await add(many(49, 1))).toBe('no error')
  expect(await add(many(50, 1))).toContain('cannot have more than 50 tags')
  expect(await kit.fault('CreateStream', { StreamName: 't', ShardCount: 1, Tags: many(0, 51) })).toContain(
    'InvalidArg',
  )
  expect(await kit.fault('TagResource', { ResourceARN: `${StreamARN}/x`, Tags: { a: '' } })).toContain(
    'InvalidArg',
  )
})

test('retention goes up with one operation and down with the other, within 24 to 8760 hours', async () => {
  const kit = await kitWithStream()
  const set = (which: 'Increase' | 'Decrease', hours: number): Promise<string> =>
    kit.fault(`${which}StreamRetentionPeriod`, { StreamName, RetentionPeriodHours: hours })
  expect(await set('Increase', 23)).toContain(
    'InvalidArgumentException: Minimum allowed retention period is 24',
  )
  expect(await set('Increase', 8761)).toContain('InvalidArgumentException: Maximum allowed')
  expect(await set('Increase', -1)).toContain('InvalidArgumentException')
  expect(await set('Increase', 24)).toBe('no error')
  expect(await set('Increase', 216)).toBe('no error')
  expect(kit.store.stream('s')?.retentionMs).toBe(216 * HOUR_MS)
  expect(await set('Increase', 215)).toContain(
    'can not be shorter than existing retention period (216 hours)',
  )
  expect(await set('Decrease', 217)).toContain('can not be longer than existing retention period (216 hours)')
  expect(await set('Decrease', 100)).toBe('no error')
  expect((await summary(kit)).RetentionPeriodHours).toBe(100)
})

test('lowering the retention removes records at once; raising it brings none back', async () => {
  const kit = await kitWithStream()
  await kit.call('IncreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 72 })
  const put = (text: string) => {
    const data = Buffer.from(text)
    kit.store.commit((transaction) => transaction.append('s', [{ key: data, data, shard: 0 }]))
  }
  put('old')
  await kit.clock.advance(30 * HOUR_MS)
  put('new')
  await kit.call('DecreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 24 })
  expect(kit.store.shard('s', 0)).toMatchObject({ oldest: 1, next: 2 })
  await kit.clock.advance(25 * HOUR_MS)
  // Nobody has removed the record yet, but its time is over.
  expect(kit.store.shard('s', 0)).toMatchObject({ oldest: 1, next: 2 })
  await kit.call('IncreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 72 })
  expect(kit.store.shard('s', 0)).toMatchObject({ oldest: 2, next: 2 })
  expect(kit.service.streams.settings('s')?.expiredBefore).toBe(startTime + 31 * HOUR_MS)
})

test('the mode changes twice a day, with quotas, and keeps the shards', async () => {
  const kit = await kitWithStream({ limits: { modeSwitchesPerDay: 2, onDemandStreamsMax: 1, shardsMax: 3 } })
  const set = (StreamMode: string): Promise<string> =>
    kit.fault('UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode } })
  expect(await set('PROVISIONED')).toBe('no error')
  expect(await set('ON_DEMAND')).toBe('no error')
  expect(await summary(kit)).toMatchObject({
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    OpenShardCount: 2,
  })
  await kit.call('CreateStream', { StreamName: 't', ShardCount: 2 })
  expect(await set('PROVISIONED')).toContain(
    'LimitExceededException: This request would exceed the shard limit',
  )
  const other = { StreamARN: streamArnOf('t'), StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
  expect(await kit.fault('UpdateStreamMode', other)).toContain('LimitExceededException')
  await kit.call('DeleteStream', { StreamName: 't' })
  expect(await set('PROVISIONED')).toBe('no error')
  expect(await set('ON_DEMAND')).toContain('changed its mode 2 times in the last 24 hours')
  await kit.clock.advance(24 * HOUR_MS)
  expect(await set('ON_DEMAND')).toBe('no error')
})

test('encryption and record size are settings that the description shows', async () => {
  const dir = testDirectory()
  let kit = await kitWithStream({ dir, limits: { encryptionStartsPerDay: 2 } })
  const encryption = { StreamName, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }
  expect(await kit.fault('StartStreamEncryption', { ...encryption, EncryptionType: 'NONE' })).toContain(
    'InvalidArg',
  )
  await kit.call('StartStreamEncryption', encryption)
  await kit.call('UpdateMaxRecordSize', { StreamARN, MaxRecordSizeInKiB: 10_240 })
  await kit.close()
  kit = await openKit({ dir, clock: kit.clock, limits: { encryptionStartsPerDay: 2 } })
  expect(await summary(kit)).toMatchObject({
    EncryptionType: 'KMS',
    KeyId: 'alias/aws/kinesis',
    MaxRecordSizeInKiB: 10_240,
  })
  await kit.call('StopStreamEncryption', encryption)
  await kit.call('StopStreamEncryption', encryption)
  expect((await summary(kit)).EncryptionType).toBe('NONE')
  expect(await summary(kit)).not.toHaveProperty('KeyId')
  await kit.call('StartStreamEncryption', encryption)
  expect(await kit.fault('StartStreamEncryption', encryption)).toContain('LimitExceededException')
  expect(await kit.fault('UpdateMaxRecordSize', { StreamARN, MaxRecordSizeInKiB: 1023 })).toContain(
    'Validation',
  )
})

test('shard-level metrics are switched by name or all together', async () => {
  const kit = await kitWithStream()
  const reply = await kit.call('EnableEnhancedMonitoring', {
    StreamName,
    ShardLevelMetrics: ['OutgoingBytes', 'IncomingBytes'],
  })
  expect(reply).toEqual({
    StreamName,
    StreamARN,
    CurrentShardLevelMetrics: [],
    DesiredShardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'],
  })
  const all = await kit.call('EnableEnhancedMonitoring', { StreamARN, ShardLevelMetrics: ['ALL'] })
  expect(all.CurrentShardLevelMetrics).toEqual(['IncomingBytes', 'OutgoingBytes'])
  expect(all.DesiredShardLevelMetrics).toHaveLength(7)
  const less = await kit.call('DisableEnhancedMonitoring', {
    StreamName,
    ShardLevelMetrics: ['IteratorAgeMilliseconds'],
  })
  expect(less.DesiredShardLevelMetrics).toHaveLength(6)
  expect((await summary(kit)).EnhancedMonitoring).toEqual([
    { ShardLevelMetrics: less.DesiredShardLevelMetrics },
  ])
  await kit.call('DisableEnhancedMonitoring', { StreamName, ShardLevelMetrics: ['ALL'] })
  expect((await summary(kit)).EnhancedMonitoring).toEqual([{ ShardLevelMetrics: [] }])
})

test('policies of streams and consumers are kept and given back', async () => {
  const kit = await kitWithStream()
  const { Consumer } = await kit.call('RegisterStreamConsumer', { StreamARN, ConsumerName: 'c' })
  for (const ResourceARN of [StreamARN, Consumer.ConsumerARN]) {
    expect(await kit.fault('GetResourcePolicy', { ResourceARN })).toContain('ResourceNotFoundException')
    expect(await kit.fault('DeleteResourcePolicy', { ResourceARN })).toContain('ResourceNotFoundException')
    for (const Policy of ['', 'x', '[]', '{}', `{"Statement":"${'x'.repeat(20_480)}"}`]) {
      expect(await kit.fault('PutResourcePolicy', { ResourceARN, Policy })).toContain(
        'InvalidArgumentException',
      )
    }
    const Policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"${ResourceARN}"}]}`
    await kit.call('PutResourcePolicy', { ResourceARN, Policy })
    expect(await kit.call('GetResourcePolicy', { ResourceARN })).toEqual({ Policy })
    await kit.call('DeleteResourcePolicy', { ResourceARN })
    expect(await kit.fault('GetResourcePolicy', { ResourceARN })).toContain('ResourceNotFoundException')
  }
})

test('the commitment lasts a day at least, and opens warm throughput', async () => {
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName })
  const commit = async (Status: string) =>
    (await kit.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status } }))
      .MinimumThroughputBillingCommitment
  const warm = (mibps: number): Promise<string> =>
    kit.fault('UpdateStreamWarmThroughput', { StreamName, WarmThroughputMiBps: mibps })
  expect(await kit.call('DescribeAccountSettings', {})).toEqual({
    MinimumThroughputBillingCommitment: { Status: 'DISABLED' },
  })
  expect(await commit('DISABLED')).toEqual({ Status: 'DISABLED' })
  expect(await warm(8)).toContain('ValidationException')
  const start = startTime / 1000
  const running = { StartedAt: start, EarliestAllowedEndAt: start + 86_400 }
  expect(await commit('ENABLED')).toEqual({ Status: 'ENABLED', ...running })
  await kit.clock.advance(HOUR_MS)
  expect(await commit('ENABLED')).toEqual({ Status: 'ENABLED', ...running })
  expect(await warm(10_241)).toContain('InvalidArgumentException')
  expect(await kit.call('UpdateStreamWarmThroughput', { StreamName, WarmThroughputMiBps: 8 })).toEqual({
    StreamName,
    StreamARN,
    WarmThroughput: { TargetMiBps: 8, CurrentMiBps: 8 },
  })
  expect(await summary(kit)).toMatchObject({
    OpenShardCount: 8,
    WarmThroughput: { TargetMiBps: 8, CurrentMiBps: 8 },
  })
  await kit.call('CreateStream', { StreamName: 'warm', WarmThroughputMiBps: 6 })
  expect(kit.store.stream('warm')?.shards).toBe(6)
  await kit.call('CreateStream', { StreamName: 'fixed', ShardCount: 1 })
  const fixed = { StreamName: 'fixed', WarmThroughputMiBps: 6 }
  expect(await kit.fault('UpdateStreamWarmThroughput', fixed)).toContain('ValidationException')
  await kit.call('UpdateStreamMode', {
    StreamARN: streamArnOf('fixed'),
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    WarmThroughputMiBps: 3,
  })
  expect(kit.service.streams.settings('fixed')).toMatchObject({ mode: 'ON_DEMAND', warmThroughputMiBps: 3 })
  expect(await commit('DISABLED')).toEqual({ Status: 'ENABLED_UNTIL_EARLIEST_ALLOWED_END', ...running })
  await kit.clock.advance(23 * HOUR_MS)
  expect((await kit.call('DescribeAccountSettings', {})).MinimumThroughputBillingCommitment).toEqual({
    Status: 'DISABLED',
    StartedAt: start,
    EndedAt: start + 86_400,
  })
  expect(await warm(9)).toContain('ValidationException')
})

test('a consumer is registered, described, listed and removed; its end is told', async () => {
  const kit = await kitWithStream({ limits: { statusMs: 100 } })
  const removed: string[] = []
  const stop = kit.service.streams.onConsumerRemoved(({ name }) => removed.push(name))
  const { Consumer } = await kit.call('RegisterStreamConsumer', {
    StreamARN,
    ConsumerName: 'c',
    Tags: { a: 'b' },
  })
  const createdAt = startTime + 100
  expect(Consumer).toEqual({
    ConsumerName: 'c',
    ConsumerARN: `${StreamARN}/consumer/c:${Math.floor(createdAt / 1000)}`,
    ConsumerStatus: 'CREATING',
    ConsumerCreationTimestamp: createdAt / 1000,
  })
  const { ConsumerARN } = Consumer
  expect(await kit.call('ListTagsForResource', { ResourceARN: ConsumerARN })).toEqual({
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  const described = { ConsumerDescription: { ...Consumer, StreamARN } }
  expect(await kit.call('DescribeStreamConsumer', { ConsumerARN })).toEqual(described)
  await kit.clock.advance(100)
  described.ConsumerDescription.ConsumerStatus = 'ACTIVE'
  for (const by of [
    { ConsumerARN },
    { StreamARN, ConsumerName: 'c' },
    { StreamARN, ConsumerName: 'c', ConsumerARN },
  ]) {
    expect(await kit.call('DescribeStreamConsumer', by)).toEqual(described)
  }
  for (const by of [
    {},
    { StreamARN },
    { ConsumerName: 'c' },
    { ConsumerARN, ConsumerName: 'd' },
    { ConsumerARN, StreamARN: streamArnOf('t') },
  ]) {
    expect(await kit.fault('DescribeStreamConsumer', by)).toContain('InvalidArgumentException')
  }
  expect(await kit.fault('DescribeStreamConsumer', { ConsumerARN: `${ConsumerARN}1` })).toContain(
    'ResourceNotFound',
  )
  expect(await kit.fault('RegisterStreamConsumer', { StreamARN, ConsumerName: 'c' })).toContain(
    'ResourceInUse',
  )
  expect(await kit.call('ListStreamConsumers', { StreamARN })).toEqual({
    Consumers: [{ ...Consumer, ConsumerStatus: 'ACTIVE' }],
  })
  expect(kit.service.streams.resolveConsumer(ConsumerARN, anyone, 'kinesis:SubscribeToShard')).toMatchObject({
    name: 'c',
    arn: ConsumerARN,
    streamName: 's',
    status: 'ACTIVE',
    createdAt,
  })
  expect((await summary(kit)).ConsumerCount).toBe(1)
  expect(await kit.fault('DeleteStream', { StreamName })).toContain('ResourceInUseException')
  await kit.call('DeregisterStreamConsumer', { ConsumerARN })
  expect(removed).toEqual(['c'])
  expect((await kit.call('ListStreamConsumers', { StreamARN })).Consumers[0].ConsumerStatus).toBe('DELETING')
  await kit.clock.advance(100)
  expect(await kit.fault('DescribeStreamConsumer', { ConsumerARN })).toContain('ResourceNotFoundException')
  expect(await kit.fault('DeregisterStreamConsumer', { ConsumerARN })).toContain('ResourceNotFoundException')
  await kit.call('RegisterStreamConsumer', { StreamARN, ConsumerName: 'c' })
  await kit.call('RegisterStreamConsumer', { StreamARN, ConsumerName: 'd' })
  await kit.call('DeleteStream', { StreamName, EnforceConsumerDeletion: true })
  expect(removed).toEqual(['c', 'c', 'd'])
  stop()
  await kit.clock.advance(100)
  expect(kit.store.table('system.kinesis')?.items).toBe(0)
  // A new stream of the name has none of them.
  await kit.call('CreateStream', { StreamName, ShardCount: 1 })
  await kit.clock.advance(100)
  expect((await kit.call('ListStreamConsumers', { StreamARN })).Consumers).toEqual([])
})

test('consumers have a quota, five are in CREATING at once, and pages name each one once', async () => {
  const kit = await kitWithStream({ limits: { statusMs: 100, consumersPerStreamMax: 7 } })
  const register = (name: string): Promise<string> =>
    kit.fault('RegisterStreamConsumer', { StreamARN, ConsumerName: name })
  for (let i = 0; i < 5; i++) expect(await register(`c${i}`)).toBe('no error')
  expect(await register('c5')).toContain('LimitExceededException')
  await kit.clock.advance(100)
  for (let i = 5; i < 7; i++) expect(await register(`c${i}`)).toBe('no error')
  expect(await register('c7')).toContain('Limit: 7')
  await kit.call('UpdateAccountSettings', { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } })
  expect(await register('c7')).toBe('no error')
  const names: string[] = []
  let page = await kit.call('ListStreamConsumers', { StreamARN, MaxResults: 3 })
  for (;;) {
    names.push(...page.Consumers.map((consumer: { ConsumerName: string }) => consumer.ConsumerName))
    if (page.NextToken === undefined) break
    const { NextToken } = page
    page = await kit.call('ListStreamConsumers', { StreamARN, MaxResults: 3, NextToken })
  }
  expect(names).toEqual(Array.from({ length: 8 }, (_, i) => `c${i}`))
  const { NextToken } = await kit.call('ListStreamConsumers', { StreamARN, MaxResults: 3 })
  await kit.call('CreateStream', { StreamName: 't', ShardCount: 1 })
  await kit.clock.advance(100)
  const other = { StreamARN: streamArnOf('t'), NextToken }
  expect(await kit.fault('ListStreamConsumers', other)).toContain('InvalidArgumentException')
  await kit.clock.advance(300_000)
  expect(await kit.fault('ListStreamConsumers', { StreamARN, NextToken })).toContain(
    'ExpiredNextTokenException',
  )
})
