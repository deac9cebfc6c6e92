/** Bounds of queues, batches and retries, with the relations between them that the stages rely on. */
import type { RunLimits } from './run-limits.ts'

export const defaultLimits: RunLimits = {
  unreadBytesMax: 64 * 1024 * 1024,
  batchRecords: 2_000,
  batchRecordsMax: 8_000,
  batchBytes: 1024 * 1024,
  batchBytesMax: 4 * 1024 * 1024,
  retryDelayMs: 100,
  retryDelayMaxMs: 10_000,
}

/** A row of a query with its overhead: KDA's limit (512 KB). A larger record becomes a RowTooLarge error row. */
export const rowBytesMax = 512 * 1024

/** DATA_ROW of the error stream is VARCHAR(49152) in KDA: hex digits, so half as many bytes of the row. */
export const errorDataRowLength = 49_152
/** MESSAGE of the error stream is VARCHAR(4096). */
export const errorMessageLength = 4_096

export function resolveLimits(given: Partial<RunLimits> | undefined): RunLimits {
  const limits = { ...defaultLimits, ...given }
  // A batch may grow but never shrink below where it starts, and one full micro-batch must fit between a source and
  // its slowest reader: otherwise the source would pause for a reader that waits for the source.
  return {
    ...limits,
    batchRecordsMax: Math.max(limits.batchRecordsMax, limits.batchRecords),
    batchBytesMax: Math.max(limits.batchBytesMax, limits.batchBytes),
    unreadBytesMax: Math.max(limits.unreadBytesMax, 1),
    retryDelayMaxMs: Math.max(limits.retryDelayMaxMs, limits.retryDelayMs),
  }
}

/** Records that a per-record function may try at the same time. */
export const eachConcurrencyMax = 1_000
