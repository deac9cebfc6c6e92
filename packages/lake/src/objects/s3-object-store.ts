/**
 * Objects of a bucket of S3, or of another endpoint that speaks its protocol. Bodies above 16 MiB go up in parts, four at a time; what
 * fails half-way is aborted, so that no parts are left to be paid for. Every body and part carries a CRC-32, which the endpoint
 * checks, and answers are checked by the SDK. The SDK repeats what passes.
 *
 * `ifAbsent` is If-None-Match: *. A repeat after a lost answer would find our own object and seem to have lost, and completing an
 * upload once more finds none; so such puts carry a mark of their own, and who is refused looks whose the object is.
 *
 * Cost: up to four parts in memory; `localFile` asks for the object's version each time, and fetches it once.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { GetObjectCommandOutput, HeadObjectCommandOutput, S3ClientConfig } from '@aws-sdk/client-s3'
import type { Clock } from '@millrace/values'
import { LakeError } from '../errors.ts'
import type { FileCache } from './file-cache.ts'
import { assertObjectKey, isObjectKey, shownKey } from './object-key.ts'
import type { ObjectBody, ObjectList, ObjectStore, PutOptions, StoredObject } from './object-store.ts'
import { type BodyReader, putInParts } from './s3-multipart.ts'
import { connectS3, type S3Connection, type S3Place, s3ErrorName, s3Failure, s3Status } from './s3-sdk.ts'

export interface S3ObjectStoreOptions {
  readonly name: string
  readonly place: S3Place
  readonly cache: FileCache
  readonly clock: Clock
  /** Further settings of the SDK's client. */
  readonly client?: S3ClientConfig
}

const singlePutBytesMax = 16 << 20
const pageKeysMax = 1000
/** Of what the SDK does not repeat: answers that break off, and conditions that met another write. */
const attemptsMax = 5
const pauseMs = 200

export class S3ObjectStore implements ObjectStore {
  readonly name: string
  readonly url: string
  readonly #place: S3Place
  readonly #cache: FileCache
  readonly #clock: Clock
  readonly #settings: S3ClientConfig | undefined
  #connection: Promise<S3Connection> | undefined

