/**
 * The port between the mapping engine and a form of functions: the engine decides which records are tried, when, and what
 * follows from an outcome; a runner makes one call and says what came of it. One runner serves all shards and lanes of a
 * stage, with as many calls at once as there are lanes.
 */
import type { Invocation } from '../invocation.ts'
import type { BatchRecord } from '../stream-record.ts'

export interface FunctionRunner {
  /** What a dead letter names as the code that saw the record. */
  readonly codeVersion: string
  /** Bytes that a record takes up in a call, and their limit for one call. One record more is always allowed. */
  readonly callBytesMax: number
  callBytes(record: BatchRecord): number
  /** The record's name in `batchItemFailures`. */
  itemId(record: BatchRecord): string
  /** Makes sure that the function can be called, so that a start fails early. */
  open(): Promise<void>
  /** Never rejects: what the function does wrong is an outcome. */
  call(call: FunctionCall): Promise<CallOutcome>
  /** Calls that begin from now on run the code as it is on disk now. */
  reload?(): void
  close(): Promise<void>
}

export interface FunctionCall {
  /** In order, of one shard of one stream. Empty only in a window's final call. */
  readonly records: readonly BatchRecord[]
  readonly stream: string
  readonly shard: number
  /** What the stage reads: for redriven records another stream and shard than their own. */
  readonly log: {
    readonly stream: string
    readonly shard: number
    readonly lane: number
    readonly lanes: number
  }
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly window: WindowCall | undefined
  /** Aborts when the app is to stop. */
  readonly signal: AbortSignal
}

/** The tumbling window that the call belongs to. */
export interface WindowCall {
  /** Ms since the epoch; `end` is exclusive. */
  readonly start: number
  readonly end: number
  /** JSON text of one object: what the call before returned, `{}` at first. */
  readonly state: string
  readonly isFinal: boolean
  readonly isTerminatedEarly: boolean
}

/** `durationMs`: how long the function ran, where that is less than the call took. */
export type CallOutcome =
  /**
   * It came to its end. `value` is what it returned; the engine looks for item failures and window state in it.
   * `writes` are committed with the position.
   */
  | {
      readonly kind: 'returned'
      readonly value: unknown
      readonly writes: readonly Invocation[]
      readonly requestId?: string
      readonly durationMs?: number
    }
  /** An error with `records` (RuntimeError) blames only these: they are given up at once, the others are tried again. */
  | {
      readonly kind: 'failed'
      readonly error: unknown
      readonly requestId?: string
      readonly durationMs?: number
    }
  /** It was not run. Does not use up a retry. */
  | { readonly kind: 'throttled'; readonly reason: string }
