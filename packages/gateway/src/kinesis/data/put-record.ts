/** PutRecord: one record, in the same group commit as all others of the turn. */

import { formatShardId } from '@millrace/values'
import { WireError } from '../../wire/wire-error.ts'
import type { Operation } from '../operation.ts'
import { CallWriter, type WriterParts } from './call-writer.ts'
import { checkOrderingNumber, checkRecordBytes, explicitHash } from './put-checks.ts'
import { FAILED_MESSAGE, THROTTLED_CODE } from './put-records.ts'
import { encryptionType, mustBeUsable } from './stream-state.ts'

export interface PutRecordInput {
  readonly Data: Uint8Array
  readonly PartitionKey: string
  readonly ExplicitHashKey?: string | undefined
  readonly SequenceNumberForOrdering?: string | undefined
  readonly StreamName?: string | undefined
  readonly StreamARN?: string | undefined
}

export function putRecord(parts: WriterParts): Operation<PutRecordInput> {
  return {
    name: 'PutRecord',
    async run(input, call, { clock, streams }) {
      const startedAt = clock.now()
      const stream = streams.resolve(input, call.caller, 'kinesis:PutRecord')
      const meter = parts.meters.of(stream.name)
      try {
        mustBeUsable(stream)
        const { Data, ExplicitHashKey, SequenceNumberForOrdering } = input
        const key = Buffer.from(input.PartitionKey)
        const hash = ExplicitHashKey === undefined ? undefined : explicitHash(ExplicitHashKey)
        checkRecordBytes(key.length + Data.length, stream)
        if (SequenceNumberForOrdering !== undefined) checkOrderingNumber(SequenceNumberForOrdering, stream)
        const writer = new CallWriter(parts, stream, 1)
        writer.add(key, 0, key.length, Data, 0, Data.length, hash)
        await writer.finish()
        const outcome = writer.outcome(0)
        if (outcome === 'throttled') throw new WireError(THROTTLED_CODE, writer.throttleMessage(0))
        if (outcome === 'failed') {
          throw new WireError('InternalFailureException', FAILED_MESSAGE, {
            status: 500,
            cause: writer.failure,
          })
        }
        meter.observe('PutRecord.Bytes', writer.bytes)
        meter.observe('PutRecord.Success', 1)
        return {
          ShardId: formatShardId(writer.shard(0)),
          SequenceNumber: writer.sequenceNumber(0),
          EncryptionType: encryptionType(stream),
        }
      } catch (error) {
        meter.observe('PutRecord.Success', 0)
        throw error
      } finally {
        meter.observe('PutRecord.Latency', clock.now() - startedAt)
      }
    },
  }
}