  constructor({ name, place, cache, clock, client }: S3ObjectStoreOptions) {
    this.name = name
    this.url = `s3://${place.bucket}`
    this.#place = place
    this.#cache = cache
    this.#clock = clock
    this.#settings = client
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<StoredObject | undefined> {
    assertObjectKey(key)
    const stored = await this.#guarded(`put ${shownKey(key)} into`, async () => {
      const reader = await openBody(body)
      try {
        return await this.#putBody(key, reader, options)
      } finally {
        await reader.close()
      }
    })
    if ('file' in body && body.isMove) await rm(body.file, { force: true })
    return stored
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    assertObjectKey(key)
    return this.#guarded(`get ${shownKey(key)} from`, () =>
      this.#read(key, async ({ Body }) => (await Body?.transformToByteArray()) ?? new Uint8Array(0)),
    )
  }

  async head(key: string): Promise<StoredObject | undefined> {
    assertObjectKey(key)
    return this.#guarded(`ask for ${shownKey(key)} in`, () => this.#head(key))
  }

  async list(prefix: string, { after = '', limit = 1000 } = {}): Promise<ObjectList> {
    return this.#guarded(`list ${shownKey(prefix)} in`, async () => {
      const { sdk, client } = await this.#connect()
      const objects: StoredObject[] = []
      let from = after
      for (;;) {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: this.#place.bucket,
            Prefix: prefix,
            MaxKeys: Math.min(limit - objects.length, pageKeysMax),
            ...(from === '' ? {} : { StartAfter: from }),
          }),
        )
        for (const { Key = '', Size = 0, ETag, LastModified } of page.Contents ?? []) {
          from = Key
          // Consoles make `folder/`, for example.
          if (!isObjectKey(Key)) continue
          objects.push({
            key: Key,
            bytes: Size,
            etag: plainEtag(ETag),
            modifiedAt: LastModified?.getTime() ?? 0,
          })
        }
        if (page.IsTruncated !== true) return { objects, more: false }
        if (objects.length >= limit) return { objects, more: true }
      }
    })
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) assertObjectKey(key)
    await this.#guarded(`delete ${keys.length} objects from`, async () => {
      const { sdk, client } = await this.#connect()
      for (let at = 0; at < keys.length; at += pageKeysMax) {
        const { Errors = [] } = await client.send(
          new sdk.DeleteObjectsCommand({
            Bucket: this.#place.bucket,
            Delete: { Quiet: true, Objects: keys.slice(at, at + pageKeysMax).map((Key) => ({ Key })) },
          }),
        )
        const [first] = Errors
        if (first === undefined) continue
        const fault = new Error(
          `${Errors.length} are left, the first is ${shownKey(first.Key ?? '')}: ${first.Message}`,
        )
        fault.name = first.Code ?? 'Error'
        throw fault
      }
    })
  }

  async localFile(key: string): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const stored = await this.head(key)
      if (stored === undefined) throw this.#missing(key)
      try {
        return await this.#cache.file(this.#copyName(stored), (path) => this.#fetch(stored, path))
      } catch (cause) {
        // It was replaced since we asked.
        const isReplaced = cause instanceof LakeError && s3Status(cause.cause) === 412
        if (!isReplaced || attempt === attemptsMax) throw cause
      }
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    if (connection !== undefined) (await connection).client.destroy()
  }

  #connect(): Promise<S3Connection> {
    this.#connection ??= connectS3(this.#place, this.#settings).catch((cause: unknown) => {
      this.#connection = undefined
      throw cause
    })
    return this.#connection
  }

  #copyName({ key, etag, bytes }: StoredObject): string {
    const { endpoint = '', bucket } = this.#place
    const version = createHash('sha256').update(JSON.stringify([endpoint, bucket, key, etag, bytes]))
    // The end of the key is for people who look into the folder.
    const shown = key
      .slice(key.lastIndexOf('/') + 1)
      .replaceAll(/[^\w.-]/g, '_')
      .slice(-60)
    return `${version.digest('hex').slice(0, 40)}-${shown}`
  }

  async #fetch({ key, etag }: StoredObject, path: string): Promise<void> {
    const take = async ({ Body }: GetObjectCommandOutput) => {
      // In Node bodies are streams of Node.
      if (Body !== undefined) await pipeline(Body as Readable, createWriteStream(path))
      return true
    }
    const fetched = await this.#guarded(`get ${shownKey(key)} from`, () => this.#read(key, take, etag))
    if (fetched === undefined) throw this.#missing(key)
  }

  async #putBody(key: string, body: BodyReader, options: PutOptions): Promise<StoredObject | undefined> {
    const { sdk, client } = await this.#connect()
    const isLarge = body.bytes > singlePutBytesMax
    // Spares the upload; who wins is decided by the endpoint even so.
    if (isLarge && options.ifAbsent && (await this.#head(key)) !== undefined) return undefined
    const { ifAbsent = false } = options
    const mark = ifAbsent || isLarge ? randomUUID() : undefined
    const input = { Bucket: this.#place.bucket, Key: key, ...this.#objectSettings(options, mark) }
    for (let attempt = 1; ; attempt++) {
      try {
        const { ETag } = isLarge
          ? await putInParts({ sdk, client }, input, body, { ifAbsent })
          : await client.send(
              new sdk.PutObjectCommand({
                ...input,
                Body: await body.read(0, body.bytes),
                ChecksumAlgorithm: 'CRC32',
                ...(ifAbsent ? { IfNoneMatch: '*' } : {}),
              }),
            )
        return { key, bytes: body.bytes, etag: plainEtag(ETag), modifiedAt: this.#clock.now() }
      } catch (cause) {
        const isTaken = ifAbsent && s3Status(cause) === 412
        if (mark !== undefined && (isTaken || s3ErrorName(cause) === 'NoSuchUpload')) {
          const own = await this.#ownObject(key, mark)
          if (own !== undefined || isTaken) return own
        }
        // Another conditional write of this key was under way; what it came to is not known yet.
        if (s3ErrorName(cause) !== 'ConditionalRequestConflict' || attempt === attemptsMax) throw cause
        await this.#clock.sleep(pauseMs * attempt)
      }
    }
  }

  #objectSettings({ contentType, contentEncoding }: PutOptions, mark: string | undefined) {
    const { encryption } = this.#place
    return {
      ...(contentType === undefined ? {} : { ContentType: contentType }),
      ...(contentEncoding === undefined ? {} : { ContentEncoding: contentEncoding }),
      ...(mark === undefined ? {} : { Metadata: { [markName]: mark } }),
      ...(encryption === undefined ? {} : { ServerSideEncryption: encryption.kind }),
      ...(encryption?.kind === 'aws:kms' && encryption.keyId !== undefined
        ? { SSEKMSKeyId: encryption.keyId }
        : {}),
    }
  }

  /** The object, if it has our mark: an attempt of ours whose answer was lost has made it. */
  async #ownObject(key: string, mark: string): Promise<StoredObject | undefined> {
    const { sdk, client } = await this.#connect()
    try {
      const found = await client.send(new sdk.HeadObjectCommand({ Bucket: this.#place.bucket, Key: key }))
      return found.Metadata?.[markName] === mark ? storedObject(key, found) : undefined
    } catch (cause) {
      if (s3Status(cause) === 404) return undefined
      throw cause
    }
  }

  async #head(key: string): Promise<StoredObject | undefined> {
    const { sdk, client } = await this.#connect()
    try {
      return storedObject(
        key,
        await client.send(new sdk.HeadObjectCommand({ Bucket: this.#place.bucket, Key: key })),
      )
    } catch (cause) {
      // The answer to HEAD has no body, so a missing bucket looks like a missing object.
      if (s3Status(cause) === 404) return undefined
      throw cause
    }
  }

  /** The SDK repeats requests, not the reading of their answers, which can break off as well. Undefined: there is no object. */
  async #read<T>(
    key: string,
    take: (answer: GetObjectCommandOutput) => Promise<T>,
    etag?: string,
  ): Promise<T | undefined> {
    const { sdk, client } = await this.#connect()
    const condition = etag === undefined ? {} : { IfMatch: `"${etag}"` }
    for (let attempt = 1; ; attempt++) {
      let hasAnswer = false
      try {
        const answer = await client.send(
          new sdk.GetObjectCommand({ Bucket: this.#place.bucket, Key: key, ...condition }),
        )
        hasAnswer = true
        return await take(answer)
      } catch (cause) {
        if (s3ErrorName(cause) === 'NoSuchKey') return undefined
        if (!hasAnswer || attempt === attemptsMax) throw cause
        await this.#clock.sleep(pauseMs * attempt)
      }
    }
  }

  async #guarded<T>(action: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw cause instanceof LakeError ? cause : s3Failure(cause, action, this.#place)
    }
  }

  #missing(key: string): LakeError {
    return new LakeError('OBJECT_MISSING', `${this.url} holds no object ${shownKey(key)}.`)
  }
}

const markName = 'millrace-put'

function storedObject(
  key: string,
  { ContentLength = 0, ETag, LastModified }: HeadObjectCommandOutput,
): StoredObject {
  return { key, bytes: ContentLength, etag: plainEtag(ETag), modifiedAt: LastModified?.getTime() ?? 0 }
}

function plainEtag(etag = ''): string {
  return etag.replace(/^"|"$/g, '')
}

async function openBody(body: ObjectBody): Promise<BodyReader> {
  if ('bytes' in body) {
    const { bytes } = body
    return {
      bytes: bytes.length,
      read: async (from, to) => bytes.subarray(from, to),
      close: async () => {},
    }
  }
  const { size } = await stat(body.file)
  const file = await open(body.file, 'r')
  return {
    bytes: size,
    read: async (from, to) => {
      const part = Buffer.allocUnsafe(to - from)
      for (let at = 0; at < part.length; ) {
        const { bytesRead } = await file.read(part, at, part.length - at, from + at)
        if (bytesRead === 0) throw new Error(`the file ${body.file} became shorter while it was read`)
        at += bytesRead
      }
      return part
    },
    close: () => file.close(),
  }
}
