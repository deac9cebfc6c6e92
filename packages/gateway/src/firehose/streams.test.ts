/** The life of a delivery by the API: names, states, versions, tags, encryption, limits. */
import { describe, expect, it } from 'vitest'
import { WireError } from '../wire/wire-error.ts'
import {
  account,
  bucketArn,
  directTo,
  firehoseKit,
  region,
  roleArn,
  startTime,
} from './testing/firehose-kit.ts'

const arnOf = (name: string): string => `arn:aws:firehose:${region}:${account}:deliverystream/${name}`
const describeOf = async (kit: Awaited<ReturnType<typeof firehoseKit>>, name: string) =>
  (await kit.call('DescribeDeliveryStream', { DeliveryStreamName: name })).DeliveryStreamDescription

describe('a delivery', () => {
  it('is created, described with defaults, and taken up by the host', async () => {
    const kit = await firehoseKit()
    const created = await kit.call('CreateDeliveryStream', directTo('orders'))
    expect(created).toEqual({ DeliveryStreamARN: arnOf('orders') })
    expect(kit.deliveries.refreshed()).toBe(1)
    const s3 = {
      RoleARN: roleArn,
      BucketARN: bucketArn,
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
      CompressionFormat: 'UNCOMPRESSED',
      EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
      CloudWatchLoggingOptions: { Enabled: false },
    }
    expect(await describeOf(kit, 'orders')).toEqual({
      DeliveryStreamName: 'orders',
      DeliveryStreamARN: arnOf('orders'),
      DeliveryStreamStatus: 'ACTIVE',
      DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
      DeliveryStreamType: 'DirectPut',
      VersionId: '1',
      CreateTimestamp: startTime / 1000,
      Destinations: [
        {
          DestinationId: 'destinationId-000000000001',
          S3DestinationDescription: s3,
          ExtendedS3DestinationDescription: {
            ...s3,
            ProcessingConfiguration: { Enabled: false, Processors: [] },
            S3BackupMode: 'Disabled',
          },
        },
      ],
      HasMoreDestinations: false,
    })
  })

  it('is CREATING and DELETING for a while, and refuses what its state does not allow', async () => {
    const kit = await firehoseKit({ statusMs: 400 })
    await kit.call('CreateDeliveryStream', directTo('orders'))
    expect((await describeOf(kit, 'orders')).DeliveryStreamStatus).toBe('CREATING')
    const put = { DeliveryStreamName: 'orders', Record: { Data: 'YQ==' } }
    expect(await kit.fault('PutRecord', put)).toBe(
      `ResourceNotFoundException: Firehose orders under account ${account} not found.`,
    )
    expect(await kit.fault('DeleteDeliveryStream', { DeliveryStreamName: 'orders' })).toMatch(
      /^ResourceInUse/,
    )
    expect(
      await kit.fault('TagDeliveryStream', { DeliveryStreamName: 'orders', Tags: [{ Key: 'a' }] }),
    ).toMatch(/^ResourceInUseException: .*state CREATING/)
    expect(await kit.fault('CreateDeliveryStream', directTo('orders'))).toBe(
      `ResourceInUseException: Firehose orders under accountId ${account} already exists`,
    )
    await kit.clock.advance(400)
    await kit.call('PutRecord', put)
    await kit.call('DeleteDeliveryStream', { DeliveryStreamName: 'orders' })
    expect((await describeOf(kit, 'orders')).DeliveryStreamStatus).toBe('DELETING')
    expect(await kit.fault('PutRecord', put)).toMatch(/^ResourceNotFoundException/)
    // Once more is no fault.
    await kit.call('DeleteDeliveryStream', { DeliveryStreamName: 'orders' })
    await kit.clock.advance(400)
    expect(await kit.fault('DescribeDeliveryStream', { DeliveryStreamName: 'orders' })).toMatch(
      /^ResourceNotFound/,
    )
    expect(kit.deliveries.directory.list()).toEqual([])
    await kit.call('CreateDeliveryStream', directTo('orders'))
  })

  it('whose deletion a stop interrupted is gone after the next start, without a call', async () => {
    const kit = await firehoseKit({ statusMs: 400 })
    await kit.call('CreateDeliveryStream', directTo('orders'))
    await kit.clock.advance(400)
    await kit.call('DeleteDeliveryStream', { DeliveryStreamName: 'orders' })
    kit.reopen()
    await kit.clock.advance(400)
    expect(kit.deliveries.directory.list()).toEqual([])
  })

  it('gets a new version with each update, which merges what is given into what was', async () => {
    const kit = await firehoseKit()
    await kit.call('CreateDeliveryStream', directTo('orders', { Prefix: 'a/', CompressionFormat: 'GZIP' }))
    const update = (version: string, given: object) => ({
      DeliveryStreamName: 'orders',
      CurrentDeliveryStreamVersionId: version,
      DestinationId: 'destinationId-000000000001',
      ExtendedS3DestinationUpdate: given,
    })
    await kit.clock.advance(1000)
    const hints = { SizeInMBs: 1, IntervalInSeconds: 60 }
    expect(await kit.call('UpdateDestination', update('1', { BufferingHints: hints }))).toEqual({})
    expect(await kit.fault('UpdateDestination', update('1', {}))).toBe(
      'ConcurrentModificationException: Cannot update firehose: orders since the current version id: 2 and specified version id: 1 do not match',
    )
    const described = await describeOf(kit, 'orders')
    expect(described).toMatchObject({ VersionId: '2', LastUpdateTimestamp: startTime / 1000 + 1 })
    expect(described.Destinations[0].ExtendedS3DestinationDescription).toMatchObject({
      Prefix: 'a/',
      CompressionFormat: 'GZIP',
      BufferingHints: hints,
    })
    expect(kit.deliveries.directory.get('orders')?.settings.destination).toMatchObject({
      buffering: { bytes: 1024 * 1024, ms: 60_000 },
      compression: 'GZIP',
    })
    expect(
      await kit.fault('UpdateDestination', {
        ...update('2', {}),
        DestinationId: 'destinationId-000000000002',
      }),
    ).toMatch(/^InvalidArgumentException: Destination Id destinationId-000000000002 not found/)
    expect(await kit.fault('UpdateDestination', update('2', { BufferingHints: { SizeInMBs: 2 } }))).toMatch(
      /^InvalidArgumentException: BufferingHints needs both/,
    )
    expect((await describeOf(kit, 'orders')).VersionId).toBe('2')
  })

  it('keeps its backup and its dynamic partitioning as they were decided', async () => {
    const kit = await firehoseKit()
    const backup = {
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: { RoleARN: roleArn, BucketARN: bucketArn },
    }
    await kit.call('CreateDeliveryStream', directTo('orders', backup))
    const update = (given: object) => ({
      DeliveryStreamName: 'orders',
      CurrentDeliveryStreamVersionId: '1',
      DestinationId: 'destinationId-000000000001',
      ExtendedS3DestinationUpdate: given,
    })
    expect(await kit.fault('UpdateDestination', update({ S3BackupMode: 'Disabled' }))).toMatch(
      /^InvalidArgumentException: S3BackupMode is Enabled/,
    )
    expect(
      await kit.fault('UpdateDestination', update({ DynamicPartitioningConfiguration: { Enabled: true } })),
    ).toMatch(/^InvalidArgumentException: Dynamic partitioning is off/)
    await kit.call('UpdateDestination', update({ S3BackupUpdate: { Prefix: 'raw/' } }))
    expect(kit.deliveries.directory.get('orders')?.settings.backup).toMatchObject({
      bucket: 'lake',
      prefix: 'raw/',
    })
  })

  it('that reads a stream needs one, begins at its end, and takes no puts', async () => {
    const kit = await firehoseKit()
    const arn = `arn:aws:kinesis:${region}:${account}:stream/clicks`
    const input = {
      ...directTo('from-clicks'),
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: { KinesisStreamARN: arn, RoleARN: roleArn },
    }
    expect(await kit.fault('CreateDeliveryStream', input)).toMatch(
      /^InvalidArgumentException: .*names no stream/,
    )
    kit.store.defineStream({ name: 'clicks', shards: 2, retentionMs: 86_400_000 })
    await kit.call('CreateDeliveryStream', input)
    expect(kit.deliveries.directory.get('from-clicks')?.settings.source).toEqual({
      kind: 'stream',
      stream: 'clicks',
      startingPosition: 'LATEST',
    })
    expect((await describeOf(kit, 'from-clicks')).Source).toEqual({
      KinesisStreamSourceDescription: {
        KinesisStreamARN: arn,
        RoleARN: roleArn,
        DeliveryStartTimestamp: startTime / 1000,
      },
    })
    expect(
      await kit.fault('PutRecord', { DeliveryStreamName: 'from-clicks', Record: { Data: 'YQ==' } }),
    ).toBe(
      'InvalidArgumentException: This operation is not permitted on KinesisStreamAsSource delivery stream type.',
    )
    expect(await kit.fault('StartDeliveryStreamEncryption', { DeliveryStreamName: 'from-clicks' })).toMatch(
      /^InvalidArgumentException: .*reads a stream/,
    )
  })

  it('of an app is described and takes records, but its life is the app’s', async () => {
    const kit = await firehoseKit()
    kit.deliveries.directory.create(
      'films',
      {
        source: { kind: 'direct' },
        destination: {
          kind: 'files',
          bucket: 'lake',
          prefix: 'films/',
          timeZone: 'Europe/Berlin',
          buffering: { bytes: 1024 * 1024, ms: 60_000 },
          format: { kind: 'raw', delimiter: '\n' },
          compression: 'ZSTD',
        },
      },
      { owner: 'app' },
    )
    expect((await describeOf(kit, 'films')).Destinations[0].ExtendedS3DestinationDescription).toMatchObject({
      BucketARN: 'arn:aws:s3:::lake',
      Prefix: 'films/',
      CompressionFormat: 'ZSTD',
      CustomTimeZone: 'Europe/Berlin',
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: 'AppendDelimiterToRecord',
            Parameters: [{ ParameterName: 'Delimiter', ParameterValue: '\\n' }],
          },
        ],
      },
    })
    await kit.call('PutRecord', { DeliveryStreamName: 'films', Record: { Data: 'YQ==' } })
    expect(kit.direct('films').map(String)).toEqual(['a'])
    expect(await kit.fault('DeleteDeliveryStream', { DeliveryStreamName: 'films' })).toBe(
      'ResourceInUseException: Firehose films is declared by an app, which alone can have it deleted: change or remove its app.delivery("films").',
    )
    expect(
      await kit.fault('UpdateDestination', {
        DeliveryStreamName: 'films',
        CurrentDeliveryStreamVersionId: '1',
        DestinationId: 'destinationId-000000000001',
        ExtendedS3DestinationUpdate: {},
      }),
    ).toMatch(/^ResourceInUseException/)
  })

  it('shows what keeps it from delivering', async () => {
    const kit = await firehoseKit()
    await kit.call('CreateDeliveryStream', directTo('orders'))
    kit.deliveries.failWith('orders', { type: 'OBJECT_STORE_FAILED', details: 'the disk is full' })
    expect((await describeOf(kit, 'orders')).FailureDescription).toEqual({
      Type: 'UNKNOWN_ERROR',
      Details: 'OBJECT_STORE_FAILED: the disk is full',
    })
  })
})

