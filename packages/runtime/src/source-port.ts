/**
 * The port of a source: it feeds records into one stream. The runtime calls `read` in a loop and commits what it yields
 * together with the position after it, in one transaction, so that a restart continues exactly there.
 */

import type { RecordBatchBuilder } from '@millrace/store'
import type { Clock } from '@millrace/values'

export interface SourceContext {
  /** The position committed last, as `read` reported it; undefined on the first start. */
  readonly position: unknown
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Shard that a key routes to. */
  route(key: Uint8Array, start: number, end: number): number
  warn(code: string, message: string): void
}

export type SourceFactory = (context: SourceContext) => Promise<Source> | Source

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
}

export interface Source {
  /**
   * Adds up to about `maxBytes` of records to the builders (one for each shard; the source routes) and says how far it
   * came. May wait for its outside or its pace, but at most until the context's signal aborts. `taken` 0 with `done`
   * false means: nothing now.
   */
  read(builders: readonly RecordBatchBuilder[], maxBytes: number): Promise<SourceRead>
  close(): Promise<void>
}
