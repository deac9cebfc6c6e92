/**
 * The settings of an event source mapping: how records of a stream become invocations of a function. Names, ranges and
 * rules are those of AWS Lambda; times are in ms here, Infinity where AWS writes -1.
 */
export interface MappingSettings {
  /** Records per invocation at most, 1 to 10,000. */
  readonly batchSize: number
  /** How long the first record of a batch may wait for others, 0 to 300,000. 0: what is there goes at once. */
  readonly batchingWindowMs: number
  /** Concurrent invocations per shard, 1 to 10; order holds per partition key. */
  readonly parallelization: number
  /** Where a mapping that has never run begins. */
  readonly startingPosition: StartingPosition
  /** Attempts after the first, 0 to 10,000 or Infinity. Throttles do not count. */
  readonly maxRetries: number
  /** Records older than this are given up, 60,000 to 604,800,000 or Infinity. */
  readonly maxRecordAgeMs: number
  /** Split a failed batch in two; splitting is not a retry. */
  readonly bisect: boolean
  /** Understand `batchItemFailures` in what the function returns. */
  readonly reportItemFailures: boolean
  /** Length of the tumbling windows whose state goes from call to call, 0 to 900,000; 0: none. */
  readonly tumblingWindowMs: number
  /** A window begins with the last state of the shard's window before it, not with an empty one. Our own option. */
  readonly carryState: boolean
  /** Patterns, each the JSON text of one; a record has to match one of them. None: all records. */
  readonly filters: readonly string[]
  /** Where a report about records that were given up goes, beside the dead letters. */
  readonly onFailure: FailureDestination | undefined
}

/** Least and greatest values; beside them Infinity where the setting allows it. */
export const mappingRanges = {
  batchSize: [1, 10_000],
  batchingWindowMs: [0, 300_000],
  parallelization: [1, 10],
  maxRetries: [0, 10_000],
  maxRecordAgeMs: [60_000, 604_800_000],
  tumblingWindowMs: [0, 900_000],
} as const

/** As AWS has them: every record, in order, until it succeeds or expires. */
export const mappingDefaults: MappingSettings = {
  batchSize: 100,
  batchingWindowMs: 0,
  parallelization: 1,
  startingPosition: 'TRIM_HORIZON',
  maxRetries: Number.POSITIVE_INFINITY,
  maxRecordAgeMs: Number.POSITIVE_INFINITY,
  bisect: false,
  reportItemFailures: false,
  tumblingWindowMs: 0,
  carryState: false,
  filters: [],
  onFailure: undefined,
}

export type StartingPosition = 'TRIM_HORIZON' | 'LATEST' | { readonly atMs: number }

/** A stream of the app, or a folder that takes one file for each report (the form of an S3 destination). */
export type FailureDestination =
  | { readonly kind: 'stream'; readonly stream: string }
  | { readonly kind: 'folder'; readonly path: string }
