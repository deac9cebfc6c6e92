/**
 * PutRecords, the general way: input that was parsed and checked against its shape. The short cut for JSON bodies is in
 * put-records-fast.ts; both answer alike.
 */

import { formatShardId } from '@millrace/values'
import type { Operation } from '../operation.ts'
import { CallWriter, type WriterParts } from './call-writer.ts'
import { checkCallBytes, checkRecordBytes, explicitHash } from './put-checks.ts'
import { encryptionType, mustBeUsable } from './stream-state.ts'

export interface PutRecordsEntry {
  readonly Data: Uint8Array
  readonly PartitionKey: string
  readonly ExplicitHashKey?: string | undefined
}

export interface PutRecordsInput {
  readonly Records: readonly PutRecordsEntry[]
  readonly StreamName?: string | undefined
  readonly StreamARN?: string | undefined
}

/** Codes and texts of entries that failed. */
export const THROTTLED_CODE = 'ProvisionedThroughputExceededException'
export const FAILED_CODE = 'InternalFailure'
export const FAILED_MESSAGE = 'Internal Service Failure.'

export function putRecords(parts: WriterParts): Operation<PutRecordsInput> {
  return {
    name: 'PutRecords',
    async run(input, call, { clock, streams }) {
      const startedAt = clock.now()
      const stream = streams.resolve(input, call.caller, 'kinesis:PutRecords')
      const meter = parts.meters.of(stream.name)
      let writer: CallWriter
      try {
        mustBeUsable(stream)
        const keys = input.Records.map(({ PartitionKey }) => Buffer.from(PartitionKey))
        const hashes = input.Records.map(({ ExplicitHashKey }) =>
          ExplicitHashKey === undefined ? undefined : explicitHash(ExplicitHashKey),
        )
        let callBytes = 0
        for (const [i, { Data }] of input.Records.entries()) {
          const bytes = keys[i]!.length + Data.length
          checkRecordBytes(bytes, stream, i + 1)
          callBytes += bytes
        }
        checkCallBytes(callBytes)
        writer = new CallWriter(parts, stream, input.Records.length)
        for (const [i, { Data }] of input.Records.entries())
          writer.add(keys[i]!, 0, keys[i]!.length, Data, 0, Data.length, hashes[i])
        await writer.finish()
      } catch (error) {
        meter.observe('PutRecords.Success', 0)
        throw error
      }
      observePutRecords(writer, clock.now() - startedAt)
      return putRecordsReply(writer)
    },
  }
}

export function putRecordsReply(writer: CallWriter): object {
  return {
    FailedRecordCount: writer.failedCount,
    Records: Array.from({ length: writer.shards.length }, (_, i) => entry(writer, i)),
    EncryptionType: encryptionType(writer.stream),
  }
}

export function observePutRecords(writer: CallWriter, latencyMs: number): void {
  const { meter, accepted, throttled } = writer
  const stored = writer.failure === undefined ? accepted : 0
  meter.observe('PutRecords.Bytes', stored > 0 ? writer.bytes : 0)
  meter.observe('PutRecords.Latency', latencyMs)
  meter.observe('PutRecords.Success', stored > 0 ? 1 : 0)
  meter.observe('PutRecords.Records', stored)
  meter.observe('PutRecords.TotalRecords', accepted + throttled)
  meter.observe('PutRecords.SuccessfulRecords', stored)
  meter.observe('PutRecords.FailedRecords', accepted - stored)
  meter.observe('PutRecords.ThrottledRecords', throttled)
}

function entry(writer: CallWriter, i: number): object {
  switch (writer.outcome(i)) {
    case 'stored':
      return { SequenceNumber: writer.sequenceNumber(i), ShardId: formatShardId(writer.shard(i)) }
    case 'throttled':
      return { ErrorCode: THROTTLED_CODE, ErrorMessage: writer.throttleMessage(i) }
    case 'failed':
      return { ErrorCode: FAILED_CODE, ErrorMessage: FAILED_MESSAGE }
  }
}
