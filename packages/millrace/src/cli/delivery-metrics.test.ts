import { MetricRegistry } from '@millrace/gateway'
import type { AppDefinition } from '@millrace/runtime'
import { DeliveryTally } from '@millrace/runtime'
import { VirtualClock } from '@millrace/values'
import { expect, it } from 'vitest'
import { deliveryMetricsInto } from './delivery-metrics.ts'

it('what the stages of a delivery add up to is filed under the delivery, others of similar names apart', () => {
  const registry = new MetricRegistry({ clock: new VirtualClock(0) })
  // Of a stage only kind and name are looked at.
  const stages = ['orders', 'orders.backup', 'orders.prepare', 'daily.backup'].map((name) => ({
    kind: 'delivery',
    name,
  })) as unknown as AppDefinition['stages']
  const tell = deliveryMetricsInto(registry, { stages })
  for (const [stage, metric, value] of [
    ['orders', 'DeliveryToS3.Records', 3],
    ['orders.backup', 'BackupToS3.Records', 5],
    ['orders.prepare', 'ExecuteProcessing.Success', 1],
    ['daily.backup', 'DeliveryToS3.Records', 7],
  ] as const) {
    const tally = new DeliveryTally()
    tally.observe(metric, value)
    tell(stage, tally.take()!)
  }
  const sums = registry
    .find({ level: 'delivery' })
    .map(({ id, total }) => [id.namespace, id.dimensions[0]?.[1], id.metric, total.sum])
  expect(sums.sort()).toEqual([
    ['AWS/Firehose', 'daily.backup', 'DeliveryToS3.Records', 7],
    ['AWS/Firehose', 'orders', 'BackupToS3.Records', 5],
    ['AWS/Firehose', 'orders', 'DeliveryToS3.Records', 3],
    ['AWS/Firehose', 'orders', 'ExecuteProcessing.Success', 1],
  ])
})
