/**
 * The report about records that a mapping gave up, as AWS Lambda sends it to an on-failure destination: which function, how
 * often it was tried, and where the records are; nothing of their data, but in a folder (the form of an S3 destination),
 * which keeps the invocation's event whole. The dead letters hold the records themselves in either case.
 */
import type { BatchRecord } from '../stream-record.ts'
import { isoTime } from './event-text.ts'
import type { ShardEvents } from './shard-events.ts'

export interface GivenUp {
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded'
  /** Of the last invocation; of records that were too old before the first one, any new id. */
  readonly requestId: string
  readonly functionArn: string
  /** Invocations that were made with these records. */
  readonly invokeCount: number
  /** False when the function returned, but named records that failed. */
  readonly isFunctionError: boolean
  readonly records: readonly BatchRecord[]
  readonly timestampMs: number
}

export interface OnFailureReport {
  readonly requestContext: {
    readonly requestId: string
    readonly functionArn: string
    readonly condition: GivenUp['condition']
    readonly approximateInvokeCount: number
  }
  /** Absent for RecordAgeExceeded. */
  readonly responseContext?: {
    readonly statusCode: 200
    readonly executedVersion: '$LATEST'
    readonly functionError: 'Unhandled' | null
  }
  readonly version: '1.0'
  /** ISO with ms. */
  readonly timestamp: string
  readonly KinesisBatchInfo?: FailedBatchInfo
  readonly DDBStreamBatchInfo?: FailedBatchInfo
  /** JSON text of the event, in files only. */
  readonly payload?: string
}

export interface FailedBatchInfo {
  readonly shardId: string
  readonly startSequenceNumber: string
  readonly endSequenceNumber: string
  readonly approximateArrivalOfFirstRecord: string
  readonly approximateArrivalOfLastRecord: string
  readonly batchSize: number
  readonly streamArn: string
}

/** `records` are those given up, in order, at least one. */
export function onFailureReport(givenUp: GivenUp, events: ShardEvents): OnFailureReport {
  const { condition, requestId, functionArn, invokeCount, isFunctionError, records, timestampMs } = givenUp
  const first = records[0]
  const last = records.at(-1)
  if (first === undefined || last === undefined) throw new Error('a report about no records')
  const isTable = events.source.kind === 'table'
  const time = (record: BatchRecord): string =>
    isTable ? isoSeconds(record.arrivalTimeMs) : new Date(record.arrivalTimeMs).toISOString()
  const batch: FailedBatchInfo = {
    shardId: events.shardId,
    startSequenceNumber: events.sequenceNumber(first),
    endSequenceNumber: events.sequenceNumber(last),
    approximateArrivalOfFirstRecord: time(first),
    approximateArrivalOfLastRecord: time(last),
    batchSize: records.length,
    streamArn: events.source.arn,
  }
  return {
    requestContext: { requestId, functionArn, condition, approximateInvokeCount: invokeCount },
    ...(condition === 'RecordAgeExceeded'
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: '$LATEST',
            functionError: isFunctionError ? 'Unhandled' : null,
          },
        }),
    version: '1.0',
    timestamp: new Date(timestampMs).toISOString(),
    ...(isTable ? { DDBStreamBatchInfo: batch } : { KinesisBatchInfo: batch }),
  }
}

export interface FailureFileName {
  /** Names the mapping for good: its UUID or the stage's name. */
  readonly mapping: string
  readonly shardId: string
  readonly timestampMs: number
  /** Keeps files of one second apart. */
  readonly uuid: string
}

/** `aws/lambda/<mapping>/<shardId>/<yyyy>/<MM>/<dd>/<yyyy-MM-dd>T<HH.mm.ss>-<uuid>`, in UTC. */
export function failureFileName({ mapping, shardId, timestampMs, uuid }: FailureFileName): string {
  const [date = '', time = ''] = new Date(timestampMs).toISOString().split('T')
  return `aws/lambda/${mapping}/${shardId}/${date.replaceAll('-', '/')}/${date}T${time.slice(0, 8).replaceAll(':', '.')}-${uuid}`
}

function isoSeconds(ms: number): string {
  return isoTime(Math.floor(ms / 1000) * 1000)
}
