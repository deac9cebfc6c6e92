/**
 * Lambda events of stream records, in the shape that AWS gives those of Kinesis:
 *   {"Records":[{"kinesis":{"kinesisSchemaVersion","partitionKey","sequenceNumber","data","approximateArrivalTimestamp"},
 *     "eventSource","eventVersion","eventID","eventName","invokeIdentityArn","awsRegion","eventSourceARN"}]}
 * `data` is base64, the time seconds with a fraction, `eventID` the shard's id, a colon and the sequence number.
 *
 * Cost: one pass over the records into a buffer that is used again, and one string of it.
 */

import type { RecordBatch } from '@millrace/store'
import {
  base64Length,
  formatSequenceNumber,
  formatShardId,
  jsonKeyByteMax,
  keyText,
  type NumberedStream,
  SEQUENCE_NUMBER_DIGITS,
  SequenceRun,
  writeBase64,
  writeJsonKey,
} from '@millrace/values'
import type { WindowCall } from '../mapping/function-runner.ts'
import type { BatchRecord } from '../stream-record.ts'
import { closeEvent, eventBuffer, put } from './event-text.ts'
import type { EventSource, ShardEvents } from './shard-events.ts'

const OPEN = Buffer.from('{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"')
const AFTER_KEY = Buffer.from('","sequenceNumber":"')
const AFTER_NUMBER = Buffer.from('","data":"')
const COMMA = 44
/** Seconds since the epoch with three decimals, in this century. */
const timeBytesMax = 14

export class KinesisShardEvents implements ShardEvents {
  readonly source: EventSource
  readonly shardId: string
  readonly #stream: NumberedStream
  readonly #shard: number
  readonly #afterTime: string
  readonly #close: Buffer
  /** Of a record without key and data, with its comma. */
  readonly #fixedBytes: number

  constructor(source: EventSource, stream: NumberedStream, shard: number) {
    this.source = source
    this.shardId = formatShardId(shard)
    this.#stream = stream
    this.#shard = shard
    const identity = `arn:aws:iam::${source.account}:role/millrace`
    this.#afterTime = `},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"${this.shardId}:`
    this.#close = Buffer.from(
      `","eventName":"aws:kinesis:record","invokeIdentityArn":"${identity}","awsRegion":${JSON.stringify(source.region)}` +
        `,"eventSourceARN":${JSON.stringify(source.arn)}}`,
    )
    this.#fixedBytes =
      OPEN.length +
      AFTER_KEY.length +
      AFTER_NUMBER.length +
      this.#afterData(0).length -
      1 +
      timeBytesMax +
      2 * SEQUENCE_NUMBER_DIGITS +
      this.#close.length +
      1
  }

  sequenceNumber({ batch, sequence }: BatchRecord): string {
    return formatSequenceNumber(this.#stream, this.#shard, sequence, batch.arrivalTime)
  }

  recordBytes({ batch, index }: BatchRecord): number {
    const { keyStart, dataStart } = batch
    return (
      this.#fixedBytes +
      keyBytes(batch, keyStart[index]!, keyStart[index + 1]!) +
      base64Length(dataStart[index + 1]! - dataStart[index]!)
    )
  }

  event(records: readonly BatchRecord[], window?: WindowCall): string {
    const tail = closeEvent(window, { shardId: this.shardId, arn: this.source.arn })
    const out = eventBuffer(this.#room(records) + tail.length * 3)
    let at = out.write('{"Records":[', 'latin1')
    let batch: RecordBatch | undefined
    let next = 0
    let run: SequenceRun | undefined
    let afterData: Buffer | undefined
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!
      if (run === undefined || afterData === undefined || record.batch !== batch) {
        batch = record.batch
        next = record.index
        run = new SequenceRun(this.#stream, this.#shard, record.sequence, batch.arrivalTime)
        afterData = this.#afterData(batch.arrivalTime)
      }
      if (record.index !== next) run.advance(record.index - next)
      next = record.index
      if (i > 0) out[at++] = COMMA
      at = this.#write(record, run, afterData, out, at)
    }
    at += out.write(tail, at)
    return out.toString('utf8', 0, at)
  }

  recordJson(record: BatchRecord): Uint8Array {
    const out = eventBuffer(this.#room([record]))
    const { arrivalTime } = record.batch
    const run = new SequenceRun(this.#stream, this.#shard, record.sequence, arrivalTime)
    return out.subarray(0, this.#write(record, run, this.#afterData(arrivalTime), out, 0))
  }

  #room(records: readonly BatchRecord[]): number {
    let room = 64
    for (let i = 0; i < records.length; i++) room += this.recordBytes(records[i]!)
    return room
  }

  #write(
    { batch, index }: BatchRecord,
    run: SequenceRun,
    afterData: Buffer,
    out: Buffer,
    start: number,
  ): number {
    const { bytes, keyStart, dataStart } = batch
    let at = put(OPEN, out, start)
    at = writeJsonKey(bytes, keyStart[index]!, keyStart[index + 1]!, out, at)
    at = put(AFTER_KEY, out, at)
    const number = at
    run.writeTo(out, number)
    at = put(AFTER_NUMBER, out, at + SEQUENCE_NUMBER_DIGITS)
    at = writeBase64(bytes, dataStart[index]!, dataStart[index + 1]!, out, at)
    at = put(afterData, out, at)
    out.copyWithin(at, number, number + SEQUENCE_NUMBER_DIGITS)
    return put(this.#close, out, at + SEQUENCE_NUMBER_DIGITS)
  }

  #afterData(arrivalTime: number): Buffer {
    return Buffer.from(`","approximateArrivalTimestamp":${arrivalTime / 1000}${this.#afterTime}`)
  }
}

/** Of the key inside a JSON string; keys are mostly plain ASCII. */
function keyBytes({ bytes }: RecordBatch, start: number, end: number): number {
  const length = end - start
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte >= 32 && byte <= 126 && byte !== 34 && byte !== 92) continue
    if (length * jsonKeyByteMax < 64) return length * jsonKeyByteMax
    return Buffer.byteLength(JSON.stringify(keyText(bytes, start, end))) - 2
  }
  return length
}
