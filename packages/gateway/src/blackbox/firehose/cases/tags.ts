/** Cases of the operations that tag and encrypt deliveries. */
import { expect } from 'vitest'
import type { Members } from '../../client.ts'
import type { DeliveryCase, DeliveryWorld } from './delivery-world.ts'

const invalid = 'InvalidArgumentException'
const notFound = 'ResourceNotFoundException'
const notThere = { DeliveryStreamName: 'nobody-has-made-it' }

const name = async (world: DeliveryWorld): Promise<Members> => ({
  DeliveryStreamName: await world.delivery(),
})

export const tagCases: readonly DeliveryCase[] = [
  {
    operation: 'TagDeliveryStream',
    name: 'adds tags and replaces values',
    async input(world) {
      const DeliveryStreamName = await world.delivery({}, { Tags: [{ Key: 'a', Value: 'old' }] })
      return { DeliveryStreamName, Tags: [{ Key: 'a', Value: 'new' }, { Key: 'b' }] }
    },
    async check(_output, world, { DeliveryStreamName }) {
      expect(await world.admin('ListTagsForDeliveryStream', { DeliveryStreamName })).toEqual({
        Tags: [{ Key: 'a', Value: 'new' }, { Key: 'b' }],
        HasMoreTags: false,
      })
    },
  },
  {
    operation: 'TagDeliveryStream',
    name: 'with a reserved key',
    error: 'ValidationException',
    input: async (world) => ({ ...(await name(world)), Tags: [{ Key: 'aws:mine', Value: 'x' }] }),
  },
  {
    operation: 'TagDeliveryStream',
    name: 'with a tag too many',
    error: 'LimitExceededException',
    async input(world) {
      const DeliveryStreamName = await world.delivery({}, { Tags: [{ Key: 'one-more' }] })
      return { DeliveryStreamName, Tags: Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}` })) }
    },
  },
  {
    operation: 'TagDeliveryStream',
    name: 'of a delivery that is not there',
    error: notFound,
    input: () => ({ ...notThere, Tags: [{ Key: 'a' }] }),
  },
  {
    operation: 'UntagDeliveryStream',
    name: 'removes tags, also those that are not there',
    async input(world) {
      const DeliveryStreamName = await world.delivery({}, { Tags: [{ Key: 'a' }, { Key: 'b' }] })
      return { DeliveryStreamName, TagKeys: ['a', 'c'] }
    },
    async check(_output, world, { DeliveryStreamName }) {
      const { Tags } = await world.admin('ListTagsForDeliveryStream', { DeliveryStreamName })
      expect(Tags).toEqual([{ Key: 'b' }])
    },
  },
  {
    operation: 'UntagDeliveryStream',
    name: 'of a delivery that is not there',
    error: notFound,
    input: () => ({ ...notThere, TagKeys: ['a'] }),
  },
  {
    operation: 'ListTagsForDeliveryStream',
    name: 'lists tags from a key on, by page',
    async input(world) {
      const DeliveryStreamName = await world.delivery(
        {},
        { Tags: [{ Key: 'c' }, { Key: 'a' }, { Key: 'b' }] },
      )
      return { DeliveryStreamName, ExclusiveStartTagKey: 'a', Limit: 1 }
    },
    check: (output) => expect(output).toEqual({ Tags: [{ Key: 'b' }], HasMoreTags: true }),
  },
  {
    operation: 'ListTagsForDeliveryStream',
    name: 'of a delivery that is not there',
    error: notFound,
    input: () => notThere,
  },
  {
    operation: 'StartDeliveryStreamEncryption',
    name: 'says so with each record',
    input: name,
    async check(_output, world, { DeliveryStreamName }) {
      await world.until('it is ENABLED', async () => {
        const { DeliveryStreamEncryptionConfiguration: state } = await world.describe(
          String(DeliveryStreamName),
        )
        // By the API's model.
        return (state as Members).Status === 'ENABLED'
      })
      const put = await world.admin('PutRecord', { DeliveryStreamName, Record: { Data: 'YQ==' } })
      expect(put.Encrypted).toBe(true)
    },
  },
  {
    operation: 'StartDeliveryStreamEncryption',
    name: 'with a key of the customer that is not named',
    error: invalid,
    input: async (world) => ({
      ...(await name(world)),
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK' },
    }),
  },
  {
    operation: 'StartDeliveryStreamEncryption',
    name: 'of a delivery that is not there',
    error: notFound,
    input: () => notThere,
  },
  {
    operation: 'StopDeliveryStreamEncryption',
    name: 'ends encryption',
    async input(world) {
      const encryption = { DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } }
      return { DeliveryStreamName: await world.delivery({}, encryption) }
    },
    async check(_output, world, { DeliveryStreamName }) {
      const { DeliveryStreamEncryptionConfiguration: state } = await world.describe(
        String(DeliveryStreamName),
      )
      expect(state).toEqual({ Status: expect.stringMatching(/^DISABL/) })
    },
  },
  {
    operation: 'StopDeliveryStreamEncryption',
    name: 'of a delivery that is not there',
    error: notFound,
    input: () => notThere,
  },
]
