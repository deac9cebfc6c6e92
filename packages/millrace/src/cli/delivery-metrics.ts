/** From what the stages of an app's deliveries add up to, to the metrics that the gateway shows and alarms watch. */
import type { MetricRegistry } from '@millrace/gateway'
import type { AppDefinition, DeliveryMetric, DeliveryStatistics, MetricSum } from '@millrace/runtime'

export function deliveryMetricsInto(
  registry: Pick<MetricRegistry, 'add'>,
  { stages }: Pick<AppDefinition, 'stages'>,
): (stage: string, statistics: DeliveryStatistics) => void {
  const names = new Set(stages.filter(({ kind }) => kind === 'delivery').map(({ name }) => name))
  /** `orders.backup` is a stage of the delivery `orders`. */
  const deliveryOf = (stage: string): string => {
    const base = stage.replace(/\.(?:prepare|backup)$/, '')
    return names.has(base) ? base : stage
  }
  return (stage, statistics) => {
    const delivery = deliveryOf(stage)
    // The keys of the object are those of its type: the runtime's tally makes it.
    for (const [metric, sum] of Object.entries(statistics) as [DeliveryMetric, MetricSum][]) {
      registry.add(metric, { delivery }, sum)
    }
  }
}
