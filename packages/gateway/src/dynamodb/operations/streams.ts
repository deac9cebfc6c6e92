/** The Streams API: ListStreams, DescribeStream, GetShardIterator, GetRecords. */
import type { ShardInfo, Store } from '@millrace/store'
import { parseChangeSequenceNumber } from '@millrace/values'
import { IteratorSeal } from '../../kinesis/data/iterator.ts'
import { readPage } from '../../kinesis/data/record-page.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { DynamoContext, DynamoOperation } from '../dynamodb-context.ts'
import { notFound, validation } from '../faults.ts'
import type { StreamInput } from '../shapes/table-inputs.ts'
import {
  type ChangeStream,
  changeShardId,
  changeStreamOf,
  findShard,
  mustChangeStream,
  shardDescription,
  streamNotFound,
} from '../streams/change-streams.ts'
import { changeValues } from '../streams/change-values.ts'
import { keySchema } from '../tables/describe-table.ts'

const PAGE_MAX = 100
const PAGE_RECORDS_MAX = 1000
const PAGE_BYTES_MAX = 1024 * 1024
const ITERATOR_LIFE_MS = 15 * 60_000

export function changeIteratorSeal(store: Store): IteratorSeal {
  return new IteratorSeal(store, {
    service: 'dynamodb',
    lifeMs: ITERATOR_LIFE_MS,
    invalid: () => validation('Invalid ShardIterator'),
  })
}

export const listStreams: DynamoOperation<StreamInput<'ListStreams'>> = (input, { caller }, context) => {
  caller.authorize('dynamodb:ListStreams', '*')
  const { directory } = context
  const only =
    input.TableName === undefined
      ? undefined
      : directory.authorized(input.TableName, caller, 'dynamodb:ListStreams')
  const { ExclusiveStartStreamArn: after, Limit: limit = PAGE_MAX } = input
  const names = input.TableName === undefined ? directory.names() : only === undefined ? [] : [only]
  const all = names
    .map((name) => directory.named(name, caller.account))
    .flatMap((table) => (table === undefined ? [] : (changeStreamOf(table, context) ?? [])))
    .filter(({ arn }) => after === undefined || arn > after)
    .sort((a, b) => (a.arn < b.arn ? -1 : 1))
  const page = all.slice(0, limit)
  return {
    Streams: page.map(({ arn, table, changes }) => ({
      StreamArn: arn,
      TableName: table.name,
      StreamLabel: changes.label,
    })),
    LastEvaluatedStreamArn: all.length > page.length ? page.at(-1)?.arn : undefined,
  }
}

export const describeStream: DynamoOperation<StreamInput<'DescribeStream'>> = (
  input,
  { caller },
  context,
) => {
  const stream = mustChangeStream(input.StreamArn, caller, context, 'dynamodb:DescribeStream')
  const { ExclusiveStartShardId: after, Limit: limit = PAGE_MAX, ShardFilter: filter } = input
  const start = after === undefined ? -1 : mustShard(stream, after).shard
  const parent = filter?.ShardId === undefined ? undefined : mustShard(stream, filter.ShardId).shard
  const shards = stream.info.shardInfos.filter(
    ({ shard, parents }) => shard > start && (parent === undefined || parents.includes(parent)),
  )
  const page = shards.slice(0, limit)
  const last = page.at(-1)
  return {
    StreamDescription: {
      StreamArn: stream.arn,
      StreamLabel: stream.changes.label,
      StreamStatus: 'ENABLED',
      StreamViewType: stream.changes.view,
      CreationRequestDateTime: new Date(`${stream.changes.label}Z`),
      TableName: stream.table.name,
      KeySchema: keySchema(stream.table.info),
      Shards: page.map((shard) => shardDescription(stream, shard)),
      LastEvaluatedShardId:
        last !== undefined && shards.length > page.length ? changeShardId(last) : undefined,
    },
  }
}

