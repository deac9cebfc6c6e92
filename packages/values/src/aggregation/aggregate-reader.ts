/**
 * Takes aggregated records apart in place: `read` notes where each user record's key and data lie in the given bytes,
 * and copies nothing. A reader is reusable; what it holds is valid until the next `read`. Nothing that bytes can say
 * makes it throw.
 *
 * Cost: the MD5 of the message once, O(bytes); with a range also one MD5 for each partition key of the table.
 * Not here: sequence numbers. All user records share the outer one; user record i has sub-sequence number i.
 */
import { bigIntToHash, type HashRange } from '../hash-range.ts'
import { md5Words } from '../md5.ts'
import {
  aggregateMagic,
  digestBytes,
  hasAggregateMagic,
  hasMessageDigest,
  subRecordsMax,
} from './aggregate-layout.ts'
import { readExplicitHash } from './explicit-hash.ts'
import { WireCursor } from './wire-cursor.ts'

/**
 * - `plain`: no aggregate, or a damaged one: the whole original is one record, and the reader holds none.
 * - `aggregate`: all of its user records.
 * - `cut`: a user record names a key outside of the tables; the reader holds those before it.
 * - `foreign`: a user record does not belong to the given range: the aggregate was routed by an outdated map of shards,
 *   its producer learns of it and sends again, so the whole aggregate is discarded. The reader holds none.
 */
export type AggregateOutcome = 'plain' | 'aggregate' | 'cut' | 'foreign'

/** Stands for an absent explicit hash key. No table is that long. */
const noIndex = 0xffff_ffff
const indexMax = 0xffff_fffe

/** Whether the key of a table entry lies in the range: found out when it is first needed. */
const unknown = 0
const inside = 1
const outside = 2
const unreadable = 3

export class AggregateReader {
  /** User records found. */
  count = 0
  readonly #keys = new Slices()
  readonly #hashes = new Slices()
  readonly #data = new Slices()
  #keyIndex = new Uint32Array(64)
  #hashIndex = new Uint32Array(64)
  #keyPlaces = new Uint8Array(16)
  #hashPlaces = new Uint8Array(16)
  readonly #message = new WireCursor()
  readonly #inner = new WireCursor()
  readonly #tag = new WireCursor()
  readonly #hash = new Uint32Array(4)
  #range: HashRange | undefined
  readonly #rangeStart = new Uint32Array(4)
  readonly #rangeEnd = new Uint32Array(4)
  #bytes: Uint8Array = new Uint8Array(0)

