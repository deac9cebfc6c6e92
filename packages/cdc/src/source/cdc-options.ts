/** What an app says of a database source: options common to `mysql()` and `postgres()`. */
import type { TableName } from '../model/table-schema.ts'

export interface CdcOptions {
  /**
   * `mysql://user:password@host:3306/`, `mariadb://...`, `postgres://user:password@host:5432/database`. Parameters: `sslmode`
   * (`disable`, `require`, `verify-ca`, `verify-full`), `sslrootcert`, `sslcert`, `sslkey`. Special characters percent-encoded.
   */
  readonly url: string
  /** `schema.table` with DMS' wildcards (`%` any run, `_` one character, `[_]` itself). All tables unless given. */
  readonly tables?: readonly string[]
  /** DMS table mappings: the JSON object, or the path of its file. In place of `tables`. */
  readonly mappings?: string | object
  /** Default 'dms'. */
  readonly envelope?: 'dms' | 'debezium' | 'flat' | EnvelopeOptions
  /**
   * Where the first start begins. 'load' (default): what the tables hold, then changes. 'load-only': then done. 'now': changes
   * from now on. A position as the database writes it, or a time (ISO text or ms), where the log has it.
   */
  readonly start?:
    | 'load'
    | 'load-only'
    | 'now'
    | { readonly position: string }
    | { readonly time: string | number }
  readonly load?: LoadOptions
  /** What happens when a table changes; default 'follow' for all. The first entry whose `table` fits decides. */
  readonly schemaChanges?: SchemaPolicy | readonly SchemaPolicyRule[]
  /** How often the position is moved on where nothing is written, ms. Default 10,000; 0: never. */
  readonly heartbeatMs?: number
  /** Alarms of health: bytes of log kept for us, and ms before expiry. Default 1 GiB and 6 h. */
  readonly alarm?: { readonly behindBytes?: number; readonly expiresInMs?: number }
}

export interface LoadOptions {
  /** Rows of a chunk, 1 to 100,000. Default 10,000. */
  readonly chunkRows?: number
  /** Tables that are read at the same time, 1 to 16. Default 4. */
  readonly parallel?: number
}

/**
 * 'follow': rows take their new shape, control records tell. 'ignore': rows keep the columns that were known. 'quarantine': the
 * table's changes become dead letters until somebody loads it again or releases it. 'stop': the source stops with
 * CDC_SCHEMA_CHANGED before the change.
 */
export type SchemaPolicy = 'follow' | 'ignore' | 'quarantine' | 'stop'

export interface SchemaPolicyRule {
  /** Pattern as in `tables`; all unless given. */
  readonly table?: string
  /** Kinds of change; all unless given. */
  readonly changes?: readonly (
    | 'create'
    | 'add'
    | 'drop-column'
    | 'rename-column'
    | 'retype'
    | 'rename-table'
    | 'drop-table'
    | 'truncate'
  )[]
  readonly policy: SchemaPolicy
}

export type EnvelopeOptions =
  | ({ readonly format: 'dms' } & DmsOptions)
  | ({ readonly format: 'debezium' } & DebeziumOptions)
  | ({ readonly format: 'flat' } & FlatOptions)

/** The members of DMS' KinesisSettings and BeforeImageSettings, with their names and defaults, except where a line says otherwise. */
export interface DmsOptions {
  /** Default 'json-unformatted' here (DMS: 'json'): one line, for every line-based consumer. */
  readonly MessageFormat?: 'json' | 'json-unformatted'
  readonly IncludeControlDetails?: boolean
  readonly IncludeNullAndEmpty?: boolean
  readonly IncludePartitionValue?: boolean
  readonly IncludeTableAlterOperations?: boolean
  readonly IncludeTransactionDetails?: boolean
  readonly NoHexPrefix?: boolean
  readonly PartitionIncludeSchemaTable?: boolean
  /** Default true here (DMS: false): integers keep their digits. */
  readonly UseLargeIntegerValue?: boolean
  readonly BeforeImageSettings?: {
    readonly EnableBeforeImage: boolean
    readonly FieldName: string
    readonly ColumnFilter?: 'pk-only' | 'non-lob' | 'all'
  }
  /** 'schema-table' is DMS' default: all changes of a table go to one shard. 'primary-key' is the default here. */
  readonly partitionKey?: 'schema-table' | 'primary-key' | 'transaction-id'
}

/** Names of Debezium's properties, in camel case. */
export interface DebeziumOptions {
  /** Default the source's name. */
  readonly topicPrefix?: string
  /** Default 'precise'. */
  readonly decimalHandlingMode?: 'precise' | 'double' | 'string'
  /** Default 'adaptive_time_microseconds' of MySQL, 'adaptive' of Postgres. */
  readonly timePrecisionMode?:
    | 'adaptive'
    | 'adaptive_time_microseconds'
    | 'connect'
    | 'isostring'
    | 'microseconds'
    | 'nanoseconds'
  /** Default 'base64' in JSON, as Debezium's 'bytes'. */
  readonly binaryHandlingMode?: 'bytes' | 'base64' | 'base64-url-safe' | 'hex'
  /** The `schema` member beside `payload`. Default false, as `value.converter.schemas.enable=false`. */
  readonly schemasEnable?: boolean
  /** An empty record of the key after each deletion. Default false here (Debezium: true): streams are not compacted. */
  readonly tombstonesOnDelete?: boolean
  readonly provideTransactionMetadata?: boolean
  /** Postgres' intervals: microseconds, or `P1Y2M3DT4H5M6S`. Default 'numeric'. */
  readonly intervalHandlingMode?: 'numeric' | 'string'
  /** Stands for TOASTed values that the log left out. Default '__debezium_unavailable_value'. */
  readonly unavailableValuePlaceholder?: string
  /** Default none here (Debezium: 't'): whoever keeps rows must know of a truncate. */
  readonly skippedOperations?: readonly ('c' | 'u' | 'd' | 't')[]
}

export interface FlatOptions {
  /** Members beside the columns: `__op`, `__table`, `__ts_ms`, `__deleted`, ... with this prefix. Default `__`. */
  readonly prefix?: string
  /** Deletions: 'row' (with `__deleted: true`, default), 'none'. */
  readonly deletes?: 'row' | 'none'
}

/** For requests to a running source. */
export type CdcRequest =
  | { readonly request: 'load'; readonly tables: readonly TableName[] }
  | { readonly request: 'release'; readonly tables: readonly TableName[] }
  | { readonly request: 'status' }