export function getShardIterator(seal: IteratorSeal): DynamoOperation<StreamInput<'GetShardIterator'>> {
  return (input, { caller }, context) => {
    const stream = mustChangeStream(input.StreamArn, caller, context, 'dynamodb:GetShardIterator')
    const shard = mustShard(stream, input.ShardId)
    const position = startPosition(input, stream, shard, context)
    const at = {
      stream: stream.changes.stream,
      streamCreatedAt: stream.info.createdAt,
      shard: shard.shard,
      position,
    }
    return { ShardIterator: `${stream.arn}|1|${seal.seal(at, context.clock.now())}` }
  }
}

export function getRecords(seal: IteratorSeal): DynamoOperation<StreamInput<'GetRecords'>> {
  return (input, { caller }, context) => {
    const { store, clock, region } = context
    // The ARN in front is for the rights and for people; what the seal holds decides where reading goes on.
    const [arn = '', version, sealed] = input.ShardIterator.split('|')
    if (version !== '1' || sealed === undefined) throw validation('Invalid ShardIterator')
    const stream = mustChangeStream(arn, caller, context, 'dynamodb:GetRecords')
    const now = clock.now()
    const at = seal.open(sealed, now)
    const { info } = stream
    if (at.stream !== stream.changes.stream || at.streamCreatedAt !== info.createdAt)
      throw streamNotFound(arn)
    const place = store.shard(at.stream, at.shard)
    const horizonMs = now - store.retentionMs(at.stream)
    if (at.position < oldestPosition(place, stream, { store, horizonMs })) throw trimmed()
    const page = readPage(
      store,
      { stream: at.stream, info: place, position: at.position, nowMs: now, horizonMs },
      { maxRecords: input.Limit ?? PAGE_RECORDS_MAX, maxBytes: PAGE_BYTES_MAX },
    )
    return {
      Records: changeValues(page, stream, region),
      NextShardIterator: page.isEnd
        ? undefined
        : `${arn}|1|${seal.seal({ ...at, position: page.position }, now)}`,
    }
  }
}

/** The store's sequence from which an iterator reads. Errors: ValidationException, TrimmedDataAccessException. */
function startPosition(
  { ShardIteratorType: type, SequenceNumber: number }: StreamInput<'GetShardIterator'>,
  stream: ChangeStream,
  { shard }: ShardInfo,
  { store, clock }: DynamoContext,
): number {
  const name = stream.changes.stream
  const info = store.shard(name, shard)
  const horizonMs = clock.now() - store.retentionMs(name)
  const oldest = oldestPosition(info, stream, { store, horizonMs })
  switch (type) {
    case 'TRIM_HORIZON':
      return oldest
    case 'LATEST':
      return info.next
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      if (number === undefined) {
        throw validation(`The SequenceNumber parameter must be specified for ShardIteratorType ${type}`)
      }
      const place = parseChangeSequenceNumber(number, stream.info)
      if (place.kind !== 'place' || place.shard !== shard) {
        throw validation(`Invalid SequenceNumber: ${number} is of no record of the shard`)
      }
      const next = Math.min(place.counter, info.next)
      const position = type === 'AT_SEQUENCE_NUMBER' && place.isRecord ? next - 1 : next
      if (position < oldest) throw trimmed()
      return position
    }
  }
}

/**
 * Of the oldest record that is not over its time. What was recorded before the stream was switched on, when it was on before,
 * belongs to that stream, of another ARN: whoever reads both would see it twice.
 */
function oldestPosition(
  { shard, oldest }: ShardInfo,
  { changes }: ChangeStream,
  { store, horizonMs }: { store: Store; horizonMs: number },
): number {
  const sinceMs = Math.max(horizonMs, Date.parse(`${changes.label}Z`))
  return Math.max(oldest, store.sequenceAtTime(changes.stream, shard, sinceMs))
}

function mustShard(stream: ChangeStream, id: string): ShardInfo {
  const shard = findShard(stream, id)
  if (shard === undefined) {
    throw notFound(`Requested resource not found: Shard: ${id} in Stream: ${stream.arn} not found`)
  }
  return shard
}

function trimmed(): WireError {
  return new WireError(
    'TrimmedDataAccessException',
    'The operation attempted to read past the oldest stream record in a shard.',
  )
}
