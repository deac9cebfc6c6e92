/** RegisterStreamConsumer, DeregisterStreamConsumer, DescribeStreamConsumer, ListStreamConsumers. */
import type { Caller } from '../../wire/wire-service.ts'
import type { InputOf } from '../input-shapes.ts'
import { invalidArgument, mustBeReady } from '../streams/faults.ts'
import { readToken, writeToken } from '../streams/page-token.ts'
import type { FoundConsumer } from '../streams/stream-consumers.ts'
import { isCommitted } from './account-settings.ts'
import type { ControlOperation, ControlPlane } from './control-plane.ts'
import { mustBeThat } from './list-shards.ts'
import { checkTags } from './tags.ts'

const PAGE_CONSUMERS_MAX = 100
/** What an account with a throughput commitment may have at least. */
const COMMITTED_CONSUMERS_MAX = 50

export const registerStreamConsumer: ControlOperation<'RegisterStreamConsumer'> = (
  input,
  { caller },
  plane,
) => {
  const { streams, limits } = plane
  const stream = streams.resolve(input, caller, 'kinesis:RegisterStreamConsumer')
  mustBeReady(stream)
  const tags = input.Tags ?? {}
  const name = input.ConsumerName
  checkTags({ present: {}, added: tags, kind: 'consumer', name, caller })
  const max = isCommitted(plane)
    ? Math.max(limits.consumersPerStreamMax, COMMITTED_CONSUMERS_MAX)
    : limits.consumersPerStreamMax
  const consumer = streams.consumers.register(stream, { name, tags, max })
  // The service always answers with CREATING, however short that is.
  return { Consumer: { ...summary(consumer), ConsumerStatus: 'CREATING' } }
}

export const deregisterStreamConsumer: ControlOperation<'DeregisterStreamConsumer'> = (
  input,
  { caller },
  plane,
) => {
  plane.streams.consumers.deregister(find(input, caller, 'kinesis:DeregisterStreamConsumer', plane))
  return undefined
}

export const describeStreamConsumer: ControlOperation<'DescribeStreamConsumer'> = (
  input,
  { caller },
  plane,
) => {
  const consumer = find(input, caller, 'kinesis:DescribeStreamConsumer', plane)
  return { ConsumerDescription: { ...summary(consumer), StreamARN: consumer.streamArn } }
}

export const listStreamConsumers: ControlOperation<'ListStreamConsumers'> = (
  input,
  { caller },
  { streams, clock },
) => {
  const stream = streams.resolve(input, caller, 'kinesis:ListStreamConsumers')
  const now = clock.now()
  const { NextToken } = input
  const token = NextToken === undefined ? undefined : readToken(NextToken, 'ListStreamConsumers', now)
  if (token !== undefined && input.StreamCreationTimestamp !== undefined) {
    throw invalidArgument('NextToken and StreamCreationTimestamp cannot be provided together.')
  }
  if (token !== undefined && token.stream !== stream.name) {
    throw invalidArgument(`NextToken belongs to another stream than ${stream.name}.`)
  }
  mustBeThat(stream, token?.createdAt ?? input.StreamCreationTimestamp?.getTime())
  const after = token?.after ?? ''
  const all = streams.consumers.of(stream).filter(({ name }) => name > after)
  const page = all.slice(0, Math.min(input.MaxResults ?? PAGE_CONSUMERS_MAX, PAGE_CONSUMERS_MAX))
  const last = page.at(-1)
  return {
    Consumers: page.map(summary),
    NextToken:
      last === undefined || page.length === all.length
        ? undefined
        : writeToken(
            {
              list: 'ListStreamConsumers',
              after: last.name,
              stream: stream.name,
              createdAt: stream.info.createdAt,
            },
            now,
          ),
  }
}

/** By its ARN, by the stream's ARN and its name, or by all of them if they agree. */
function find(
  { ConsumerARN, ConsumerName, StreamARN }: InputOf<'DescribeStreamConsumer'>,
  caller: Caller,
  action: string,
  { streams }: ControlPlane,
): FoundConsumer {
  if (ConsumerARN === undefined) {
    if (StreamARN === undefined || ConsumerName === undefined) {
      throw invalidArgument('Either ConsumerARN, or StreamARN and ConsumerName have to be given.')
    }
    return streams.consumers.named(streams.resolve({ StreamARN }, caller, action), ConsumerName)
  }
  const consumer = streams.consumers.resolve(ConsumerARN, caller, action)
  if (ConsumerName !== undefined && ConsumerName !== consumer.name) {
    throw invalidArgument(`ConsumerARN ${ConsumerARN} does not name the consumer ${ConsumerName}.`)
  }
  if (StreamARN !== undefined && StreamARN !== consumer.streamArn) {
    throw invalidArgument(`ConsumerARN ${ConsumerARN} does not belong to the stream ${StreamARN}.`)
  }
  return consumer
}

function summary({ name, arn, status, createdAt }: FoundConsumer): object {
  return {
    ConsumerName: name,
    ConsumerARN: arn,
    ConsumerStatus: status,
    ConsumerCreationTimestamp: new Date(createdAt),
  }
}
