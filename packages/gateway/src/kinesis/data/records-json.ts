/**
 * Records of a page as JSON bytes, written straight from the batches: what the general encoder would make of the same
 * tree, byte for byte, without making the tree. Used for replies of GetRecords and for pushed events, which differ in the
 * members around the records only.
 */
import type { StreamInfo } from '@millrace/store'
import {
  base64Length,
  jsonKeyByteMax,
  SEQUENCE_NUMBER_DIGITS,
  SequenceRun,
  writeBase64,
  writeJsonKey,
} from '@millrace/values'
import type { PageSlice, RecordPage } from './record-page.ts'

const SEQUENCE_OPEN = Buffer.from('{"SequenceNumber":"')
/** Everything of a record but key and data. */
const RECORD_BYTES = 256

export interface RecordsOptions {
  readonly info: StreamInfo
  readonly encryptionType: 'KMS' | undefined
}

/** `{"Records":[...]` and then `tail`, which closes the object. */
export function encodeRecordsJson(page: RecordPage, options: RecordsOptions, tail: string): Buffer {
  const tailBytes = Buffer.from(tail)
  const out = Buffer.allocUnsafe(roomFor(page) + tailBytes.length)
  let at = out.write('{"Records":[', 'latin1')
  const close =
    options.encryptionType === undefined ? '"}' : `","EncryptionType":"${options.encryptionType}"}`
  for (const [i, slice] of page.slices.entries()) {
    if (i > 0) out[at++] = 44
    at = writeSlice(slice, page.shard, options.info, close, out, at)
  }
  out[at++] = 93
  at += tailBytes.copy(out, at)
  return out.subarray(0, at)
}

function roomFor({ slices }: RecordPage): number {
  let room = 64
  for (const { batch, from, to } of slices) {
    const keys = batch.keyStart[to]! - batch.keyStart[from]!
    const data = batch.dataStart[to]! - batch.dataStart[from]!
    room += keys * jsonKeyByteMax + base64Length(data) + (to - from) * RECORD_BYTES
  }
  return room
}

function writeSlice(
  { batch, from, to }: PageSlice,
  shard: number,
  info: StreamInfo,
  close: string,
  out: Buffer,
  start: number,
): number {
  const { bytes, keyStart, dataStart } = batch
  const run = new SequenceRun(info, shard, batch.firstSequence + from, batch.arrivalTime)
  const afterNumber = Buffer.from(`","ApproximateArrivalTimestamp":${batch.arrivalTime / 1000},"Data":"`)
  const afterData = Buffer.from('","PartitionKey":"')
  const afterKey = Buffer.from(close)
  let at = start
  for (let i = from; i < to; i++) {
    if (i > from) out[at++] = 44
    at = put(SEQUENCE_OPEN, out, at)
    run.writeTo(out, at)
    run.advance()
    at = put(afterNumber, out, at + SEQUENCE_NUMBER_DIGITS)
    at = writeBase64(bytes, dataStart[i]!, dataStart[i + 1]!, out, at)
    at = put(afterData, out, at)
    at = writeJsonKey(bytes, keyStart[i]!, keyStart[i + 1]!, out, at)
    at = put(afterKey, out, at)
  }
  return at
}

/** A few words: a loop beats a native copy. */
function put(from: Uint8Array, to: Uint8Array, at: number): number {
  const { length } = from
  for (let i = 0; i < length; i++) to[at + i] = from[i]!
  return at + length
}
