/** What the process of a cell and its host say to each other. Structured clones: bytes stay bytes. */
import type { CellOutcome } from '@millrace/console'
import type { InputFormat } from '@millrace/runtime'

/** Everything that a process needs to run one cell. */
export interface ProcessJob {
  readonly dataDir: string
  readonly dialect: 'flink' | 'kda'
  readonly text: string
  readonly before: readonly string[]
  readonly rows: number
  readonly from: 'earliest' | 'latest'
  /** Of relative paths in options of tables. */
  readonly folder: string
  /** Whether tables may be files of the machine. */
  readonly mayReadFiles: boolean
  readonly memoryBytes: number
  /** Flink: CREATE TABLE of streams and tables of the directory that the texts name. */
  readonly declarations: readonly string[]
  /** Flink: streams whose columns are not known. */
  readonly unknown: readonly string[]
  /** KDA: streams of the directory that the text names. */
  readonly inputs: readonly KdaInput[]
}

export interface KdaInput {
  /** In the program; names count with their case. */
  readonly name: string
  readonly stream: string
  readonly format: InputFormat
  /** Name, type, path; of CSV in order, without meaning of the path. */
  readonly columns: readonly (readonly [name: string, type: string, path: string])[]
}

/** Records for a stream of the directory, which is made if there is none. */
export interface AppendBatch {
  readonly stream: string
  readonly shards: number
  readonly records: readonly { readonly key: Uint8Array; readonly data: Uint8Array }[]
}

export type FromProcess =
  /** The store is open: from here on it may be ended at any moment. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'outcome'; readonly outcome: CellOutcome }
  | { readonly kind: 'append'; readonly batch: AppendBatch }
  /** The last one. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

export type ToProcess =
  | { readonly kind: 'start'; readonly job: ProcessJob }
  /** Of the append that was asked for last; one is under way at a time. */
  | { readonly kind: 'appended' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
