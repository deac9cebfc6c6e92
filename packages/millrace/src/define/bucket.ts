/**
 * Buckets: places for objects, folders or buckets of S3, as app code holds them. A handle knows only the bucket's name; which
 * data directory it speaks to follows from the invocation that calls it.
 */
import {
  appendObjectCreated,
  assertBucketName,
  type BucketPlace,
  bucketsOf,
  type ObjectList,
  type ObjectStore,
  type PutOptions,
  type S3EventRecord,
  type StoredObject,
} from '@millrace/lake'
import { currentInvocation, type Invocation } from '@millrace/runtime'
import { codeOf, MillraceError, messageOf } from '../error.ts'
import type { MappingReferences } from './mapping-options.ts'
import { checkSettings, here, invalidValue, quoted } from './names.ts'
import type { StreamHandle } from './stream-handle.ts'

/** Where a bucket is: a folder of the data directory unless one of the two is given. */
export interface BucketSettings {
  /** Relative to the app file. */
  readonly folder?: string | URL
  readonly s3?: S3Settings
}

/** Credentials are those that the AWS tools find: environment, files, the machine's role. */
export interface S3Settings {
  /** Its name there; the name in the app unless given. */
  readonly bucket?: string
  readonly region: string
  /** Another endpoint than AWS, like http://127.0.0.1:9000. */
  readonly endpoint?: string
  /** How objects are encrypted; as the bucket says unless given. */
  readonly encryption?: 'AES256' | 'aws:kms' | { readonly kmsKeyId: string }
}

/**
 * Inside a function. What is put is there at once, whole, and stays if the function fails afterwards; a repeat puts it again. The
 * news of it is part of the function's commit: listeners hear of it once.
 */
export interface Bucket {
  readonly name: string
  /** News of stored objects, for functions and queries to read; `createdObject` reads its records. */
  readonly created: StreamHandle<S3EventRecord>
  /**
   * Stores an object, in place of the one under its key. With `ifAbsent` an object that is there stays, and the answer is undefined.
   * Errors: OBJECT_KEY_INVALID, OBJECT_STORE_FAILED, BUCKET_OUTSIDE_STAGE.
   */
  put(
    key: string,
    data: Uint8Array | string,
    options: PutOptions & { ifAbsent: true },
  ): Promise<StoredObject | undefined>
  put(key: string, data: Uint8Array | string, options?: PutOptions): Promise<StoredObject>
  get(key: string): Promise<Uint8Array | undefined>
  head(key: string): Promise<StoredObject | undefined>
  /** In the order of the keys' UTF-8 bytes, 1,000 at a time unless told otherwise. */
  list(prefix?: string, options?: { readonly after?: string; readonly limit?: number }): Promise<ObjectList>
  /** What is not there is no fault. */
  delete(keys: string | readonly string[]): Promise<void>
}

export function makeBucket(name: string, created: StreamHandle<S3EventRecord>): Bucket {
  const open = (): ObjectStore => bucketsOf(mustInvocation(name).scope.store).open(name)
  async function put(
    key: string,
    data: Uint8Array | string,
    options?: PutOptions,
  ): Promise<StoredObject | undefined> {
    const invocation = mustInvocation(name)
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    const stored = await open().put(key, { bytes }, options)
    if (stored !== undefined) {
      invocation.atCommit(`put into bucket "${name}"`, (transaction) =>
        appendObjectCreated(transaction, name, stored),
      )
    }
    return stored
  }
  return Object.freeze({
    name,
    created,
    // Only a put with ifAbsent gives undefined, as the overloads say.
    put: put as Bucket['put'],
    get: async (key: string) => open().get(key),
    head: async (key: string) => open().head(key),
    list: async (prefix = '', options: { after?: string; limit?: number } = {}) =>
      open().list(prefix, options),
    delete: async (keys: string | readonly string[]) =>
      open().delete(typeof keys === 'string' ? [keys] : keys),
  })
}

/** Errors: APP_NAME_INVALID, APP_SETTING_UNKNOWN, APP_VALUE_INVALID. Undefined: the place that a bucket has by itself. */
export function bucketPlace(
  name: string,
  settings: BucketSettings,
  { path }: Pick<MappingReferences, 'path'>,
): BucketPlace | undefined {
  const what = `bucket "${name}"`
  checkBucketName(what, name)
  checkSettings(what, settings, ['folder', 's3'])
  const { folder, s3 } = settings
  if (folder !== undefined && s3 !== undefined) {
    throw new MillraceError('APP_VALUE_INVALID', `${what} has both folder and s3.`, {
      ...here(),
      next: "Give one: folder: './lake', or s3: { region: 'eu-west-1' }.",
    })
  }
  if (folder !== undefined) return { kind: 'folder', dir: path(`folder of ${what}`, folder) }
  return s3 === undefined ? undefined : s3Place(name, s3)
}

function s3Place(name: string, s3: S3Settings): BucketPlace {
  const what = `s3 of bucket "${name}"`
  checkSettings(what, s3, ['bucket', 'region', 'endpoint', 'encryption'])
  const { bucket = name, region, endpoint, encryption } = s3
  checkBucketName(what, bucket)
  if (typeof region !== 'string' || region === '') {
    throw invalidValue(`region of ${what}`, region, "a region of AWS, like 'eu-west-1'")
  }
  if (
    endpoint !== undefined &&
    !(typeof endpoint === 'string' && /^https?:\/\//.test(endpoint) && URL.canParse(endpoint))
  ) {
    throw invalidValue(`endpoint of ${what}`, endpoint, "a URL, like 'http://127.0.0.1:9000'")
  }
  return {
    kind: 's3',
    bucket,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(encryption === undefined ? {} : { encryption: encryptionOf(what, encryption) }),
  }
}

function encryptionOf(what: string, value: NonNullable<S3Settings['encryption']>) {
  if (value === 'AES256' || value === 'aws:kms') return { kind: value }
  if (typeof value === 'object' && typeof value.kmsKeyId === 'string' && value.kmsKeyId !== '') {
    return { kind: 'aws:kms' as const, keyId: value.kmsKeyId }
  }
  throw invalidValue(`encryption of ${what}`, value, "'AES256', 'aws:kms', { kmsKeyId: '...' }")
}

function checkBucketName(what: string, name: unknown): void {
  try {
    if (typeof name === 'string') assertBucketName(name)
    else throw invalidValue(`The name of ${what}`, name, 'text')
  } catch (cause) {
    if (codeOf(cause) !== 'BUCKET_NAME_INVALID') throw cause
    throw new MillraceError('APP_NAME_INVALID', `${what} has the name ${quoted(name)}.`, {
      ...here(),
      next: messageOf(cause).replace(/^BUCKET_NAME_INVALID /, ''),
      cause,
    })
  }
}

function mustInvocation(bucket: string): Invocation {
  const invocation = currentInvocation()
  if (invocation !== undefined) return invocation
  throw new MillraceError(
    'BUCKET_OUTSIDE_STAGE',
    `The bucket "${bucket}" was used outside the handler of a function.`,
  )
}
