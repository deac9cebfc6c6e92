/**
 * News of stored objects: a bucket's stream takes one record for each, in the shape in which S3 tells of it (event version 2.1). Who
 * stores an object appends the record in the transaction in which it takes the object as stored, so that listeners hear of it once,
 * in the order of those transactions.
 *
 * Record: key = the object's key (by its MD5 where it is longer than a record's may be), data = the event record as JSON. `sequencer` is
 * the number of the commit in hex, of equal length, so that two records about one key compare as text.
 */
import { createHash } from 'node:crypto'
import { objectStreamName } from '@millrace/runtime'
import type { Transaction } from '@millrace/store'
import type { StoredObject } from './object-store.ts'

export type ObjectCreatedName = 'ObjectCreated:Put' | 'ObjectCreated:CompleteMultipartUpload'

/** One of `Records` in an event of S3. */
export interface S3EventRecord {
  readonly eventVersion: '2.1'
  readonly eventSource: 'aws:s3'
  readonly awsRegion: string
  /** ISO with ms. */
  readonly eventTime: string
  readonly eventName: ObjectCreatedName
  readonly userIdentity: { readonly principalId: string }
  readonly requestParameters: { readonly sourceIPAddress: string }
  readonly responseElements: { readonly 'x-amz-request-id': string; readonly 'x-amz-id-2': string }
  readonly s3: {
    readonly s3SchemaVersion: '1.0'
    readonly configurationId: string
    readonly bucket: {
      readonly name: string
      readonly ownerIdentity: { readonly principalId: string }
      readonly arn: string
    }
    readonly object: {
      /** URL-encoded, a blank as "+". */
      readonly key: string
      readonly size: number
      readonly eTag: string
      /** Hex. Of two records about one key the later one has the larger. */
      readonly sequencer: string
    }
  }
}

export interface ObjectCreatedOptions {
  /** us-east-1 unless given. */
  readonly region?: string
}

/** Of a record's partition key, in characters. */
const keyTextMax = 256
const sequencerDigits = 16
const owner = { principalId: 'millrace' } as const

/** Nothing happens where the bucket has no stream: nobody has declared it, so nobody can listen. */
export function appendObjectCreated(
  transaction: Transaction,
  bucket: string,
  object: StoredObject,
  options: ObjectCreatedOptions = {},
): void {
  const { key } = object
  const keyText = key.length > keyTextMax ? createHash('md5').update(key).digest('hex') : key
  const record = objectCreatedRecord(bucket, object, transaction, options)
  try {
    transaction.append(objectStreamName(bucket), [
      { key: Buffer.from(keyText), data: Buffer.from(JSON.stringify(record)) },
    ])
  } catch (error) {
    if (!isUnknownStream(error)) throw error
  }
}

export function objectCreatedRecord(
  bucket: string,
  { key, bytes, etag }: StoredObject,
  { commit, time }: { readonly commit: number; readonly time: number },
  { region = 'us-east-1' }: ObjectCreatedOptions = {},
): S3EventRecord {
  const sequencer = commit.toString(16).toUpperCase().padStart(sequencerDigits, '0')
  const request = createHash('sha256').update(`${bucket}/${key} ${sequencer}`).digest()
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: new Date(time).toISOString(),
    // ETags of uploads in parts end in the number of parts.
    eventName: etag.includes('-') ? 'ObjectCreated:CompleteMultipartUpload' : 'ObjectCreated:Put',
    userIdentity: owner,
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: {
      'x-amz-request-id': request.toString('hex', 0, 8).toUpperCase(),
      'x-amz-id-2': request.toString('base64'),
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'object-created',
      bucket: { name: bucket, ownerIdentity: owner, arn: `arn:aws:s3:::${bucket}` },
      object: { key: encodeEventKey(key), size: bytes, eTag: etag, sequencer },
    },
  }
}

/** As S3 writes keys in events: form encoding, but slashes stay. */
export function encodeEventKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}

export function decodeEventKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', '%20'))
}

function isUnknownStream(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'STORE_UNKNOWN_STREAM'
}
