/** From what an app's functions add up to, to the metrics that the gateway shows and alarms watch. */
import type { MetricRegistry } from '@millrace/gateway'
import type { FunctionMetric, FunctionStatistics, MetricSum } from '@millrace/runtime'

export function functionMetricsInto(
  registry: Pick<MetricRegistry, 'add'>,
): (functionName: string, statistics: FunctionStatistics) => void {
  return (functionName, statistics) => {
    // The keys of the object are those of its type: the runtime's tally makes it.
    for (const [metric, sum] of Object.entries(statistics) as [FunctionMetric, MetricSum][]) {
      registry.add(metric, { function: functionName }, sum)
    }
  }
}
