/**
 * What a host sees of a running Flink program. Pure: no I/O, no clock, no threads; time comes in.
 *
 * Law: the changes put out, added up, are the program's answer over all changes pushed, however they were spread over calls of
 * `take`, and also when the instance was stopped after any of them and restored from its state.
 */
import type { OperatorState } from '../engine-port.ts'
import type { Row, RowKind } from './row.ts'

/** Where a change came from: index of its source record in the micro-batch (-1: none), and its shard. */
export interface ChangeOrigin {
  readonly record: number
  readonly shard: string
}

/** Changes of one sink in order. `origins`: the record during whose processing each came out; -1: time set it free. */
export interface ChangeList {
  readonly rows: Row[]
  readonly kinds: RowKind[]
  readonly origins: number[]
}

export interface ChangelogError {
  /** CoercionError, DivideByZero, ValueOutOfRange, NotNullViolation, HostFunctionError; ParseError of a source. */
  readonly name: string
  readonly message: string
  /** Sink or operator that met it. */
  readonly where: string
  readonly origin: number
  readonly row: string
}

export interface LateRow {
  /** The operator, as EXPLAIN names it, and its watermark when the row came. */
  readonly where: string
  readonly watermark: number
  readonly origin: number
  readonly row: string
}

export interface ChangelogResult {
  /** By sink name (Sink.name). */
  readonly outputs: ReadonlyMap<string, ChangeList>
  readonly errors: readonly ChangelogError[]
  readonly late: readonly LateRow[]
  /** Source records of which an operator has taken something into its state. */
  readonly kept: readonly number[]
}

/** Why a source's watermark stands where it stands. */
export interface SourceStatus {
  readonly table: string
  /** -Infinity: no row yet. */
  readonly watermark: number
  readonly shards: readonly {
    readonly shard: string
    readonly watermark: number
    /** Processing time of the last row. */
    readonly lastSeen: number
    readonly idle: boolean
  }[]
  readonly idleTimeout: number
}

export interface ChangelogInstance {
  /**
   * The rows of VALUES; before the first push of a fresh instance. Where a program runs in parts, all but one of them start
   * with `rows: 'elsewhere'`: VALUES then ends without rows.
   */
  start(rows?: 'here' | 'elsewhere'): void
  /**
   * One change of a source: physical and metadata columns in order, in the narrow form of row.ts. Runs to its end. Anything
   * but +I of a table that gives new rows only is dropped and reported.
   */
  push(table: string, row: Row, kind: RowKind, origin: ChangeOrigin): void
  /** Says that a shard exists, so that its silence holds the watermark back. */
  addShard(table: string, shard: string): void
  /** Shards of a table whose watermarks are known. */
  shardsOf(table: string): readonly string[]
  /** A shard goes on where others ended: its watermark begins at the least of theirs. */
  continueShard(table: string, shard: string, parents: readonly string[]): void
  /** A shard that has ended holds nothing back any more. */
  endShard(table: string, shard: string): void
  /** Moves processing time; fires what waits for it. */
  advance(now: number): void
  /** The source has ended: its watermark goes to +Infinity. */
  finish(table: string): void
  /** Replaces the rows that lookup joins find. */
  setLookup(table: string, rows: readonly Row[]): void
  /** Waits for asynchronous functions; resolves at once when none is under way. Changes may come out by it. */
  settle(): Promise<void>
  /** What has come out since the last call. */
  take(): ChangelogResult
  /** Addresses of everything that keeps state. */
  readonly operators: readonly string[]
  /** What an operator is: aggregate, join, ... */
  kindOf(operator: string): string | undefined
  takeChanges(): OperatorState[]
  snapshot(operator: string): Uint8Array[]
  /** Before the first push: snapshot blobs, then changes, in the order in which they were written. */
  restore(operator: string, blob: Uint8Array): void
  stateInfo(): readonly { operator: string; kind: string; rows: number; bytes: number }[]
  status(): readonly SourceStatus[]
  /** Operators of restored blobs that this program does not have; their state was passed over. */
  readonly unknownOperators: readonly string[]
  /** Calls of asynchronous functions under way and how many there may be; at the limit the host awaits `settle`. */
  readonly pending: { readonly calls: number; readonly capacity: number }
}
