/**
 * Sink `kinesisSink`: a handler for `app.function` that puts the records of its stream into a stream behind the Kinesis
 * API, here or elsewhere.
 *
 * Promise: at least once. What the other side accepted before a stop or a lost answer comes again. By default the order of
 * each partition key is kept, throttles and partial failures included. Records that the service refuses for good are
 * named in the error, so that the stage sets just them aside as dead letters; a batch that could not be put in all
 * attempts fails, and the stage's retries send only what was not accepted.
 */
import type { FunctionHandler, StreamRecord } from '@millrace/runtime'
import { aggregateBytesDefault, type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
import { assertIntegerOption } from '../errors.ts'
import { describeFailures, failureOf, SinkError, type SinkFailure } from '../sink-error.ts'
import { AwsKinesis, type AwsStreamName } from './aws-kinesis.ts'
import { awsStream } from './aws-stream.ts'
import { type PutFailure, type PutItem, RecordPutter } from './record-putter.ts'
import { hashOf, ShardMap } from './shard-map.ts'

export interface KinesisSinkOptions extends AwsStreamName {
  /** Partition key there, 1 to 256 characters. Default: the record's own. */
  readonly partitionKey?: (record: StreamRecord) => string
  /**
   * Pack records of one shard into one, as Kinesis' producer library does; readers must take them apart. True: aggregates
   * of up to 51200 bytes. Default false.
   */
  readonly aggregate?: boolean | { readonly bytesMax: number }
  /** 'key' (default): records of one key arrive in order. 'none': hot keys are put faster. */
  readonly order?: 'key' | 'none'
  /** Calls in a row of which nothing is accepted before the batch fails. Default 10. */
  readonly attemptsMax?: number
  readonly clock?: Clock
  readonly random?: Random
}

interface SinkItem extends PutItem {
  readonly source: StreamRecord
}

const keyCharactersMax = 256

/** Errors: KINESIS_OPTION here; SINK_ITEMS_FAILED (a SinkError), AWS_SDK_MISSING and KINESIS_CALL of its calls. */
export function kinesisSink(options: KinesisSinkOptions): FunctionHandler {
  const { clock = systemClock, aggregate = false, order = 'key', attemptsMax = 10 } = options
  assertIntegerOption('kinesisSink', 'attemptsMax', attemptsMax, { min: 1, max: 1000 }, 'KINESIS_OPTION')
  const aggregateBytes =
    aggregate === true ? aggregateBytesDefault : aggregate === false ? undefined : aggregate.bytesMax
  if (aggregateBytes !== undefined) {
    const range = { min: 1, max: 10 * 1024 * 1024 }
    assertIntegerOption('kinesisSink', 'aggregate.bytesMax', aggregateBytes, range, 'KINESIS_OPTION')
  }
  const random = options.random ?? seededRandom(clock.now())
  const kinesis = new AwsKinesis('kinesisSink', options, clock, random)
  const shards = new ShardMap(() => awsStream({ ...options, clock, random }).listShards({ type: 'LATEST' }))
  const isOrdered = order === 'key'
  const putter = new RecordPutter<SinkItem>(kinesis, shards, { isOrdered, aggregateBytes, attemptsMax })
  // Retries of a batch hand over the same objects.
  const accepted = new WeakSet<StreamRecord>()
  const keyOf = options.partitionKey ?? ((record) => record.partitionKey)

  return async (records, { signal }) => {
    const items: SinkItem[] = []
    const refused: SinkFailure[] = []
    for (const source of records) {
      if (accepted.has(source)) continue
      const partitionKey = keyOf(source)
      if (isKey(partitionKey)) {
        items.push({ source, partitionKey, hash: hashOf(partitionKey), data: source.data })
      } else
        refused.push(
          failureOf(source, 'ValidationException', 'The partition key must have 1 to 256 characters.'),
        )
    }
    const result = await putter
      .put(items, (item) => accepted.add(item.source), signal)
      .catch((error) => {
        throw kinesis.failure('putting records', error)
      })
    refused.push(...result.refused.map(asSinkFailure))
    if (refused.length > 0) {
      throw new SinkError(describeFailures(`stream "${kinesis.name}"`, 'refuses', refused), refused, true)
    }
    if (result.left.length > 0) {
      const left = result.left.map(asSinkFailure)
      throw new SinkError(describeFailures(`stream "${kinesis.name}"`, 'did not accept', left), left, false)
    }
  }
}

function isKey(value: unknown): value is string {
  if (typeof value !== 'string' || value === '') return false
  return value.length <= keyCharactersMax || [...value].length <= keyCharactersMax
}

function asSinkFailure({ item, code, message }: PutFailure<SinkItem>): SinkFailure {
  return failureOf(item.source, code, message)
}
