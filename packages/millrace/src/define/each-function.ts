/** Per-record functions as an app declares them: what the compiler knows of records and context, and the checks of settings. */
import {
  type EachCode,
  type EachHandler,
  eachConcurrencyMax,
  type FunctionStage,
  mappingDefaults,
  type OnceOptions,
  type StreamRecord,
  type TableHandle,
} from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import { checkMapping, defaultsFor, type MappingOptions, type MappingReferences } from './mapping-options.ts'
import { checkInteger, checkSettings, here, quoted } from './names.ts'
import type { RecordOf, StreamHandle } from './stream-handle.ts'
import type { Table } from './table.ts'
import type { KeySpec } from './table-keys.ts'

const mappingNames = ['startingPosition', 'retries', 'maxRecordAgeSeconds', 'filters'] as const

/** `retries` is 3 unless given: attempts of one record after the first. */
export interface EachSettings<T = unknown, V = T>
  extends Pick<MappingOptions, (typeof mappingNames)[number]> {
  readonly from: StreamHandle<T>
  /** Records of different partition keys that are at work at the same time, 1 to 1,000; default 10. */
  readonly concurrency?: number
  /** Gives a record its value; the parsed JSON unless given. One that throws makes the record a dead letter. */
  readonly decode?: (record: RecordOf<T>) => V
  /** How long results of `context.once` are kept, 1 s to a year; default 86,400: a day. */
  readonly onceSeconds?: number
}

/** A record of a per-record function. */
export interface ValueOf<V> extends StreamRecord {
  /** The decoded data. Nothing checks parsed JSON against its type. */
  readonly value: V
}

/** What a per-record function may do beside using its tables and streams. */
export interface EachContext {
  readonly stage: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Aborts when the app is to stop. */
  readonly signal: AbortSignal
  /** Appends to a stream in the commit that takes the record as done. The key is that of the record unless given. */
  emit<E>(
    stream: StreamHandle<E>,
    value: E | Uint8Array | StreamRecord,
    options?: { readonly partitionKey?: string },
  ): void
  emit(stream: string, value: unknown, options?: { readonly partitionKey?: string }): void
  /** A table of the app, whose writes are part of that commit. */
  table<P extends KeySpec, S extends KeySpec>(table: Table<P, S>): Table<P, S>
  table(name: string): TableHandle
  /**
   * Runs the work once for a key: its result is stored in that commit, and given instead of running the work again to whatever
   * record of this function asks for the key until it expires. While another record is at it, this one waits for it. Results
   * pass through JSON. Errors: ONCE_KEY, ONCE_RESULT, ONCE_CYCLE.
   */
  once<R>(key: string, work: () => R | Promise<R>, options?: OnceOptions): Promise<R>
}

/**
 * Processes one record. What it writes commits together with the record's position, or, when it throws or rejects, not at
 * all.
 */
export type EachHandlerOf<V> = (record: ValueOf<V>, context: EachContext) => unknown

const ownNames = ['from', 'concurrency', 'decode', 'onceSeconds'] as const
const onceSecondsDefault = 86_400
const onceSecondsMax = 366 * 86_400

export function eachStage<T, V>(
  name: string,
  settings: EachSettings<T, V>,
  handler: EachHandlerOf<V>,
  references: MappingReferences,
): FunctionStage {
  const what = `function "${name}"`
  checkSettings(what, settings, [...ownNames, ...mappingNames])
  const { decode } = settings
  if (typeof handler !== 'function') throw notFunction('handler', what, handler, '(record, context) => ...')
  if (decode !== undefined && typeof decode !== 'function')
    throw notFunction('decode', what, decode, '(record) => ...')
  const code: EachCode = {
    form: 'each',
    // Sound: a record's value is what `decode` gave, or parsed JSON, whose type the stream's declaration asserts.
    handler: handler as EachHandler,
    // Sound: json() is generic in the caller's type, so RecordOf<T> and StreamRecord are one object.
    decode: decode as EachCode['decode'],
    concurrency: checkInteger(`concurrency of ${what}`, settings.concurrency, {
      min: 1,
      max: eachConcurrencyMax,
      default: 10,
    }),
    onceMs:
      1000 *
      checkInteger(`onceSeconds of ${what}`, settings.onceSeconds, {
        min: 1,
        max: onceSecondsMax,
        default: onceSecondsDefault,
      }),
  }
  const from = references.streamName(`from of ${what}`, settings.from)
  const defaults = defaultsFor(from, references, { ...mappingDefaults, maxRetries: 3 })
  return {
    kind: 'function',
    name,
    from,
    mapping: checkMapping(what, settings, defaults, references),
    code,
  }
}

function notFunction(setting: string, what: string, value: unknown, form: string): MillraceError {
  return new MillraceError('APP_VALUE_INVALID', `The ${setting} of ${what} is ${quoted(value)}.`, {
    ...here(),
    next: `Pass a function: ${form}`,
  })
}
