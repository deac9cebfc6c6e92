/** The GET routes of the registry, by path, for the listener to mount. */
import type { MetricRegistry } from './metric-registry.ts'
import { metricsJsonReply } from './metrics-json.ts'
import type { MetricsHandler } from './metrics-reply.ts'
import { prometheusReply } from './prometheus-text.ts'

export function metricsRoutes(registry: MetricRegistry): ReadonlyMap<string, MetricsHandler> {
  return new Map<string, MetricsHandler>([
    ['/metrics', () => prometheusReply(registry)],
    ['/metrics.json', ({ query }) => metricsJsonReply(registry, query)],
  ])
}
