/** Records of a bucket's news as plain objects, and patterns that choose among them. */
import { decodeEventKey, encodeEventKey, type S3EventRecord } from '@millrace/lake'
import type { StreamRecord } from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import { here } from './names.ts'

export interface CreatedObject {
  readonly bucket: string
  readonly key: string
  readonly bytes: number
  readonly etag: string
  /** Of two records about one key the later one has the larger, as text. */
  readonly sequencer: string
  /** When it was stored, ms since the epoch. */
  readonly createdAt: number
}

/** What a record of `bucket.created` says. Takes the record, or the JSON that it holds (a record of an S3 event). */
export function createdObject(record: StreamRecord | S3EventRecord): CreatedObject {
  const { eventTime, s3 } = 's3' in record ? record : record.json<S3EventRecord>()
  const { key, size, eTag, sequencer } = s3.object
  return {
    bucket: s3.bucket.name,
    key: decodeEventKey(key),
    bytes: size,
    etag: eTag,
    sequencer,
    createdAt: Date.parse(eventTime),
  }
}

/** Which keys: a prefix, a suffix, or both. */
export interface KeyChoice {
  readonly prefix?: string
  readonly suffix?: string
}

/**
 * A pattern for `filters` of functions (or `filterCriteria` of Lambda mappings) that read `bucket.created`: objects whose keys begin
 * and end so.
 */
export function objectKeys({ prefix, suffix }: KeyChoice): object {
  const tests = [
    ...(prefix === undefined ? [] : [{ prefix: encodeEventKey(prefix) }]),
    ...(suffix === undefined ? [] : [{ suffix: encodeEventKey(suffix) }]),
  ]
  const patterns = tests.map((test) => ({ s3: { object: { key: [test] } } }))
  const [first, second] = patterns
  if (first === undefined) {
    throw new MillraceError('APP_SETTING_MISSING', 'objectKeys has neither prefix nor suffix.', {
      ...here(),
      next: "Write objectKeys({ prefix: 'orders/' }), or leave the filter out.",
    })
  }
  // The tests of one field are alternatives; "$or", which takes two alternatives at least, adds a condition of its own.
  return second === undefined ? first : { ...first, $or: [second, second] }
}
