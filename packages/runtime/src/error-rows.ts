/**
 * Rows of a query's error stream, as KDA shapes them (ERROR_TIME ... PUMP_NAME), with where the source record stood. They
 * are few as a rule, so they are plain objects and JSON.stringify.
 */
import type { RecordBatchBuilder } from '@millrace/store'
import { formatTimestamp } from '@millrace/values'
import { errorDataRowLength, errorMessageLength } from './limits.ts'

export interface SourcePlace {
  readonly key: Uint8Array
  readonly shard: number
  readonly sequence: number
  readonly originTime: number
}

export interface QueryError {
  readonly name: string
  readonly message: string
  readonly pump: string
  readonly rowtime: number
  /** The offending row or record. */
  readonly row: Uint8Array
  /** Undefined when time alone brought the row out. */
  readonly source: SourcePlace | undefined
}

const encoder = new TextEncoder()
const noKey = encoder.encode('error')

export function addErrorRow(builder: RecordBatchBuilder, error: QueryError, nowMs: number): void {
  const { source, row } = error
  // Two hex digits for each byte.
  const shownBytes = row.subarray(0, errorDataRowLength / 2)
  const value = {
    ERROR_TIME: timestampText(nowMs),
    ERROR_LEVEL: 'ERROR',
    ERROR_NAME: error.name,
    MESSAGE: error.message.slice(0, errorMessageLength),
    DATA_ROWTIME: timestampText(error.rowtime),
    DATA_ROW: Buffer.from(shownBytes.buffer, shownBytes.byteOffset, shownBytes.byteLength).toString('hex'),
    PUMP_NAME: error.pump,
    SHARD_ID: source === undefined ? null : `shardId-${String(source.shard).padStart(12, '0')}`,
    SEQUENCE_NUMBER: source === undefined ? null : String(source.sequence),
  }
  const data = encoder.encode(JSON.stringify(value))
  const key = source?.key ?? noKey
  builder.add(key, 0, key.length, data, 0, data.length, source?.originTime ?? 0)
}

function timestampText(ms: number): string | null {
  return Number.isFinite(ms) ? formatTimestamp(Math.floor(ms)) : null
}
