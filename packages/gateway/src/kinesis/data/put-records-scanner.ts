/**
 * Reads the JSON body of a PutRecords call from its bytes:
 *   {"Records":[{"Data":"<base64>","PartitionKey":"<key>","ExplicitHashKey":"<digits>"},...],"StreamName":"<name>"}
 * with members in any order, white space anywhere, ExplicitHashKey optional, and StreamARN beside or in place of StreamName.
 * It takes only bodies that the general way is sure to take as well: names and keys of plain ASCII without escapes, known
 * members once each, canonical base64, hashes within the ring, 1 to 500 records. Anything else, a fault or only unusual,
 * makes `scan` false, and the body is read again by the general way, which knows the right answer.
 *
 * No strings, no allocation per record: keys are offsets in the body, data are decoded into an arena, both valid until
 * the next scan. Cost: one pass over the bytes.
 */
import { BodyScanner, CLOSE, CLOSE_LIST, COMMA, OPEN, OPEN_LIST, QUOTE } from '../../wire/body-scanner.ts'

export const CALL_RECORDS_MAX = 500
const KEY_BYTES_MAX = 256
const HASH_DIGITS_MAX = 39

const DATA = Buffer.from('"Data"')
const PARTITION_KEY = Buffer.from('"PartitionKey"')
const EXPLICIT_HASH_KEY = Buffer.from('"ExplicitHashKey"')
const RECORDS = Buffer.from('"Records"')
const STREAM_NAME = Buffer.from('"StreamName"')
const STREAM_ARN = Buffer.from('"StreamARN"')

const NAME_PATTERN = /^[a-zA-Z0-9_.-]{1,128}$/
const ARN_PATTERN = /^arn:aws[a-z-]{0,16}:kinesis:[a-z0-9-]{1,32}:[0-9]{12}:stream\/[a-zA-Z0-9_.-]{1,128}$/

/** 1 for the bytes that a key may have here: printable ASCII without quote and backslash. */
const PLAIN = new Uint8Array(256)
for (let byte = 32; byte < 127; byte++) PLAIN[byte] = byte === QUOTE || byte === 92 ? 0 : 1

export class PutRecordsScanner extends BodyScanner {
  count = 0
  streamName: string | undefined
  streamArn: string | undefined
  /** Offsets of keys in the body. */
  readonly keyStart = new Int32Array(CALL_RECORDS_MAX)
  readonly keyEnd = new Int32Array(CALL_RECORDS_MAX)
  /** Ends of data in the arena; record i begins where the one before ends, or at 0. */
  readonly dataEnd = new Int32Array(CALL_RECORDS_MAX)
  /** 1 where a record has an explicit hash, whose four words are in `hashes`. */
  readonly isExplicit = new Uint8Array(CALL_RECORDS_MAX)
  readonly hashes = new Uint32Array(CALL_RECORDS_MAX * 4)

  /** True if the body is of the known kind. */
  scan(body: Uint8Array): boolean {
    this.begin(body)
    this.count = 0
    this.streamName = undefined
    this.streamArn = undefined
    if (!this.take(OPEN)) return false
    let hasRecords = false
    do {
      const at = this.skipSpace()
      // First letters of the names: "R, "StreamN, "StreamA.
      if (this.body[at + 1] === 82) {
        if (hasRecords || !this.takeName(RECORDS) || !this.#scanRecords()) return false
        hasRecords = true
      } else if (this.body[at + 7] === 78) {
        if (this.streamName !== undefined || !this.takeName(STREAM_NAME)) return false
        this.streamName = this.takeText(NAME_PATTERN)
        if (this.streamName === undefined) return false
      } else {
        if (this.streamArn !== undefined || !this.takeName(STREAM_ARN)) return false
        this.streamArn = this.takeText(ARN_PATTERN)
        if (this.streamArn === undefined) return false
      }
    } while (this.take(COMMA))
    return this.take(CLOSE) && hasRecords && this.skipSpace() === this.body.length
  }

  #scanRecords(): boolean {
    if (!this.take(OPEN_LIST)) return false
    do {
      if (this.count === CALL_RECORDS_MAX || !this.#scanRecord(this.count)) return false
      this.count++
    } while (this.take(COMMA))
    return this.take(CLOSE_LIST)
  }

  #scanRecord(i: number): boolean {
    if (!this.take(OPEN)) return false
    let hasData = false
    let hasKey = false
    this.isExplicit[i] = 0
    do {
      const at = this.skipSpace()
      switch (this.body[at + 1]) {
        case 68: // D
          if (hasData || !this.takeName(DATA) || !this.#scanData(i)) return false
          hasData = true
          break
        case 80: // P
          if (hasKey || !this.takeName(PARTITION_KEY) || !this.#scanKey(i)) return false
          hasKey = true
          break
        case 69: // E
          if (this.isExplicit[i] === 1 || !this.takeName(EXPLICIT_HASH_KEY) || !this.#scanHash(i))
            return false
          this.isExplicit[i] = 1
          break
        default:
          return false
      }
    } while (this.take(COMMA))
    return hasData && hasKey && this.take(CLOSE)
  }

  #scanData(i: number): boolean {
    if (!this.takeBase64()) return false
    this.dataEnd[i] = this.arenaAt
    return true
  }

  #scanKey(i: number): boolean {
    if (!this.take(QUOTE)) return false
    const { body } = this
    const start = this.at
    let at = start
    while (PLAIN[body[at]!] === 1) at++
    if (body[at] !== QUOTE || at === start || at - start > KEY_BYTES_MAX) return false
    this.keyStart[i] = start
    this.keyEnd[i] = at
    this.at = at + 1
    return true
  }

  /** Decimal digits without a leading zero, into four words; false beyond 2^128 - 1. */
  #scanHash(i: number): boolean {
    if (!this.take(QUOTE)) return false
    const { body, hashes } = this
    const start = this.at
    const to = i * 4
    hashes.fill(0, to, to + 4)
    let at = start
    for (; isDigit(body[at]); at++) {
      let carry = body[at]! - 48
      for (let word = to + 3; word >= to; word--) {
        const value = hashes[word]! * 10 + carry
        hashes[word] = value
        carry = Math.floor(value / 0x1_0000_0000)
      }
      if (carry !== 0) return false
    }
    const digits = at - start
    if (body[at] !== QUOTE || digits === 0 || digits > HASH_DIGITS_MAX) return false
    if (body[start] === 48 && digits > 1) return false
    this.at = at + 1
    return true
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57
}
