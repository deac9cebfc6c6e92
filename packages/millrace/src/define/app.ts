/** What the description of an app sees, and the settings that it takes: the public shape of `app`. */
import type { AutoscaleSettings, InputFormat, Preprocess, SourceFactory } from '@millrace/runtime'
import type { HostFunction } from '@millrace/sql'
import type { OptionDeclarer } from './app-options.ts'
import type { Bucket, BucketSettings } from './bucket.ts'
import type { ColumnSpecs } from './column-mapping.ts'
import type { DeliveryOptions } from './delivery.ts'
import type { EachHandlerOf, EachSettings } from './each-function.ts'
import type { CrawlerSettings, DatasetSettings, ViewSettings } from './lake.ts'
import type { LambdaSettings } from './lambda.ts'
import type { MappingOptions } from './mapping-options.ts'
import type { HandlerOf, StreamHandle } from './stream-handle.ts'
import type { Table } from './table.ts'
import type { KeySpec } from './table-keys.ts'
import type { TableSettings } from './table-settings.ts'

export interface StreamSettings {
  /** 1 to 1,000; default 1. Records of one partition key stay in order; shards are read in parallel. */
  readonly shards?: number
  /** How long records are kept, 1 to 8760 hours (one year); default 24. */
  readonly retentionHours?: number
  /**
   * Splits and merges shards by their use, for example `{ target: 0.65, min: 1, max: 8 }`. Works while the app's endpoint is open
   * (`millrace run` without --no-gateway).
   */
  readonly autoscale?: AutoscaleSettings
}

export interface SourceSettings {
  readonly into: StreamHandle
  /** Name of the stage; `<stream>-source` unless given. Positions are kept under it. */
  readonly name?: string
}

export interface QueryInputSettings {
  readonly stream: StreamHandle
  /** Columns of the in-application stream, in order: `{ orderId: 'INTEGER $.data.orderId' }`. */
  readonly columns: ColumnSpecs
  /** In-application name of the stream; SOURCE_SQL_STREAM_001 unless given. */
  readonly name?: string
  /** Sees each record before the columns are read from it. */
  readonly preprocess?: Preprocess
  /** Records that are not one JSON object each: CSV, rows below a path. Columns of CSV are types alone: `{ id: 'INTEGER' }`. */
  readonly format?: InputFormat
}

export interface ReferenceSettings {
  /** A file of JSON objects, one a line, or of one JSON array; relative to the app file. */
  readonly file: string | URL
  readonly columns: ColumnSpecs
}

export type OutputSettings =
  | StreamHandle
  | {
      readonly stream: StreamHandle
      /** Column whose text keys the records; the key of the source record unless given. */
      readonly partitionKey?: string
    }

export interface QuerySettings {
  readonly dialect: 'kda'
  /** File of the SQL program, relative to the app file. Either `file` or `sql`. */
  readonly file?: string | URL
  /** The SQL program itself. */
  readonly sql?: string
  readonly input: QueryInputSettings
  /** Reference tables by in-application name. */
  readonly reference?: { readonly [table: string]: ReferenceSettings }
  /** In-application stream -> where its rows go. */
  readonly output: { readonly [inApplicationStream: string]: OutputSettings }
  /** Scalar functions that the program may call; made by `sqlFunction`. */
  readonly functions?: readonly HostFunction[]
}

export interface FlinkQuerySettings {
  readonly dialect: 'flink'
  /** File of the SQL program, relative to the app file. Either `file` or `sql`. */
  readonly file?: string | URL
  /** The SQL program itself. */
  readonly sql?: string
  /** Tables of the program, read or written, each with the stream that it stands for. */
  readonly tables: { readonly [table: string]: StreamHandle }
  /** Tables that lookup joins ask: a file in the table's format, one record a line. */
  readonly lookup?: { readonly [table: string]: string | URL }
  /** Functions that the program may call; made by `sqlFunction`. */
  readonly functions?: readonly HostFunction[]
  /**
   * Threads over which the query is spread, 1 to 64; the program's `SET 'parallelism.default'` unless given, else 1. Above 1 the
   * tables have to be keyed as the query needs it ('partition-key'), or the app is refused.
   */
  readonly parallelism?: number
}

/** `retries` is 3 unless given, 2 for the news of a bucket. */
export interface FunctionSettings<T = unknown> extends MappingOptions {
  readonly from: StreamHandle<T>
}

/** What a description sees. */
export interface App {
  readonly name: string
  /** Options that follow `--` on the command line. */
  readonly option: OptionDeclarer
  /** A durable, sharded log. `T` is the type of its records' JSON, for functions that read it. */
  stream<T = unknown>(name: string, settings?: StreamSettings): StreamHandle<T>
  /**
   * A table, for functions and clients of the API to read and write. A bare key name is a string key; `{ orderId: 'number' }`
   * says the type. May have secondary indexes, a change stream and an expiry.
   */
  table<const P extends KeySpec, const S extends KeySpec = never>(
    name: string,
    settings: TableSettings<P, S>,
  ): Table<P, S>
  /**
   * A place for objects: a folder, or a bucket of S3. Its `created` is a stream with news of what deliveries and functions store there:
   * `app.function('index', { from: lake.created }, ...)`.
   */
  bucket(name: string, settings?: BucketSettings): Bucket
  /**
   * A table of the lake by declaration: `sales.orders`, its columns and where its files are. Deliveries and conversions may follow its
   * newest version; a change of the declaration makes a new one.
   */
  dataset(name: string, settings: DatasetSettings): void
  /**
   * A view over tables of the lake, in SQL: `SELECT * FROM ratio`. With `refresh` its rows are kept, and computed anew once in each stretch
   * of that length.
   */
  view(name: string, settings: ViewSettings): void
  /** Looks below a prefix on a schedule and makes tables of the files that it finds. */
  crawler(name: string, settings: CrawlerSettings): void
  /** Feeds a stream from outside. */
  source(factory: SourceFactory, settings: SourceSettings): void
  /** A SQL program: of the KDA dialect over one stream, or of the Flink dialect over the streams of its tables. */
  query(name: string, settings: QuerySettings | FlinkQuerySettings): void
  /**
   * Each `NAME.sql` of the folder is a query NAME of the Flink dialect, whose tables are streams of the app by the name of the table or
   * its option 'stream'; a stream that it writes and the app does not declare is made. The folder, relative to the app file, may
   * be missing. Cells of notebooks are promoted to it.
   */
  queries(folder: string | URL): void
  /** A TypeScript function that reads one stream in batches. */
  function<T>(name: string, settings: FunctionSettings<T>, handler: HandlerOf<T>): void
  /** A Lambda handler as it would be deployed, which reads one stream or several. */
  lambda(name: string, settings: LambdaSettings): void
  /**
   * A TypeScript function that is called for each record of a stream: records of one partition key one after the other, others at
   * the same time. Retries and dead letters are per record.
   */
  each<T, V = T>(name: string, settings: EachSettings<T, V>, handler: EachHandlerOf<V>): void
  /**
   * A stream, or what clients of the Firehose API put, becomes objects of a bucket: JSON, CSV or Parquet under the prefixes that are
   * chosen, each record once.
   */
  delivery<T>(name: string, settings: DeliveryOptions<T>): void
  /** An environment variable. Error APP_ENV_MISSING if it is not set and has no default. */
  env(name: string, settings?: { readonly default?: string }): string
}
