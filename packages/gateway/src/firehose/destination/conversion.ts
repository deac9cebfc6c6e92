/**
 * Conversion of JSON to Parquet: the part of a destination that names schema, reader and writer. It holds unless `Enabled` is false;
 * then it is kept as it is, without a check of what its members mean together.
 */
import type { JsonSerde, ParquetFormat } from '@millrace/lake'
import { invalidArgument } from '../faults.ts'
import type { ConversionConfiguration } from '../shapes/s3-shapes.ts'

const MiB = 1024 * 1024

/** Undefined: records stay as they are. Error: InvalidArgumentException. */
export function conversionOf(configuration: ConversionConfiguration | undefined): ParquetFormat | undefined {
  if (configuration === undefined || configuration.Enabled === false) return undefined
  const { SchemaConfiguration, InputFormatConfiguration, OutputFormatConfiguration } = configuration
  if (
    SchemaConfiguration === undefined ||
    InputFormatConfiguration === undefined ||
    OutputFormatConfiguration === undefined
  ) {
    // Without any of them nothing can have been meant.
    if (Object.keys(configuration).length === 0) return undefined
    throw invalidArgument(
      'DataFormatConversionConfiguration needs SchemaConfiguration, InputFormatConfiguration and OutputFormatConfiguration when it is enabled.',
    )
  }
  return {
    kind: 'parquet',
    schema: schemaOf(SchemaConfiguration),
    serde: serdeOf(InputFormatConfiguration),
    parquet: parquetOf(OutputFormatConfiguration),
  }
}

function schemaOf({
  RoleARN,
  DatabaseName,
  TableName,
  VersionId = 'LATEST',
}: NonNullable<ConversionConfiguration['SchemaConfiguration']>): ParquetFormat['schema'] {
  if (RoleARN === undefined || DatabaseName === undefined || TableName === undefined) {
    throw invalidArgument('SchemaConfiguration needs RoleARN, DatabaseName and TableName.')
  }
  const table = { kind: 'table', database: DatabaseName, name: TableName } as const
  if (VersionId === 'LATEST') return table
  if (!/^[1-9]\d{0,8}$/.test(VersionId)) {
    throw invalidArgument(
      `VersionId of SchemaConfiguration is "${VersionId.slice(0, 50)}". Allowed: LATEST, or the number of a version of the table.`,
    )
  }
  return { ...table, version: Number(VersionId) }
}

function serdeOf({
  Deserializer = {},
}: NonNullable<ConversionConfiguration['InputFormatConfiguration']>): JsonSerde {
  const { OpenXJsonSerDe: openX, HiveJsonSerDe: hive } = Deserializer
  if ((openX === undefined) === (hive === undefined)) {
    throw invalidArgument('Deserializer needs one of OpenXJsonSerDe and HiveJsonSerDe.')
  }
  if (hive !== undefined) return { kind: 'hive', timestampFormats: hive.TimestampFormats ?? [] }
  return {
    kind: 'openx',
    caseInsensitive: openX?.CaseInsensitive ?? true,
    dotsToUnderscores: openX?.ConvertDotsInJsonKeysToUnderscores ?? false,
    keys: openX?.ColumnToJsonKeyMappings ?? {},
  }
}

function parquetOf({
  Serializer = {},
}: NonNullable<ConversionConfiguration['OutputFormatConfiguration']>): ParquetFormat['parquet'] {
  const { ParquetSerDe: parquet, OrcSerDe: orc } = Serializer
  if (orc !== undefined) {
    throw invalidArgument('OrcSerDe is not here: records are converted to Parquet alone. Give ParquetSerDe.')
  }
  if (parquet === undefined) throw invalidArgument('Serializer needs ParquetSerDe.')
  return {
    compression: parquet.Compression ?? 'SNAPPY',
    blockBytes: parquet.BlockSizeBytes ?? 256 * MiB,
    pageBytes: parquet.PageSizeBytes ?? MiB,
    dictionary: parquet.EnableDictionaryCompression ?? false,
    version: parquet.WriterVersion ?? 'V1',
  }
}
