/**
 * Lambda events of objects that were stored, in the shape that S3 gives them: {"Records":[...]} of the records as they are in the
 * log, which were written in that shape. Cost: one copy of the bytes, one string.
 */
import { formatSequenceNumber, formatShardId, type NumberedStream, scanJson } from '@millrace/values'
import { RuntimeError } from '../errors.ts'
import type { WindowCall } from '../mapping/function-runner.ts'
import { type BatchRecord, placeOf } from '../stream-record.ts'
import { closeEvent, eventBuffer } from './event-text.ts'
import type { EventSource, ShardEvents } from './shard-events.ts'

const COMMA = 44

export class BucketShardEvents implements ShardEvents {
  readonly source: EventSource
  readonly shardId: string
  readonly #stream: NumberedStream
  readonly #shard: number

  constructor(source: EventSource, stream: NumberedStream, shard: number) {
    this.source = source
    this.shardId = formatShardId(shard)
    this.#stream = stream
    this.#shard = shard
  }

  sequenceNumber({ batch, sequence }: BatchRecord): string {
    return formatSequenceNumber(this.#stream, this.#shard, sequence, batch.arrivalTime)
  }

  recordBytes(record: BatchRecord): number {
    return record.byteLength + 1
  }

  /** Error: OBJECT_RECORD_INVALID. */
  event(records: readonly BatchRecord[], window?: WindowCall): string {
    const tail = closeEvent(window, { shardId: this.shardId, arn: this.source.arn })
    let room = 64 + tail.length * 3
    for (const record of records) room += this.recordBytes(record)
    const out = eventBuffer(room)
    let at = out.write('{"Records":[', 'latin1')
    records.forEach((record, i) => {
      if (i > 0) out[at++] = COMMA
      const data = this.recordJson(record)
      out.set(data, at)
      at += data.length
    })
    at += out.write(tail, at)
    return out.toString('utf8', 0, at)
  }

  /** Error: OBJECT_RECORD_INVALID. */
  recordJson(record: BatchRecord): Uint8Array {
    const { data } = record
    const problem = scanJson(data, 0, data.length)
    if (problem === null) return data
    throw new RuntimeError('OBJECT_RECORD_INVALID', {
      place: placeOf(record),
      what: 'the record does not tell of an object: it is not JSON',
      next: 'Only buckets write to their streams; let functions emit to another stream',
      records: [{ stream: record.stream, shard: record.shard, sequence: record.sequence }],
    })
  }
}
