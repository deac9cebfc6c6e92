/** Streaming ETL in SQL and TypeScript: one process, one command, exactly once. */
export {
  type CdcOptions,
  type CdcStatus,
  type DebeziumOptions,
  type DmsOptions,
  type EnvelopeOptions,
  embeddedPostgres,
  type FlatOptions,
  findEmbeddedPostgres,
  findMariaDb,
  findPostgresServer,
  type LoadOptions,
  type MysqlOptions,
  mysql,
  type PostgresOptions,
  type PrivateServer,
  type PrivateServerOptions,
  postgres,
  privateMariaDb,
  privatePostgres,
  type SchemaPolicy,
  type SchemaPolicyRule,
  type TableStatus,
} from '@millrace/cdc'
export {
  type AwsStreamOptions,
  awsStream,
  type BatchContext,
  type ColumnFunction,
  type ConnectorHost,
  type ConsumerProblem,
  type DatabaseSinkOptions,
  type DynamodbSinkOptions,
  type DynamoLeasesOptions,
  directoryLeases,
  dynamodbSink,
  dynamoLeases,
  type FileOptions,
  file,
  generateOrders,
  generateProducts,
  type HttpAnswer,
  type HttpSinkOptions,
  httpSink,
  KinesisConsumer,
  type KinesisConsumerOptions,
  type KinesisSinkOptions,
  type KinesisSourceOptions,
  kinesis,
  kinesisSink,
  type LeaseTable,
  mysqlSink,
  type NexmarkOptions,
  nexmark,
  type OrdersGeneratorOptions,
  orderAt,
  ordersGenerator,
  type Product,
  postgresSink,
  productsText,
  type ReplayOptions,
  replay,
  SinkError,
  type SinkFailure,
  type TableConnector,
  type TableConnectors,
  type TemplateSourceOptions,
  templateSource,
  type UserRecord,
} from '@millrace/connect'
export type { ObjectList, PutOptions as ObjectPutOptions, S3EventRecord, StoredObject } from '@millrace/lake'
export type {
  AppDefinition,
  FunctionContext,
  FunctionWindow,
  Item,
  JsonScalar,
  OnceOptions,
  Page,
  PageKey,
  Preprocess,
  PreprocessRecord,
  PutOptions,
  PutRecord,
  QueryOptions,
  Report,
  ScanOptions,
  SortKeyCondition,
  Source,
  SourceCheckContext,
  SourceContext,
  SourceFactory,
  SourceFinding,
  SourceGauge,
  SourceRead,
  SourceStatus,
  StreamRecord,
  WriteCondition,
} from '@millrace/runtime'
export { dropped } from '@millrace/runtime'
export type { HostFunction, TableInfo } from '@millrace/sql'
export type { AttributeValue, ChangeRecord, ChangeView, TypedItem } from '@millrace/tables'
export { type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
export type {
  App,
  FlinkQuerySettings,
  FunctionSettings,
  OutputSettings,
  QueryInputSettings,
  QuerySettings,
  ReferenceSettings,
  SourceSettings,
  StreamSettings,
} from './define/app.ts'
export type {
  IntegerOptionSettings,
  OptionDeclaration,
  OptionDeclarer,
  OptionSettings,
  OptionValue,
} from './define/app-options.ts'
export type { Bucket, BucketSettings, S3Settings } from './define/bucket.ts'
export type { ColumnSpec, ColumnSpecs } from './define/column-mapping.ts'
export { type CreatedObject, createdObject, type KeyChoice, objectKeys } from './define/created-object.ts'
export { type AppFactory, type BuildInputs, type BuiltApp, defineApp } from './define/define-app.ts'
export type {
  BufferSettings,
  DeliveryBackupSettings,
  DeliveryOptions,
  DeliveryOutputSettings,
  DeliveryUnpackSettings,
} from './define/delivery.ts'
export type { DeliveryFormatSettings, LakeColumns } from './define/delivery-format.ts'
export type {
  DeliveryRecordOf,
  DeliveryTransformSettings,
  PartitionFunction,
  TransformFunction,
} from './define/delivery-transform.ts'
export type { EachContext, EachHandlerOf, EachSettings, ValueOf } from './define/each-function.ts'
export type { LambdaSettings, LambdaSource } from './define/lambda.ts'
export type { LambdaMapping, TemplateMapping } from './define/lambda-mapping.ts'
export type { MappingOptions } from './define/mapping-options.ts'
export {
  type AggregateSettings,
  type AsyncSettings,
  type ScalarSettings,
  sqlFunction,
  type TableFunctionSettings,
} from './define/sql-function.ts'
export type { HandlerOf, RecordOf, StreamHandle } from './define/stream-handle.ts'
export type { ItemKey, KeyArgument, Table } from './define/table.ts'
export { type TableChange, tableChange } from './define/table-change.ts'
export type { KeyOf, KeySpec, KeyType } from './define/table-keys.ts'
export type { IndexSettings, TableSettings } from './define/table-settings.ts'
export { MillraceError } from './error.ts'
export type { ErrorCode } from './error-codes.ts'
export { type SqlAppOptions, sqlApp } from './sql-app/sql-app.ts'
