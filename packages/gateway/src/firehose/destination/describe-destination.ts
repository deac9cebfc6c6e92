/**
 * Destinations as DescribeDeliveryStream answers them. What a client asked for is answered as it was given, with defaults filled in;
 * what an app declared is said in the same form, as far as the form has words for it (a role that nobody checks, ZSTD beside the
 * service's own formats, an Iceberg table as the destination of that name).
 */
import type {
  BackupSettings,
  Buffering,
  DeliverySettings,
  FilesDestination,
  IcebergDestination,
  ParquetFormat,
} from '@millrace/lake'
import type {
  ConversionConfiguration,
  ExtendedS3Configuration,
  ProcessingConfiguration,
  S3Configuration,
} from '../shapes/s3-shapes.ts'
import { escaped } from './processors.ts'

export const DESTINATION_ID = 'destinationId-000000000001'
const MB = 1024 * 1024

export interface Place {
  readonly region: string
  readonly account: string
}

type Processors = NonNullable<ProcessingConfiguration['Processors']>

/** The hints are those that hold, also where none were given. */
export function describeS3(configuration: ExtendedS3Configuration, settings: DeliverySettings): object {
  const { S3BackupConfiguration: backup, ...extended } = configuration
  const s3 = withDefaults(configuration, hintsOf(settings.destination.buffering))
  return {
    DestinationId: DESTINATION_ID,
    S3DestinationDescription: s3Members(s3),
    ExtendedS3DestinationDescription: {
      ...extended,
      ...s3,
      ProcessingConfiguration: extended.ProcessingConfiguration ?? { Enabled: false, Processors: [] },
      S3BackupMode: extended.S3BackupMode ?? 'Disabled',
      S3BackupDescription: backup === undefined ? undefined : withDefaults(backup, defaultHints),
    },
  }
}

/** Of a delivery that an app declared. */
export function describeSettings(settings: DeliverySettings, place: Place): object {
  const { destination } = settings
  return destination.kind === 'files'
    ? describeS3(configurationOf(settings, destination, place), settings)
    : describeIceberg(destination, place)
}

type Hints = NonNullable<S3Configuration['BufferingHints']>

const defaultHints: Hints = { SizeInMBs: 5, IntervalInSeconds: 300 }

function hintsOf({ bytes, ms }: Buffering): Hints {
  return { SizeInMBs: bytes / MB, IntervalInSeconds: ms / 1000 }
}

function withDefaults(given: S3Configuration, hints: Hints) {
  return {
    ...given,
    BufferingHints: given.BufferingHints?.SizeInMBs === undefined ? hints : given.BufferingHints,
    CompressionFormat: given.CompressionFormat ?? 'UNCOMPRESSED',
    EncryptionConfiguration: given.EncryptionConfiguration ?? { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: given.CloudWatchLoggingOptions ?? { Enabled: false },
  }
}

/** What the older form has of the newer one. */
function s3Members(of: ReturnType<typeof withDefaults>): object {
  const { RoleARN, BucketARN, Prefix, ErrorOutputPrefix, BufferingHints } = of
  const { CompressionFormat, EncryptionConfiguration, CloudWatchLoggingOptions } = of
  return {
    RoleARN,
    BucketARN,
    Prefix,
    ErrorOutputPrefix,
    BufferingHints,
    CompressionFormat,
    EncryptionConfiguration,
    CloudWatchLoggingOptions,
  }
}

/** The configuration that settings would follow from; a client's own is kept and need not be made. */
export function configurationOf(
  settings: DeliverySettings,
  destination: FilesDestination,
  place: Place,
): ExtendedS3Configuration {
  const { partitioning, backup } = settings
  const { format, fileExtension, timeZone } = destination
  const processors = processorsOf(settings, destination, place)
  return {
    ...placeOf(destination, place),
    ...(processors.length === 0
      ? {}
      : { ProcessingConfiguration: { Enabled: true, Processors: processors } }),
    ...(backup === undefined
      ? {}
      : { S3BackupMode: 'Enabled' as const, S3BackupConfiguration: placeOf(backup, place) }),
    ...(format.kind === 'parquet'
      ? { DataFormatConversionConfiguration: describeConversion(format, place) }
      : {}),
    ...(partitioning === undefined
      ? {}
      : {
          DynamicPartitioningConfiguration: {
            Enabled: true,
            RetryOptions: { DurationInSeconds: partitioning.retryMs / 1000 },
          },
        }),
    ...(fileExtension === undefined ? {} : { FileExtension: fileExtension }),
    ...(timeZone === 'UTC' ? {} : { CustomTimeZone: timeZone }),
  }
}

function placeOf(of: FilesDestination | BackupSettings, { account }: Place): S3Configuration {
  return {
    RoleARN: roleArn(account),
    BucketARN: `arn:aws:s3:::${of.bucket}`,
    ...(of.prefix === undefined ? {} : { Prefix: of.prefix }),
    ...(of.errorPrefix === undefined ? {} : { ErrorOutputPrefix: of.errorPrefix }),
    BufferingHints: hintsOf(of.buffering),
    // Clients take a word that they do not know for text, as they would after an addition of the service.
    CompressionFormat: of.compression as NonNullable<S3Configuration['CompressionFormat']>,
  }
}

function processorsOf(
  { unpack, transform, partitioning }: DeliverySettings,
  { format }: FilesDestination,
  { region, account }: Place,
): Processors {
  const processors: Processors[number][] = []
  const add = (Type: Processors[number]['Type'], parameters: Readonly<Record<string, string>>): void => {
    // The names below are those of the model.
    const Parameters = Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
      ParameterName,
      ParameterValue,
    })) as NonNullable<Processors[number]['Parameters']>
    processors.push({ Type, Parameters })
  }
  const subRecords = unpack?.subRecords
  if (subRecords?.form === 'json') add('RecordDeAggregation', { SubRecordType: 'JSON' })
  if (subRecords?.form === 'delimited') {
    add('RecordDeAggregation', { SubRecordType: 'DELIMITED', Delimiter: subRecords.delimiter })
  }
  if (unpack?.decompression !== undefined) add('Decompression', { CompressionFormat: 'GZIP' })
  if (unpack?.logMessages === true) add('CloudWatchLogProcessing', { DataMessageExtraction: 'true' })
  if (transform !== undefined) {
    add('Lambda', {
      LambdaArn: `arn:aws:lambda:${region}:${account}:function:${transform.functionName}`,
      NumberOfRetries: String(transform.retries),
      BufferSizeInMBs: String(Number((transform.bufferBytes / MB).toFixed(6))),
      BufferIntervalInSeconds: String(transform.bufferMs / 1000),
    })
  }
  const queries = Object.entries(partitioning?.queries ?? {})
  if (queries.length > 0) {
    add('MetadataExtraction', {
      MetadataExtractionQuery: `{${queries.map(([key, query]) => `${key}: ${query}`).join(', ')}}`,
      JsonParsingEngine: 'JQ-1.6',
    })
  }
  if (format.kind === 'raw' && format.delimiter !== undefined) {
    add('AppendDelimiterToRecord', { Delimiter: escaped(format.delimiter) })
  }
  return processors
}

