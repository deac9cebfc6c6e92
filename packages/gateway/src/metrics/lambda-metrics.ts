/** The metrics of AWS/Lambda that functions of an app have. */
import type { MetricDefinition } from './metric-definition.ts'

const functionLevel = ['function'] as const

export const lambdaMetrics = {
  Invocations: {
    unit: 'Count',
    kind: 'sum',
    levels: functionLevel,
    definition: 'times that the function was run, well or not',
  },
  Errors: {
    unit: 'Count',
    kind: 'sum',
    levels: functionLevel,
    definition:
      'invocations that ended in an exception, a timeout or the end of their process; its average is the error rate',
  },
  Throttles: {
    unit: 'Count',
    kind: 'sum',
    levels: functionLevel,
    definition: 'invocations refused for concurrency, which count neither as invocations nor as errors',
  },
  Duration: {
    unit: 'Milliseconds',
    kind: 'duration',
    levels: functionLevel,
    definition: 'time that the function ran',
  },
  ConcurrentExecutions: {
    unit: 'Count',
    kind: 'level',
    levels: functionLevel,
    definition: 'invocations that ran at once, as each began',
  },
  IteratorAge: {
    unit: 'Milliseconds',
    kind: 'level',
    levels: functionLevel,
    definition: 'age of the last record of a batch when it was handed to the function',
  },
  DeadLetterErrors: {
    unit: 'Count',
    kind: 'sum',
    levels: functionLevel,
    definition: 'records that could not be kept as dead letters',
  },
  DestinationDeliveryFailures: {
    unit: 'Count',
    kind: 'sum',
    levels: functionLevel,
    definition: 'reports that did not reach their on-failure destination',
  },
} as const satisfies Record<string, MetricDefinition>
