/**
 * The S3 destination in its forms: of creation (`RoleARN` and `BucketARN` required) and of updates (nothing is). Names, ranges and
 * patterns as in the service's API model (2015-08-04); what depends on several members is checked in `destination/`.
 */
import { list, map, required, structure, type ValueOf } from '../../wire/shape.ts'
import { boolean, double, integer, string } from '../../wire/shape-values.ts'

export const roleArn = string({
  min: 1,
  max: 512,
  pattern: 'arn:.*:iam::\\d{12}:role/[a-zA-Z_0-9+=,.@\\-_/]+',
})
const bucketArn = string({ min: 1, max: 2048, pattern: 'arn:.*:s3:::[\\w\\.\\-]{1,255}' })
export const keyArn = string({
  min: 1,
  max: 512,
  pattern: 'arn:.*:kms:[a-zA-Z0-9\\-]+:\\d{12}:(key|alias)/[a-zA-Z_0-9+=,.@\\-_/]+',
})
const prefix = string({ min: 0, max: 1024, pattern: '.*' })
const plainText = string({ min: 1, max: 1024, pattern: '^(?!\\s*$).+' })
const word = string({ min: 1, max: 1024, pattern: '^\\S+$' })

export const bufferingHints = structure({
  SizeInMBs: integer({ min: 1, max: 128 }),
  IntervalInSeconds: integer({ min: 0, max: 900 }),
})

const s3Members = {
  Prefix: prefix,
  ErrorOutputPrefix: prefix,
  BufferingHints: bufferingHints,
  CompressionFormat: string({ enum: ['UNCOMPRESSED', 'GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY'] }),
  EncryptionConfiguration: structure({
    NoEncryptionConfig: string({ enum: ['NoEncryption'] }),
    KMSEncryptionConfig: structure({ AWSKMSKeyARN: required(keyArn) }),
  }),
  CloudWatchLoggingOptions: structure({
    Enabled: boolean(),
    LogGroupName: string({ min: 0, max: 512, pattern: '[\\.\\-_/#A-Za-z0-9]*' }),
    LogStreamName: string({ min: 0, max: 512, pattern: '[^:*]*' }),
  }),
}
const givenPlace = { RoleARN: required(roleArn), BucketARN: required(bucketArn) }
const maybePlace = { RoleARN: roleArn, BucketARN: bucketArn }

const processing = structure({
  Enabled: boolean(),
  Processors: list(
    structure({
      Type: required(
        string({
          enum: [
            'RecordDeAggregation',
            'Decompression',
            'CloudWatchLogProcessing',
            'Lambda',
            'MetadataExtraction',
            'AppendDelimiterToRecord',
          ],
        }),
      ),
      Parameters: list(
        structure({
          ParameterName: required(
            string({
              enum: [
                'LambdaArn',
                'NumberOfRetries',
                'MetadataExtractionQuery',
                'JsonParsingEngine',
                'RoleArn',
                'BufferSizeInMBs',
                'BufferIntervalInSeconds',
                'SubRecordType',
                'Delimiter',
                'CompressionFormat',
                'DataMessageExtraction',
              ],
            }),
          ),
          ParameterValue: required(string({ min: 1, max: 5120, pattern: '^(?!\\s*$).+' })),
        }),
      ),
    }),
  ),
})

const conversion = structure({
  SchemaConfiguration: structure({
    RoleARN: word,
    CatalogId: word,
    DatabaseName: word,
    TableName: word,
    Region: word,
    VersionId: word,
  }),
  InputFormatConfiguration: structure({
    Deserializer: structure({
      OpenXJsonSerDe: structure({
        ConvertDotsInJsonKeysToUnderscores: boolean(),
        CaseInsensitive: boolean(),
        ColumnToJsonKeyMappings: map(word, plainText),
      }),
      HiveJsonSerDe: structure({ TimestampFormats: list(plainText) }),
    }),
  }),
  OutputFormatConfiguration: structure({
    Serializer: structure({
      ParquetSerDe: structure({
        BlockSizeBytes: integer({ min: 67_108_864 }),
        PageSizeBytes: integer({ min: 65_536 }),
        Compression: string({ enum: ['UNCOMPRESSED', 'GZIP', 'SNAPPY'] }),
        EnableDictionaryCompression: boolean(),
        MaxPaddingBytes: integer({ min: 0 }),
        WriterVersion: string({ enum: ['V1', 'V2'] }),
      }),
      OrcSerDe: structure({
        StripeSizeBytes: integer({ min: 8_388_608 }),
        BlockSizeBytes: integer({ min: 67_108_864 }),
        RowIndexStride: integer({ min: 1000 }),
        EnablePadding: boolean(),
        PaddingTolerance: double({ min: 0, max: 1 }),
        Compression: string({ enum: ['NONE', 'ZLIB', 'SNAPPY'] }),
        BloomFilterColumns: list(word),
        BloomFilterFalsePositiveProbability: double({ min: 0, max: 1 }),
        DictionaryKeyThreshold: double({ min: 0, max: 1 }),
        FormatVersion: string({ enum: ['V0_11', 'V0_12'] }),
      }),
    }),
  }),
  Enabled: boolean(),
})

const extendedMembers = {
  ...s3Members,
  ProcessingConfiguration: processing,
  S3BackupMode: string({ enum: ['Disabled', 'Enabled'] }),
}
const extendedRest = {
  DataFormatConversionConfiguration: conversion,
  DynamicPartitioningConfiguration: structure({
    RetryOptions: structure({ DurationInSeconds: integer({ min: 0, max: 7200 }) }),
    Enabled: boolean(),
  }),
  FileExtension: string({ min: 0, max: 128, pattern: "^$|\\.[0-9a-z!\\-_.*'()]+" }),
  CustomTimeZone: string({ min: 0, max: 50, pattern: '^$|[a-zA-Z/_]+' }),
}

export const s3Configuration = structure({ ...givenPlace, ...s3Members })
export const s3Update = structure({ ...maybePlace, ...s3Members })

export const extendedS3Configuration = structure({
  ...givenPlace,
  ...extendedMembers,
  S3BackupConfiguration: s3Configuration,
  ...extendedRest,
})
export const extendedS3Update = structure({
  ...maybePlace,
  ...extendedMembers,
  S3BackupUpdate: s3Update,
  ...extendedRest,
})

export type S3Configuration = ValueOf<typeof s3Configuration>
export type ExtendedS3Configuration = ValueOf<typeof extendedS3Configuration>
export type ExtendedS3Update = ValueOf<typeof extendedS3Update>
export type ProcessingConfiguration = ValueOf<typeof processing>
export type ConversionConfiguration = ValueOf<typeof conversion>
