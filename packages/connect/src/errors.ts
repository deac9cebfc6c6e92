/**
 * Errors of the connectors: a stable code, the place, the value at fault, what is allowed, and the next step.
 * Recognise them by `code`, not by class: a worker or a second copy of the package has its own class.
 * Warnings and dead letters of sources use the same table, so that every code of this package is listed here.
 */
import { CodedError } from '@millrace/values'

export const connectErrorCodes = {
  SOURCE_OPTION: 'An option of a source is missing, of the wrong type or out of range.',
  SOURCE_POSITION: 'The committed position does not belong to the source as it is now configured.',
  TEMPLATE_INVALID:
    'A template of generated records has a call that does not exist, or with a wrong argument.',
  TEMPLATE_RATE:
    'A periodic rate of generated records has a member that is missing, unknown or out of range.',
  TABLE_OPTION: 'An option of a SQL table is missing, unknown to its connector or out of range.',
  FILE_NOT_FOUND: 'The file of a source does not exist.',
  FILE_NOT_READABLE: 'The file of a source is a directory, or may not be read, or failed while it was read.',
  FILE_CHANGED: 'The file is not the one that the committed position refers to.',
  LINE_TOO_LONG: 'A line is longer than a record may be; the dead letter holds its beginning.',
  KEY_MISSING: 'Lines without a readable partition key were given a key made of file name and line number.',
  AWS_SDK_MISSING: 'A stream or table elsewhere needs an AWS client that is not installed.',
  KINESIS_OPTION:
    'An option of a Kinesis stream, consumer or sink is missing, of the wrong type or out of range.',
  KINESIS_CALL: 'A call to a Kinesis stream failed, for a reason that waiting does not cure.',
  KINESIS_SHARD_GONE: 'A shard of a Kinesis stream has expired, or never was.',
  DYNAMODB_OPTION: 'An option of a DynamoDB sink is missing, of the wrong type or out of range.',
  DYNAMODB_CALL: 'A call to a DynamoDB table failed, for a reason that waiting does not cure.',
  DATABASE_OPTION: 'An option of a sink into a database is missing, unknown or out of range.',
  DATABASE_TABLE:
    'A table that a sink writes into is missing, or cannot be written by key or in transactions.',
  DATABASE_CALL: 'A database could not be written, for a reason that waiting does not cure.',
  HTTP_OPTION: 'An option of a sink over HTTP is missing, unknown or out of range.',
  SINK_POSITIONS:
    'The positions that a sink keeps in its database are of another history of the stream than its data directory.',
  AGGREGATE_DISCARDED:
    'An aggregate holds a record of another shard: its producer used an old map of the shards and sends the records again.',
  AGGREGATE_CUT: 'An aggregate names a key that it does not hold; the records before that were taken.',
  RECORD_TOO_LARGE: 'A record or its key is larger than a stream can hold; the dead letter holds the record.',
  LEASE_TABLE: 'A lease table cannot be used, or holds items that are no leases.',
  LEASE_LOST: 'A worker wrote a checkpoint for a shard that belongs to another worker by now.',
  CHECKPOINT_INVALID: 'A checkpoint would go back, or names a record that was not handed over.',
  PUT_GIVEN_UP: 'A stream has not accepted a single record for so long that putting was given up.',
  REPLAY_RANGE: 'The times between which a stream should be read are in the wrong order.',
  REPLAY_STREAM: 'The stream or shard that should be replayed does not exist.',
  SINK_ITEMS_FAILED: 'Records could not be put into a stream or table elsewhere; each is listed.',
  TIME_NEVER_READ: 'No line of a replay has a readable event time so far, so nothing is paced.',
} as const

export type ConnectErrorCode = keyof typeof connectErrorCodes

export class ConnectError extends CodedError<ConnectErrorCode> {
  override readonly name = 'ConnectError'
}

/** Checks an integer option. Example: `ordersGenerator: "orders" must be an integer from 0 to 9, but is 1.5.` */
export function assertIntegerOption(
  source: string,
  name: string,
  value: unknown,
  range: { readonly min: number; readonly max: number },
  code: ConnectErrorCode = 'SOURCE_OPTION',
): asserts value is number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max) return
  throw new ConnectError(
    code,
    `${source}: "${name}" must be an integer from ${range.min} to ${range.max}, but is ${shown(value)}.`,
  )
}

/** Checks an option that is a positive, finite number with a largest value. */
export function assertPositiveOption(
  source: string,
  name: string,
  value: unknown,
  max: number,
): asserts value is number {
  if (typeof value === 'number' && value > 0 && value <= max) return
  throw new ConnectError(
    'SOURCE_OPTION',
    `${source}: "${name}" must be a number above 0 and at most ${max}, but is ${shown(value)}.`,
  )
}

/** A value from outside, cut to a length that fits a message. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}
