/**
 * PutRecordBatch: up to 500 records and 4 MiB. A call above the delivery's rate of calls fails as a whole, single records above its
 * other rates one by one; what was answered as stored is on disk.
 *
 * Two ways with one answer: the general one takes input that was checked against its shape; the short cut reads the usual JSON from
 * the body's bytes and writes the reply as bytes. One scanner serves all calls: nothing of it is used after the records were added
 * to the group, in the same turn.
 */
import { SEQUENCE_NUMBER_DIGITS } from '@millrace/values'
import type { WireCall, WireReply } from '../../wire/wire-service.ts'
import {
  FAILED_CODE,
  FAILED_MESSAGE,
  invalidArgument,
  slowDown,
  THROTTLED_CODE,
  THROTTLED_MESSAGE,
} from '../faults.ts'
import type { FirehoseCall } from '../firehose-operation.ts'
import type { FoundDelivery } from '../found-delivery.ts'
import type { InputOf } from '../shapes/input-shapes.ts'
import { DirectWriter, type WriterParts } from './direct-writer.ts'
import { PutBatchScanner } from './put-batch-scanner.ts'

export const BATCH_BYTES_MAX = 4 * 1024 * 1024

/** The records of a call: record i is source(i) from start(i) to end(i). */
interface Records {
  readonly count: number
  readonly bytes: number
  add(writer: DirectWriter, i: number): void
  check(writer: DirectWriter, i: number): void
}

export async function putRecordBatch(
  parts: WriterParts,
  { DeliveryStreamName, Records: given }: InputOf<'PutRecordBatch'>,
  { caller }: FirehoseCall,
): Promise<object> {
  const delivery = parts.context.streams.active(DeliveryStreamName, caller, 'PutRecordBatch')
  const writer = await put(parts, delivery, {
    count: given.length,
    bytes: given.reduce((sum, { Data }) => sum + Data.length, 0),
    // The writer asks for indexes below the count alone.
    add: (to, i) => to.add(given[i]!.Data, 0, given[i]!.Data.length),
    check: (to, i) => to.check(given[i]!.Data, 0, given[i]!.Data.length),
  })
  return replyValue(writer)
}

/** Undefined: the body is not of the kind that it knows; then nothing was done, nor authenticated. */
export function makePutRecordBatchFast(
  parts: WriterParts,
): (call: WireCall) => Promise<WireReply> | undefined {
  const scanner = new PutBatchScanner()
  const start = (i: number): number => (i === 0 ? 0 : scanner.dataEnd[i - 1]!)
  return (call) => {
    if (call.encoding !== 'json' || !scanner.scan(call.body)) return undefined
    try {
      const delivery = parts.context.streams.active(scanner.name, call.authenticate(), 'PutRecordBatch')
      const { count, arena, dataEnd } = scanner
      const writing = put(parts, delivery, {
        count,
        bytes: dataEnd[count - 1]!,
        add: (to, i) => to.add(arena, start(i), dataEnd[i]!),
        check: (to, i) => to.check(arena, start(i), dataEnd[i]!),
      })
      return writing.then(replyBytes)
    } finally {
      scanner.release()
    }
  }
}

/** Takes all records before it first waits. */
async function put(parts: WriterParts, delivery: FoundDelivery, records: Records): Promise<DirectWriter> {
  const { clock } = parts.context
  const startedAt = clock.now()
  const meter = parts.meters.of(delivery.name)
  const { count } = records
  meter.observe('PutRecordBatch.Requests', 1)
  try {
    if (records.bytes > BATCH_BYTES_MAX) throw invalidArgument('Records size exceeds 4 MB limit')
    const writer = new DirectWriter(parts, delivery, count)
    for (let i = 0; i < count; i++) records.check(writer, i)
    if (!parts.rates.takeCall(delivery.record, startedAt)) {
      meter.observe('ThrottledRecords', count)
      throw slowDown()
    }
    for (let i = 0; i < count; i++) records.add(writer, i)
    await writer.finish()
    const { stored, throttled } = writer
    if (throttled > 0) meter.observe('ThrottledRecords', throttled)
    meter.observe('PutRecordBatch.Success', stored > 0 ? 1 : 0)
    meter.observe('PutRecordBatch.Records', stored)
    meter.observe('PutRecordBatch.Bytes', stored > 0 ? writer.bytes : 0)
    if (stored > 0) {
      meter.observe('IncomingPutRequests', 1)
      meter.observe('IncomingRecords', stored)
      meter.observe('IncomingBytes', writer.bytes)
    }
    return writer
  } catch (error) {
    meter.observe('PutRecordBatch.Success', 0)
    throw error
  } finally {
    meter.observe('PutRecordBatch.Latency', clock.now() - startedAt)
  }
}

function replyValue(writer: DirectWriter): object {
  return {
    FailedPutCount: writer.shards.length - writer.stored,
    Encrypted: writer.isEncrypted,
    RequestResponses: Array.from({ length: writer.shards.length }, (_, i) => entry(writer, i)),
  }
}

function entry(writer: DirectWriter, i: number): object {
  switch (writer.outcome(i)) {
    case 'stored':
      return { RecordId: writer.recordId(i) }
    case 'throttled':
      return { ErrorCode: THROTTLED_CODE, ErrorMessage: THROTTLED_MESSAGE }
    case 'failed':
      return { ErrorCode: FAILED_CODE, ErrorMessage: FAILED_MESSAGE }
  }
}

const ENTRY_OPEN = Buffer.from('{"RecordId":"')
const ENTRY_CLOSE = Buffer.from('"}')
const CLOSE = Buffer.from(']}')
const ENTRY_BYTES = ENTRY_OPEN.length + SEQUENCE_NUMBER_DIGITS + ENTRY_CLOSE.length + 1

/** The value of the general way as the listener's encoder would write it. */
function replyBytes(writer: DirectWriter): WireReply {
  const count = writer.shards.length
  if (writer.stored < count) return { kind: 'value', value: replyValue(writer) }
  const open = Buffer.from(`{"FailedPutCount":0,"Encrypted":${writer.isEncrypted},"RequestResponses":[`)
  const out = Buffer.allocUnsafe(open.length + count * ENTRY_BYTES + CLOSE.length)
  let at = copy(open, out, 0)
  for (let i = 0; i < count; i++) {
    if (i > 0) out[at++] = 44
    at = copy(ENTRY_OPEN, out, at)
    writer.writeRecordId(i, out, at)
    at = copy(ENTRY_CLOSE, out, at + SEQUENCE_NUMBER_DIGITS)
  }
  at = copy(CLOSE, out, at)
  return { kind: 'bytes', bytes: out.subarray(0, at) }
}

/** A few words: a loop beats a native copy. */
function copy(from: Uint8Array, to: Uint8Array, at: number): number {
  const { length } = from
  for (let i = 0; i < length; i++) to[at + i] = from[i]!
  return at + length
}
