/**
 * The layout of a record that holds several user records, as the Kinesis Producer Library packs them:
 *
 *   F3 89 9A C2 | message | MD5 of the message, 16 bytes
 *
 *   AggregatedRecord  1 partition_key_table: repeated string   2 explicit_hash_key_table: repeated string   3 records: repeated
 *   Record            1 partition_key_index   2 explicit_hash_key_index, optional   3 data: bytes   4 tags: repeated
 *   Tag               1 key: string   2 value: string, optional
 *
 * A record counts as an aggregate if the magic matches, more than 16 bytes follow, the digest is right and the message
 * parses with its required fields. Everything else is one plain record.
 */
import { md5Words } from '../md5.ts'

export const aggregateMagic = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2)
export const digestBytes = 16

/** Bytes around the message. */
export const envelopeBytes = aggregateMagic.length + digestBytes

/** A sub-record's number has six digits in texts, so an aggregate with more records cannot be named and is left whole. */
export const subRecordsMax = 1_000_000

/** A test of the first bytes that spares ordinary records the digest. */
export function hasAggregateMagic(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start > envelopeBytes &&
    bytes[start] === 0xf3 &&
    bytes[start + 1] === 0x89 &&
    bytes[start + 2] === 0x9a &&
    bytes[start + 3] === 0xc2
  )
}

const digest = new Uint32Array(4)

/** Whether the 16 bytes at the end are the MD5 of the message before them. */
export function hasMessageDigest(bytes: Uint8Array, start: number, end: number): boolean {
  const messageEnd = end - digestBytes
  md5Words(bytes, start + aggregateMagic.length, messageEnd, digest)
  for (let i = 0; i < digestBytes; i++) {
    if (bytes[messageEnd + i] !== ((digest[i >> 2]! >>> (24 - 8 * (i & 3))) & 0xff)) return false
  }
  return true
}

/** Writes the MD5 of the message bytes[start, end) at `end`. */
export function writeMessageDigest(bytes: Uint8Array, start: number, end: number): void {
  md5Words(bytes, start, end, digest)
  for (let i = 0; i < digestBytes; i++) bytes[end + i] = digest[i >> 2]! >>> (24 - 8 * (i & 3))
}
