/**
 * The record that a preprocessing function sees: one object for all records of a stage, moved from record to record. It
 * reads through the row reader, so that a function that looks at one field costs one field.
 */
import type { RecordBatch } from '@millrace/store'
import type { JsonRowReader } from '@millrace/values'
import type { JsonScalar, PreprocessRecord } from './preprocess-api.ts'

const decoder = new TextDecoder()

export class RecordView implements PreprocessRecord {
  private readonly reader: JsonRowReader
  private batch: RecordBatch | undefined
  private index = 0

  constructor(reader: JsonRowReader) {
    this.reader = reader
  }

  moveTo(batch: RecordBatch, index: number): this {
    this.batch = batch
    this.index = index
    return this
  }

  get partitionKey(): string {
    const { bytes, keyStart } = this.mustBatch()
    return decoder.decode(bytes.subarray(keyStart[this.index]!, keyStart[this.index + 1]!))
  }

  get arrivalTimeMs(): number {
    return this.mustBatch().arrivalTime
  }

  get data(): Uint8Array {
    const { bytes, dataStart } = this.mustBatch()
    return bytes.subarray(dataStart[this.index]!, dataStart[this.index + 1]!)
  }

  get(path: string): unknown {
    return this.reader.get(path)
  }

  json<T = unknown>(): T {
    // The caller names the type that it expects; the value is whatever the producer wrote.
    return this.reader.json() as T
  }

  set(name: string, value: JsonScalar): this {
    this.reader.set(name, value)
    return this
  }

  private mustBatch(): RecordBatch {
    if (this.batch === undefined) throw new Error('runtime invariant: a record view before its first record')
    return this.batch
  }
}
