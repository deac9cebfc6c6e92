/**
 * Functions of the host (TypeScript) that programs of both dialects may call by name. Names are looked up without regard to
 * case. Values at this border are plain: number for all integers and floats in the safe range (bigint for BIGINT beyond
 * it), string for text and for DECIMAL ('12.50'), boolean, Date for DATE and timestamps, number (ms) for TIME and intervals,
 * Uint8Array, array for ARRAY, object by field name for ROW, Map for MAP and MULTISET, null.
 */
import type { Field, SqlType } from '@millrace/values'

interface HostFunctionBase {
  readonly name: string
  /** Types of the arguments; arguments are cast to them implicitly where that loses nothing. undefined: any number, any type. */
  readonly parameters: readonly SqlType[] | undefined
  /** The last parameter may come any number of times. */
  readonly variadic?: boolean
}
export interface HostScalar extends HostFunctionBase {
  readonly kind: 'scalar'
  readonly returns: SqlType
  /** 'null': any NULL argument gives NULL without a call. */
  readonly nullIn: 'null' | 'called'
  call(...args: unknown[]): unknown
}
/** Flink's async I/O: results may come late, rows wait for them. */
export interface HostAsync extends HostFunctionBase {
  readonly kind: 'async'
  readonly returns: SqlType
  readonly nullIn: 'null' | 'called'
  readonly timeoutMs: number
  /** Calls under way at one time. */
  readonly capacity: number
  readonly ordered: boolean
  readonly retry: { readonly attempts: number; readonly delayMs: number } | undefined
  call(args: readonly unknown[], options: { readonly signal: AbortSignal }): Promise<unknown>
}
export interface HostAggregate extends HostFunctionBase {
  readonly kind: 'aggregate'
  readonly returns: SqlType
  /** Accumulators are plain data (structured clone keeps them). */
  create(): unknown
  /** The new accumulator; it may be the old one, changed. */
  add(accumulator: unknown, ...args: unknown[]): unknown
  /** Without it the function is refused over inputs that retract. */
  retract?(accumulator: unknown, ...args: unknown[]): unknown
  /** Without it the function is refused in windows that merge (SESSION) or share (HOP, CUMULATE). */
  merge?(accumulator: unknown, other: unknown): unknown
  result(accumulator: unknown): unknown
}
export interface HostTable extends HostFunctionBase {
  readonly kind: 'table'
  readonly columns: readonly Field[]
  /** Rows as arrays in the order of the columns, or as objects by column name. */
  call(...args: unknown[]): Iterable<unknown>
}
export type HostFunction = HostScalar | HostAsync | HostAggregate | HostTable

export type HostFunctions = ReadonlyMap<string, HostFunction>
