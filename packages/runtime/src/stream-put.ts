/** Putting records to a stream from the handler of a function: they are appended by the commit that moves its position. */
import { aggregateBytesDefault } from '@millrace/values'
import { RuntimeError, shown } from './errors.ts'
import { currentInvocation } from './invocation.ts'

export interface PutRecord<T = unknown> {
  /** Bytes, a record of a stream, or anything that JSON can hold. */
  readonly value: T
  /** 1 to 256 characters. */
  readonly partitionKey: string
  /** Decimal text, 0 to 2^128 - 1: routes the record in place of its key. */
  readonly explicitHashKey?: string
}

export interface PutOptions {
  /**
   * Packs records of one shard into aggregates, as the Kinesis Producer Library does: true for 51,200 bytes each, or the bytes.
   * Consumers with a library take them apart; functions and queries of an app see the aggregate.
   */
  readonly aggregate?: boolean | number
}

/** The largest aggregate: what a record of a stream holds by default. */
const aggregateBytesMax = 1024 * 1024

/** Errors: STREAM_OUTSIDE_STAGE, STREAM_UNKNOWN, EMIT_INVALID. */
export function putToStream(
  stream: string,
  records: PutRecord | readonly PutRecord[],
  { aggregate = false }: PutOptions = {},
): void {
  const invocation = currentInvocation()
  if (invocation === undefined) {
    throw new RuntimeError('STREAM_OUTSIDE_STAGE', {
      place: `stream "${stream}"`,
      what: 'it was put to outside the handler of a function stage, where there is no commit to be part of',
      next: 'Put inside a function of the app, or from outside with `millrace put` or a Kinesis client',
    })
  }
  const aggregateBytes =
    aggregate === false ? undefined : aggregate === true ? aggregateBytesDefault : aggregate
  if (aggregateBytes !== undefined && !(aggregateBytes >= 1 && aggregateBytes <= aggregateBytesMax)) {
    throw new RuntimeError('EMIT_INVALID', {
      place: `stream "${stream}"`,
      what: 'the size of aggregates cannot be used',
      value: shown(aggregate),
      allowed: `true, false, or 1 to ${aggregateBytesMax} bytes`,
    })
  }
  for (const { value, partitionKey, explicitHashKey } of isList(records) ? records : [records])
    invocation.emit(stream, value, partitionKey, { explicitHashKey, aggregateBytes })
}

function isList(records: PutRecord | readonly PutRecord[]): records is readonly PutRecord[] {
  return Array.isArray(records)
}
