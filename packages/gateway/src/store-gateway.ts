/**
 * A gateway that speaks Kinesis, DynamoDB and Firehose over a store: the services, the listener, metrics at /metrics and
 * /metrics.json, alarms and scaling by use, opened and closed as one. The store belongs to the caller, who closes it
 * afterwards.
 */
import type { Store } from '@millrace/store'
import { openTables } from '@millrace/tables'
import type { Clock, Random } from '@millrace/values'
import { openDynamoServices } from './dynamodb/dynamodb-service.ts'
import type { TableGuard } from './dynamodb/tables/table-directory.ts'
import { openFirehoseService } from './firehose/firehose-service.ts'
import type { Deliveries } from './firehose/found-delivery.ts'
import { guardStreams } from './firehose/guard-streams.ts'
import { type Gateway, type GatewayOptions, isLoopback, startGateway } from './gateway.ts'
import { guardedRoute } from './http/admin-route.ts'
import type { HttpLimits } from './http/http-limits.ts'
import type { Route, Routes, RouteTree } from './http/routes.ts'
import { icebergRestTree } from './iceberg-rest/iceberg-rest-tree.ts'
import { storeWarehouses } from './iceberg-rest/store-warehouses.ts'
import type { ScalingEvent } from './kinesis/autoscale.ts'
import { makeDataPlane } from './kinesis/data/data-plane.ts'
import type { AutoscaleTarget } from './kinesis/kinesis-context.ts'
import { type KinesisLimits, localLimits } from './kinesis/kinesis-limits.ts'
import { type KinesisService, openKinesisService } from './kinesis/kinesis-service.ts'
import type { StreamGuard } from './kinesis/streams/kinesis-streams.ts'
import type { AlarmEvent } from './metrics/alarms/alarm-event.ts'
import type { AlarmRule } from './metrics/alarms/alarm-rule.ts'
import { AlarmWatcher } from './metrics/alarms/alarm-watcher.ts'
import { CloudWatchStub } from './metrics/cloudwatch/cloudwatch-stub.ts'
import { MetricRegistry } from './metrics/metric-registry.ts'
import { metricsRoutes } from './metrics/metrics-routes.ts'

export const defaultRegion = 'us-east-1'

export interface StoreGatewayOptions
  extends Pick<
    GatewayOptions,
    'host' | 'port' | 'tls' | 'auth' | 'postgres' | 'directory' | 'drainMs' | 'onFailure'
  > {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** In ARNs. Default us-east-1. */
  readonly region?: string
  /** Default: localLimits. */
  readonly limits?: KinesisLimits
  /** What a client may cost the listener. */
  readonly http?: Partial<HttpLimits>
  /** Keeps streams and tables that a running app uses from being deleted, streams also from being resharded. */
  readonly guard?: StreamGuard & TableGuard
  /** Answer /metrics and /metrics.json beyond loopback too, to anybody. Default false. */
  readonly openMetrics?: boolean
  /**
   * The deliveries of the store and who runs them (openStoredDeliveries); without, there is no Firehose. Called once, with the
   * metrics that those who run them tell of. Closed with the gateway.
   */
  readonly deliveries?: (registry: MetricRegistry) => Deliveries
  /** More pages: of the administration, for example (`adminRoute`). */
  readonly routes?: Routes
  /** Protocols of other kinds below a path, beside the catalog of tables at /iceberg/. */
  readonly trees?: readonly RouteTree[]
  /** Targets for provisioned streams, by name; stored, so they hold until they are changed (undefined ends one). */
  readonly autoscale?: Readonly<Record<string, AutoscaleTarget | undefined>>
  /** Told of each split and merge that the load calls for. */
  readonly onScaling?: (event: ScalingEvent) => void
  readonly alarms?: {
    readonly rules: readonly AlarmRule[]
    readonly onEvent: (event: AlarmEvent) => void
    readonly onProblem?: (problem: Error) => void
  }
}

