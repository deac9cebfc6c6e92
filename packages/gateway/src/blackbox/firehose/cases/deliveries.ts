/** Cases of the operations that make, describe, change and delete deliveries. */
import { expect } from 'vitest'
import type { Members } from '../../client.ts'
import {
  account,
  atOnce,
  type DeliveryCase,
  type DeliveryWorld,
  destinationId,
  region,
  roleArn,
} from './delivery-world.ts'

const invalid = 'InvalidArgumentException'
const notFound = 'ResourceNotFoundException'
const notThere = { DeliveryStreamName: 'nobody-has-made-it' }

type Parameters = Readonly<Record<string, string>>

export function processor(Type: string, parameters: Parameters): Members {
  const entries = Object.entries(parameters)
  return {
    Type,
    Parameters: entries.map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue })),
  }
}

export function processing(...Processors: Members[]): Members {
  return { ProcessingConfiguration: { Enabled: true, Processors } }
}

const create = (world: DeliveryWorld, destination: Members = {}, more: Members = {}): Members => {
  const DeliveryStreamName = world.name()
  return {
    DeliveryStreamName,
    ExtendedS3DestinationConfiguration: world.destination(DeliveryStreamName, destination),
    ...more,
  }
}

/** A destination that is refused. */
function refused(name: string, message: RegExp, destination: Members, more: Members = {}): DeliveryCase {
  return {
    operation: 'CreateDeliveryStream',
    name,
    error: invalid,
    message,
    input: (world) => create(world, destination, more),
  }
}

const partitioned = {
  DynamicPartitioningConfiguration: { Enabled: true },
  ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
  BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
}
const byCustomer = processor('MetadataExtraction', {
  MetadataExtractionQuery: '{customer: .customer}',
  JsonParsingEngine: 'JQ-1.6',
})
const lambda = (parameters: Parameters = {}): Members =>
  processor('Lambda', {
    LambdaArn: `arn:aws:lambda:${region}:${account}:function:clean`,
    ...parameters,
  })

