/**
 * What every operation refuses alike: callers it does not know or whose key does not allow the action, streams and
 * consumers that are not there, names that are none, values of a wrong type. Made from one table of valid calls.
 */

import type { Members } from '../client.ts'
import { operationNames, youngerOperations } from '../operation-names.ts'
import type { BlackboxCase } from './case.ts'
import { account, bytes, region, type Shared, shardId } from './world.ts'

interface Form {
  /** What the call is about, and so which of its members names it. */
  readonly target: 'stream' | 'stream-arn' | 'resource' | 'consumer' | 'iterator' | 'name' | 'nothing'
  /** The other members of a valid call. */
  readonly rest?: Members
  /** A member with a value of a wrong type. */
  readonly wrong?: Members
}

const metrics = { ShardLevelMetrics: ['IncomingBytes'] }
const kms = { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }
const onDemand = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
const commitment = { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } }
const position = { ShardId: shardId(0), StartingPosition: { Type: 'LATEST' } }

export const forms: Readonly<Record<string, Form>> = {
  AddTagsToStream: { target: 'stream', rest: { Tags: { a: 'b' } }, wrong: { Tags: ['a'] } },
  CreateStream: { target: 'name', rest: { ShardCount: 1 }, wrong: { ShardCount: '1' } },
  DecreaseStreamRetentionPeriod: {
    target: 'stream',
    rest: { RetentionPeriodHours: 24 },
    wrong: { RetentionPeriodHours: '24' },
  },
  DeleteResourcePolicy: { target: 'resource', wrong: { ResourceARN: 5 } },
  DeleteStream: { target: 'stream', wrong: { StreamName: 5 } },
  DeregisterStreamConsumer: { target: 'consumer', wrong: { ConsumerARN: 5 } },
  DescribeAccountSettings: { target: 'nothing' },
  DescribeLimits: { target: 'nothing' },
  DescribeStream: { target: 'stream', wrong: { Limit: 'many' } },
  DescribeStreamConsumer: { target: 'consumer', wrong: { ConsumerName: ['reader'] } },
  DescribeStreamSummary: { target: 'stream', wrong: { StreamName: {} } },
  DisableEnhancedMonitoring: { target: 'stream', rest: metrics, wrong: { ShardLevelMetrics: 'ALL' } },
  EnableEnhancedMonitoring: { target: 'stream', rest: metrics, wrong: { ShardLevelMetrics: 'ALL' } },
  GetRecords: { target: 'iterator', wrong: { Limit: [] } },
  GetResourcePolicy: { target: 'resource', wrong: { ResourceARN: true } },
  GetShardIterator: {
    target: 'stream',
    rest: { ShardId: shardId(0), ShardIteratorType: 'LATEST' },
    wrong: { ShardId: 0 },
  },
  IncreaseStreamRetentionPeriod: {
    target: 'stream',
    rest: { RetentionPeriodHours: 48 },
    wrong: { RetentionPeriodHours: {} },
  },
  ListShards: { target: 'stream', wrong: { ShardFilter: 'AT_LATEST' } },
  ListStreamConsumers: { target: 'stream-arn', wrong: { MaxResults: true } },
  ListStreams: { target: 'nothing', wrong: { Limit: '10' } },
  ListTagsForResource: { target: 'resource', wrong: { ResourceARN: [] } },
  ListTagsForStream: { target: 'stream', wrong: { Limit: '10' } },
  MergeShards: {
    target: 'stream',
    rest: { ShardToMerge: shardId(0), AdjacentShardToMerge: shardId(1) },
    wrong: { ShardToMerge: 0 },
  },
  PutRecord: {
    target: 'stream',
    rest: { PartitionKey: 'k', Data: bytes('x') },
    wrong: { Data: { bytes: 'x' } },
  },
  PutRecords: {
    target: 'stream',
    rest: { Records: [{ PartitionKey: 'k', Data: bytes('x') }] },
    wrong: { Records: { PartitionKey: 'k' } },
  },
  PutResourcePolicy: { target: 'resource', rest: { Policy: '{}' }, wrong: { Policy: {} } },
  RegisterStreamConsumer: { target: 'stream-arn', rest: { ConsumerName: 'c' }, wrong: { ConsumerName: 5 } },
  RemoveTagsFromStream: { target: 'stream', rest: { TagKeys: ['a'] }, wrong: { TagKeys: 'a' } },
  SplitShard: {
    target: 'stream',
    rest: { ShardToSplit: shardId(0), NewStartingHashKey: '1000' },
    wrong: { NewStartingHashKey: 1000 },
  },
  StartStreamEncryption: { target: 'stream', rest: kms, wrong: { KeyId: 5 } },
  StopStreamEncryption: { target: 'stream', rest: kms, wrong: { KeyId: 5 } },
  SubscribeToShard: { target: 'consumer', rest: position, wrong: { StartingPosition: 'LATEST' } },
  TagResource: { target: 'resource', rest: { Tags: { a: 'b' } }, wrong: { Tags: 'a' } },
  UntagResource: { target: 'resource', rest: { TagKeys: ['a'] }, wrong: { TagKeys: {} } },
  UpdateAccountSettings: {
    target: 'nothing',
    rest: commitment,
    wrong: { MinimumThroughputBillingCommitment: 'ENABLED' },
  },
  UpdateMaxRecordSize: {
    target: 'stream-arn',
    rest: { MaxRecordSizeInKiB: 2048 },
    wrong: { MaxRecordSizeInKiB: '2048' },
  },
  UpdateShardCount: {
    target: 'stream',
    rest: { TargetShardCount: 3, ScalingType: 'UNIFORM_SCALING' },
    wrong: { TargetShardCount: '3' },
  },
  UpdateStreamMode: { target: 'stream-arn', rest: onDemand, wrong: { StreamModeDetails: 'ON_DEMAND' } },
  UpdateStreamWarmThroughput: {
    target: 'stream',
    rest: { WarmThroughputMiBps: 12 },
    wrong: { WarmThroughputMiBps: '12' },
  },
}