describe('lists', () => {
  it('go on after a name, in the order of names, by type', async () => {
    const kit = await firehoseKit()
    for (const name of ['c', 'a', 'b', 'B']) await kit.call('CreateDeliveryStream', directTo(name))
    expect(await kit.call('ListDeliveryStreams', { Limit: 3 })).toEqual({
      DeliveryStreamNames: ['B', 'a', 'b'],
      HasMoreDeliveryStreams: true,
    })
    expect(await kit.call('ListDeliveryStreams', { ExclusiveStartDeliveryStreamName: 'b' })).toEqual({
      DeliveryStreamNames: ['c'],
      HasMoreDeliveryStreams: false,
    })
    expect(await kit.call('ListDeliveryStreams', { DeliveryStreamType: 'KinesisStreamAsSource' })).toEqual({
      DeliveryStreamNames: [],
      HasMoreDeliveryStreams: false,
    })
    for (let i = 0; i < 8; i++) await kit.call('CreateDeliveryStream', directTo(`n${i}`))
    expect((await kit.call('ListDeliveryStreams', {})).DeliveryStreamNames).toHaveLength(10)
  })
})

describe('tags', () => {
  it('are added, replaced, removed and listed by page; 50 at most', async () => {
    const kit = await firehoseKit()
    const name = { DeliveryStreamName: 'orders' }
    await kit.call('CreateDeliveryStream', {
      ...directTo('orders'),
      Tags: [{ Key: 'b', Value: '1' }, { Key: 'a' }],
    })
    await kit.call('TagDeliveryStream', {
      ...name,
      Tags: [
        { Key: 'b', Value: '2' },
        { Key: 'c', Value: '' },
      ],
    })
    expect(await kit.call('ListTagsForDeliveryStream', { ...name, Limit: 2 })).toEqual({
      Tags: [{ Key: 'a' }, { Key: 'b', Value: '2' }],
      HasMoreTags: true,
    })
    expect(await kit.call('ListTagsForDeliveryStream', { ...name, ExclusiveStartTagKey: 'b' })).toEqual({
      Tags: [{ Key: 'c', Value: '' }],
      HasMoreTags: false,
    })
    await kit.call('UntagDeliveryStream', { ...name, TagKeys: ['a', 'nothing'] })
    expect((await kit.call('ListTagsForDeliveryStream', name)).Tags).toHaveLength(2)
    const many = Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}` }))
    expect(await kit.fault('TagDeliveryStream', { ...name, Tags: many })).toMatch(/^LimitExceededException/)
    expect(await kit.fault('TagDeliveryStream', { ...name, Tags: [{ Key: 'aws:x' }] })).toMatch(
      /^ValidationException/,
    )
    expect((await describeOf(kit, 'orders')).VersionId).toBe('1')
  })
})

describe('encryption', () => {
  it('is a state with a way there and back, shown with puts', async () => {
    const kit = await firehoseKit({ statusMs: 400 })
    const name = { DeliveryStreamName: 'orders' }
    await kit.call('CreateDeliveryStream', directTo('orders'))
    await kit.clock.advance(400)
    const status = async () => (await describeOf(kit, 'orders')).DeliveryStreamEncryptionConfiguration
    const put = () => kit.call('PutRecord', { ...name, Record: { Data: 'YQ==' } })
    await kit.call('StartDeliveryStreamEncryption', name)
    expect(await status()).toEqual({ KeyType: 'AWS_OWNED_CMK', Status: 'ENABLING' })
    expect((await put()).Encrypted).toBe(false)
    await kit.clock.advance(400)
    expect(await status()).toEqual({ KeyType: 'AWS_OWNED_CMK', Status: 'ENABLED' })
    expect((await put()).Encrypted).toBe(true)
    await kit.call('StopDeliveryStreamEncryption', name)
    expect(await status()).toEqual({ Status: 'DISABLING' })
    const key = { KeyType: 'CUSTOMER_MANAGED_CMK' }
    expect(
      await kit.fault('StartDeliveryStreamEncryption', {
        ...name,
        DeliveryStreamEncryptionConfigurationInput: key,
      }),
    ).toBe('InvalidArgumentException: KeyType CUSTOMER_MANAGED_CMK needs KeyARN.')
  })

  it('changes as often in a day as the limits say', async () => {
    const kit = await firehoseKit({ encryptionStartsPerDay: 2 })
    const name = { DeliveryStreamName: 'orders' }
    await kit.call('CreateDeliveryStream', directTo('orders'))
    await kit.call('StartDeliveryStreamEncryption', name)
    await kit.clock.advance(3_600_000)
    await kit.call('StopDeliveryStreamEncryption', name)
    expect(await kit.fault('StartDeliveryStreamEncryption', name)).toMatch(/^LimitExceededException/)
    await kit.clock.advance(23 * 3_600_000)
    await kit.call('StartDeliveryStreamEncryption', name)
  })
})

describe('limits and rights', () => {
  it('bound the calls of the control plane and the number of deliveries', async () => {
    const kit = await firehoseKit({ controlPlaneRates: true, deliveryStreamsMax: 2 })
    await kit.call('CreateDeliveryStream', directTo('a'))
    await kit.call('CreateDeliveryStream', directTo('b'))
    expect(await kit.fault('CreateDeliveryStream', directTo('c'))).toMatch(
      /^LimitExceededException: Account .* 2 /,
    )
    const describes = await Promise.all(
      Array.from({ length: 7 }, () => kit.fault('DescribeDeliveryStream', { DeliveryStreamName: 'a' })),
    )
    expect(describes.filter((text) => text === 'no error')).toHaveLength(5)
    expect(describes.at(-1)).toMatch(/^LimitExceededException: Rate exceeded/)
  })

  it('are asked with the action and the ARN, before anybody learns what exists', async () => {
    const kit = await firehoseKit()
    const asked: string[] = []
    const caller = {
      keyId: 'k',
      account,
      authorize(action: string, arn: string) {
        asked.push(`${action} ${arn}`)
        throw new WireError('AccessDeniedException', 'no')
      },
    }
    const name = { DeliveryStreamName: 'nothing' }
    const update = { CurrentDeliveryStreamVersionId: '1', DestinationId: 'd' }
    const calls = [
      ['CreateDeliveryStream', directTo('nothing')],
      ['DeleteDeliveryStream', name],
      ['DescribeDeliveryStream', name],
      ['ListTagsForDeliveryStream', name],
      ['PutRecord', { ...name, Record: { Data: '' } }],
      ['PutRecordBatch', { ...name, Records: [{ Data: '' }] }],
      ['StartDeliveryStreamEncryption', name],
      ['StopDeliveryStreamEncryption', name],
      ['TagDeliveryStream', { ...name, Tags: [{ Key: 'a' }] }],
      ['UntagDeliveryStream', { ...name, TagKeys: ['a'] }],
      ['UpdateDestination', { ...name, ...update }],
    ] as const
    for (const [operation, input] of calls) {
      expect(await kit.fault(operation, input, caller)).toBe('AccessDeniedException: no')
    }
    expect(asked).toEqual(calls.map(([operation]) => `firehose:${operation} ${arnOf('nothing')}`))
    expect(await kit.fault('ListDeliveryStreams', {}, caller)).toBe('AccessDeniedException: no')
    expect(asked.at(-1)).toBe('firehose:ListDeliveryStreams *')
  })
})