const creation: readonly DeliveryCase[] = [
  {
    operation: 'CreateDeliveryStream',
    name: 'makes a delivery that delivers what is put to it',
    input: (world) => create(world),
    async check({ DeliveryStreamARN }, world, { DeliveryStreamName }) {
      const name = String(DeliveryStreamName)
      expect(DeliveryStreamARN).toBe(world.arn(name))
      await world.active(name)
      await world.put(name, 'first,', 'second')
      const [object] = await world.delivered(`${name}/`, ['first,second'])
      expect(object?.key).toMatch(
        new RegExp(`^${name}/\\d{4}/\\d\\d/\\d\\d/\\d\\d/${name}-1-(?:\\d\\d+-){6}[0-9a-f-]{36}$`),
      )
    },
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'takes the older form of the destination, tags and encryption',
    input(world) {
      const DeliveryStreamName = world.name()
      return {
        DeliveryStreamName,
        S3DestinationConfiguration: world.destination(DeliveryStreamName, { CompressionFormat: 'GZIP' }),
        Tags: [{ Key: 'team', Value: 'lake' }],
        DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      }
    },
    async check(_output, world, { DeliveryStreamName }) {
      const name = String(DeliveryStreamName)
      await world.active(name)
      expect(await world.describe(name)).toMatchObject({
        DeliveryStreamEncryptionConfiguration: { KeyType: 'AWS_OWNED_CMK' },
        Destinations: [{ S3DestinationDescription: { CompressionFormat: 'GZIP' } }],
      })
    },
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'reads a stream from its end on',
    async input(world) {
      const stream = await world.stream()
      await world.putToStream(stream, 'before')
      return create(
        world,
        {},
        {
          DeliveryStreamType: 'KinesisStreamAsSource',
          KinesisStreamSourceConfiguration: {
            KinesisStreamARN: `arn:aws:kinesis:${region}:${account}:stream/${stream}`,
            RoleARN: roleArn,
          },
        },
      )
    },
    async check(_output, world, { DeliveryStreamName, KinesisStreamSourceConfiguration }) {
      const name = String(DeliveryStreamName)
      await world.active(name)
      // As the case gave it.
      const { KinesisStreamARN } = KinesisStreamSourceConfiguration as { KinesisStreamARN: string }
      await world.putToStream(KinesisStreamARN.slice(KinesisStreamARN.lastIndexOf('/') + 1), 'after')
      const found = await world.delivered(`${name}/`, ['after'])
      expect(found.map(({ bytes }) => String(bytes)).join('')).toBe('after')
    },
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'takes what every member of a destination may be',
    input: (world) =>
      create(world, {
        ...partitioned,
        Prefix: '!{partitionKeyFromQuery:customer}/!{timestamp:yyyy/MM}/',
        EncryptionConfiguration: {
          KMSEncryptionConfig: { AWSKMSKeyARN: `arn:aws:kms:${region}:${account}:key/k` },
        },
        CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'group', LogStreamName: 'stream' },
        ...processing(
          processor('RecordDeAggregation', { SubRecordType: 'JSON' }),
          lambda({ NumberOfRetries: '1', BufferSizeInMBs: '0.5', BufferIntervalInSeconds: '10' }),
          byCustomer,
          processor('AppendDelimiterToRecord', { Delimiter: '\\n' }),
        ),
        S3BackupMode: 'Enabled',
        S3BackupConfiguration: {
          RoleARN: roleArn,
          BucketARN: 'arn:aws:s3:::raw',
          CompressionFormat: 'Snappy',
        },
        FileExtension: '.json',
        CustomTimeZone: 'Europe/Berlin',
      }),
    async check(_output, world, { DeliveryStreamName, ExtendedS3DestinationConfiguration }) {
      // As the case gave it.
      const { S3BackupConfiguration, ...given } = ExtendedS3DestinationConfiguration as Members
      expect(await world.described(String(DeliveryStreamName))).toMatchObject({
        ...given,
        S3BackupDescription: S3BackupConfiguration,
      })
    },
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'with a name that is taken',
    error: 'ResourceInUseException',
    message: /^Firehose \S+ under accountId 0{12} already exists$/,
    async input(world) {
      const name = await world.delivery()
      return { DeliveryStreamName: name, ExtendedS3DestinationConfiguration: world.destination(name) }
    },
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'with a name that no delivery may have',
    error: 'ValidationException',
    message: /'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression/,
    input: (world) => ({ ...create(world), DeliveryStreamName: 'not a name' }),
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'without a role',
    error: 'ValidationException',
    message:
      /'extendedS3DestinationConfiguration.roleARN' failed to satisfy constraint: Member must not be null/,
    isPlain: true,
    input: (world) => ({
      DeliveryStreamName: world.name(),
      ExtendedS3DestinationConfiguration: { BucketARN: 'arn:aws:s3:::lake' },
    }),
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'with a number as text',
    error: 'SerializationException',
    isPlain: true,
    input: (world) => create(world, { BufferingHints: { SizeInMBs: '5', IntervalInSeconds: 60 } }),
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'without a destination',
    error: invalid,
    message: /ExtendedS3DestinationConfiguration/,
    input: (world) => ({ DeliveryStreamName: world.name() }),
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'with two destinations',
    error: invalid,
    input(world) {
      const DeliveryStreamName = world.name()
      const destination = world.destination(DeliveryStreamName)
      return {
        DeliveryStreamName,
        S3DestinationConfiguration: destination,
        ExtendedS3DestinationConfiguration: destination,
      }
    },
  },
  {
    operation: 'CreateDeliveryStream',
    name: 'with a destination that is not here',
    error: invalid,
    message: /^HttpEndpointDestinationConfiguration is not here. Allowed: ExtendedS3DestinationConfiguration/,
    input: (world) => ({
      DeliveryStreamName: world.name(),
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: 'https://example.com' },
        S3Configuration: world.destination('x'),
      },
    }),
  },
  refused(
    'with a source stream that is not there',
    /names no stream of account/,
    {},
    {
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: {
        KinesisStreamARN: `arn:aws:kinesis:${region}:${account}:stream/nobody-has-made-it`,
        RoleARN: roleArn,
      },
    },
  ),
  refused('with half of the buffering hints', /both SizeInMBs and IntervalInSeconds/, {
    BufferingHints: { SizeInMBs: 5 },
  }),
  refused('with a prefix that cannot be read', /time/, {
    Prefix: '!{time:yyyy}/',
    ErrorOutputPrefix: 'errors/',
  }),
  refused('with an error prefix that does not say the type', /error-output-type/, {
    ErrorOutputPrefix: '!{timestamp:yyyy}/',
  }),
  refused('with a time zone that nobody has', /Europe\/Atlantis/, { CustomTimeZone: 'Europe/Atlantis' }),
  refused('with small buffers of partitions', /SizeInMBs .* at least 64/, {
    ...partitioned,
    ...processing(byCustomer),
    Prefix: '!{partitionKeyFromQuery:customer}/',
    BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
  }),
  refused('with a partition key that the prefix does not use', /customer/, {
    ...partitioned,
    ...processing(byCustomer),
    Prefix: 'all/',
  }),
  refused('with conversion and compression', /has to be UNCOMPRESSED/, {
    BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
    CompressionFormat: 'GZIP',
    DataFormatConversionConfiguration: {
      SchemaConfiguration: { RoleARN: roleArn, DatabaseName: 'shop', TableName: 'orders' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
    },
  }),
  refused('with a parameter of another processor', /has no parameter Delimiter/, {
    ...processing(lambda({ Delimiter: ',' })),
  }),
  refused('with a backup without a bucket', /S3BackupConfiguration/, { S3BackupMode: 'Enabled' }),
]