const arnOf = (stream: string) => `arn:aws:kinesis:${region}:${account}:stream/${stream}`
const notFound = /^Stream nowhere under account 000000000000 not found\.?$/

export const refusalCases: readonly BlackboxCase[] = [
  ...operationNames.flatMap((operation) => {
    const form = forms[operation]
    if (form === undefined) throw new Error(`the table of valid calls lacks ${operation}`)
    return [...callerCases(operation, form), ...targetCases(operation, form), ...typeCases(operation, form)]
  }),
  ...youngerOperations.map((operation) => ({
    operation,
    name: 'whatever it asks for',
    error: 'UnknownOperationException',
    input: () => ({}),
  })),
]

function callerCases(operation: string, form: Form): BlackboxCase[] {
  const input: BlackboxCase['input'] = async (world) => valid(form, await world.shared())
  const records = operation === 'SubscribeToShard' ? { records: 1 } : {}
  return [
    {
      operation,
      name: 'for a key that does not allow it',
      error: 'AccessDeniedException',
      message: new RegExp(`kinesis:${operation}\\b`),
      signer: 'denied',
      input,
      ...records,
    },
    {
      operation,
      name: 'for a signature by another secret',
      error: 'InvalidSignatureException',
      signer: 'wrong',
      input,
      ...records,
    },
    {
      operation,
      name: 'for a key that does not exist',
      error: 'UnrecognizedClientException',
      signer: 'unknown',
      input,
      ...records,
    },
    {
      operation,
      name: 'without a signature',
      error: 'MissingAuthenticationTokenException',
      signer: 'nobody',
      isPlain: true,
      input,
      ...records,
    },
  ]
}

