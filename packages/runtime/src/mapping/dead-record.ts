/** A dead letter of a record that a function was given, in whatever form; one that was redriven says what came before. */
import { type DeadRecord, errorReport, recordId } from '../dead-letter.ts'
import type { BatchRecord } from '../stream-record.ts'
import { RedrivenRecord } from './redriven-record.ts'

export interface LastAttempt {
  readonly error: unknown
  readonly attempts: number
  /** Ms since the epoch, of the first attempt. */
  readonly firstTime: number
}

export function deadRecord(
  code: Pick<DeadRecord, 'stage' | 'codeVersion'>,
  record: BatchRecord,
  { error, attempts, firstTime }: LastAttempt,
  nowMs: number,
): DeadRecord {
  const { stream, shard, sequence, partitionKey, arrivalTimeMs } = record
  return {
    ...code,
    id: recordId(stream, shard, sequence),
    data: record.data,
    error: errorReport(error),
    attempts,
    firstTime,
    lastTime: nowMs,
    origin: { stream, shard, sequence, partitionKey, arrivalTime: arrivalTimeMs },
    history: record instanceof RedrivenRecord ? record.history : undefined,
  }
}
