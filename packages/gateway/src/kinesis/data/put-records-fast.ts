/**
 * PutRecords by the short cut: JSON bodies of the usual kind are read from their bytes and the reply is written as
 * bytes. The steps and answers are those of put-records.ts, which takes every call that the scanner does not know.
 * One scanner serves all calls: nothing of it is used after the records were added to the group, in the same turn.
 */

import { formatShardId, SEQUENCE_NUMBER_DIGITS } from '@millrace/values'
import type { WireReply } from '../../wire/wire-service.ts'
import type { KinesisStream } from '../kinesis-context.ts'
import type { FastOperation } from '../operation.ts'
import { CallWriter, type WriterParts } from './call-writer.ts'
import { checkCallBytes, checkRecordBytes } from './put-checks.ts'
import { observePutRecords, putRecordsReply } from './put-records.ts'
import { PutRecordsScanner } from './put-records-scanner.ts'
import { encryptionType, mustBeUsable } from './stream-state.ts'

export function putRecordsFast(parts: WriterParts): FastOperation {
  const scanner = new PutRecordsScanner()
  return {
    name: 'PutRecords',
    handle(call, { clock, streams }) {
      if (call.encoding !== 'json' || !scanner.scan(call.body)) return undefined
      const startedAt = clock.now()
      const caller = call.authenticate()
      const reference = { StreamName: scanner.streamName, StreamARN: scanner.streamArn }
      const stream = streams.resolve(reference, caller, 'kinesis:PutRecords')
      const writer = write(parts, scanner, stream)
      return writer.finish().then(() => {
        observePutRecords(writer, clock.now() - startedAt)
        return replyOf(writer)
      })
    },
  }
}

function write(parts: WriterParts, scanner: PutRecordsScanner, stream: KinesisStream): CallWriter {
  try {
    mustBeUsable(stream)
    checkSizes(scanner, stream)
    const { count, body, keyStart, keyEnd, arena, dataEnd, isExplicit, hashes } = scanner
    const writer = new CallWriter(parts, stream, count)
    for (let i = 0, dataStart = 0; i < count; i++) {
      const hash = isExplicit[i] === 1 ? hashes.subarray(i * 4, i * 4 + 4) : undefined
      writer.add(body, keyStart[i]!, keyEnd[i]!, arena, dataStart, dataEnd[i]!, hash)
      dataStart = dataEnd[i]!
    }
    return writer
  } catch (error) {
    parts.meters.of(stream.name).observe('PutRecords.Success', 0)
    throw error
  } finally {
    scanner.release()
  }
}

function checkSizes({ count, keyStart, keyEnd, dataEnd }: PutRecordsScanner, stream: KinesisStream): void {
  let callBytes = 0
  for (let i = 0, dataStart = 0; i < count; i++) {
    const bytes = keyEnd[i]! - keyStart[i]! + dataEnd[i]! - dataStart
    checkRecordBytes(bytes, stream, i + 1)
    callBytes += bytes
    dataStart = dataEnd[i]!
  }
  checkCallBytes(callBytes)
}

const OPEN = Buffer.from('{"FailedRecordCount":0,"Records":[')
const ENTRY_OPEN = Buffer.from('{"SequenceNumber":"')

/** The value that the general way answers, as the listener's encoder would write it. */
function replyOf(writer: CallWriter): WireReply {
  if (writer.failedCount > 0) return { kind: 'value', value: putRecordsReply(writer) }
  const encryption = encryptionType(writer.stream)
  const close = Buffer.from(encryption === undefined ? ']}' : `],"EncryptionType":"${encryption}"}`)
  const count = writer.shards.length
  const afterNumber: Buffer[] = []
  const entryMax = ENTRY_OPEN.length + SEQUENCE_NUMBER_DIGITS + 40
  const out = Buffer.allocUnsafe(OPEN.length + count * entryMax + close.length)
  let at = put(OPEN, out, 0)
  for (let i = 0; i < count; i++) {
    if (i > 0) out[at++] = 44
    at = put(ENTRY_OPEN, out, at)
    writer.writeSequenceNumber(i, out, at)
    const shard = writer.shards[i]!
    let close = afterNumber[shard]
    if (close === undefined) {
      close = Buffer.from(`","ShardId":"${formatShardId(shard)}"}`)
      afterNumber[shard] = close
    }
    at = put(close, out, at + SEQUENCE_NUMBER_DIGITS)
  }
  at = put(close, out, at)
  return { kind: 'bytes', bytes: out.subarray(0, at) }
}

/** A few words: a loop beats a native copy. */
function put(from: Uint8Array, to: Uint8Array, at: number): number {
  const { length } = from
  for (let i = 0; i < length; i++) to[at + i] = from[i]!
  return at + length
}
