/**
 * TypeScript functions for SQL programs of both dialects. Types are SQL types as text; values come as plain TypeScript:
 * number (bigint for BIGINT beyond 2^53), string for text and DECIMAL, boolean, Date for dates and timestamps, Uint8Array,
 * arrays, objects by field name, null.
 *
 * ```ts
 * const domain = sqlFunction.scalar('domain_of', { parameters: ['STRING'], returns: 'STRING' }, (email) => email.split('@')[1])
 * ```
 */
import type { HostAggregate, HostAsync, HostFunction, HostScalar, HostTable } from '@millrace/sql'
import { parseSqlType, type SqlType } from '@millrace/values'
import { MillraceError, messageOf } from '../error.ts'

export interface ParameterSettings {
  /** SQL types of the arguments; any number of any types if absent. */
  readonly parameters?: readonly string[]
  /** The last parameter may come any number of times. */
  readonly variadic?: boolean
}

export interface ScalarSettings extends ParameterSettings {
  readonly returns: string
  /** False: the function is called with NULLs too. Default true: any NULL argument gives NULL without a call. */
  readonly nullOnNull?: boolean
}

export interface AsyncSettings extends ScalarSettings {
  /** A call that takes longer is retried or fails its row; default 180,000. */
  readonly timeoutMs?: number
  /** Calls under way at one time; default 100. */
  readonly capacity?: number
  /** Rows come out in their order (default), or as soon as their result is there. */
  readonly ordered?: boolean
  readonly retry?: { readonly attempts: number; readonly delayMs: number }
}

export interface AggregateSettings<A> extends ParameterSettings {
  readonly returns: string
  create(): A
  add(accumulator: A, ...args: never[]): A
  /** Needed over inputs that take rows back. */
  retract?(accumulator: A, ...args: never[]): A
  /** Needed in SESSION, HOP and CUMULATE windows. */
  merge?(accumulator: A, other: A): A
  result(accumulator: A): unknown
}

export interface TableFunctionSettings extends ParameterSettings {
  /** Columns of the rows that the function gives: name -> SQL type. */
  readonly columns: { readonly [name: string]: string }
}

/** Functions of the given argument types; `never` accepts every signature, which the declared types then rule. */
type AnyFunction = (...args: never[]) => unknown

export const sqlFunction = {
  scalar(name: string, settings: ScalarSettings, call: AnyFunction): HostFunction {
    const fn: HostScalar = {
      kind: 'scalar',
      ...signature(name, settings),
      returns: typeOf(name, settings.returns),
      nullIn: settings.nullOnNull === false ? 'called' : 'null',
      // Sound: the engine calls with values of the declared types.
      call: call as HostScalar['call'],
    }
    return fn
  },

  async(
    name: string,
    settings: AsyncSettings,
    call: (args: never, options: { readonly signal: AbortSignal }) => Promise<unknown>,
  ): HostFunction {
    const fn: HostAsync = {
      kind: 'async',
      ...signature(name, settings),
      returns: typeOf(name, settings.returns),
      nullIn: settings.nullOnNull === false ? 'called' : 'null',
      timeoutMs: settings.timeoutMs ?? 180_000,
      capacity: settings.capacity ?? 100,
      ordered: settings.ordered ?? true,
      retry: settings.retry,
      // As above.
      call: call as unknown as HostAsync['call'],
    }
    return fn
  },

  aggregate<A>(name: string, settings: AggregateSettings<A>): HostFunction {
    // Sound: accumulators come from `create` alone, arguments are of the declared types.
    const held = settings as unknown as HostAggregate
    const fn: HostAggregate = {
      kind: 'aggregate',
      ...signature(name, settings),
      returns: typeOf(name, settings.returns),
      create: () => held.create(),
      add: (accumulator, ...args) => held.add(accumulator, ...args),
      result: (accumulator) => held.result(accumulator),
      ...(held.retract === undefined ? {} : { retract: held.retract.bind(held) }),
      ...(held.merge === undefined ? {} : { merge: held.merge.bind(held) }),
    }
    return fn
  },

  table(
    name: string,
    settings: TableFunctionSettings,
    call: (...args: never[]) => Iterable<unknown>,
  ): HostFunction {
    const fn: HostTable = {
      kind: 'table',
      ...signature(name, settings),
      columns: Object.entries(settings.columns).map(([column, type]) => ({
        name: column,
        type: typeOf(name, type),
        nullable: true,
      })),
      // As above.
      call: call as HostTable['call'],
    }
    return fn
  },
}

function signature(name: string, { parameters, variadic }: ParameterSettings) {
  return {
    name,
    parameters: parameters?.map((type) => typeOf(name, type)),
    ...(variadic === undefined ? {} : { variadic }),
  }
}

function typeOf(name: string, text: string): SqlType {
  try {
    return parseSqlType(text)
  } catch (error) {
    throw new MillraceError(
      'APP_VALUE_INVALID',
      `The function "${name}" names the type ${JSON.stringify(text)}: ${messageOf(error)}`,
      {
        next: "Write a SQL type, such as 'BIGINT', 'STRING', 'DECIMAL(10,2)' or 'ARRAY<INT>'.",
      },
    )
  }
}
