/** What depends on rates and time: on a server with the limits of AWS and a clock that stands still unless a case lets it go on. */
import { expect } from 'vitest'
import { base64, type DeliveryCase } from './delivery-world.ts'

const million = base64('a'.repeat(1_000_000))

export const deliveryLimitCases: readonly DeliveryCase[] = [
  {
    operation: 'CreateDeliveryStream',
    name: 'is CREATING at first',
    input(world) {
      const DeliveryStreamName = world.name()
      return {
        DeliveryStreamName,
        ExtendedS3DestinationConfiguration: world.destination(DeliveryStreamName),
      }
    },
    async check(_output, world, { DeliveryStreamName }) {
      const name = String(DeliveryStreamName)
      expect(await world.describe(name)).toMatchObject({ DeliveryStreamStatus: 'CREATING' })
      await world.active(name)
    },
  },
  {
    operation: 'DeleteDeliveryStream',
    name: 'of a delivery that is CREATING',
    error: 'ResourceInUseException',
    async input(world) {
      const DeliveryStreamName = world.name()
      const ExtendedS3DestinationConfiguration = world.destination(DeliveryStreamName)
      await world.admin('CreateDeliveryStream', { DeliveryStreamName, ExtendedS3DestinationConfiguration })
      return { DeliveryStreamName }
    },
  },
  {
    operation: 'DescribeDeliveryStream',
    name: 'a sixth time in a second',
    error: 'LimitExceededException',
    async input(world) {
      const DeliveryStreamName = await world.delivery()
      await world.server.pass(1000)
      for (let i = 0; i < 5; i++) await world.admin('DescribeDeliveryStream', { DeliveryStreamName })
      return { DeliveryStreamName }
    },
  },
  {
    operation: 'PutRecordBatch',
    name: 'stores what its rate allows, and says which records it does not',
    async input(world) {
      const DeliveryStreamName = await world.delivery()
      await world.server.pass(1000)
      const four = { DeliveryStreamName, Records: Array.from({ length: 4 }, () => ({ Data: million })) }
      await world.admin('PutRecordBatch', four)
      return four
    },
    check({ FailedPutCount, RequestResponses }) {
      expect(FailedPutCount).toBe(3)
      const failed = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
      expect(RequestResponses).toEqual([{ RecordId: expect.any(String) }, failed, failed, failed])
    },
  },
  {
    operation: 'PutRecord',
    name: 'above its rate',
    error: 'ServiceUnavailableException',
    status: 503,
    message: /^Slow down\.$/,
    async input(world) {
      const DeliveryStreamName = await world.delivery()
      await world.server.pass(1000)
      const Records = Array.from({ length: 4 }, () => ({ Data: million }))
      await world.admin('PutRecordBatch', { DeliveryStreamName, Records })
      await world.admin('PutRecord', { DeliveryStreamName, Record: { Data: million } })
      return { DeliveryStreamName, Record: { Data: million } }
    },
  },
]
