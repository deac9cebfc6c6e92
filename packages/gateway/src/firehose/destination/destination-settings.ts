/**
 * From an S3 destination as clients state it to the settings of a delivery: defaults are filled in, and what depends on several
 * members is checked. Prefix expressions, queries and names of buckets are checked by the lake, whose languages they are.
 *
 * Rules that are the service's but stand nowhere in its model: both hints or none; conversion and dynamic partitioning want
 * buffers of 64 MB at least and no zero interval; conversion compresses inside of its files; a backup needs a place.
 */
import type {
  BackupSettings,
  Buffering,
  DeliverySettings,
  DeliverySource,
  FileFormat,
  PartitioningSettings,
} from '@millrace/lake'
import { assertBucketName, compileDeliveryPrefixes } from '@millrace/lake'
import { invalidArgument } from '../faults.ts'
import type { ExtendedS3Configuration, S3Configuration } from '../shapes/s3-shapes.ts'
import { conversionOf } from './conversion.ts'
import { type Processing, processingOf } from './processors.ts'

const MB = 1024 * 1024
const LARGE_MB_MIN = 64
const LARGE_MB = 128
const SIZE_MB = 5
const INTERVAL_SECONDS = 300
const RETRY_SECONDS = 300
export const ACTIVE_PARTITIONS = 500

/** Errors: InvalidArgumentException, and the lake's PREFIX_INVALID, JQ_INVALID and BUCKET_NAME_INVALID. */
export function settingsOf(configuration: ExtendedS3Configuration, source: DeliverySource): DeliverySettings {
  const processing = processingOf(configuration.ProcessingConfiguration)
  const conversion = conversionOf(configuration.DataFormatConversionConfiguration)
  const partitioning = partitioningOf(configuration, processing)
  checkPlace(configuration)
  if (conversion !== undefined && (configuration.CompressionFormat ?? 'UNCOMPRESSED') !== 'UNCOMPRESSED') {
    throw invalidArgument(
      `CompressionFormat is ${configuration.CompressionFormat}, but with format conversion it has to be UNCOMPRESSED: Parquet compresses by the Compression of ParquetSerDe.`,
    )
  }
  const prefix = textOf(configuration.Prefix)
  const errorPrefix = textOf(configuration.ErrorOutputPrefix)
  const timeZone = textOf(configuration.CustomTimeZone) ?? 'UTC'
  const fileExtension = textOf(configuration.FileExtension)
  compileDeliveryPrefixes({
    prefix,
    errorPrefix,
    timeZone,
    partitioning: partitioning && {
      queryKeys: Object.keys(partitioning.queries),
      hasFunction: processing.transform !== undefined,
    },
  })
  const backup = backupOf(configuration, timeZone)
  return {
    source,
    ...(processing.unpack === undefined ? {} : { unpack: processing.unpack }),
    ...(processing.transform === undefined ? {} : { transform: processing.transform }),
    ...(partitioning === undefined ? {} : { partitioning }),
    destination: {
      kind: 'files',
      bucket: bucketOf(configuration),
      ...(prefix === undefined ? {} : { prefix }),
      ...(errorPrefix === undefined ? {} : { errorPrefix }),
      timeZone,
      buffering: bufferingOf(
        configuration,
        largeReason(conversion !== undefined, partitioning !== undefined),
      ),
      format: conversion ?? rawFormat(processing),
      compression: configuration.CompressionFormat ?? 'UNCOMPRESSED',
      ...(fileExtension === undefined ? {} : { fileExtension }),
    },
    ...(backup === undefined ? {} : { backup }),
  }
}

function rawFormat({ delimiter }: Processing): FileFormat {
  return { kind: 'raw', ...(delimiter === undefined ? {} : { delimiter }) }
}

function partitioningOf(
  { DynamicPartitioningConfiguration: dynamic }: ExtendedS3Configuration,
  { queries }: Processing,
): PartitioningSettings | undefined {
  if (dynamic?.Enabled !== true) {
    if (queries === undefined) return undefined
    throw invalidArgument(
      'The processor MetadataExtraction needs DynamicPartitioningConfiguration with Enabled true.',
    )
  }
  return {
    queries: queries ?? {},
    activeMax: ACTIVE_PARTITIONS,
    retryMs: (dynamic.RetryOptions?.DurationInSeconds ?? RETRY_SECONDS) * 1000,
  }
}

function largeReason(converts: boolean, partitions: boolean): string | undefined {
  if (converts) return 'format conversion'
  return partitions ? 'dynamic partitioning' : undefined
}

/** `large`: why buffers have to be large; undefined: they need not. */
function bufferingOf({ BufferingHints: hints }: S3Configuration, large: string | undefined): Buffering {
  const { SizeInMBs: size, IntervalInSeconds: interval } = hints ?? {}
  if ((size === undefined) !== (interval === undefined)) {
    throw invalidArgument('BufferingHints needs both SizeInMBs and IntervalInSeconds, or neither.')
  }
  if (large !== undefined && size !== undefined && size < LARGE_MB_MIN) {
    throw invalidArgument(
      `SizeInMBs of BufferingHints is ${size}, but with ${large} it has to be at least ${LARGE_MB_MIN}.`,
    )
  }
  if (large !== undefined && interval === 0) {
    throw invalidArgument(
      `IntervalInSeconds of BufferingHints is 0, which cannot be with ${large}. Allowed: 1 to 900.`,
    )
  }
  return {
    bytes: (size ?? (large === undefined ? SIZE_MB : LARGE_MB)) * MB,
    ms: (interval ?? INTERVAL_SECONDS) * 1000,
  }
}

function backupOf(
  { S3BackupMode: mode, S3BackupConfiguration: backup }: ExtendedS3Configuration,
  timeZone: string,
): BackupSettings | undefined {
  if (backup !== undefined) checkPlace(backup)
  if (mode !== 'Enabled') return undefined
  if (backup === undefined) {
    throw invalidArgument(
      'S3BackupMode Enabled needs S3BackupConfiguration: the bucket that records go to as they came.',
    )
  }
  const prefix = textOf(backup.Prefix)
  const errorPrefix = textOf(backup.ErrorOutputPrefix)
  const prefixes = {
    ...(prefix === undefined ? {} : { prefix }),
    ...(errorPrefix === undefined ? {} : { errorPrefix }),
    timeZone,
  }
  compileDeliveryPrefixes(prefixes)
  return {
    bucket: bucketOf(backup),
    ...prefixes,
    buffering: bufferingOf(backup, undefined),
    compression: backup.CompressionFormat ?? 'UNCOMPRESSED',
  }
}

function checkPlace({ EncryptionConfiguration: encryption }: S3Configuration): void {
  if (encryption?.NoEncryptionConfig !== undefined && encryption.KMSEncryptionConfig !== undefined) {
    throw invalidArgument('EncryptionConfiguration takes one of NoEncryptionConfig and KMSEncryptionConfig.')
  }
}

/** `arn:aws:s3:::lake` -> `lake`. Error: BUCKET_NAME_INVALID. */
function bucketOf({ BucketARN }: S3Configuration): string {
  const name = BucketARN.slice(BucketARN.lastIndexOf(':') + 1)
  assertBucketName(name)
  return name
}

/** An empty text stands for none. */
function textOf(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
