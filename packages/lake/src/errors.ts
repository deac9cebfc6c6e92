/**
 * Every error of the lake that somebody can act on: one table of codes, one class. A message says what happened, where, with which
 * value, what is allowed and what to do next. Recognise an error by its `code`, not by its class: classes differ between threads
 * and copies of the package.
 */
import { CodedError } from '@millrace/values'

/** Code -> what it means. Codes are never reused for another meaning. */
export const lakeErrorCodes = {
  BUCKET_NAME_INVALID: 'the name of a bucket has characters or a length that buckets may not have',
  BUCKET_PLACE_INVALID: 'a data directory says of a bucket that it is where nobody can look',
  OBJECT_KEY_INVALID: 'the key of an object is empty, too long, or would leave its bucket',
  OBJECT_MISSING: 'there is no object under the key',
  OBJECT_STORE_FAILED: 'a place for objects failed, also after further attempts',
  S3_SDK_MISSING: 'a bucket elsewhere needs an AWS client that is not installed',

  COMPRESSION_INVALID: 'bytes are not of the compression that they should be of, or they are damaged',

  DELIVERY_EXISTS: 'there is a delivery of this name already',
  DELIVERY_MISSING: 'there is no delivery of this name',
  DELIVERY_VERSION: 'a delivery has been changed since the version that a change names',
  DELIVERY_INVALID: 'a setting of a delivery is unknown, missing or out of range',

  CATALOG_NAME_INVALID:
    'a name of a database, table or view has characters that it may not have, or is reserved',
  CATALOG_NAME_TAKEN: 'a table was to get the name of a view of the same database, or a view that of a table',
  CATALOG_DATABASE_MISSING: 'the catalog has no database of this name',
  CATALOG_DATABASE_NOT_EMPTY: 'a database that still has tables or views cannot be dropped',
  CATALOG_TABLE_MISSING: 'the catalog has no table of this name',
  CATALOG_TABLE_INVALID: 'columns, partition keys or the place of a table of the catalog do not fit together',
  CATALOG_TABLE_EXTERNAL: 'files were to be listed for a table whose files the catalog does not list',
  CATALOG_FILE_INVALID: 'a file of a table has a key, a size or partition values that cannot be',
  CATALOG_VIEW_MISSING: 'the catalog has no view of this name',
  CATALOG_VIEW_INVALID: 'the text or the schedule of a view cannot be',
  PREFIX_INVALID: 'a prefix of a delivery has an expression that does not exist, or may not stand there',
  JQ_INVALID: 'a jq query has an error; the message names the place',
  PREFIX_VALUE: 'the value of a partition key cannot be part of an object key',
  LAKE_TYPE_INVALID: 'the text of a type of the lake (Hive DDL, DuckDB) cannot be read',
  LAKE_SCHEMA_INVALID: 'the columns of a table or file contradict each other or are not allowed',
  PARQUET_VALUE_INVALID: 'a value does not suit its column, so that no Parquet file can hold it there',
  PARQUET_WRITE_FAILED: 'a Parquet file could not be written',
  COMPACTION_FAILED: 'small files of a table could not become a larger one; the table is as it was',

  LAKE_QUERY_INVALID: 'a query over the lake has an error; the message names the place',
  LAKE_QUERY_LIMIT: 'a query over the lake took more time or memory than it may',
  LAKE_QUERY_REFUSED: 'a query over the lake asks for something that it may not do',

  NAMESPACE_EXISTS: 'there is a namespace of this name already',
  NAMESPACE_MISSING: 'there is no namespace of this name',
  NAMESPACE_NOT_EMPTY: 'a namespace that holds tables cannot be dropped',
  ICEBERG_TABLE_EXISTS: 'there is a table of this name already',
  ICEBERG_TABLE_MISSING: 'there is no table of this name',
  ICEBERG_NAME_INVALID: 'a name of a namespace or table has characters that its catalog cannot keep',
  ICEBERG_RENAME_UNSUPPORTED: 'tables of a folder are where their name says, so they cannot be renamed',
  ICEBERG_METADATA_INVALID: 'a metadata file of a table is no such file, or breaks a rule of the format',
  ICEBERG_VERSION_UNSUPPORTED: 'a table is of another version of the format than 2',
  ICEBERG_NUMBER_TOO_LARGE: 'a number in a table is beyond 2^53, so it cannot be kept exactly',
  ICEBERG_MANIFEST_INVALID: 'a manifest, or a list of manifests, cannot be read',
  ICEBERG_FILE_MISSING: 'a file that a table names is not there',
  ICEBERG_LOCATION_FOREIGN: 'a file of a table lies outside of the bucket that the table is in',
  ICEBERG_SNAPSHOT_MISSING: 'a table has no snapshot of this id, name or time (any more)',
  ICEBERG_SCHEMA_INVALID: 'a schema, or a change of one, breaks a rule of the format',
  ICEBERG_PARTITION_INVALID: 'a partition spec, a transform or a partition value does not fit its column',
  ICEBERG_PREDICATE_INVALID:
    'a predicate of a scan names a column that is not there, or a value of another type',
  ICEBERG_DELETES_FOREIGN: 'a table has equality deletes of another engine, which are not applied here',
  UPSERT_INVALID: 'the key, the precombine column or the changes of an upsert do not fit its table',
  UPSERT_KEY_MISSING: 'changes of a table with a key have no value in a column of the key',
  COMMIT_INVALID: 'a change of a table breaks a rule of the format; nothing was changed',
  COMMIT_CONFLICT: 'a table has been changed by somebody else in the meantime',
  COMMIT_UNKNOWN: 'nobody can say whether a change of a table was made: the answer was lost',
  TABLE_CATALOG_FAILED: 'a table catalog refused a request or answered what cannot be understood',
  TABLE_CATALOG_OPTION: 'a setting of a table catalog is missing or not allowed',
} as const

export type LakeErrorCode = keyof typeof lakeErrorCodes

export class LakeError extends CodedError<LakeErrorCode> {
  override readonly name = 'LakeError'
}
