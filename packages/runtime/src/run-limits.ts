/** Bounds of a run that its caller may set; limits.ts has their defaults. */
export interface RunLimits {
  /** A source pauses while a stream's slowest reader is this many bytes behind. Default 64 MiB. */
  readonly unreadBytesMax: number
  /** Records that a micro-batch starts with, and may grow to while the stage is behind. */
  readonly batchRecords: number
  readonly batchRecordsMax: number
  readonly batchBytes: number
  readonly batchBytesMax: number
  /** Wait before a function's first retry, doubled for each further one up to `retryDelayMaxMs`; with jitter. */
  readonly retryDelayMs: number
  readonly retryDelayMaxMs: number
}
