/** GetShardIterator: a place in a shard, from which GetRecords goes on. */
import type { Store } from '@millrace/store'
import { formatShardId, parseSequenceNumber, type SequencePlace } from '@millrace/values'
import type { ShardLimits } from '../../limits/shard-limits.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { KinesisStream } from '../kinesis-context.ts'
import type { Operation } from '../operation.ts'
import { invalidArgument } from '../streams/faults.ts'
import type { IteratorSeal } from './iterator.ts'
import { mustShardId } from './shard-id.ts'
import { mustBeUsable } from './stream-state.ts'

export const POSITION_TYPES = [
  'AFTER_SEQUENCE_NUMBER',
  'LATEST',
  'AT_TIMESTAMP',
  'AT_SEQUENCE_NUMBER',
  'TRIM_HORIZON',
] as const
export type PositionType = (typeof POSITION_TYPES)[number]

export interface GetShardIteratorInput {
  readonly ShardId: string
  readonly ShardIteratorType: PositionType
  readonly StartingSequenceNumber?: string | undefined
  readonly Timestamp?: Date | undefined
  readonly StreamName?: string | undefined
  readonly StreamARN?: string | undefined
}

export function getShardIterator(parts: {
  readonly seal: IteratorSeal
  readonly limits: ShardLimits
}): Operation<GetShardIteratorInput> {
  return {
    name: 'GetShardIterator',
    run(input, call, { clock, store, streams }) {
      const stream = streams.resolve(input, call.caller, 'kinesis:GetShardIterator')
      mustBeUsable(stream)
      const now = clock.now()
      const shard = mustShardId(input.ShardId, stream, now)
      const place = {
        type: input.ShardIteratorType,
        number: input.StartingSequenceNumber,
        time: input.Timestamp,
      }
      checkStart(place, { operation: 'GetShardIterator', numberName: 'StartingSequenceNumber' })
      const position = startPosition(place, {
        stream,
        shard,
        store,
        nowMs: now,
        operation: 'GetShardIterator',
      })
      const rates = parts.limits.of(stream.info, shard, (name) => streams.settings(name) !== undefined)
      if (!rates.takeIterator(now)) {
        throw new WireError(
          'ProvisionedThroughputExceededException',
          `Rate exceeded for shard ${formatShardId(shard)} in stream ${stream.name} under account ${stream.account}.`,
        )
      }
      const { createdAt: streamCreatedAt } = stream.info
      return {
        ShardIterator: parts.seal.seal({ stream: stream.name, streamCreatedAt, shard, position }, now),
      }
    },
  }
}

/** A place as requests give it; each type needs its own member and takes no other. */
export interface StartPlace {
  readonly type: PositionType
  readonly number: string | undefined
  readonly time: Date | undefined
}

/** Errors: InvalidArgumentException. */
export function checkStart(
  { type, number, time }: StartPlace,
  { operation, numberName }: { operation: string; numberName: string },
): void {
  const needsNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER'
  const needsTime = type === 'AT_TIMESTAMP'
  if (needsNumber === (number !== undefined) && needsTime === (time !== undefined)) return
  const given = [
    number === undefined ? `no ${numberName}` : `a ${numberName}`,
    time === undefined ? 'no Timestamp' : 'a Timestamp',
  ].join(' and ')
  throw invalidArgument(
    `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ${numberName} or (2) TRIM_HORIZON or LATEST and no ${numberName} or (3) AT_TIMESTAMP and Timestamp. ${operation} specified ${type} with ${given}.`,
  )
}

/** The store's sequence at which a place is; what was trimmed moves to the horizon when it is read. */
export function startPosition(
  { type, number, time }: StartPlace,
  at: {
    readonly stream: KinesisStream
    readonly shard: number
    readonly store: Store
    readonly nowMs: number
    readonly operation: string
  },
): number {
  const { stream, shard, store, nowMs } = at
  switch (type) {
    case 'TRIM_HORIZON':
      return 0
    case 'LATEST':
      return store.shard(stream.name, shard).next
    case 'AT_TIMESTAMP': {
      // checkStart has seen that it is there.
      const ms = time!.getTime()
      if (ms > nowMs) {
        throw invalidArgument(
          `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${ms}, currentTimestampInMillis: ${Math.floor(nowMs)}`,
        )
      }
      return store.sequenceAtTime(stream.name, shard, ms)
    }
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      const { counter, isRecord } = placeOf(number!, at)
      const next = Math.min(counter, store.shard(stream.name, shard).next)
      return type === 'AT_SEQUENCE_NUMBER' && isRecord ? next - 1 : next
    }
  }
}

function placeOf(
  number: string,
  { stream, shard, operation }: { stream: KinesisStream; shard: number; operation: string },
): SequencePlace {
  const place = parseSequenceNumber(number, stream.info)
  if (place.kind === 'place' && place.shard === shard) return place
  const why =
    place.kind === 'unparseable'
      ? 'it is not a sequence number'
      : place.kind === 'future'
        ? 'it lies behind the last record of the shard'
        : place.kind === 'place'
          ? `it is of ${formatShardId(place.shard)}`
          : 'it did not come from this stream'
  throw invalidArgument(
    `StartingSequenceNumber ${number} used in ${operation} on shard ${formatShardId(shard)} in stream ${stream.name} under account ${stream.account} is invalid because ${why}.`,
  )
}
