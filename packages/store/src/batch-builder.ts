/**
 * The hot way to append: records of one shard are copied into two arenas (keys, data) with their ends in typed arrays.
 * No allocation per record; arenas double when full and are kept by `reset`, so a builder that is reused settles.
 * Copying is a plain loop up to a few words, where a call to `copyWithin` or `set` costs more than the bytes do.
 */
import { StoreError } from './errors.ts'
import { RECORD_KEY_BYTES_MAX, STORED_DATA_BYTES_MAX } from './limits.ts'
import type { StoreBatchBuilder } from './port.ts'
import type { BatchSource } from './record-batch.ts'

/** Below this many bytes a loop beats `set` with a subarray (measured on Node 20). */
const LOOP_BYTES_MAX = 48

export class BatchBuilder implements StoreBatchBuilder, BatchSource {
  count = 0
  keys = new Uint8Array(1 << 12)
  data = new Uint8Array(1 << 16)
  keyEnd = new Uint32Array(256)
  dataEnd = new Uint32Array(256)
  origin = new Float64Array(256)
  #keyBytes = 0
  #dataBytes = 0

  get byteLength(): number {
    return this.#keyBytes + this.#dataBytes
  }

  add(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    data: Uint8Array,
    dataStart: number,
    dataEnd: number,
    originTime: number,
  ): void {
    const keyLength = keyEnd - keyStart
    const dataLength = dataEnd - dataStart
    if (keyLength > RECORD_KEY_BYTES_MAX || dataLength > STORED_DATA_BYTES_MAX) {
      throw recordTooLarge(keyLength, dataLength)
    }
    const index = this.count
    const keyTo = this.#keyBytes + keyLength
    const dataTo = this.#dataBytes + dataLength
    if (index === this.keyEnd.length) this.#growIndex()
    if (keyTo > this.keys.length) this.keys = grown(this.keys, this.#keyBytes, keyTo)
    if (dataTo > this.data.length) this.data = grown(this.data, this.#dataBytes, dataTo)
    copySlice(this.keys, this.#keyBytes, key, keyStart, keyEnd)
    copySlice(this.data, this.#dataBytes, data, dataStart, dataEnd)
    this.#keyBytes = keyTo
    this.#dataBytes = dataTo
    this.keyEnd[index] = keyTo
    this.dataEnd[index] = dataTo
    this.origin[index] = originTime
    this.count = index + 1
  }

  record(index: number): { key: Uint8Array; data: Uint8Array } {
    const keyStart = index === 0 ? 0 : this.keyEnd[index - 1]!
    const dataStart = index === 0 ? 0 : this.dataEnd[index - 1]!
    return {
      key: this.keys.subarray(keyStart, this.keyEnd[index]!),
      data: this.data.subarray(dataStart, this.dataEnd[index]!),
    }
  }

  reset(): void {
    this.count = 0
    this.#keyBytes = 0
    this.#dataBytes = 0
  }

  #growIndex(): void {
    const size = this.keyEnd.length * 2
    const keyEnd = new Uint32Array(size)
    keyEnd.set(this.keyEnd)
    this.keyEnd = keyEnd
    const dataEnd = new Uint32Array(size)
    dataEnd.set(this.dataEnd)
    this.dataEnd = dataEnd
    const origin = new Float64Array(size)
    origin.set(this.origin)
    this.origin = origin
  }
}

export function copySlice(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start <= LOOP_BYTES_MAX) {
    for (let i = start, to = at; i < end; i++, to++) target[to] = source[i]!
  } else {
    target.set(start === 0 && end === source.length ? source : source.subarray(start, end), at)
  }
}

function grown(from: Uint8Array, used: number, needed: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(Math.max(needed, from.length * 2))
  to.set(from.subarray(0, used))
  return to
}

function recordTooLarge(keyBytes: number, dataBytes: number): StoreError {
  return new StoreError(
    'STORE_RECORD_TOO_LARGE',
    `record with a key of ${keyBytes} bytes and data of ${dataBytes} bytes: allowed are ${RECORD_KEY_BYTES_MAX} ` +
      `and ${STORED_DATA_BYTES_MAX} bytes. Split the record, or store the large part elsewhere and send its address.`,
  )
}