const update = (DeliveryStreamName: string, given: Members, version = '1'): Members => ({
  DeliveryStreamName,
  CurrentDeliveryStreamVersionId: version,
  DestinationId: destinationId,
  ExtendedS3DestinationUpdate: given,
})

const changes: readonly DeliveryCase[] = [
  {
    operation: 'UpdateDestination',
    name: 'changes what it is given, for what is put from then on',
    input: async (world) =>
      update(await world.delivery(), processing(processor('AppendDelimiterToRecord', { Delimiter: '|' }))),
    async check(_output, world, { DeliveryStreamName }) {
      const name = String(DeliveryStreamName)
      expect(await world.describe(name)).toMatchObject({
        VersionId: '2',
        LastUpdateTimestamp: expect.any(Number),
        Destinations: [{ ExtendedS3DestinationDescription: { Prefix: `${name}/`, BufferingHints: atOnce } }],
      })
      // The change holds from the next moment on.
      await world.server.pass(10)
      await world.put(name, 'a', 'b')
      const [object] = await world.delivered(`${name}/`, ['a|b|'])
      expect(object?.key).toContain(`/${name}-2-`)
    },
  },
  {
    operation: 'UpdateDestination',
    name: 'takes the older form',
    async input(world) {
      const { ExtendedS3DestinationUpdate, ...rest } = update(await world.delivery(), {})
      return { ...rest, S3DestinationUpdate: { CompressionFormat: 'ZIP' } }
    },
    async check(_output, world, { DeliveryStreamName }) {
      expect(await world.described(String(DeliveryStreamName))).toMatchObject({ CompressionFormat: 'ZIP' })
    },
  },
  {
    operation: 'UpdateDestination',
    name: 'of a version that is over',
    error: 'ConcurrentModificationException',
    message:
      /^Cannot update firehose: \S+ since the current version id: 2 and specified version id: 1 do not match$/,
    async input(world) {
      const name = await world.delivery()
      await world.admin('UpdateDestination', update(name, { CompressionFormat: 'GZIP' }))
      return update(name, { CompressionFormat: 'ZIP' })
    },
  },
  {
    operation: 'UpdateDestination',
    name: 'of a delivery that is not there',
    error: notFound,
    input: () => update(notThere.DeliveryStreamName, {}),
  },
  {
    operation: 'UpdateDestination',
    name: 'of a destination that is not there',
    error: invalid,
    message: /^Destination Id destinationId-000000000002 not found/,
    input: async (world) => ({
      ...update(await world.delivery(), {}),
      DestinationId: 'destinationId-000000000002',
    }),
  },
  {
    operation: 'UpdateDestination',
    name: 'that ends a backup',
    error: invalid,
    message: /S3BackupMode/,
    async input(world) {
      const backup = { RoleARN: roleArn, BucketARN: 'arn:aws:s3:::raw' }
      const name = await world.delivery({ S3BackupMode: 'Enabled', S3BackupConfiguration: backup })
      return update(name, { S3BackupMode: 'Disabled' })
    },
  },
  {
    operation: 'UpdateDestination',
    name: 'that begins to partition',
    error: invalid,
    message: /Dynamic partitioning/,
    input: async (world) =>
      update(await world.delivery(), { DynamicPartitioningConfiguration: { Enabled: true } }),
  },
  {
    operation: 'UpdateDestination',
    name: 'with another kind of destination',
    error: invalid,
    message: /^HttpEndpointDestinationUpdate is not here/,
    async input(world) {
      const { ExtendedS3DestinationUpdate, ...rest } = update(await world.delivery(), {})
      return {
        ...rest,
        HttpEndpointDestinationUpdate: { EndpointConfiguration: { Url: 'https://example.com' } },
      }
    },
  },
]

