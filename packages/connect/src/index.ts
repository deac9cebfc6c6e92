export { type CountedRecord, type CountedSourceOptions, countedSource } from './counted-source.ts'
export { mysqlSink } from './database/mysql-sink.ts'
export { postgresSink } from './database/postgres-sink.ts'
export type { ColumnFunction, DatabaseSinkOptions } from './database/sink-options.ts'
export { type DynamodbSinkOptions, dynamodbSink } from './dynamodb/dynamodb-sink.ts'
export { ConnectError, type ConnectErrorCode, connectErrorCodes } from './errors.ts'
export { type FileOptions, file, type ReplayOptions, replay } from './files/file-source.ts'
export { isFieldPath } from './files/json-field.ts'
export { fetchPort, type HttpPort, type HttpRequest, type HttpResponse } from './http/http-port.ts'
export { httpSink } from './http/http-sink.ts'
export type { HttpAnswer, HttpSinkOptions } from './http/http-sink-options.ts'
export type { Rate } from './http/rate-limit.ts'
export type { AwsCredentials, AwsEndpoint } from './kinesis/aws-sdk.ts'
export { type AwsStreamOptions, awsStream } from './kinesis/aws-stream.ts'
export { Backoff, type BackoffOptions } from './kinesis/backoff.ts'
export type {
  BatchContext,
  ConsumerProblem,
  KinesisConsumerOptions,
  UserRecord,
} from './kinesis/consumer-options.ts'
export { type DynamoLeasesOptions, dynamoLeases } from './kinesis/dynamo-leases.ts'
export { KinesisConsumer } from './kinesis/kinesis-consumer.ts'
export { type KinesisSinkOptions, kinesisSink } from './kinesis/kinesis-sink.ts'
export { type KinesisSourceOptions, kinesis } from './kinesis/kinesis-source.ts'
export type {
  KinesisRecord,
  KinesisShard,
  KinesisStreamPort,
  OpenReader,
  ShardPosition,
  ShardRead,
  ShardReader,
  StartPosition,
} from './kinesis/kinesis-stream-port.ts'
export type { Lease, LeaseChange, LeaseTable } from './kinesis/lease.ts'
export type { LocalSequences } from './kinesis/local-sequences.ts'
export { type LocalStreamOptions, localStream } from './kinesis/local-stream.ts'
export type { StartOption } from './kinesis/start-position.ts'
export { directoryLeases, storeLeases } from './kinesis/store-leases.ts'
export { type NexmarkConfig, nexmarkDefaults } from './nexmark/nexmark-config.ts'
export { type NexmarkEvent, nexmarkEvent } from './nexmark/nexmark-event.ts'
export { type NexmarkRow, nexmarkJson, nexmarkRow } from './nexmark/nexmark-row.ts'
export { type NexmarkOptions, nexmark } from './nexmark/nexmark-source.ts'
export {
  type GeneratedOrders,
  type GenerateOrdersOptions,
  generateOrders,
  generateProducts,
  productsText,
} from './orders/generate-orders.ts'
export {
  changeAt,
  customerAt,
  type ItemData,
  type OrderChange,
  type OrderData,
  type OrderModelOptions,
  type OrderPartitionKey,
  orderAt,
  type Product,
  productAt,
} from './orders/order-model.ts'
export { OrderSequence } from './orders/order-sequence.ts'
export { type OrdersGeneratorOptions, ordersGenerator } from './orders/orders-generator.ts'
export { lineChunks } from './replay/line-chunks.ts'
export {
  atOnce,
  type EventTimeCounts,
  type EventTimeOptions,
  EventTimePace,
  type LinePace,
  ratePace,
} from './replay/line-pace.ts'
export {
  type LineKey,
  noLines,
  type PutLinesOptions,
  type PutLinesProgress,
  putLines,
} from './replay/put-lines.ts'
export {
  PassingFailure,
  type PutOutcome,
  type PutPort,
  type PutShard,
  putBytesMax,
  putEntriesMax,
} from './replay/put-port.ts'
export { type PutCounts, type PutterOptions, RecordPutter } from './replay/record-putter.ts'
export { ReplayProgress } from './replay/replay-progress.ts'
export type * from './replay/replay-sink.ts'
export type * from './replay/replay-source.ts'
export { type StoreSourceOptions, storeSource } from './replay/store-source.ts'
export {
  type CutOver,
  type ReplayResult,
  type ReplayStart,
  StreamReplay,
  type StreamReplayOptions,
  slicesMax,
} from './replay/stream-replay.ts'
export { SinkError, type SinkFailure } from './sink-error.ts'
export { tableConnectors } from './tables/index.ts'
export {
  type ConnectorHost,
  checkOptions,
  partitionColumns,
  type TableConnector,
  type TableConnectors,
} from './tables/table-connector.ts'
export { compileTemplate, type Template } from './template/template.ts'
export {
  type FedRecord,
  type FeedPosition,
  TemplateFeed,
  type TemplateFeedOptions,
} from './template/template-feed.ts'
export { readTemplate, type TemplateSourceOptions, templateSource } from './template/template-source.ts'
