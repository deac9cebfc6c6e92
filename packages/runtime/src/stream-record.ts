/**
 * One record of a stream as handlers see it: a reference into its batch, decoded on demand. One small object per record
 * is all that the hot path allocates; `put(records)` reads keys from the batch's bytes through `batch` and `index`.
 */
import type { RecordBatch } from '@millrace/store'
import { messageOf, RuntimeError } from './errors.ts'
import type { StreamRecord } from './function-api.ts'

const decoder = new TextDecoder()
/** Recognises records of any copy of this package. */
const brand: unique symbol = Symbol.for('millrace.record')

export class BatchRecord implements StreamRecord {
  readonly batch: RecordBatch
  readonly index: number

  constructor(batch: RecordBatch, index: number) {
    this.batch = batch
    this.index = index
  }

  get stream(): string {
    return this.batch.stream
  }

  get shard(): number {
    return this.batch.shard
  }

  get sequence(): number {
    return this.batch.firstSequence + this.index
  }

  get arrivalTimeMs(): number {
    return this.batch.arrivalTime
  }

  /** Where it stands in the log that it is read from, which for a redriven record is not its own stream. */
  get position(): number {
    return this.batch.firstSequence + this.index
  }

  /** When it came into that log. */
  get loggedAtMs(): number {
    return this.batch.arrivalTime
  }

  get partitionKey(): string {
    const { bytes, keyStart } = this.batch
    return decoder.decode(bytes.subarray(keyStart[this.index]!, keyStart[this.index + 1]!))
  }

  get data(): Uint8Array {
    const { bytes, dataStart } = this.batch
    return bytes.subarray(dataStart[this.index]!, dataStart[this.index + 1]!)
  }

  get byteLength(): number {
    const { dataStart } = this.batch
    return dataStart[this.index + 1]! - dataStart[this.index]!
  }

  text(): string {
    return decoder.decode(this.data)
  }

  json<T = unknown>(): T {
    try {
      // The caller names the type that it expects; the value itself is whatever the producer wrote.
      return JSON.parse(this.text()) as T
    } catch (cause) {
      throw new RuntimeError('RECORD_NOT_JSON', {
        place: placeOf(this),
        what: `the data is not JSON: ${messageOf(cause)}`,
        next: 'Read it with record.text() or record.data, or mend its producer',
        cause,
        records: [{ stream: this.batch.stream, shard: this.shard, sequence: this.sequence }],
      })
    }
  }
}

Object.defineProperty(BatchRecord.prototype, brand, { value: true })

export function isBatchRecord(value: unknown): value is BatchRecord {
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
}

/** For messages: record 12 of shard 0 of stream "orders". */
export function placeOf(record: BatchRecord): string {
  return `record ${record.sequence} of shard ${record.shard} of stream "${record.batch.stream}"`
}
