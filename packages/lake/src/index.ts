export type * from './catalog/catalog-port.ts'
export { checkName, defaultDatabase, plainName } from './catalog/check-names.ts'
export { keptTableName } from './catalog/kept-table.ts'
export { openCatalog } from './catalog/open-catalog.ts'
export {
  type CompactionReport,
  type Compactor,
  type CompactorOptions,
  compactParameter,
  compressionParameter,
  openCompactor,
} from './compact/open-compactor.ts'
export { type CompressOptions, compress, compressionSuffixes, decompress } from './compression/compress.ts'
export type * from './convert/convert-port.ts'
export { openCsvLines } from './convert/csv-lines.ts'
export { openConverter } from './convert/open-converter.ts'
export { compileTimestampFormats } from './convert/timestamp-formats.ts'
export {
  type CrawledTable,
  type Crawler,
  type CrawlReport,
  type CrawlTarget,
  openCrawler,
} from './crawler/open-crawler.ts'
export { readDeliveries, type StoredDelivery } from './delivery/delivery-items.ts'
export { type StageRole, stageNameOf, stageRoles } from './delivery/delivery-names.ts'
export type * from './delivery/delivery-port.ts'
export { type DeliveryProgress, deliveryProgress } from './delivery/delivery-progress.ts'
export type * from './delivery/delivery-settings.ts'
export { declaredStages, type OpenServices } from './delivery/delivery-stages.ts'
export type * from './delivery/delivery-target.ts'
export { lambdaTransformer } from './delivery/lambda-transformer.ts'
export { openDeliveries } from './delivery/open-deliveries.ts'
export { openDeliveryHost } from './delivery/open-delivery-host.ts'
export { storeServices } from './delivery/store-services.ts'
export type { TransformResult } from './delivery/transform-answer.ts'
export type { TransformRow } from './delivery/transform-row.ts'
export type * from './duck/duck-port.ts'
export { literal, openDuck } from './duck/open-duck.ts'
export { LakeError, type LakeErrorCode, lakeErrorCodes } from './errors.ts'
export { type NewTable, newTableUpdates } from './iceberg/catalog/create-table.ts'
export { FolderCatalog, type FolderCatalogOptions } from './iceberg/catalog/folder-catalog.ts'
export { type IcebergTargetOptions, makeIcebergTarget } from './iceberg/deliver/iceberg-target.ts'
export { type ScanFiles, scanFiles } from './iceberg/duck/scan-sql.ts'
export { type ApplyOptions, applyUpdates, checkRequirements } from './iceberg/format/apply-updates.ts'
export { toIcebergSchema, toLakeSchema } from './iceberg/format/iceberg-schema.ts'
export {
  makePartitioner,
  type Partitioner,
  partitionByOf,
  partitionFields,
  partitionKey,
} from './iceberg/format/partition-by.ts'
export { checkMetadata, readMetadata, writeMetadata } from './iceberg/format/read-metadata.ts'
export { textOfValue, valueOfPlain, valueOfText } from './iceberg/format/value-text.ts'
export type * from './iceberg/metadata.ts'
export { parseExactJson } from './iceberg/rest/exact-json.ts'
export {
  bearerAuthorization,
  type ClientCredentials,
  clientCredentialsAuthorization,
  noAuthorization,
  type RequestToAuthorize,
  type RestAuthorization,
  signedAuthorization,
} from './iceberg/rest/rest-authorization.ts'
export { openRestCatalog, type RestCatalogOptions } from './iceberg/rest/rest-table-catalog.ts'
export {
  describeData,
  describePositionDeletes,
  partitionerOf,
  positionDeleteSchema,
  type WrittenFile,
} from './iceberg/table/describe-files.ts'
export { type OpenTableOptions, openTable, Table } from './iceberg/table/open-table.ts'
export { deletePathId, deletePositionId, referencedFile } from './iceberg/table/plan-scan.ts'
export {
  currentSchemaOf,
  currentSpecOf,
  ManifestCache,
  schemasNewestFirst,
} from './iceberg/table/table-files.ts'
export type * from './iceberg/table-catalog.ts'
export type * from './iceberg/table-port.ts'
export { applyChanges } from './iceberg/upsert/apply-changes.ts'
export { type CompactOptions, type CompactOutcome, compactTable } from './iceberg/upsert/compact-table.ts'
export {
  type ChangeSource,
  deleteOp,
  type UpsertOptions,
  type UpsertOutcome,
  upsertOp,
} from './iceberg/upsert/upsert-options.ts'
export { compileJq, type JqOptions, type JqOutcome, type JqQuery } from './jq/jq.ts'
export {
  compilePartitionQueries,
  type PartitionQueries,
  type PartitionValues,
  splitPartitionQuery,
} from './jq/partition-query.ts'
export { bucketPlaces, bucketsOf } from './objects/buckets-of.ts'
export { FolderObjectStore, type FolderObjectStoreOptions } from './objects/folder-object-store.ts'
export {
  appendObjectCreated,
  decodeEventKey,
  encodeEventKey,
  type ObjectCreatedOptions,
  objectCreatedRecord,
  type S3EventRecord,
} from './objects/object-events.ts'
export { assertBucketName, assertObjectKey } from './objects/object-key.ts'
export type * from './objects/object-store.ts'
export { type OpenBucketsOptions, openBuckets } from './objects/open-buckets.ts'
export type { OnPutStep, PutStep } from './objects/put-step.ts'
export { openParquetWriter, type ParquetWriter } from './parquet/open-parquet-writer.ts'
export { type ParquetColumn, parquetColumns } from './parquet/parquet-columns.ts'
export type * from './parquet/parquet-port.ts'
export { openParquetWorkshop, type ParquetWorkshop } from './parquet/parquet-workshop.ts'
export {
  compileDeliveryPrefixes,
  type DeliveryPrefixes,
  type ErrorsPlace,
  type ObjectNameParts,
  type ObjectsPlace,
  type PrefixSettings,
} from './prefix/delivery-prefixes.ts'
export { compileJavaPattern, type JavaPattern } from './prefix/java-time/java-pattern.ts'
export { fullAccess, type LakeAccess } from './query/access.ts'
export { type DuckSession, DuckSessions } from './query/duck-session.ts'
export { type IcebergEntryServices, openIcebergEntry } from './query/open-iceberg-entry.ts'
export { type LakeQueryLimits, type LakeQueryServices, openLakeQuery } from './query/open-lake-query.ts'
export { type HistoryEntry, QueryBook, recordedQuery, type SavedQuery } from './query/query-book.ts'
export { LakeQueryError } from './query/query-error.ts'
export type * from './query/query-port.ts'
export { TimeBudget } from './query/time-budget.ts'
export { Turns } from './query/turns.ts'
export { type RefreshedView, refreshView, viewsBucket, viewTask } from './schedule/refresh-view.ts'
export {
  type DeclaredCrawler,
  type DeclaredView,
  declareViews,
  scheduledStage,
  scheduleStageName,
} from './schedule/scheduled-stage.ts'
export { tickOf } from './schedule/ticks.ts'
export { checkSchema } from './schema/check-schema.ts'
export { duckName, duckTypeText, parseDuckType } from './schema/duck-type.ts'
export { formatHiveType, parseHiveType } from './schema/hive-type.ts'
export type * from './schema/lake-type.ts'
export { canWiden, sameType, widenColumns, widenType } from './schema/widen-type.ts'
export { compileUnpack, unpackedBytesMax } from './unpack/unpack.ts'
export type { UnpackFault } from './unpack/unpack-fault.ts'
