export { type AccessKey, defaultAccount, makeOwnKey } from './auth/access-key.ts'
export type { AuthMode } from './auth/authenticator.ts'
export {
  adminCredentials,
  createAccessKey,
  type ListedAccessKey,
  listAccessKeys,
  type NewAccessKey,
  revokeAccessKey,
} from './auth/key-file.ts'
export { callerLakeAccess, lakeAccess } from './auth/lake-access.ts'
export type { Policy, PolicyStatement } from './auth/policy.ts'
export {
  type RequestToSign,
  type SigningCredentials,
  type SigningOptions,
  signRequest,
} from './auth/sign-request.ts'
export { GatewayError, type GatewayErrorCode, gatewayErrorCodes } from './errors.ts'
export { DeliveryMeters } from './firehose/data/delivery-meters.ts'
export {
  type FirehoseService,
  type FirehoseServiceOptions,
  openFirehoseService,
} from './firehose/firehose-service.ts'
export type { Deliveries } from './firehose/found-delivery.ts'
export { openStoredDeliveries, type StoredDeliveriesOptions } from './firehose/open-stored-deliveries.ts'
export {
  type AuthOptions,
  defaultPort,
  defaultTlsPort,
  type Gateway,
  type GatewayOptions,
  type PostgresOptions,
  startGateway,
  type TlsOptions,
} from './gateway.ts'
export { AdminProblem } from './http/admin-problem.ts'
export {
  type AdminEvent,
  AdminEvents,
  type AdminHandler,
  type AdminRequest,
  type AdminRoute,
  adminRoute,
  noSuchPage,
} from './http/admin-route.ts'
export type { GatewayFailure } from './http/dispatcher.ts'
export { defaultHttpLimits, type HttpLimits } from './http/http-limits.ts'
export type {
  Route,
  RouteAnswer,
  RouteReply,
  RouteRequest,
  RouteStream,
  Routes,
  RouteTree,
} from './http/routes.ts'
export type { Certificate } from './http/tls-certificate.ts'
export { type IcebergRestOptions, icebergRestTree } from './iceberg-rest/iceberg-rest-tree.ts'
export type { Warehouse } from './iceberg-rest/rest-call.ts'
export type { ScalingEvent } from './kinesis/autoscale.ts'
export { kinesisSequences } from './kinesis/data/local-sequences.ts'
export * from './kinesis/kinesis-context.ts'
export * from './kinesis/kinesis-limits.ts'
export {
  type DataOperations,
  type KinesisService,
  type KinesisServiceOptions,
  openKinesisService,
} from './kinesis/kinesis-service.ts'
export type { ShardCountPlan } from './kinesis/operations/resharding.ts'
export { overrideLimits, parseLimitProfile } from './kinesis/parse-limits.ts'
export type { StreamGuard } from './kinesis/streams/kinesis-streams.ts'
export { type AlarmEvent, formatAlarmEvent } from './metrics/alarms/alarm-event.ts'
export { type AlarmRule, loadAlarmRules, parseAlarmRules } from './metrics/alarms/alarm-rule.ts'
export {
  type AlarmStatus,
  type AlarmView,
  AlarmWatcher,
  type AlarmWatcherOptions,
} from './metrics/alarms/alarm-watcher.ts'
export type { AlarmState } from './metrics/alarms/decide-alarm.ts'
export { CloudWatchStub } from './metrics/cloudwatch/cloudwatch-stub.ts'
export * from './metrics/meter.ts'
export * from './metrics/metric-catalogue.ts'
export type * from './metrics/metric-definition.ts'
export {
  defaultMinutesKept,
  dimensionOf,
  type Gauge,
  levelOfSeries,
  MetricRegistry,
  type MetricRegistryOptions,
} from './metrics/metric-registry.ts'
export type { MetricsHandler, MetricsReply, MetricsRequest } from './metrics/metrics-reply.ts'
export { metricsRoutes } from './metrics/metrics-routes.ts'
export {
  type MetricsSnapshot,
  metricsSnapshot,
  metricsTable,
  type StreamRates,
} from './metrics/metrics-table.ts'
export type { Series, SeriesId } from './metrics/series.ts'
export {
  mergeSets,
  minuteMs,
  minuteOf,
  type StatisticName,
  type StatisticSet,
  statisticNames,
  statisticOf,
} from './metrics/statistics.ts'
export { sessionRoutes } from './session/session-routes.ts'
export * from './store-gateway.ts'
export { encodeBody, parseBody } from './wire/body-codec.ts'
export type * from './wire/form-service.ts'
export { serializationError } from './wire/serialization-error.ts'
export { WireError } from './wire/wire-error.ts'
export type * from './wire/wire-service.ts'
