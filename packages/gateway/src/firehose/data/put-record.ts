/** PutRecord: one record, in the same group commit as all others of the turn. */
import { putFailed, slowDown } from '../faults.ts'
import type { FirehoseCall } from '../firehose-operation.ts'
import type { InputOf } from '../shapes/input-shapes.ts'
import { DirectWriter, type WriterParts } from './direct-writer.ts'

export async function putRecord(
  parts: WriterParts,
  input: InputOf<'PutRecord'>,
  { caller }: FirehoseCall,
): Promise<object> {
  const { clock, streams } = parts.context
  const startedAt = clock.now()
  const delivery = streams.active(input.DeliveryStreamName, caller, 'PutRecord')
  const meter = parts.meters.of(delivery.name)
  const { Data } = input.Record
  meter.observe('PutRecord.Requests', 1)
  try {
    const writer = new DirectWriter(parts, delivery, 1)
    writer.check(Data, 0, Data.length)
    if (parts.rates.takeCall(delivery.record, startedAt)) writer.add(Data, 0, Data.length)
    else writer.throttled++
    await writer.finish()
    if (writer.throttled > 0) {
      meter.observe('ThrottledRecords', 1)
      throw slowDown()
    }
    if (writer.outcome(0) === 'failed') throw putFailed(writer.failure)
    meter.observe('PutRecord.Bytes', writer.bytes)
    meter.observe('PutRecord.Success', 1)
    meter.observe('IncomingPutRequests', 1)
    meter.observe('IncomingRecords', 1)
    meter.observe('IncomingBytes', writer.bytes)
    return { RecordId: writer.recordId(0), Encrypted: writer.isEncrypted }
  } catch (error) {
    meter.observe('PutRecord.Success', 0)
    throw error
  } finally {
    meter.observe('PutRecord.Latency', clock.now() - startedAt)
  }
}
