/**
 * Where records are put, one call after the other: a stream behind the Kinesis API, or a simulated one in tests.
 *
 * Duty of an implementation: `put` resolves with one outcome for each entry, in their order, once what was accepted is
 * durable. It throws PassingFailure when the same call may succeed later, and any other error when it will not.
 */
import type { HashRange, PackedRecord } from '@millrace/values'

/** Of a call: entries and bytes of data and partition keys. */
export const putEntriesMax = 500
export const putBytesMax = 10 * 1024 * 1024

export type PutOutcome =
  | { readonly isAccepted: true; readonly shardId: string }
  | { readonly isAccepted: false; readonly isThrottle: boolean; readonly message: string }

export interface PutShard {
  readonly shardId: string
  readonly range: HashRange
}

export interface PutPort {
  put(entries: readonly PackedRecord[]): Promise<readonly PutOutcome[]>
  /** The shards that take records now: their ranges tile the hash space. */
  openShards(): Promise<readonly PutShard[]>
}

/** A call that failed as a whole and may be made again: a throttle, a fault of the server, a lost connection. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure'
  readonly isThrottle: boolean

  constructor(message: string, options: { readonly isThrottle: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.isThrottle = options.isThrottle
  }
}