function describeConversion(
  { schema, serde, parquet }: ParquetFormat,
  { region, account }: Place,
): ConversionConfiguration {
  const table =
    schema.kind === 'declared'
      ? {}
      : {
          SchemaConfiguration: {
            RoleARN: roleArn(account),
            DatabaseName: schema.database,
            TableName: schema.name,
            Region: region,
            VersionId: schema.version === undefined ? 'LATEST' : String(schema.version),
          },
        }
  return {
    Enabled: true,
    ...table,
    InputFormatConfiguration: {
      Deserializer:
        serde.kind === 'hive'
          ? { HiveJsonSerDe: { TimestampFormats: serde.timestampFormats } }
          : {
              OpenXJsonSerDe: {
                ConvertDotsInJsonKeysToUnderscores: serde.dotsToUnderscores,
                CaseInsensitive: serde.caseInsensitive,
                ColumnToJsonKeyMappings: serde.keys,
              },
            },
    },
    OutputFormatConfiguration: {
      Serializer: {
        ParquetSerDe: {
          // As with the compression of files.
          Compression: parquet.compression as 'SNAPPY',
          BlockSizeBytes: parquet.blockBytes,
          PageSizeBytes: parquet.pageBytes,
          EnableDictionaryCompression: parquet.dictionary,
          WriterVersion: parquet.version,
        },
      },
    },
  }
}

function describeIceberg(
  { bucket, table, key, buffering, errorPrefix }: IcebergDestination,
  { region, account }: Place,
): object {
  const hints = hintsOf(buffering)
  const RoleARN = roleArn(account)
  return {
    DestinationId: DESTINATION_ID,
    IcebergDestinationDescription: {
      RoleARN,
      CatalogConfiguration: { CatalogARN: `arn:aws:glue:${region}:${account}:catalog` },
      DestinationTableConfigurationList: [
        { DestinationDatabaseName: table.database, DestinationTableName: table.name, UniqueKeys: key },
      ],
      BufferingHints: hints,
      AppendOnly: key.length === 0,
      S3DestinationDescription: s3Members(
        withDefaults(
          {
            RoleARN,
            BucketARN: `arn:aws:s3:::${bucket}`,
            ...(errorPrefix === undefined ? {} : { ErrorOutputPrefix: errorPrefix }),
          },
          hints,
        ),
      ),
    },
  }
}

function roleArn(account: string): string {
  return `arn:aws:iam::${account}:role/millrace`
}
