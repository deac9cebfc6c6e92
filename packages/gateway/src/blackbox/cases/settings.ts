/** What hangs on streams: tags, monitoring, encryption, policies. */
import { expect } from 'vitest'
import { type BlackboxCase, byNameAndArn } from './case.ts'
import type { World } from './world.ts'

const key = 'alias/aws/kinesis'
const kms = { EncryptionType: 'KMS', KeyId: key }
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kinesis:GetRecords', Resource: '*' }],
})
const tooMany = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']))

export const settingCases: readonly BlackboxCase[] = [
  ...byNameAndArn('AddTagsToStream', 'adds tags and replaces values', {
    async rest(world, StreamName) {
      await world.admin('AddTagsToStream', { StreamName, Tags: { a: '1', b: '2' } })
      return { Tags: { b: '3', 'c d': '' } }
    },
    async check(output, world, StreamName) {
      expect(output).toEqual({})
      const listed = await world.admin('ListTagsForStream', { StreamName })
      expect(listed).toEqual({
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '3' },
          { Key: 'c d', Value: '' },
        ],
        HasMoreTags: false,
      })
    },
  }),
  {
    operation: 'AddTagsToStream',
    name: 'with a key of AWS',
    error: 'InvalidArgumentException',
    input: async (world) => ({ StreamName: (await world.shared()).stream, Tags: { 'aws:mine': 'x' } }),
  },
  {
    operation: 'AddTagsToStream',
    name: 'with more tags than a stream has',
    error: 'InvalidArgumentException',
    input: async (world) => ({ StreamName: (await world.shared()).stream, Tags: tooMany }),
  },
  ...byNameAndArn('RemoveTagsFromStream', 'removes what is there', {
    async rest(world, StreamName) {
      await world.admin('AddTagsToStream', { StreamName, Tags: { a: '1', b: '2' } })
      return { TagKeys: ['a', 'z'] }
    },
    async check(output, world, StreamName) {
      expect(output).toEqual({})
      const { Tags } = await world.admin('ListTagsForStream', { StreamName })
      expect(Tags).toEqual([{ Key: 'b', Value: '2' }])
    },
  }),
  {
    operation: 'RemoveTagsFromStream',
    name: 'with a key of characters that no tag has',
    error: 'InvalidArgumentException',
    input: async (world) => ({ StreamName: (await world.shared()).stream, TagKeys: ['a;b'] }),
  },
  ...byNameAndArn('ListTagsForStream', 'gives pages', {
    async rest(world, StreamName) {
      await world.admin('AddTagsToStream', { StreamName, Tags: { a: '1', b: '2', c: '3' } })
      return { Limit: 1, ExclusiveStartTagKey: 'a' }
    },
    check: (output) => expect(output).toEqual({ Tags: [{ Key: 'b', Value: '2' }], HasMoreTags: true }),
  }),
  {
    operation: 'ListTagsForStream',
    name: 'with a page of 51',
    error: 'ValidationException',
    message: /'limit' failed to satisfy constraint: Member must have value less than or equal to 50/,
    input: async (world) => ({ StreamName: (await world.shared()).stream, Limit: 51 }),
  },

  ...resourceCases('TagResource', 'adds tags', {
    rest: () => ({ Tags: { a: '1' } }),
    async check(_output, world, ResourceARN) {
      const { Tags } = await world.admin('ListTagsForResource', { ResourceARN })
      expect(Tags).toEqual([{ Key: 'a', Value: '1' }])
    },
  }),
  {
    operation: 'TagResource',
    name: 'with a key of AWS',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      ResourceARN: world.arn((await world.shared()).stream),
      Tags: { 'aws:mine': 'x' },
    }),
  },
  ...resourceCases('UntagResource', 'removes tags', {
    async rest(world, ResourceARN) {
      await world.admin('TagResource', { ResourceARN, Tags: { a: '1', b: '2' } })
      return { TagKeys: ['a'] }
    },
    async check(_output, world, ResourceARN) {
      const { Tags } = await world.admin('ListTagsForResource', { ResourceARN })
      expect(Tags).toEqual([{ Key: 'b', Value: '2' }])
    },
  }),
  ...resourceCases('ListTagsForResource', 'gives tags', {
    async rest(world, ResourceARN) {
      await world.admin('TagResource', { ResourceARN, Tags: { b: '2', a: '1' } })
      return {}
    },
    check(output) {
      expect(output.Tags).toEqual(
        expect.arrayContaining([
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ]),
      )
    },
  }),

  ...byNameAndArn('EnableEnhancedMonitoring', 'adds metrics', {
    rest: () => ({ ShardLevelMetrics: ['IncomingBytes', 'OutgoingRecords'] }),
    async check(output, world, stream) {
      expect(output).toMatchObject({
        StreamName: stream,
        StreamARN: world.arn(stream),
        CurrentShardLevelMetrics: [],
      })
      expect([...(output.DesiredShardLevelMetrics as string[])].sort()).toEqual([
        'IncomingBytes',
        'OutgoingRecords',
      ])
      await world.active(stream)
      const { EnhancedMonitoring } = await world.summary(stream)
      const [{ ShardLevelMetrics }] = EnhancedMonitoring as [{ ShardLevelMetrics: string[] }]
      expect([...ShardLevelMetrics].sort()).toEqual(['IncomingBytes', 'OutgoingRecords'])
    },
  }),
  {
    operation: 'EnableEnhancedMonitoring',
    name: 'for a metric that does not exist',
    error: 'ValidationException',
    message: /'shardLevelMetrics' failed to satisfy constraint/,
    input: async (world) => ({ StreamName: (await world.shared()).stream, ShardLevelMetrics: ['Mood'] }),
  },
  ...byNameAndArn('DisableEnhancedMonitoring', 'removes metrics', {
    async rest(world, StreamName) {
      await world.admin('EnableEnhancedMonitoring', { StreamName, ShardLevelMetrics: ['ALL'] })
      await world.active(StreamName)
      return { ShardLevelMetrics: ['ALL'] }
    },
    check(output) {
      expect((output.CurrentShardLevelMetrics as string[]).length).toBeGreaterThan(0)
      expect(output.DesiredShardLevelMetrics).toEqual([])
    },
  }),
  {
    operation: 'DisableEnhancedMonitoring',
    name: 'for a metric that does not exist',
    error: 'ValidationException',
    message: /'shardLevelMetrics' failed to satisfy constraint/,
    input: async (world) => ({ StreamName: (await world.shared()).stream, ShardLevelMetrics: ['Mood'] }),
  },

  ...byNameAndArn('StartStreamEncryption', 'shows the key from then on', {
    rest: () => kms,
    async check(output, world, StreamName) {
      expect(output).toEqual({})
      await world.active(StreamName)
      expect(await world.summary(StreamName)).toMatchObject(kms)
      const put = await world.admin('PutRecord', { StreamName, PartitionKey: 'k', Data: new Uint8Array(1) })
      expect(put.EncryptionType).toBe('KMS')
    },
  }),
  {
    operation: 'StartStreamEncryption',
    name: 'of a type that does not exist',
    error: 'ValidationException',
    message: /'encryptionType' failed to satisfy constraint/,
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      EncryptionType: 'ROT13',
      KeyId: key,
    }),
  },
  ...byNameAndArn('StopStreamEncryption', 'shows no key any more', {
    async rest(world, StreamName) {
      await world.admin('StartStreamEncryption', { StreamName, ...kms })
      await world.active(StreamName)
      return kms
    },
    async check(output, world, StreamName) {
      expect(output).toEqual({})
      await world.active(StreamName)
      expect(await world.summary(StreamName)).toMatchObject({ EncryptionType: 'NONE' })
    },
  }),
  {
    operation: 'StopStreamEncryption',
    name: 'of a type that does not exist',
    error: 'ValidationException',
    message: /'encryptionType' failed to satisfy constraint/,
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      EncryptionType: 'ROT13',
      KeyId: key,
    }),
  },

  ...resourceCases('PutResourcePolicy', 'keeps the policy', {
    rest: () => ({ Policy: policy }),
    async check(_output, world, ResourceARN) {
      const { Policy } = await world.admin('GetResourcePolicy', { ResourceARN })
      expect(JSON.parse(String(Policy))).toEqual(JSON.parse(policy))
    },
  }),
  {
    operation: 'PutResourcePolicy',
    name: 'for a text that is no policy',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      ResourceARN: world.arn((await world.shared()).stream),
      Policy: 'everybody may',
    }),
  },
  ...resourceCases('GetResourcePolicy', 'gives the policy', {
    async rest(world, ResourceARN) {
      await world.admin('PutResourcePolicy', { ResourceARN, Policy: policy })
      return {}
    },
    check: (output) => expect(JSON.parse(String(output.Policy))).toEqual(JSON.parse(policy)),
  }),
  ...resourceCases('DeleteResourcePolicy', 'removes the policy', {
    async rest(world, ResourceARN) {
      await world.admin('PutResourcePolicy', { ResourceARN, Policy: policy })
      return {}
    },
    check: (output) => expect(output).toEqual({}),
  }),
]

/** A case each for a stream and for a consumer. */
function resourceCases(
  operation: string,
  what: string,
  options: {
    rest(world: World, arn: string): object | Promise<object>
    check(output: Readonly<Record<string, unknown>>, world: World, arn: string): void | Promise<void>
  },
): BlackboxCase[] {
  return (['stream', 'consumer'] as const).map((kind) => {
    let ResourceARN: string
    return {
      operation,
      name: `${what} of a ${kind}`,
      async input(world: World) {
        const stream = await world.stream()
        ResourceARN = kind === 'stream' ? world.arn(stream) : await world.consumer(stream)
        return { ResourceARN, ...(await options.rest(world, ResourceARN)) }
      },
      check: (output, world) => options.check(output, world, ResourceARN),
    }
  })
}
