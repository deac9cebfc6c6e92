/** What clients state becomes what deliveries do, and the other way round; what cannot be is refused with what is allowed. */
import type { DeliverySettings, DeliverySource } from '@millrace/lake'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readInput } from '../../wire/shape.ts'
import { WireError } from '../../wire/wire-error.ts'
import { asWireError } from '../faults.ts'
import { type ExtendedS3Configuration, extendedS3Configuration } from '../shapes/s3-shapes.ts'
import { configurationOf } from './describe-destination.ts'
import { settingsOf } from './destination-settings.ts'
import { mergeUpdate } from './merge-update.ts'

const roleArn = 'arn:aws:iam::123456789012:role/r'
const place = { RoleARN: roleArn, BucketARN: 'arn:aws:s3:::lake' }
const direct: DeliverySource = { kind: 'direct' }
const MB = 1024 * 1024

function settings(given: object): DeliverySettings {
  const configuration = readInput(extendedS3Configuration, { ...place, ...given })
  return settingsOf(configuration, direct)
}

function fault(given: object): string {
  try {
    settings(given)
  } catch (thrown) {
    const error = asWireError(thrown)
    if (error instanceof WireError) return `${error.type}: ${error.message}`
    throw thrown
  }
  return 'no error'
}

type Parameters = Readonly<Record<string, string>>
const processor = (Type: string, parameters: Parameters = {}) => ({
  Type,
  Parameters: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
  })),
})
const processing = (...Processors: object[]) => ({ ProcessingConfiguration: { Enabled: true, Processors } })
const query = (text: string) =>
  processor('MetadataExtraction', { MetadataExtractionQuery: text, JsonParsingEngine: 'JQ-1.6' })
const lambda = (parameters: Parameters = {}) =>
  processor('Lambda', {
    LambdaArn: 'arn:aws:lambda:us-east-1:123456789012:function:clean:$LATEST',
    ...parameters,
  })
const conversion = (change: object = {}) => ({
  DataFormatConversionConfiguration: {
    SchemaConfiguration: { RoleARN: roleArn, DatabaseName: 'shop', TableName: 'orders' },
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
    ...change,
  },
})
const dynamic = { DynamicPartitioningConfiguration: { Enabled: true }, ErrorOutputPrefix: 'errors/' }

