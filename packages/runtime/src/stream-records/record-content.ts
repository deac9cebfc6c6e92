/**
 * What the bytes of a record are: an aggregate of user records (as the Kinesis Producer Library packs them), gzip, or as they
 * stand. Nothing that bytes can say makes it throw; what claims to be gzip and is not stays bytes.
 */
import { gunzipSync } from 'node:zlib'
import { deaggregate, hasAggregateMagic, type UserRecord } from '@millrace/values'

export type RecordContent =
  /** `data` shares the record's memory unless it was unpacked. */
  | { readonly kind: 'plain'; readonly data: Uint8Array; readonly isGzip: boolean }
  | { readonly kind: 'aggregate'; readonly records: readonly UserRecord[] }

/** A record's own limit: what would unpack to more stays packed. */
const unpackedBytesMax = 10 * 1024 * 1024

export function recordContent(data: Uint8Array): RecordContent {
  if (hasAggregateMagic(data, 0, data.length)) {
    const { outcome, records } = deaggregate({ partitionKey: '', data })
    if (outcome !== 'plain') return { kind: 'aggregate', records }
  }
  if (isGzip(data, 0, data.length)) {
    const unpacked = gunzip(data)
    if (unpacked !== undefined) return { kind: 'plain', data: unpacked, isGzip: true }
  }
  return { kind: 'plain', data, isGzip: false }
}

/** Whether the bytes may be more than they stand for: a look at the first ones. */
export function mayBePacked(bytes: Uint8Array, start: number, end: number): boolean {
  return isGzip(bytes, start, end) || hasAggregateMagic(bytes, start, end)
}

function isGzip(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 18 && bytes[start] === 0x1f && bytes[start + 1] === 0x8b && bytes[start + 2] === 8
}

function gunzip(data: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(data, { maxOutputLength: unpackedBytesMax })
  } catch {
    return undefined
  }
}
