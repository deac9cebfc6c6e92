/** Metrics of AWS/DynamoDB, by TableName, some also by Operation. The order is that of docs/metrics.md. */
import type { MetricDefinition } from './metric-definition.ts'

const tableLevel = ['table'] as const
const operationLevel = ['operation'] as const

export const dynamodbMetrics = {
  ConsumedReadCapacityUnits: {
    unit: 'Count',
    kind: 'sum',
    levels: tableLevel,
    definition: 'read units that calls used, those of indexes included',
  },
  ConsumedWriteCapacityUnits: {
    unit: 'Count',
    kind: 'sum',
    levels: tableLevel,
    definition:
      'write units that calls used; of a write that nobody asked the cost of, those of the new item alone',
  },
  SuccessfulRequestLatency: {
    unit: 'Milliseconds',
    kind: 'duration',
    levels: operationLevel,
    definition: 'time of a call that succeeded',
  },
  ReturnedItemCount: {
    unit: 'Count',
    kind: 'sum',
    levels: operationLevel,
    definition: 'items that Query and Scan returned or counted',
  },
  ThrottledRequests: {
    unit: 'Count',
    kind: 'sum',
    levels: operationLevel,
    definition: 'calls refused because of provisioned capacity',
  },
  ConditionalCheckFailedRequests: {
    unit: 'Count',
    kind: 'sum',
    levels: tableLevel,
    definition: 'writes whose condition did not hold',
  },
  UserErrors: {
    unit: 'Count',
    kind: 'sum',
    levels: tableLevel,
    definition: 'calls that ended in another error of the client, such as ValidationException',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>