describe('settings of a delivery', () => {
  it('have the service’s defaults', () => {
    expect(settings({})).toEqual({
      source: direct,
      destination: {
        kind: 'files',
        bucket: 'lake',
        timeZone: 'UTC',
        buffering: { bytes: 5 * MB, ms: 300_000 },
        format: { kind: 'raw' },
        compression: 'UNCOMPRESSED',
      },
    })
  })

  it('take empty texts for none', () => {
    expect(settings({ Prefix: '', ErrorOutputPrefix: '', FileExtension: '', CustomTimeZone: '' })).toEqual(
      settings({}),
    )
  })

  it('follow the processors, in whatever order these are listed', () => {
    const found = settings(
      processing(
        processor('AppendDelimiterToRecord', { Delimiter: '\\n' }),
        lambda({ NumberOfRetries: '1', BufferSizeInMBs: '0.2', BufferIntervalInSeconds: '0' }),
        processor('RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: 'IyMj' }),
        processor('CloudWatchLogProcessing'),
        processor('Decompression', { CompressionFormat: 'GZIP' }),
      ),
    )
    expect(found).toMatchObject({
      unpack: {
        subRecords: { form: 'delimited', delimiter: 'IyMj' },
        decompression: 'gzip',
        logMessages: true,
      },
      transform: { functionName: 'clean', retries: 1, bufferBytes: Math.round(0.2 * MB), bufferMs: 0 },
      destination: { format: { kind: 'raw', delimiter: '\n' } },
    })
    expect(settings(processing(lambda())).transform).toEqual({
      functionName: 'clean',
      retries: 3,
      bufferBytes: MB,
      bufferMs: 60_000,
    })
    expect(settings(processing(processor('AppendDelimiterToRecord'))).destination).toMatchObject({
      format: { delimiter: '\n' },
    })
    const off = { ProcessingConfiguration: { Enabled: false, Processors: [lambda()] } }
    expect(settings(off)).toEqual(settings({}))
  })

  it('convert to Parquet by the newest version of the table, unless one is named', () => {
    const found = settings(conversion())
    expect(found.destination).toMatchObject({
      buffering: { bytes: 128 * MB, ms: 300_000 },
      compression: 'UNCOMPRESSED',
      format: {
        kind: 'parquet',
        schema: { kind: 'table', database: 'shop', name: 'orders' },
        serde: { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, keys: {} },
        parquet: {
          compression: 'SNAPPY',
          blockBytes: 256 * MB,
          pageBytes: MB,
          dictionary: false,
          version: 'V1',
        },
      },
    })
    const schema = { RoleARN: roleArn, DatabaseName: 'shop', TableName: 'orders', VersionId: '3' }
    expect(settings(conversion({ SchemaConfiguration: schema })).destination).toMatchObject({
      format: { schema: { version: 3 } },
    })
    expect(settings(conversion({ Enabled: false, OutputFormatConfiguration: undefined }))).toEqual(
      settings({}),
    )
  })

  it('partition by each key of the query', () => {
    const found = settings({
      ...dynamic,
      ...processing(
        query('{customer: .c.id, day: (.at | split(",") | .[0]), "kind"}'.replace('"kind"', 'kind')),
      ),
      Prefix: '!{partitionKeyFromQuery:customer}/!{partitionKeyFromQuery:day}/!{partitionKeyFromQuery:kind}/',
    })
    expect(found.partitioning).toEqual({
      queries: { customer: '.c.id', day: '(.at | split(",") | .[0])', kind: '.kind' },
      activeMax: 500,
      retryMs: 300_000,
    })
    expect(found.destination.buffering).toEqual({ bytes: 128 * MB, ms: 300_000 })
  })

  it('back records up where they are told to', () => {
    const S3BackupConfiguration = {
      ...place,
      BucketARN: 'arn:aws:s3:::raw',
      Prefix: 'all/',
      CompressionFormat: 'GZIP',
    }
    expect(settings({ S3BackupConfiguration }).backup).toBeUndefined()
    expect(settings({ S3BackupMode: 'Enabled', S3BackupConfiguration }).backup).toEqual({
      bucket: 'raw',
      prefix: 'all/',
      timeZone: 'UTC',
      buffering: { bytes: 5 * MB, ms: 300_000 },
      compression: 'GZIP',
    })
  })
})

describe('what cannot be is refused:', () => {
  const hints = (SizeInMBs?: number, IntervalInSeconds?: number) => ({
    BufferingHints: {
      ...(SizeInMBs && { SizeInMBs }),
      ...(IntervalInSeconds !== undefined && { IntervalInSeconds }),
    },
  })
  const partitioned = { ...dynamic, ...processing(query('{a: .a}')), Prefix: '!{partitionKeyFromQuery:a}/' }
  it.each<[string, object, RegExp]>([
    ['one hint alone', hints(5), /BufferingHints needs both/],
    ['the other hint alone', hints(undefined, 5), /BufferingHints needs both/],
    [
      'conversion with small buffers',
      { ...conversion(), ...hints(63, 60) },
      /SizeInMBs .* is 63.*at least 64/,
    ],
    ['conversion without an interval', { ...conversion(), ...hints(64, 0) }, /IntervalInSeconds .* is 0/],
    ['conversion and compression', { ...conversion(), CompressionFormat: 'GZIP' }, /has to be UNCOMPRESSED/],
    [
      'conversion without a schema',
      conversion({ SchemaConfiguration: undefined }),
      /needs SchemaConfiguration/,
    ],
    [
      'conversion without a table',
      conversion({ SchemaConfiguration: {} }),
      /RoleARN, DatabaseName and TableName/,
    ],
    [
      'conversion with no reader',
      conversion({ InputFormatConfiguration: { Deserializer: {} } }),
      /one of OpenXJsonSerDe and HiveJsonSerDe/,
    ],
    [
      'conversion with two readers',
      conversion({ InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {}, HiveJsonSerDe: {} } } }),
      /one of OpenXJsonSerDe and HiveJsonSerDe/,
    ],
    [
      'ORC',
      conversion({ OutputFormatConfiguration: { Serializer: { OrcSerDe: {} } } }),
      /OrcSerDe is not here.*ParquetSerDe/,
    ],
    [
      'a version that is no number',
      conversion({
        SchemaConfiguration: { RoleARN: 'r', DatabaseName: 'd', TableName: 't', VersionId: 'new' },
      }),
      /VersionId .* "new". Allowed: LATEST/,
    ],
    ['small buffers of partitions', { ...partitioned, ...hints(5, 60) }, /SizeInMBs .* at least 64/],
    [
      'partitions without an error prefix',
      { ...partitioned, ErrorOutputPrefix: undefined },
      /prefix for errors/,
    ],
    [
      'a key that the prefix does not use',
      { ...partitioned, Prefix: 'a/' },
      /does not use the partition keys a/,
    ],
    ['a key that no query extracts', { ...partitioned, Prefix: '!{partitionKeyFromQuery:b}/' }, /"b"/],
    [
      'a key of a function that is not there',
      { ...partitioned, Prefix: '!{partitionKeyFromLambda:a}/' },
      /function/,
    ],
    ['queries without partitioning', processing(query('{a: .a}')), /DynamicPartitioningConfiguration/],
    ['an unknown expression', { Prefix: '!{time:yyyy}/', ErrorOutputPrefix: 'e/' }, /time/],
    ['an error type in the prefix', { Prefix: '!{firehose:error-output-type}/' }, /error type/],
    ['an expression without an error prefix', { Prefix: '!{timestamp:yyyy}/' }, /prefix for errors/],
    ['an error prefix without the type', { ErrorOutputPrefix: '!{timestamp:yyyy}/' }, /error-output-type/],
    ['an unknown time zone', { CustomTimeZone: 'Europe/Atlantis' }, /Europe\/Atlantis/],
    ['a backup without a place', { S3BackupMode: 'Enabled' }, /needs S3BackupConfiguration/],
    [
      'two kinds of encryption',
      {
        EncryptionConfiguration: {
          NoEncryptionConfig: 'NoEncryption',
          KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:aws:kms:us-east-1:123456789012:key/k' },
        },
      },
      /one of NoEncryptionConfig/,
    ],
    ['a processor twice', processing(lambda(), lambda()), /Lambda is given twice/],
    [
      'a parameter of another processor',
      processing(processor('Lambda', { Delimiter: ',' })),
      /has no parameter Delimiter/,
    ],
    [
      'a parameter twice',
      processing({
        Type: 'AppendDelimiterToRecord',
        Parameters: [
          { ParameterName: 'Delimiter', ParameterValue: 'a' },
          { ParameterName: 'Delimiter', ParameterValue: 'b' },
        ],
      }),
      /given twice/,
    ],
    ['a function without an ARN', processing(processor('Lambda')), /LambdaArn .* is missing/],
    [
      'an ARN of something else',
      processing(lambda({ LambdaArn: 'arn:aws:s3:::x' })),
      /LambdaArn .* is "arn:aws:s3:::x"/,
    ],
    ['too many retries', processing(lambda({ NumberOfRetries: '301' })), /NumberOfRetries .* from 0 to 300/],
    ['half a retry', processing(lambda({ NumberOfRetries: '1.5' })), /whole numbers/],
    ['retries in words', processing(lambda({ NumberOfRetries: 'many' })), /NumberOfRetries .* is "many"/],
    ['too large a batch', processing(lambda({ BufferSizeInMBs: '3.1' })), /BufferSizeInMBs .* from 0.2 to 3/],
    ['too long a wait', processing(lambda({ BufferIntervalInSeconds: '901' })), /from 0 to 900/],
    [
      'no kind of sub-records',
      processing(processor('RecordDeAggregation')),
      /SubRecordType .* JSON, DELIMITED/,
    ],
    [
      'no delimiter of sub-records',
      processing(processor('RecordDeAggregation', { SubRecordType: 'DELIMITED' })),
      /needs the parameter Delimiter in base64/,
    ],
    [
      'a delimiter that is not base64',
      processing(processor('RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: '###' })),
      /in base64, not "###"/,
    ],
    [
      'a delimiter beside JSON',
      processing(processor('RecordDeAggregation', { SubRecordType: 'JSON', Delimiter: 'IyMj' })),
      /goes with SubRecordType DELIMITED/,
    ],
    [
      'logs that stay compressed',
      processing(processor('CloudWatchLogProcessing')),
      /needs the processor Decompression/,
    ],
    [
      'another compression',
      processing(processor('Decompression', { CompressionFormat: 'ZIP' })),
      /CompressionFormat .* Allowed: GZIP/,
    ],
    [
      'another engine',
      processing(processor('MetadataExtraction', { MetadataExtractionQuery: '{}' })),
      /JQ-1.6/,
    ],
    ['a query that is no object', { ...partitioned, ...processing(query('.a')) }, /ends in an object/],
    [
      'a query with a key twice',
      { ...partitioned, ...processing(query('{a: .a, a: .b}')) },
      /the key a is there twice/,
    ],
    ['a query with open brackets', { ...partitioned, ...processing(query('{a: (.a}')) }, /\) is expected/],
    [
      'a query without a value',
      { ...partitioned, ...processing(query('{a: }')) },
      /"}" cannot begin an expression/,
    ],
  ])('%s', (_, given, text) => {
    const found = fault(given)
    expect(found).toMatch(/^InvalidArgumentException: [A-Z]/)
    expect(found).toMatch(text)
    expect(found).not.toMatch(/_INVALID/)
  })
})