function targetCases(operation: string, form: Form): BlackboxCase[] {
  const { target, rest = {} } = form
  const records = operation === 'SubscribeToShard' ? { records: 1 } : {}
  switch (target) {
    case 'stream':
      return [
        {
          operation,
          name: 'for a stream that does not exist',
          error: 'ResourceNotFoundException',
          message: notFound,
          input: () => ({ StreamName: 'nowhere', ...rest }),
        },
        {
          operation,
          name: 'for an ARN of a stream that does not exist',
          error: 'ResourceNotFoundException',
          message: notFound,
          input: () => ({ StreamARN: arnOf('nowhere'), ...rest }),
        },
        {
          operation,
          name: 'with neither name nor ARN',
          error: 'InvalidArgumentException',
          input: () => rest,
        },
        {
          operation,
          name: 'with name and ARN of different streams',
          error: 'InvalidArgumentException',
          async input(world) {
            const { stream, onDemand } = await world.shared()
            return { StreamName: stream, StreamARN: arnOf(onDemand), ...rest }
          },
        },
        {
          operation,
          name: 'for a name that is none',
          error: 'ValidationException',
          message:
            /'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern/,
          input: () => ({ StreamName: 'no name!', ...rest }),
        },
      ]
    case 'stream-arn':
      return [
        {
          operation,
          name: 'for a stream that does not exist',
          error: 'ResourceNotFoundException',
          message: notFound,
          input: () => ({ StreamARN: arnOf('nowhere'), ...rest }),
        },
        {
          operation,
          name: 'without the ARN of a stream',
          // The model has it optional for this one.
          error: operation === 'UpdateMaxRecordSize' ? 'InvalidArgumentException' : 'ValidationException',
          input: () => rest,
        },
      ]
    case 'resource':
      return [
        {
          operation,
          name: 'for a stream that does not exist',
          error: 'ResourceNotFoundException',
          input: () => ({ ResourceARN: arnOf('nowhere'), ...rest }),
        },
        {
          operation,
          name: 'without an ARN',
          error: 'ValidationException',
          message: /Value null at 'resourceARN' failed to satisfy constraint: Member must not be null/,
          input: () => rest,
        },
      ]
    case 'consumer':
      return [
        {
          operation,
          name: 'for a consumer that does not exist',
          error: 'ResourceNotFoundException',
          async input(world) {
            const { stream } = await world.shared()
            return { ConsumerARN: `${arnOf(stream)}/consumer/nobody:1700000000`, ...rest }
          },
          ...records,
        },
        {
          operation,
          name: 'for an ARN that is none of a consumer',
          error: 'ValidationException',
          input: async (world) => ({ ConsumerARN: arnOf((await world.shared()).stream), ...rest }),
          ...records,
        },
      ]
    case 'iterator':
      return [
        {
          operation,
          name: 'without an iterator',
          error: 'ValidationException',
          message: /Value null at 'shardIterator' failed to satisfy constraint: Member must not be null/,
          input: () => rest,
        },
      ]
    case 'name':
      return [
        {
          operation,
          name: 'for a name that is none',
          error: 'ValidationException',
          message:
            /'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern/,
          input: () => ({ StreamName: 'no name!', ...rest }),
        },
      ]
    case 'nothing':
      return []
  }
}

function typeCases(operation: string, { target, rest, wrong }: Form): BlackboxCase[] {
  if (wrong === undefined) return []
  return [
    {
      operation,
      name: 'for a value of a wrong type',
      error: 'SerializationException',
      isPlain: true,
      input: async (world) => ({ ...valid({ target, rest: rest ?? {} }, await world.shared()), ...wrong }),
      ...(operation === 'SubscribeToShard' ? { records: 1 } : {}),
    },
  ]
}

/** A call that would succeed if its caller were allowed it. */
export function valid({ target, rest }: Form, shared: Shared): Members {
  switch (target) {
    case 'stream':
      return { StreamName: shared.stream, ...rest }
    case 'stream-arn':
      return { StreamARN: arnOf(shared.stream), ...rest }
    case 'resource':
      return { ResourceARN: arnOf(shared.stream), ...rest }
    case 'consumer':
      return { ConsumerARN: shared.consumerArn, ...rest }
    case 'iterator':
      return { ShardIterator: shared.iterator, ...rest }
    case 'name':
      return { StreamName: 'never-made', ...rest }
    case 'nothing':
      return { ...rest }
  }
}
