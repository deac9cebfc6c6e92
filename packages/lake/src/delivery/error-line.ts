/**
 * Records that could not be processed, as lines of error objects: JSON with the fields of Firehose's, one line for each record.
 * Times are numbers of ms.
 */
import type { RowFault } from './row-buffer.ts'

/** Types as they stand in keys of error objects. */
export type ErrorType =
  | 'processing-failed'
  | 'format-conversion-failed'
  | 'dynamic-partitioning-failed'
  | 'decompression-failed'

export interface FailedRecord extends RowFault {
  readonly attempts: number
  readonly arrivedAt: number
  /** When the last attempt ended. */
  readonly endedAt: number
  /** The record as it came to the step that it failed in; one that a function refused as it was before. */
  readonly data: Uint8Array
  readonly lambdaArn?: string
  /** Of a conversion: where the record stood, and the table that it should have become part of. */
  readonly place?: { readonly sequenceNumber: string | null; readonly subSequenceNumber: number | null }
  readonly table?: Readonly<Record<string, string | null>>
}

const encoder = new TextEncoder()

export function errorLine(type: ErrorType, record: FailedRecord): Uint8Array {
  const { attempts, arrivedAt, endedAt, code, message, data, lambdaArn, place, table } = record
  const rawData = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
  const line =
    type === 'format-conversion-failed'
      ? {
          attemptsMade: attempts,
          arrivalTimestamp: arrivedAt,
          lastErrorCode: code,
          lastErrorMessage: message,
          attemptEndingTimestamp: endedAt,
          rawData,
          sequenceNumber: place?.sequenceNumber ?? null,
          subSequenceNumber: place?.subSequenceNumber ?? null,
          dataCatalogTable: table ?? null,
        }
      : {
          attemptsMade: attempts,
          arrivalTimestamp: arrivedAt,
          errorCode: code,
          errorMessage: message,
          attemptEndingTimestamp: endedAt,
          rawData,
          ...(lambdaArn === undefined ? {} : { lambdaArn }),
        }
  return encoder.encode(JSON.stringify(line))
}
