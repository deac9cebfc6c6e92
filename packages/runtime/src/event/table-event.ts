/**
 * Lambda events of a table's changes, in the shape that AWS gives those of DynamoDB streams:
 *   {"Records":[{"eventID","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion","eventSourceARN","eventName",
 *     "dynamodb":{"SequenceNumber",...of the stored record},"userIdentity"?}]}
 *
 * The log holds a change as JSON text with its `dynamodb` member as it is shown, so an event is that text with another
 * beginning: known beginnings are replaced as bytes, and only a record that was written otherwise is parsed. Cost: one copy
 * of the bytes, one MD5 per record for `eventID`, one string.
 */
import {
  changeEventId,
  changeSequenceNumber,
  formatChangeShardId,
  type NumberedStream,
} from '@millrace/values'
import { messageOf, RuntimeError } from '../errors.ts'
import type { WindowCall } from '../mapping/function-runner.ts'
import { type BatchRecord, placeOf } from '../stream-record.ts'
import { closeEvent, eventBuffer, put } from './event-text.ts'
import type { EventSource, ShardEvents } from './shard-events.ts'

const eventNames = ['INSERT', 'MODIFY', 'REMOVE'] as const
const COMMA = 44
const SEQUENCE_NUMBER_DIGITS = 37
const EVENT_ID_DIGITS = 32
/** Of the members in front of the stored ones, beside number, id, region and ARN. */
const OPEN_BYTES = 256

/** How stored records of this table begin, and what their text in an event has in that place behind the id. */
interface Beginning {
  readonly stored: Buffer
  readonly shown: Buffer
}

export class TableShardEvents implements ShardEvents {
  readonly source: EventSource
  readonly shardId: string
  readonly #stream: NumberedStream
  readonly #shard: number
  readonly #fixedBytes: number
  #beginnings: Beginning[] = []

  constructor(source: EventSource, stream: NumberedStream, shard: number) {
    this.source = source
    this.shardId = formatChangeShardId(stream, shard)
    this.#stream = stream
    this.#shard = shard
    this.#fixedBytes =
      OPEN_BYTES +
      SEQUENCE_NUMBER_DIGITS +
      EVENT_ID_DIGITS +
      Buffer.byteLength(JSON.stringify([source.region, source.arn]))
  }

  sequenceNumber({ sequence }: BatchRecord): string {
    return changeSequenceNumber(this.#stream, this.#shard, sequence)
  }

  recordBytes(record: BatchRecord): number {
    return this.#fixedBytes + record.byteLength
  }

  event(records: readonly BatchRecord[], window?: WindowCall): string {
    const tail = closeEvent(window, { shardId: this.shardId, arn: this.source.arn })
    let room = 64 + tail.length * 3
    for (let i = 0; i < records.length; i++) room += this.recordBytes(records[i]!)
    const out = eventBuffer(room)
    let at = out.write('{"Records":[', 'latin1')
    for (let i = 0; i < records.length; i++) {
      if (i > 0) out[at++] = COMMA
      at = this.#write(records[i]!, out, at)
    }
    at += out.write(tail, at)
    return out.toString('utf8', 0, at)
  }

  recordJson(record: BatchRecord): Uint8Array {
    const out = eventBuffer(this.recordBytes(record))
    return out.subarray(0, this.#write(record, out, 0))
  }

  #write(record: BatchRecord, out: Buffer, start: number): number {
    const { data } = record
    const number = this.sequenceNumber(record)
    const id = changeEventId(this.#stream.name, number)
    const beginning = this.#beginning(record, data)
    let at = start + out.write(`{"eventID":"${id}"`, start, 'latin1')
    at = put(beginning.shown, out, at)
    at += out.write(`"SequenceNumber":"${number}",`, at, 'latin1')
    out.set(data.subarray(beginning.stored.length), at)
    return at + data.length - beginning.stored.length
  }

  #beginning(record: BatchRecord, data: Uint8Array): Beginning {
    for (const beginning of this.#beginnings) if (startsWith(data, beginning.stored)) return beginning
    if (this.#beginnings.length === 0) this.#beginnings = this.#learn(record)
    for (const beginning of this.#beginnings) if (startsWith(data, beginning.stored)) return beginning
    throw invalid(record, 'it begins with something else than eventName, tableName and dynamodb')
  }

  /** The table's name is the same in all records of a change stream, so one shows how all of them begin. */
  #learn(record: BatchRecord): Beginning[] {
    let change: unknown
    try {
      change = record.json()
    } catch (cause) {
      throw invalid(record, messageOf(cause), cause)
    }
    const name = (change as { tableName?: unknown } | null)?.tableName
    if (typeof name !== 'string') throw invalid(record, 'it has no tableName')
    const { region, arn } = this.source
    return eventNames.map((eventName) => ({
      stored: Buffer.from(`{"eventName":"${eventName}","tableName":${JSON.stringify(name)},"dynamodb":{`),
      shown: Buffer.from(
        `,"eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":${JSON.stringify(region)}` +
          `,"eventSourceARN":${JSON.stringify(arn)},"eventName":"${eventName}","dynamodb":{`,
      ),
    }))
  }
}

function startsWith(data: Uint8Array, beginning: Uint8Array): boolean {
  const { length } = beginning
  if (data.length <= length) return false
  for (let i = length - 1; i >= 0; i--) if (data[i] !== beginning[i]) return false
  return true
}

function invalid(record: BatchRecord, why: string, cause?: unknown): RuntimeError {
  return new RuntimeError('CHANGE_RECORD_INVALID', {
    place: placeOf(record),
    what: `the record is no change of a table: ${why}`,
    next: 'Only tables write to their change streams; let functions emit to another stream',
    cause,
    records: [{ stream: record.stream, shard: record.shard, sequence: record.sequence }],
  })
}
