/**
 * What a delivery does, as data: kept in the store in versions, made by `app.delivery` and by the Firehose API alike. Functions are
 * named here and found by the host that runs the delivery. Defaults and ranges: those of Firehose where it has them.
 */
import type { LakeColumn } from '../schema/lake-type.ts'

export interface DeliverySettings {
  readonly source: DeliverySource
  /** In this order, before the transform: sub-records and logs are unpacked. */
  readonly unpack?: {
    /** A record that holds several JSON objects, or parts between delimiters (base64); 500 at most. */
    readonly subRecords?:
      | { readonly form: 'json' }
      | { readonly form: 'delimited'; readonly delimiter: string }
    readonly decompression?: 'gzip'
    /** Of a CloudWatch Logs envelope only the messages. */
    readonly logMessages?: boolean
  }
  readonly transform?: TransformSettings
  readonly partitioning?: PartitioningSettings
  readonly destination: DeliveryDestination
  /** Untransformed records as they came. Cannot be switched off again. */
  readonly backup?: BackupSettings
}

export type DeliverySource =
  /** Aggregated records are unpacked. */
  | { readonly kind: 'stream'; readonly stream: string; readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' }
  /** Records put by clients of the API, kept in a stream of the delivery's own until they are stored. */
  | { readonly kind: 'direct' }

export interface TransformSettings {
  /** Name of a function that the host knows: of the app, or the last part of a LambdaArn. */
  readonly functionName: string
  /** Further tries after the first: 3 unless given, 0 to 300. */
  readonly retries: number
  /** 0.2 to 3 MB; 1 MB unless given. */
  readonly bufferBytes: number
  /** 0 to 900 s; 60 s unless given. */
  readonly bufferMs: number
}

export interface PartitioningSettings {
  /** Key -> jq query; read by !{partitionKeyFromQuery:key}. */
  readonly queries: Readonly<Record<string, string>>
  /** Partitions with buffered records at the same time; 500 unless given, up to 10,000. */
  readonly activeMax: number
  /** 0 to 7,200 s; 300 s unless given: how long a partition's failing store is tried. */
  readonly retryMs: number
}

export type DeliveryDestination = FilesDestination | IcebergDestination

export interface Buffering {
  /** Before compression; a hint. */
  readonly bytes: number
  /** From the first record of a buffer; 0 to 900 s. */
  readonly ms: number
}

export interface FilesDestination {
  readonly kind: 'files'
  readonly bucket: string
  readonly prefix?: string
  readonly errorPrefix?: string
  readonly timeZone: string
  readonly buffering: Buffering
  readonly format: FileFormat
  readonly compression: FileCompression
  /** In place of the suffix that format and compression give. */
  readonly fileExtension?: string
  /** The table that files become part of, where one is kept. */
  readonly table?: { readonly database: string; readonly name: string }
}

/** ZSTD is ours; the others are Firehose's, in its spelling. */
export type FileCompression = 'UNCOMPRESSED' | 'GZIP' | 'ZIP' | 'Snappy' | 'HADOOP_SNAPPY' | 'ZSTD'

export type FileFormat =
  /** Records one after the other; `delimiter` after each where given. */
  | { readonly kind: 'raw'; readonly delimiter?: string }
  | { readonly kind: 'csv'; readonly columns: readonly LakeColumn[]; readonly header: boolean }
  | ParquetFormat

export interface ParquetFormat {
  readonly kind: 'parquet'
  readonly schema: DeliverySchema
  readonly serde: JsonSerde
  readonly parquet: {
    readonly compression: 'SNAPPY' | 'GZIP' | 'ZSTD' | 'UNCOMPRESSED'
    readonly blockBytes: number
    readonly pageBytes: number
    readonly dictionary: boolean
    readonly version: 'V1' | 'V2'
  }
}

export type DeliverySchema =
  | { readonly kind: 'declared'; readonly columns: readonly LakeColumn[] }
  /** `version` undefined: the newest at the time of each file. */
  | { readonly kind: 'table'; readonly database: string; readonly name: string; readonly version?: number }

export type JsonSerde =
  | {
      readonly kind: 'openx'
      readonly caseInsensitive: boolean
      readonly dotsToUnderscores: boolean
      /** Column -> key in the JSON. */
      readonly keys: Readonly<Record<string, string>>
    }
  | { readonly kind: 'hive'; readonly timestampFormats: readonly string[] }

export interface IcebergDestination {
  readonly kind: 'iceberg'
  readonly bucket: string
  readonly table: { readonly database: string; readonly name: string }
  readonly columns: readonly LakeColumn[]
  /** Names of columns; empty: rows are only added. */
  readonly key: readonly string[]
  /** Of two versions of a key the one with the larger value here stands; by arrival unless given. */
  readonly precombine?: string
  /** Column -> key in the records, where they differ. */
  readonly keys?: Readonly<Record<string, string>>
  /** How rows and kinds of changes stand in records. */
  readonly envelope: 'plain' | 'dms' | 'table-changes' | 'debezium'
  /** merge-on-read writes position deletes, copy-on-write writes files anew. */
  readonly mode: 'merge-on-read' | 'copy-on-write'
  readonly partitionBy: readonly { readonly column: string; readonly transform: string }[]
  /**
   * What becomes of columns that the table lacks: `none` is an error, `declared` adds (and widens) those above, `catalog` also those that
   * the catalog's newest version of the table has. `none` unless given.
   */
  readonly evolution?: 'none' | 'declared' | 'catalog'
  /** Another catalog that knows the table, by the REST catalog protocol; without one the bucket does. */
  readonly catalog?: { readonly url: string; readonly warehouse?: string }
  /** For records that do not fit. */
  readonly errorPrefix?: string
  readonly timeZone: string
  readonly buffering: Buffering
}

export interface BackupSettings {
  readonly bucket: string
  readonly prefix?: string
  readonly errorPrefix?: string
  readonly timeZone: string
  readonly buffering: Buffering
  readonly compression: FileCompression
}

/** A delivery as it is kept. */
export interface DeliveryRecord {
  readonly name: string
  /** From 1; one more for each change. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  /** `app`: declared in a program, which alone may change it. `api`: made by a client. */
  readonly owner: 'app' | 'api'
  readonly settings: DeliverySettings
  /** Settings that begin to hold for records that arrive at or after a time. */
  readonly later?: { readonly from: number; readonly settings: DeliverySettings }
  /** What the API keeps beside: tags, encryption, the request as it was given, so that it can be described. */
  readonly extra: unknown
}
