/**
 * The port to a place for objects: a folder, or a bucket of an S3 endpoint. Everything that the lake writes goes through it.
 *
 * Duties of an implementer: an object appears whole or not at all, and replaces what was under its key; what `put` has
 * resolved survives a power cut; keys are UTF-8 text of 1 to 1,024 bytes that never leave the store's place and come back as they
 * went in, in a folder as well (`..`, slashes at the ends or two in a row, control characters, parts of more than 255 bytes and
 * what begins with `.millrace/` are refused: OBJECT_KEY_INVALID). Failures that another attempt may mend are tried again inside;
 * what rejects is final, with code OBJECT_STORE_FAILED.
 */

export interface ObjectStore {
  /** The bucket's name, as clients and events say it. */
  readonly name: string
  /** For people and for tables' metadata: `file:///data/lake`, `s3://lake`. Without a slash at the end. */
  readonly url: string
  /**
   * Stores bytes, or the file at a path, which is taken away if `isMove` is said (also where `ifAbsent` loses). With `ifAbsent` an object that is there stays,
   * and the answer is undefined: of several that try at once one wins.
   */
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<StoredObject | undefined>
  get(key: string): Promise<Uint8Array | undefined>
  /** Without the bytes. */
  head(key: string): Promise<StoredObject | undefined>
  /**
   * In the order of the keys' UTF-8 bytes, after `after` (exclusive), 1,000 at a time unless told otherwise. What others have put
   * under keys that no call here takes is left out.
   */
  list(prefix: string, options?: { readonly after?: string; readonly limit?: number }): Promise<ObjectList>
  /** What is not there is no fault. */
  delete(keys: readonly string[]): Promise<void>
  /** Path of a local file with the object's bytes, to be read only; a remote object is fetched into a cache. Error: OBJECT_MISSING. */
  localFile(key: string): Promise<string>
  close(): Promise<void>
}

export type ObjectBody = { readonly bytes: Uint8Array } | { readonly file: string; readonly isMove?: boolean }

export interface PutOptions {
  readonly ifAbsent?: boolean
  readonly contentType?: string
  readonly contentEncoding?: string
}

export interface StoredObject {
  readonly key: string
  readonly bytes: number
  /** Differs whenever the object was replaced. As the endpoint says it, without quotes; a folder makes it of the file's state. */
  readonly etag: string
  /** ms. */
  readonly modifiedAt: number
}

export interface ObjectList {
  readonly objects: readonly StoredObject[]
  readonly more: boolean
}

/** Where a bucket is, as data. */
export type BucketPlace =
  | { readonly kind: 'folder'; readonly dir: string }
  | {
      readonly kind: 's3'
      readonly bucket: string
      readonly region: string
      /** Another endpoint than AWS, like http://127.0.0.1:9000: addressed by path. */
      readonly endpoint?: string
      /** Names an AWS key id; the secret comes from the environment of the AWS tools, never from settings. */
      readonly encryption?:
        | { readonly kind: 'AES256' }
        | { readonly kind: 'aws:kms'; readonly keyId?: string }
    }

/** The buckets that a process knows. A name that nobody has given a place is a folder below the data directory. */
export interface Buckets {
  /** Error: BUCKET_NAME_INVALID. The store is opened once and shared. */
  open(name: string): ObjectStore
  close(): Promise<void>
}