const looks: readonly DeliveryCase[] = [
  {
    operation: 'DescribeDeliveryStream',
    name: 'describes a delivery with the defaults that hold',
    input: async (world) => ({ DeliveryStreamName: await world.delivery() }),
    check({ DeliveryStreamDescription }, world, { DeliveryStreamName }) {
      const name = String(DeliveryStreamName)
      const s3 = {
        ...world.destination(name),
        CompressionFormat: 'UNCOMPRESSED',
        EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
        CloudWatchLoggingOptions: { Enabled: false },
      }
      expect(DeliveryStreamDescription).toEqual({
        DeliveryStreamName: name,
        DeliveryStreamARN: world.arn(name),
        DeliveryStreamStatus: 'ACTIVE',
        DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
        DeliveryStreamType: 'DirectPut',
        VersionId: '1',
        CreateTimestamp: expect.any(Number),
        Destinations: [
          {
            DestinationId: destinationId,
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
    },
  },
  {
    operation: 'DescribeDeliveryStream',
    name: 'lists no destination after the only one',
    input: async (world) => ({
      DeliveryStreamName: await world.delivery(),
      ExclusiveStartDestinationId: destinationId,
    }),
    check: ({ DeliveryStreamDescription }) =>
      expect(DeliveryStreamDescription).toMatchObject({ Destinations: [], HasMoreDestinations: false }),
  },
  {
    operation: 'DescribeDeliveryStream',
    name: 'of a delivery that is not there',
    error: notFound,
    message: /^Firehose nobody-has-made-it under account 0{12} not found\.$/,
    input: () => notThere,
  },
  {
    operation: 'DescribeDeliveryStream',
    name: 'with a limit of none',
    error: 'ValidationException',
    input: () => ({ ...notThere, Limit: 0 }),
  },
  {
    operation: 'ListDeliveryStreams',
    name: 'lists names from one on, by page',
    async input(world) {
      const name = await world.delivery()
      await world.delivery()
      await world.delivery()
      return { ExclusiveStartDeliveryStreamName: name, Limit: 1, DeliveryStreamType: 'DirectPut' }
    },
    check(
      { DeliveryStreamNames, HasMoreDeliveryStreams },
      _world,
      { ExclusiveStartDeliveryStreamName: after },
    ) {
      expect(DeliveryStreamNames).toEqual([expect.any(String)])
      expect(String(DeliveryStreamNames) > String(after)).toBe(true)
      expect(HasMoreDeliveryStreams).toBe(true)
    },
  },
  {
    operation: 'ListDeliveryStreams',
    name: 'lists ten where nothing is said',
    async input(world) {
      for (let i = 0; i < 11; i++) await world.delivery()
      return {}
    },
    check: ({ DeliveryStreamNames }) => expect(DeliveryStreamNames).toHaveLength(10),
  },
  {
    operation: 'ListDeliveryStreams',
    name: 'with a type that there is not',
    error: 'ValidationException',
    message: /enum value set: \[DirectPut, KinesisStreamAsSource, MSKAsSource, DatabaseAsSource\]/,
    input: () => ({ DeliveryStreamType: 'Direct' }),
  },
  {
    operation: 'DeleteDeliveryStream',
    name: 'deletes a delivery; its objects stay',
    async input(world) {
      const DeliveryStreamName = await world.delivery()
      await world.put(DeliveryStreamName, 'kept')
      await world.delivered(`${DeliveryStreamName}/`, ['kept'])
      return { DeliveryStreamName, AllowForceDelete: true }
    },
    async check(_output, world, { DeliveryStreamName }) {
      const name = String(DeliveryStreamName)
      await world.until('it is gone', async () => {
        const { DeliveryStreamNames } = await world.admin('ListDeliveryStreams', { Limit: 10_000 })
        // By the API's model.
        return !(DeliveryStreamNames as readonly string[]).includes(name)
      })
      expect(await world.objects(`${name}/`)).toHaveLength(1)
    },
  },
  {
    operation: 'DeleteDeliveryStream',
    name: 'of a delivery that is not there',
    error: notFound,
    input: () => notThere,
  },
]

export const deliveryCases: readonly DeliveryCase[] = [...creation, ...changes, ...looks]
