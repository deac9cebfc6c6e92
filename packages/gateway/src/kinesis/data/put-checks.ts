/**
 * What makes a put fail as a whole, before anything is written: sizes that the stream does not take, explicit hashes
 * outside of the ring, numbers for ordering that are not of the stream. Lengths of members in themselves (500 records,
 * keys of 256 characters) are the shape's matter.
 */
import { bigIntToHash, parseSequenceNumber } from '@millrace/values'
import type { KinesisStream } from '../kinesis-context.ts'
import { invalidArgument } from '../streams/faults.ts'

/** Of data and partition keys together. */
export const CALL_BYTES_MAX = 10 * 1024 * 1024
const HASH_MAX = 2n ** 128n - 1n

/** `record` counts from 1; undefined where the call has but one. */
export function checkRecordBytes(bytes: number, stream: KinesisStream, record?: number): void {
  const { maxRecordKiB } = stream.settings
  if (bytes <= maxRecordKiB * 1024) return
  const which = record === undefined ? 'The record' : `Record ${record}`
  throw invalidArgument(
    `${which} has ${bytes} bytes of data and partition key; stream ${stream.name} under account ${stream.account} takes at most ${maxRecordKiB} KiB per record.`,
  )
}

export function checkCallBytes(bytes: number): void {
  if (bytes > CALL_BYTES_MAX) throw invalidArgument('Records size exceeds 10 MB limit')
}

/** The words of an explicit hash key, given in decimal digits. */
export function explicitHash(text: string): Uint32Array {
  const value = BigInt(text)
  if (value > HASH_MAX) {
    throw invalidArgument(
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${text}`,
    )
  }
  const words = new Uint32Array(4)
  bigIntToHash(value, words)
  return words
}

/** Records of one caller are ordered by the log anyway; what is left to check is that the number is one of the stream's. */
export function checkOrderingNumber(text: string, stream: KinesisStream): void {
  if (parseSequenceNumber(text, stream.info).kind === 'place') return
  throw invalidArgument(
    `ExclusiveMinimumSequenceNumber ${text} used in PutRecord on stream ${stream.name} under account ${stream.account} is invalid.`,
  )
}
