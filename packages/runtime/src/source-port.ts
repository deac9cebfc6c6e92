/**
 * The port of a source: it feeds records into one stream. The runtime calls `read` in a loop and commits what it yields
 * together with the position after it, in one transaction, so that a restart continues exactly there.
 */

import type { RecordBatchBuilder } from '@millrace/store'
import type { Clock } from '@millrace/values'

export interface SourceContext {
  /** Of the stage, as the app names it. */
  readonly name: string
  /** The position committed last, as `read` reported it; undefined on the first start. */
  readonly position: unknown
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Shard that a key routes to. */
  route(key: Uint8Array, start: number, end: number): number
  warn(code: string, message: string): void
  /** Values that are kept beside the position, as they were committed last. */
  readonly kept: KeptValues
  /** What the source says of itself, replaced as a whole; shown by the command line and metrics. Cheap. */
  report(status: SourceStatus): void
  /** A folder for files of the source's own, inside the data directory. Whoever uses it makes it. */
  readonly directory: string
}

/** JSON values under short texts: for what would make a position too large to be written with every commit. */
export interface KeptValues {
  get(key: string): unknown
  keys(): Iterable<string>
}

export interface SourceStatus {
  /** One line without a line break: `loading shop.orders: 41 % of 2,000,000 rows, 1:10 left`. */
  readonly line: string
  readonly gauges: readonly SourceGauge[]
  /** Any JSON: what `status` prints with --json. */
  readonly details: unknown
}

export interface SourceGauge {
  /** A metric of docs/metrics.md without the prefix `millrace_source_`: `lag_ms`. */
  readonly name: string
  readonly labels?: { readonly [label: string]: string }
  readonly value: number
}

export interface SourceFactory {
  (context: SourceContext): Promise<Source> | Source
  /**
   * Looks, without opening the source, for what would keep it from working: `millrace doctor` asks. Changes nothing, here or
   * outside. Throws coded errors where the outside cannot be asked.
   */
  readonly check?: (context: SourceCheckContext) => Promise<readonly SourceFinding[]>
  /** What outside only one source may read, in words: `slot "millrace" of postgres://db:5432`. Two of an app are refused. */
  readonly alone?: string
}

/** `position` and `kept` as a run committed them last; undefined and nothing where none has. */
export type SourceCheckContext = Pick<
  SourceContext,
  'name' | 'position' | 'kept' | 'clock' | 'signal' | 'directory'
>

export interface SourceFinding {
  /** `error`: the source will not work. `warning`: it will, with a danger that the message names. */
  readonly level: 'error' | 'warning'
  readonly code: string
  readonly message: string
  /** The statement, setting or command that mends it. */
  readonly next: string
}

export interface SourceRead {
  /** JSON value from which a later `open` continues after this read's records. */
  readonly position: unknown
  /** Records taken from outside, including the dead ones. */
  readonly taken: number
  /** Records that cannot be appended (too large, no key...), kept for the dead letters. */
  readonly dead: readonly {
    readonly data: Uint8Array
    readonly code: string
    readonly message: string
    readonly place: string
  }[]
  /** True when nothing more will ever come. */
  readonly done: boolean
  /** Of `taken`: how many the source's own rules left out. Default 0. */
  readonly filtered?: number
  /** The position is to be committed although nothing was taken. Default false. */
  readonly moved?: boolean
  /** Changes of what is kept, committed with the position; undefined removes. */
  readonly kept?: ReadonlyMap<string, unknown>
}

export interface Source {
  /**
   * Adds up to about `maxBytes` of records to the builders (one for each shard; the source routes) and says how far it
   * came. May wait for its outside or its pace, but at most until the context's signal aborts. `taken` 0 with `done`
   * false means: nothing now.
   */
  read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead>
  /** A position that `read` gave is on disk, with all records before it: the outside may forget them. Positions may be skipped. */
  flushed?(position: unknown): void
  /** A request of an operator to the running source: JSON in, JSON out. Throws coded errors. Its effects are committed by later reads. */
  request?(request: unknown): Promise<unknown>
  close(): Promise<void>
}