export interface StoreGateway extends Gateway {
  readonly registry: MetricRegistry
  /** Undefined where metrics are not shown: beyond loopback, unless they are open. */
  readonly metricsUrl: string | undefined
  readonly service: KinesisService
  /** Undefined: it was opened without rules. */
  readonly alarms: Pick<AlarmWatcher, 'views' | 'events'> | undefined
}

/** Errors: those of startGateway. */
export async function openStoreGateway(options: StoreGatewayOptions): Promise<StoreGateway> {
  const { store, clock, random, guard, alarms, autoscale, onScaling } = options
  const registry = new MetricRegistry({ clock })
  const limits = options.limits ?? localLimits
  const region = options.region ?? defaultRegion
  const deliveries = options.deliveries?.(registry)
  const streamGuard = deliveries === undefined ? guard : guardStreams(deliveries.directory, guard)
  const service = openKinesisService({
    store,
    clock,
    random,
    meter: registry,
    limits,
    region,
    data: makeDataPlane,
    ...(streamGuard === undefined ? {} : { guard: streamGuard }),
    ...(autoscale === undefined ? {} : { autoscale }),
    ...(onScaling === undefined ? {} : { onScaling }),
  })
  let address = 'localhost'
  const dynamo = openDynamoServices({
    store,
    tables: openTables({ store, region }),
    clock,
    meter: registry,
    region,
    limits,
    address: () => address,
    ...(guard === undefined ? {} : { guard }),
  })
  const firehose =
    deliveries === undefined
      ? undefined
      : openFirehoseService({ store, deliveries, clock, meter: registry, limits, region })
  const closeServices = async (): Promise<void> => {
    firehose?.close()
    await deliveries?.close?.()
    await dynamo.close()
    await service.close()
  }
  const cloudWatch = new CloudWatchStub(registry)
  const showsMetrics = options.openMetrics === true || isLoopback(options.host ?? '127.0.0.1')
  let gateway: Gateway
  try {
    const { host, port, tls, auth, postgres, directory, http, drainMs, onFailure } = options
    gateway = await startGateway({
      services: [
        service,
        dynamo.tables,
        dynamo.streams,
        ...(firehose === undefined ? [] : [firehose]),
        cloudWatch,
      ],
      forms: cloudWatch,
      // Metrics name streams and ask for no signature, but for where they are not shown to everybody.
      routes: new Map<string, Route>([
        ...[...metricsRoutes(registry)].map(([path, route]): [string, Route] => [
          path,
          showsMetrics ? route : guardedRoute('millrace:ReadMetrics', route),
        ]),
        ...(options.routes ?? []),
      ]),
      trees: [icebergRestTree(storeWarehouses(store, clock)), ...(options.trees ?? [])],
      clock,
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(tls === undefined ? {} : { tls }),
      ...(auth === undefined ? {} : { auth }),
      ...(postgres === undefined ? {} : { postgres }),
      ...(directory === undefined ? {} : { directory }),
      ...(http === undefined ? {} : { limits: http }),
      ...(drainMs === undefined ? {} : { drainMs }),
      ...(onFailure === undefined ? {} : { onFailure }),
    })
  } catch (error) {
    await closeServices()
    throw error
  }
  address = new URL(gateway.url).host
  deliveries?.start?.(gateway.url)
  const closing = new AbortController()
  const watcher = alarms === undefined ? undefined : new AlarmWatcher({ registry, ...alarms })
  const watching = watcher?.run(closing.signal)
  return {
    url: gateway.url,
    tlsUrl: gateway.tlsUrl,
    postgresUrl: gateway.postgresUrl,
    get authMode() {
      return gateway.authMode
    },
    registry,
    metricsUrl: showsMetrics ? `${gateway.url}/metrics` : undefined,
    service,
    alarms: watcher,
    async close() {
      closing.abort()
      await gateway.close()
      await watching
      await closeServices()
    },
  }
}
