/**
 * Records of a page as CBOR bytes, written straight from the batches, as the general encoder would write the same tree:
 * blobs as byte strings, arrival times under tag 1 in ms. The members around the records come encoded from the caller.
 */

import { SEQUENCE_NUMBER_DIGITS, SequenceRun } from '@millrace/values'
import type { RecordPage } from './record-page.ts'
import type { RecordsOptions } from './records-json.ts'

const MAP = 5
const ARRAY = 4
const TEXT = 3
const BYTES = 2
const UNSIGNED = 0
const TAG_1 = 0xc1
/** Everything of a record but key and data. */
const RECORD_BYTES = 200

/** A map of `Records` and `members` others, whose encoded names and values are `tail`. */
export function encodeRecordsCbor(
  page: RecordPage,
  options: RecordsOptions,
  { members, tail }: { readonly members: number; readonly tail: Uint8Array },
): Buffer {
  const out = Buffer.allocUnsafe(roomFor(page) + tail.length)
  const { encryptionType } = options
  const names = {
    number: text('SequenceNumber'),
    time: text('ApproximateArrivalTimestamp'),
    data: text('Data'),
    key: text('PartitionKey'),
    last: encryptionType === undefined ? [] : [text('EncryptionType'), text(encryptionType)],
  }
  let at = writeHead(out, 0, MAP, members + 1)
  at += text('Records').copy(out, at)
  at = writeHead(out, at, ARRAY, page.records)
  for (const { batch, from, to } of page.slices) {
    const { bytes, keyStart, dataStart } = batch
    const run = new SequenceRun(options.info, page.shard, batch.firstSequence + from, batch.arrivalTime)
    for (let i = from; i < to; i++) {
      at = writeHead(out, at, MAP, encryptionType === undefined ? 4 : 5)
      at += names.number.copy(out, at)
      at = writeHead(out, at, TEXT, SEQUENCE_NUMBER_DIGITS)
      run.writeTo(out, at)
      run.advance()
      at += SEQUENCE_NUMBER_DIGITS
      at += names.time.copy(out, at)
      out[at++] = TAG_1
      at = writeHead(out, at, UNSIGNED, batch.arrivalTime)
      at += names.data.copy(out, at)
      at = writeString(out, at, BYTES, bytes, dataStart[i]!, dataStart[i + 1]!)
      at += names.key.copy(out, at)
      at = writeKey(out, at, bytes, keyStart[i]!, keyStart[i + 1]!)
      for (const part of names.last) at += part.copy(out, at)
    }
  }
  at += Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).copy(out, at)
  return out.subarray(0, at)
}

function roomFor({ slices }: RecordPage): number {
  let room = 64
  for (const { batch, from, to } of slices) {
    // A byte of a key that is not UTF-8 becomes three.
    room += 3 * (batch.keyStart[to]! - batch.keyStart[from]!)
    room += batch.dataStart[to]! - batch.dataStart[from]! + (to - from) * RECORD_BYTES
  }
  return room
}

function writeString(
  out: Buffer,
  at: number,
  major: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const to = writeHead(out, at, major, end - start)
  out.set(bytes.subarray(start, end), to)
  return to + end - start
}

function writeKey(out: Buffer, at: number, bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    if (bytes[i]! < 128) continue
    const key = Buffer.from(Buffer.from(bytes.subarray(start, end)).toString('utf8'))
    return writeString(out, at, TEXT, key, 0, key.length)
  }
  return writeString(out, at, TEXT, bytes, start, end)
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const out = Buffer.alloc(bytes.length + 9)
  const at = writeHead(out, 0, TEXT, bytes.length)
  return out.subarray(0, at + bytes.copy(out, at))
}

/** Major type and argument in the shortest form; returns where they end. */
function writeHead(out: Buffer, at: number, major: number, argument: number): number {
  const first = major << 5
  if (argument < 24) {
    out[at] = first | argument
    return at + 1
  }
  if (argument < 0x100) {
    out[at] = first | 24
    out[at + 1] = argument
    return at + 2
  }
  if (argument < 0x1_0000) {
    out[at] = first | 25
    return out.writeUInt16BE(argument, at + 1)
  }
  if (argument < 0x1_0000_0000) {
    out[at] = first | 26
    return out.writeUInt32BE(argument, at + 1)
  }
  out[at] = first | 27
  out.writeUInt32BE(Math.floor(argument / 0x1_0000_0000), at + 1)
  return out.writeUInt32BE(argument % 0x1_0000_0000, at + 5)
}
