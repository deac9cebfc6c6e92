/** What a per-record function gives to user code, and takes from it. */
import type { StreamRecord, TableHandle } from '../function-api.ts'

/** A record with its value. */
export interface EachRecord<T = unknown> extends StreamRecord {
  /**
   * The decoded data: parsed JSON unless the function says otherwise. Data that cannot be decoded make the record a dead letter
   * without further tries.
   */
  readonly value: T
}

export interface EachContext {
  readonly stage: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Aborts when the app is to stop. */
  readonly signal: AbortSignal
  /** Appends to a stream in the commit that takes the record as done. The key is that of the record unless given. */
  emit(
    stream: string | { readonly name: string },
    value: unknown,
    options?: { readonly partitionKey?: string },
  ): void
  /** A table of the app, whose writes are part of that commit. */
  table(table: string | { readonly name: string }): TableHandle
  /**
   * Runs the work once for a key: its result is stored in that commit, and given instead of running the work again, to whatever
   * record of the stage asks for the key until it expires. While another record is at it, this one waits for it. Results pass
   * through JSON. Errors: ONCE_KEY, ONCE_RESULT, ONCE_CYCLE.
   */
  once<R>(key: string, work: () => R | Promise<R>, options?: OnceOptions): Promise<R>
}

export interface OnceOptions {
  /** How long the result is kept. Default: as the function says, else a day. */
  readonly forSeconds?: number
}

/**
 * Processes one record. Writes made through tables, streams and the context during the call commit together with the record, or,
 * when it throws or rejects, not at all.
 */
export type EachHandler<T = unknown> = (record: EachRecord<T>, context: EachContext) => unknown
