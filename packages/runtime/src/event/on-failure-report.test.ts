import { changeSequenceNumber, formatChangeShardId, formatSequenceNumber } from '@millrace/values'
import { expect, test } from 'vitest'
import { makeRecords, makeStream } from '../testing/record-batch.ts'
import { makeShardEvents } from './make-shard-events.ts'
import { failureFileName, type GivenUp, onFailureReport } from './on-failure-report.ts'

const at = { region: 'us-east-1', account: '000000000000' }
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:save:$LATEST'
const timestampMs = Date.UTC(2026, 0, 2, 3, 4, 5, 67)
const given = (records: GivenUp['records'], more: Partial<GivenUp> = {}): GivenUp => ({
  condition: 'RetryAttemptsExhausted',
  requestId: '11111111-2222-3333-4444-555555555555',
  functionArn,
  invokeCount: 3,
  isFunctionError: true,
  records,
  timestampMs,
  ...more,
})

test('a report about records of a stream is that of AWS', () => {
  const stream = makeStream()
  const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders'
  const events = makeShardEvents({ kind: 'stream', arn, ...at }, stream, 0)
  const first = Date.UTC(2026, 0, 2, 3, 4, 0)
  const records = [
    ...makeRecords([{ key: 'a', data: '1' }], { firstSequence: 7, arrivalTime: first }),
    ...makeRecords([{ key: 'b', data: '2' }], { firstSequence: 9, arrivalTime: first + 1_001 }),
  ]
  const info = {
    shardId: 'shardId-000000000000',
    startSequenceNumber: formatSequenceNumber(stream, 0, 7, first),
    endSequenceNumber: formatSequenceNumber(stream, 0, 9, first + 1_001),
    approximateArrivalOfFirstRecord: '2026-01-02T03:04:00.000Z',
    approximateArrivalOfLastRecord: '2026-01-02T03:04:01.001Z',
    batchSize: 2,
    streamArn: arn,
  }
  const requestContext = {
    requestId: '11111111-2222-3333-4444-555555555555',
    functionArn,
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 3,
  }
  expect(onFailureReport(given(records), events)).toEqual({
    requestContext,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-01-02T03:04:05.067Z',
    KinesisBatchInfo: info,
  })
  expect(onFailureReport(given(records, { isFunctionError: false }), events).responseContext).toEqual({
    statusCode: 200,
    executedVersion: '$LATEST',
    functionError: null,
  })
  expect(onFailureReport(given(records, { condition: 'RecordAgeExceeded' }), events)).toEqual({
    requestContext: { ...requestContext, condition: 'RecordAgeExceeded' },
    version: '1.0',
    timestamp: '2026-01-02T03:04:05.067Z',
    KinesisBatchInfo: info,
  })
})

test('a report about changes of a table has its own member and whole seconds', () => {
  const stream = makeStream('t.changes')
  const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000'
  const events = makeShardEvents({ kind: 'table', arn, ...at }, stream, 0)
  const arrivalTime = Date.UTC(2026, 0, 2, 3, 4, 0, 999)
  const records = makeRecords([{ key: 'a', data: '{}' }], { stream: 't.changes', arrivalTime })
  const report = onFailureReport(given(records), events)
  expect(report).not.toHaveProperty('KinesisBatchInfo')
  expect(report.DDBStreamBatchInfo).toEqual({
    shardId: formatChangeShardId(stream, 0),
    startSequenceNumber: changeSequenceNumber(stream, 0, 0),
    endSequenceNumber: changeSequenceNumber(stream, 0, 0),
    approximateArrivalOfFirstRecord: '2026-01-02T03:04:00Z',
    approximateArrivalOfLastRecord: '2026-01-02T03:04:00Z',
    batchSize: 1,
    streamArn: arn,
  })
})

test('a file for a report is named as in S3', () => {
  const name = failureFileName({ mapping: 'm-1', shardId: 'shardId-000000000000', timestampMs, uuid: 'u-2' })
  expect(name).toBe('aws/lambda/m-1/shardId-000000000000/2026/01/02/2026-01-02T03.04.05-u-2')
})
