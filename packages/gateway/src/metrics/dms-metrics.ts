/** Metrics of AWS/DMS, by ReplicationTaskIdentifier: here the name of a source that follows a database. */
import type { MetricDefinition } from './metric-definition.ts'

const levels = ['task'] as const

export const dmsMetrics = {
  CDCLatencySource: {
    unit: 'Seconds',
    kind: 'level',
    levels,
    definition: 'how far the newest change taken is behind the clock of the database',
  },
  CDCThroughputRowsSource: {
    unit: 'Count/Second',
    kind: 'level',
    levels,
    definition: 'changes taken from the log in a second',
  },
  FullLoadThroughputRowsSource: {
    unit: 'Count/Second',
    kind: 'level',
    levels,
    definition: 'rows that loads of tables have read in a second',
  },
} as const satisfies Record<string, MetricDefinition>
