/**
 * An app as data: what `defineApp` yields and what the runtime runs. Nothing here opens anything.
 * Functions inside cannot cross threads: a worker loads the app's module again and finds its stage by name.
 */
import type { HostFunction } from '@millrace/sql'
import type { Store, StreamDefinition, TableDefinition } from '@millrace/store'
import type { Capacity, ChangeView, IndexSpec } from '@millrace/tables'
import type { BucketEntry } from './bucket-directory.ts'
import type { EachHandler } from './each/each-api.ts'
import type { Decode } from './each/value-record.ts'
import type { FunctionHandler } from './function-api.ts'
import type { LambdaCode } from './lambda/lambda-port.ts'
import type { MappingSettings } from './mapping/mapping-settings.ts'
import type { Preprocess } from './preprocess-api.ts'
import type { SourceFactory } from './source-port.ts'
import type { Stage, StageContext } from './stage.ts'

export interface AppDefinition {
  readonly name: string
  readonly streams: readonly StreamDefinition[]
  readonly tables: readonly AppTable[]
  readonly stages: readonly StageDefinition[]
  /** Places for objects; `place` is as the package that opens them writes it, any JSON. */
  readonly buckets?: readonly BucketEntry[]
  /** What other packages keep in the store for the app, made or changed when it starts; synchronous, and harmless when repeated. */
  readonly declarations?: readonly ((store: Store) => void)[]
  /** Folders whose SQL files are queries of the app: absolute paths. */
  readonly queryFolders?: readonly string[]
  /** Targets for streams that split and merge their shards by their use, by name; a gateway sees to it. */
  readonly autoscale?: Readonly<Record<string, AutoscaleSettings>>
}

export interface AppTable extends TableDefinition, AppTableSettings {}

/** What an app says of a table beside its keys. Tags and the like are given through the API, and kept. */
export interface AppTableSettings {
  readonly indexes?: readonly IndexSpec[]
  /** The table's changes are a stream of the app: see changeStreamName. */
  readonly changes?: ChangeView
  readonly ttlAttribute?: string
  /** Units per second that the API enforces. */
  readonly capacity?: Capacity
}

export interface AutoscaleSettings {
  /** Share of the shards' write limits (1 MiB and 1,000 records a second each) to be in use, above 0 and below 1. */
  readonly target: number
  /** Shards at least and at most. */
  readonly min: number
  readonly max: number
}

export type StageDefinition = SourceStage | QueryStage | FlinkQueryStage | FunctionStage | DeliveryStage

export interface SourceStage {
  readonly kind: 'source'
  readonly name: string
  readonly into: string
  readonly open: SourceFactory
}

export interface QueryStage {
  readonly kind: 'query'
  readonly name: string
  readonly dialect: 'kda'
  readonly text: string
  /** Shown in diagnostics. */
  readonly fileName: string
  readonly input: QueryInput
  readonly references: readonly QueryReference[]
  /** In-application stream -> where its rows go. */
  readonly outputs: readonly QueryOutput[]
  /** Scalar functions that the program may call. */
  readonly functions?: readonly HostFunction[]
}

/** A program of the Flink dialect: its tables stand for streams of the app. */
export interface FlinkQueryStage {
  readonly kind: 'query'
  readonly name: string
  readonly dialect: 'flink'
  readonly text: string
  readonly fileName: string
  /** Tables of the program that are read, each with the stream that feeds it. */
  readonly inputs: readonly { readonly table: string; readonly stream: string }[]
  /** Sinks of the program (tables that are written, bare SELECTs), each with the stream that takes its changes. */
  readonly outputs: readonly FlinkQueryOutput[]
  /** Tables that lookup joins ask, each with the rows it is to find. */
  readonly lookups: readonly { readonly table: string; readonly file: string }[]
  readonly functions: readonly HostFunction[]
  /** Set in the stages of a query that runs in parts (query-parts.ts). */
  readonly part?: QueryPart
}

export interface QueryPart {
  /** Name of the query that the stage is a part of. */
  readonly query: string
  /** 0 to of - 1. */
  readonly index: number
  readonly of: number
}

export interface FlinkQueryOutput extends QueryOutput {
  /** In place of the format that the table names: a reader that has to see all kinds of changes asks for debezium-json. */
  readonly format: string | undefined
}

export interface QueryInput {
  readonly stream: string
  /** In-application name; SOURCE_SQL_STREAM_001 unless configured. */
  readonly name: string
  /** Column name, SQL type as text, JSONPath: ['orderId', 'INTEGER', '$.data.orderId']. */
  readonly columns: readonly ColumnMapping[]
  readonly preprocess: Preprocess | undefined
  /** Undefined: each record is one JSON object. */
  readonly format?: InputFormat | undefined
}

/** How records hold their rows (the service's record format). */
export interface InputFormat {
  readonly record: 'JSON' | 'CSV'
  /** JSON: where the rows are, like `$.orders`; the record itself by default. */
  readonly rowPath?: string
  /** CSV: '\n' and ',' by default. */
  readonly rowDelimiter?: string
  readonly columnDelimiter?: string
}

export interface ColumnMapping {
  readonly name: string
  readonly type: string
  readonly path: string
}

export interface QueryReference {
  readonly name: string
  /** Absolute path of a JSON (lines or array) file. */
  readonly file: string
  readonly columns: readonly ColumnMapping[]
}

export interface QueryOutput {
  readonly from: string
  readonly stream: string
  /** Column whose text is the partition key of the records; the source record's key if absent. */
  readonly partitionKey: string | undefined
}

export interface FunctionStage {
  readonly kind: 'function'
  readonly name: string
  readonly from: string
  readonly mapping: MappingSettings
  readonly code: FunctionCode
}

/** What a function stage runs. */
export type FunctionCode = BatchCode | EachCode | LambdaFunctionCode

/** A function of the app's own program that takes the records of an invocation at once. */
export interface BatchCode {
  readonly form: 'batch'
  readonly handler: FunctionHandler
}

/**
 * A function of the app's own program that takes one record at a time. Of the mapping it has starting position, filters, retries
 * and record age.
 */
export interface EachCode {
  readonly form: 'each'
  readonly handler: EachHandler
  /** Gives a record its value; parses JSON if undefined. */
  readonly decode: Decode | undefined
  /** Records of different keys that are tried at the same time, over all shards: 1 to 1,000. */
  readonly concurrency: number
  /** How long results of `context.once` are kept unless it says so itself. */
  readonly onceMs: number
}

/** A handler as it would be deployed, run in processes of its own. */
export interface LambdaFunctionCode {
  readonly form: 'lambda'
  readonly lambda: LambdaCode
}

/**
 * A stage that another package makes: it carries records out of the log, to files or tables of a lake. The runtime gives it a
 * thread, positions (DeliveryPositions) and a place in reports, and knows nothing of where the records go.
 */
export interface DeliveryStage {
  readonly kind: 'delivery'
  /** Unlike those of other stages it may hold dots: `lake`, `lake.prepare`, `lake.backup`. */
  readonly name: string
  /** Streams that it reads, or has read before its settings changed. */
  readonly from: readonly string[]
  /** Streams that it appends to. */
  readonly into: readonly string[]
  /** Streams of its own, which are made with those of the app. */
  readonly streams: readonly StreamDefinition[]
  /** When it is busy it waits for something real (files, processes), never for the clock. */
  readonly waitsOutside: boolean
  /** Lambda functions that it runs. */
  readonly lambdas: readonly LambdaCode[]
  readonly make: (context: StageContext) => Stage
}