describe('describing settings', () => {
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
  const format = fc.constantFrom('UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY')
  const bufferingHints = fc.record({
    SizeInMBs: fc.integer({ min: 64, max: 128 }),
    IntervalInSeconds: fc.integer({ min: 1, max: 900 }),
  })
  const s3 = {
    Prefix: optional(fc.constantFrom('a/', 'x/y', 'plain')),
    ErrorOutputPrefix: optional(fc.constantFrom('errors/', 'e-!{firehose:error-output-type}/')),
    BufferingHints: optional(bufferingHints),
  }
  const configurations = fc
    .record({
      ...s3,
      processors: fc.subarray([
        lambda({ NumberOfRetries: '7', BufferSizeInMBs: '0.25' }),
        processor('RecordDeAggregation', { SubRecordType: 'JSON' }),
        processor('Decompression', { CompressionFormat: 'GZIP' }),
        processor('AppendDelimiterToRecord', { Delimiter: '\\n\\t\\\\x' }),
      ]),
      converts: optional(
        fc.constantFrom(
          conversion(),
          conversion({
            InputFormatConfiguration: { Deserializer: { HiveJsonSerDe: { TimestampFormats: ['millis'] } } },
            OutputFormatConfiguration: {
              Serializer: {
                ParquetSerDe: { Compression: 'GZIP', WriterVersion: 'V2', EnableDictionaryCompression: true },
              },
            },
          }),
        ),
      ),
      CompressionFormat: format,
      partitions: fc.boolean(),
      backup: optional(fc.record({ ...s3, CompressionFormat: format })),
      FileExtension: optional(fc.constant('.json')),
      CustomTimeZone: optional(fc.constantFrom('Asia/Tokyo', 'UTC')),
    })
    .map(({ processors, converts, partitions, backup, CompressionFormat, ...rest }) => ({
      ...rest,
      ...(converts ?? { CompressionFormat }),
      ...processing(...processors, ...(partitions ? [query('{a: .a.b, c: (.d | .e)}')] : [])),
      ...(partitions ? { ...dynamic, Prefix: '!{partitionKeyFromQuery:a}/!{partitionKeyFromQuery:c}/' } : {}),
      ...(backup === undefined
        ? {}
        : { S3BackupMode: 'Enabled', S3BackupConfiguration: { ...place, ...backup } }),
    }))

  it('and stating what was described gives the same settings', () => {
    fc.assert(
      fc.property(configurations, (given) => {
        const first = settings(given)
        if (first.destination.kind !== 'files') throw new Error('a delivery of files')
        // A delimiter is written by raw deliveries alone, so Parquet has none to describe.
        const described = configurationOf(first, first.destination, {
          region: 'us-east-1',
          account: '123456789012',
        })
        // As a client reads and sends it.
        const wire: ExtendedS3Configuration = JSON.parse(JSON.stringify(described))
        expect(settings(wire)).toEqual(first)
      }),
    )
  })

  it('and updating with nothing changes nothing, with everything replaces everything', () => {
    fc.assert(
      fc.property(configurations, configurations, (a, b) => {
        const before = readInput(extendedS3Configuration, { ...place, ...a })
        const after = readInput(extendedS3Configuration, { ...place, ...b })
        expect(mergeUpdate(before, {})).toEqual(before)
        const isOn = (of: ExtendedS3Configuration) => of.DynamicPartitioningConfiguration?.Enabled === true
        fc.pre(isOn(before) === isOn(after))
        fc.pre(after.S3BackupMode === 'Enabled' || before.S3BackupMode !== 'Enabled')
        const { S3BackupConfiguration, ...rest } = after
        const update = { ...rest, ...(S3BackupConfiguration && { S3BackupUpdate: S3BackupConfiguration }) }
        expect(mergeUpdate(before, update)).toMatchObject(after)
      }),
    )
  })
})
