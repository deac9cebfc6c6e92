/**
 * Packs user records into one record of bounded size. Keys stand once in the tables; the size is known exactly before
 * anything is written, so that `add` can refuse what would not fit.
 *
 * A single user record goes out bare, as producers of Kinesis send it, unless its own data would be taken for an
 * aggregate. Cost: O(bytes), one copy of each record's data.
 * Not here: which records go to the same shard. An aggregate is routed by its first user record, so a producer fills one
 * builder for each shard.
 */
import { hashToBigInt } from '../hash-range.ts'
import { md5Words } from '../md5.ts'
import { ValueError } from '../value-error.ts'
import {
  aggregateMagic,
  digestBytes,
  envelopeBytes,
  hasAggregateMagic,
  subRecordsMax,
  writeMessageDigest,
} from './aggregate-layout.ts'
import { readExplicitHash } from './explicit-hash.ts'
import { varintSize, writeVarint } from './wire-cursor.ts'

export interface UserRecord {
  readonly partitionKey: string
  /** Decimal text for a hash in 0 .. 2^128 - 1. */
  readonly explicitHashKey?: string
  readonly data: Uint8Array
}

/** What is put to a stream. */
export type PackedRecord = UserRecord

/** The size producers use for an aggregate unless told otherwise. */
export const aggregateBytesDefault = 51_200

const outerPartitionKey = 'a'

export interface AggregateBuilderOptions {
  /** Bytes of an aggregate, envelope included. Default 51200. */
  readonly bytesMax?: number
  /** User records of an aggregate. Default 1000000, the most there can be. */
  readonly recordsMax?: number
}

export class AggregateBuilder {
  readonly #bytesMax: number
  readonly #recordsMax: number
  readonly #records: UserRecord[] = []
  readonly #keys = new KeyTable()
  readonly #hashes = new KeyTable()
  #messageBytes = 0

  constructor(options: AggregateBuilderOptions = {}) {
    this.#bytesMax = options.bytesMax ?? aggregateBytesDefault
    this.#recordsMax = Math.min(options.recordsMax ?? subRecordsMax, subRecordsMax)
  }

  get count(): number {
    return this.#records.length
  }

  /** Bytes of the aggregate that `build` would make of more than one record. */
  get byteLength(): number {
    return this.#messageBytes + envelopeBytes
  }

  /**
   * Takes the record, or refuses it with false when it does not fit any more: then `build` and add it again. An empty
   * builder takes a record of any size. The data is copied by `build` and must not change before. Error: VAL1202.
   */
  add(record: UserRecord): boolean {
    if (record.explicitHashKey !== undefined) mustBeHash(record.explicitHashKey)
    const bytes =
      this.#keys.growth(record.partitionKey) +
      (record.explicitHashKey === undefined ? 0 : this.#hashes.growth(record.explicitHashKey)) +
      fieldSize(this.#innerSize(record))
    const isFull = this.byteLength + bytes > this.#bytesMax || this.#records.length >= this.#recordsMax
    if (isFull && this.#records.length > 0) return false
    this.#keys.add(record.partitionKey)
    if (record.explicitHashKey !== undefined) this.#hashes.add(record.explicitHashKey)
    this.#records.push(record)
    this.#messageBytes += bytes
    return true
  }

  /** The record to put; undefined if nothing was added. Empties the builder. */
  build(): PackedRecord | undefined {
    const first = this.#records[0]
    if (first === undefined) return undefined
    const isBare = this.#records.length === 1 && !hasAggregateMagic(first.data, 0, first.data.length)
    const packed: PackedRecord = isBare
      ? { ...first, data: new Uint8Array(first.data) }
      : {
          partitionKey: outerPartitionKey,
          explicitHashKey: first.explicitHashKey ?? hashOfKey(first.partitionKey),
          data: this.#write(),
        }
    this.#records.length = 0
    this.#keys.clear()
    this.#hashes.clear()
    this.#messageBytes = 0
    return packed
  }

  #innerSize(record: UserRecord): number {
    const hash = record.explicitHashKey
    return (
      1 +
      varintSize(this.#keys.indexOf(record.partitionKey)) +
      (hash === undefined ? 0 : 1 + varintSize(this.#hashes.indexOf(hash))) +
      fieldSize(record.data.length)
    )
  }

  #write(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength)
    bytes.set(aggregateMagic)
    let at = this.#keys.write(bytes, aggregateMagic.length, 1)
    at = this.#hashes.write(bytes, at, 2)
    for (const record of this.#records) {
      at = writeHead(bytes, at, 3, this.#innerSize(record))
      bytes[at++] = 1 << 3
      at = writeVarint(bytes, at, this.#keys.indexOf(record.partitionKey))
      if (record.explicitHashKey !== undefined) {
        bytes[at++] = 2 << 3
        at = writeVarint(bytes, at, this.#hashes.indexOf(record.explicitHashKey))
      }
      at = writeHead(bytes, at, 3, record.data.length)
      bytes.set(record.data, at)
      at += record.data.length
    }
    if (at !== bytes.length - digestBytes) throw new RangeError(`wrote ${at} of ${bytes.length} bytes`)
    writeMessageDigest(bytes, aggregateMagic.length, at)
    return bytes
  }
}

/** Texts by index, each once. */
class KeyTable {
  readonly #index = new Map<string, number>()

  /** The text's index, or the one it would get. */
  indexOf(text: string): number {
    return this.#index.get(text) ?? this.#index.size
  }

  /** Bytes that the table's field grows by with this text. */
  growth(text: string): number {
    return this.#index.has(text) ? 0 : fieldSize(Buffer.byteLength(text))
  }

  add(text: string): void {
    if (!this.#index.has(text)) this.#index.set(text, this.#index.size)
  }

  clear(): void {
    this.#index.clear()
  }

  write(bytes: Uint8Array, start: number, field: number): number {
    let at = start
    for (const text of this.#index.keys()) {
      const encoded = Buffer.from(text)
      at = writeHead(bytes, at, field, encoded.length)
      bytes.set(encoded, at)
      at += encoded.length
    }
    return at
  }
}

/** Bytes of a length-delimited field with this content. */
function fieldSize(contentBytes: number): number {
  return 1 + varintSize(contentBytes) + contentBytes
}

function writeHead(bytes: Uint8Array, at: number, field: number, contentBytes: number): number {
  bytes[at] = (field << 3) | 2
  return writeVarint(bytes, at + 1, contentBytes)
}

const words = new Uint32Array(4)

function mustBeHash(text: string): void {
  const bytes = Buffer.from(text)
  if (readExplicitHash(bytes, 0, bytes.length, words) === 'hash') return
  throw new ValueError(
    'VAL1202',
    `${JSON.stringify(text.slice(0, 60))} is no explicit hash key. ` +
      'It is a decimal number from 0 to 340282366920938463463374607431768211455.',
  )
}

function hashOfKey(key: string): string {
  const bytes = Buffer.from(key)
  md5Words(bytes, 0, bytes.length, words)
  return hashToBigInt(words).toString()
}
