/** What a test holds while an app runs inside it. */
import type { ObjectStore } from '@millrace/lake'
import type { Item, Report } from '@millrace/runtime'
import type { OptionValue } from '../define/app-options.ts'
import type { StreamHandle } from '../define/stream-handle.ts'
import type { TestGatewaySettings } from './test-gateway.ts'

export interface TestAppSettings {
  /** App options by name: what a user would write after `--`. */
  readonly options?: { readonly [name: string]: OptionValue | undefined }
  /** Environment that `app.env` reads; empty unless given, so that a test does not depend on its machine. */
  readonly env?: { readonly [name: string]: string | undefined }
  /** Where virtual time begins, ms since the epoch; default 2026-01-01T00:00:00Z. */
  readonly startMs?: number
  /** Keeps its data and continues from it; a fresh temporary directory, removed by `close`, unless given. */
  readonly dataDir?: string
  /** Seed of everything random in the runtime; default 1. */
  readonly seed?: number
}

/** A record as a test sees it. */
export interface ReadRecord {
  readonly partitionKey: string
  readonly shard: number
  readonly sequence: number
  readonly arrivalTimeMs: number
  readonly data: Uint8Array
  text(): string
  json<T = unknown>(): T
}

/** An app running in this process under virtual time: nothing happens and no time passes between two calls. */
export interface TestedApp {
  readonly dataDir: string
  /** Virtual time, ms since the epoch. */
  now(): number
  /**
   * Appends one record. Bytes and text are taken as they are, everything else as JSON. Stages see it at the next
   * `runUntilIdle` or `advance`.
   */
  put(stream: string | StreamHandle, partitionKey: string, value: unknown): void
  /** Lets every stage work until nothing can go on without time passing or new records. Error: TEST_APP_STUCK. */
  runUntilIdle(): Promise<void>
  /** Moves virtual time on, timer by timer, letting the stages work at each; idle at the end. */
  advance(ms: number): Promise<void>
  /** Items of a table, in the order of their keys. */
  items<T extends object = Item>(table: string | { readonly name: string }): T[]
  /** A bucket of the app. All are folders of the data directory in a test, wherever the app has them. */
  bucket(name: string | { readonly name: string }): ObjectStore
  /**
   * Rows of a query over the lake: tables of the catalog, views, and `app.` tables. Values as in JSON, numbers beyond 2^53 rounded.
   * Error: LAKE_QUERY_INVALID.
   */
  query<T extends object = Record<string, unknown>>(
    sql: string,
    options?: { readonly database?: string },
  ): Promise<T[]>
  /** Records of a stream, shard after shard, in the order of their sequences. */
  records(stream: string | StreamHandle): ReadRecord[]
  /** The same report that `millrace run` prints. */
  report(): Report
  /**
   * What a Lambda function has printed, with START, END and REPORT. Lambda functions run in real processes, which find an
   * endpoint of the app; virtual time stands still while they work.
   */
  functionLog(functionName: string): string[]
  /**
   * Opens a Kinesis endpoint on the app's streams, on a free port of 127.0.0.1, for clients that the test awaits: what
   * they put is seen by the stages at the next `runUntilIdle` or `advance`. Any access key is taken. Ends with the app.
   */
  gateway(settings?: TestGatewaySettings): Promise<{ readonly url: string }>
  /** Stops the stages after what is in flight, closes the store, removes the directory unless it was given. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