  /** Reads the record bytes[start, end). With the hash range of its shard, the routing is checked. */
  read(bytes: Uint8Array, start: number, end: number, range?: HashRange): AggregateOutcome {
    this.count = 0
    if (!hasAggregateMagic(bytes, start, end) || !hasMessageDigest(bytes, start, end)) return 'plain'
    this.#bytes = bytes
    this.#keys.count = this.#hashes.count = this.#data.count = 0
    if (!this.#parse(start + aggregateMagic.length, end - digestBytes)) return 'plain'
    if (range !== undefined) this.#useRange(range)
    const outcome = this.#resolve(range !== undefined)
    if (outcome === 'foreign') this.count = 0
    return outcome
  }

  /** Offsets of user record i's partition key (UTF-8) and data in the bytes given to `read`; i below `count`. */
  keyStart(index: number): number {
    return this.#keys.starts[this.#keyIndex[index]!]!
  }

  keyEnd(index: number): number {
    return this.#keys.ends[this.#keyIndex[index]!]!
  }

  dataStart(index: number): number {
    return this.#data.starts[index]!
  }

  dataEnd(index: number): number {
    return this.#data.ends[index]!
  }

  /** Decimal text, undefined if the user record has none. */
  explicitHashKey(index: number): string | undefined {
    const entry = this.#hashIndex[index]!
    if (entry === noIndex) return undefined
    const { buffer, byteOffset, byteLength } = this.#bytes
    return Buffer.from(buffer, byteOffset, byteLength).toString(
      'latin1',
      this.#hashes.starts[entry],
      this.#hashes.ends[entry],
    )
  }

  /** Notes tables and records, in whatever order they come. False if the message is damaged. */
  #parse(start: number, end: number): boolean {
    const message = this.#message
    message.open(this.#bytes, start, end)
    for (;;) {
      const step = message.next()
      if (step !== 'field') return step === 'end'
      if (message.isBytes(1)) this.#keys.add(message.start, message.end)
      else if (message.isBytes(2)) this.#hashes.add(message.start, message.end)
      else if (message.isBytes(3) && !this.#parseRecord(message.start, message.end)) return false
    }
  }

  #parseRecord(start: number, end: number): boolean {
    const inner = this.#inner
    inner.open(this.#bytes, start, end)
    let key = -1
    let hash = noIndex
    let dataStart = -1
    let dataEnd = -1
    for (let step = inner.next(); step !== 'end'; step = inner.next()) {
      if (step === 'damaged') return false
      if (inner.isVarint(1)) key = Math.min(inner.varint, indexMax)
      else if (inner.isVarint(2)) hash = Math.min(inner.varint, indexMax)
      else if (inner.isBytes(3)) {
        dataStart = inner.start
        dataEnd = inner.end
      } else if (inner.isBytes(4) && !this.#isTag(inner.start, inner.end)) return false
    }
    // Both are required by the message's definition.
    if (key === -1 || dataStart === -1) return false
    const index = this.#data.count
    if (index === subRecordsMax) return false
    if (index === this.#keyIndex.length) {
      this.#keyIndex = doubled(this.#keyIndex)
      this.#hashIndex = doubled(this.#hashIndex)
    }
    this.#keyIndex[index] = key
    this.#hashIndex[index] = hash
    this.#data.add(dataStart, dataEnd)
    return true
  }

  #isTag(start: number, end: number): boolean {
    const tag = this.#tag
    tag.open(this.#bytes, start, end)
    let hasKey = false
    for (let step = tag.next(); step !== 'end'; step = tag.next()) {
      if (step === 'damaged') return false
      if (tag.isBytes(1)) hasKey = true
    }
    return hasKey
  }

  #useRange(range: HashRange): void {
    if (range !== this.#range) {
      bigIntToHash(range.start, this.#rangeStart)
      bigIntToHash(range.end, this.#rangeEnd)
      this.#range = range
    }
    this.#keyPlaces = cleared(this.#keyPlaces, this.#keys.count)
    this.#hashPlaces = cleared(this.#hashPlaces, this.#hashes.count)
  }

  /** Checks the records in their order: the first fault decides, as in the consumer library of Kinesis. */
  #resolve(isChecked: boolean): AggregateOutcome {
    const records = this.#data.count
    for (let i = 0; i < records; i++) {
      const key = this.#keyIndex[i]!
      const hash = this.#hashIndex[i]!
      if (key >= this.#keys.count || (hash !== noIndex && hash >= this.#hashes.count)) return 'cut'
      if (isChecked) {
        const place = hash === noIndex ? this.#placeOfKey(key) : this.#placeOfHash(hash)
        if (place === outside) return 'foreign'
        if (place === unreadable) return 'cut'
      }
      this.count++
    }
    return 'aggregate'
  }

  #placeOfKey(index: number): number {
    if (this.#keyPlaces[index] === unknown) {
      md5Words(this.#bytes, this.#keys.starts[index]!, this.#keys.ends[index]!, this.#hash)
      this.#keyPlaces[index] = this.#placeOf()
    }
    return this.#keyPlaces[index]!
  }

  #placeOfHash(index: number): number {
    if (this.#hashPlaces[index] === unknown) {
      const text = readExplicitHash(
        this.#bytes,
        this.#hashes.starts[index]!,
        this.#hashes.ends[index]!,
        this.#hash,
      )
      this.#hashPlaces[index] = text === 'hash' ? this.#placeOf() : text === 'above' ? outside : unreadable
    }
    return this.#hashPlaces[index]!
  }

  #placeOf(): number {
    const isInside =
      compareWords(this.#hash, this.#rangeStart) >= 0 && compareWords(this.#hash, this.#rangeEnd) <= 0
    return isInside ? inside : outside
  }
}

/** A growing list of byte ranges. */
class Slices {
  count = 0
  starts = new Uint32Array(64)
  ends = new Uint32Array(64)

  add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts)
      this.ends = doubled(this.ends)
    }
    this.starts[this.count] = start
    this.ends[this.count++] = end
  }
}

function doubled(from: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2)
  to.set(from)
  return to
}

function cleared(places: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  return places.length < count ? new Uint8Array(Math.max(places.length * 2, count)) : places.fill(0, 0, count)
}

function compareWords(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return a[i]! > b[i]! ? 1 : -1
  return 0
}
