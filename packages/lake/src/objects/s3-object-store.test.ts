/**
 * S3 against moto, a server of other people, with and without faults between. Without a Python that has it the tests are skipped, but
 * not in continuous integration, which installs it (.ci/run).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { systemClock } from '@millrace/values'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { FileCache } from './file-cache.ts'
import { describeObjectStore } from './object-store-contract.ts'
import { S3ObjectStore } from './s3-object-store.ts'
import type { S3Place } from './s3-sdk.ts'
import { type Fate, startFaultProxy, startS3Server } from './testing/s3-server.ts'

const server = await startS3Server()
const base = mkdtempSync(join(tmpdir(), 'millrace-s3-'))
afterAll(async () => {
  await server?.close()
  rmSync(base, { recursive: true })
})

const client = {
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
}
const cacheDir = join(base, 'cache')
const cache = new FileCache({ dir: cacheDir, bytesMax: 1 << 30, clock: systemClock })
const bucketPlace = (endpoint: string, bucket: string): S3Place => ({
  kind: 's3',
  bucket,
  region: 'us-east-1',
  endpoint,
})
const s3Store = (place: S3Place) =>
  new S3ObjectStore({ name: place.bucket, place, cache, clock: systemClock, client })
const text = (value: string) => ({ bytes: Buffer.from(value) })

if (server === undefined) {
  const reason = `${process.env.MILLRACE_PYTHON ?? 'python3'} has no moto`
  test.skipIf(process.env.CI === undefined)(reason, () => expect.fail(reason))
} else {
  const direct = new S3Client({ region: 'us-east-1', endpoint: server.url, forcePathStyle: true, ...client })
  afterAll(() => direct.destroy())
  let buckets = 0
  const makeBucket = async () => {
    const Bucket = `bucket-${++buckets}`
    await direct.send(new CreateBucketCommand({ Bucket }))
    return Bucket
  }

  const place = bucketPlace(server.url, await makeBucket())
  describeObjectStore('S3', {
    open: async () => s3Store(place),
    reopen: async () => s3Store(place),
    end: async () => {},
  })

  describe('with faults between', () => {
    let fates: (request: { method: string; path: string }) => Fate = () => 'pass'
    let seen: string[] = []
    beforeEach(() => {
      fates = () => 'pass'
      seen = []
    })
    const proxy = startFaultProxy(server.url, (request) => {
      seen.push(`${request.method} ${request.path}`)
      return fates(request)
    })
    afterAll(async () => (await proxy).close())
    const proxied = async () => s3Store(bucketPlace((await proxy).url, await makeBucket()))
    /** The fate of the first request that a predicate takes; others pass. */
    const once = (fate: Fate, isMeant: (request: { method: string; path: string }) => boolean) => {
      let isDone = false
      fates = (request) => {
        if (isDone || !isMeant(request)) return 'pass'
        isDone = true
        return fate
      }
    }
    const isPut = ({ method, path }: { method: string; path: string }) =>
      method === 'PUT' && path.includes('/k')

    test.each(['refuse', 'silence', 'lose-answer'] as const)(
      'a put whose request is met by "%s" is made again',
      async (fate) => {
        const place = bucketPlace((await proxy).url, await makeBucket())
        const impatient = { ...client, requestHandler: { socketTimeout: 300 } }
        const store = new S3ObjectStore({ name: 'b', place, cache, clock: systemClock, client: impatient })
        once(fate, isPut)
        expect(await store.put('k', text('x'))).toMatchObject({ bytes: 1 })
        expect(seen.filter((line) => line.startsWith('PUT')).length).toBe(2)
      },
    )

    test('a conditional put whose answer was lost knows its own object again', async () => {
      const store = await proxied()
      once('lose-answer', isPut)
      expect(await store.put('k', text('mine'), { ifAbsent: true })).toMatchObject({ bytes: 4 })
      expect(await store.put('k', text('other'), { ifAbsent: true })).toBeUndefined()
      expect(Buffer.from((await store.get('k')) ?? []).toString()).toBe('mine')
    })

    test('an answer that breaks off is asked for again', async () => {
      const store = await proxied()
      const bytes = Buffer.alloc(300_000, 'abc')
      await store.put('k', { bytes })
      once('cut-answer', ({ method }) => method === 'GET')
      expect(bytes.equals((await store.get('k')) ?? Buffer.of())).toBe(true)
      once('cut-answer', ({ method }) => method === 'GET')
      expect(bytes.equals(readFileSync(await store.localFile('k')))).toBe(true)
    })

    test('an upload in parts that fails for good leaves no parts', async () => {
      const store = await proxied()
      const bytes = Buffer.alloc(40 << 20)
      fates = ({ path }) => (path.includes('partNumber=2') ? 'refuse' : 'pass')
      await expect(store.put('k', { bytes })).rejects.toMatchObject({
        code: 'OBJECT_STORE_FAILED',
        message: expect.stringMatching(/Cannot put "k" into s3:.*SlowDown|503/),
      })
      expect(await store.head('k')).toBeUndefined()
      const { Uploads = [] } = await direct.send(
        new ListMultipartUploadsCommand({ Bucket: store.url.slice(5) }),
      )
      expect(Uploads).toEqual([])
      expect(seen.filter((line) => line.startsWith('DELETE')).length).toBe(1)
    })

    test('completing an upload whose answer was lost counts as done', async () => {
      const store = await proxied()
      const bytes = Buffer.alloc(20 << 20, 'x')
      once('lose-answer', ({ method, path }) => method === 'POST' && path.includes('uploadId='))
      expect(await store.put('k', { bytes }, { ifAbsent: true })).toMatchObject({ bytes: bytes.length })
      expect(await store.head('k')).toMatchObject({ bytes: bytes.length })
    })
  })

  test('large objects go up in parts, small ones at once, both with checksums', async () => {
    const seen: string[] = []
    const proxy = await startFaultProxy(server.url, ({ method, path }) => {
      seen.push(`${method} ${path.replace(/uploadId=[^&]*/, 'uploadId=ID')}`)
      return 'pass'
    })
    const place = bucketPlace(proxy.url, await makeBucket())
    const store = s3Store(place)
    await store.put('small', text('x'))
    await store.put('large', { bytes: Buffer.alloc((16 << 20) + 1) })
    const at = `/${place.bucket}`
    expect(seen.sort()).toEqual([
      `POST ${at}/large?uploadId=ID`,
      `POST ${at}/large?uploads=`,
      `PUT ${at}/large?partNumber=1&uploadId=ID&x-id=UploadPart`,
      `PUT ${at}/large?partNumber=2&uploadId=ID&x-id=UploadPart`,
      `PUT ${at}/small?x-id=PutObject`,
    ])
    for (const Key of ['small', 'large']) {
      const head = await direct.send(
        new HeadObjectCommand({ Bucket: place.bucket, Key, ChecksumMode: 'ENABLED' }),
      )
      expect(head.ChecksumCRC32, Key).toBeDefined()
    }
    await store.close()
    await proxy.close()
  })

  test.each([
    { encryption: { kind: 'AES256' }, wanted: { ServerSideEncryption: 'AES256' } },
    {
      encryption: { kind: 'aws:kms', keyId: 'alias/lake' },
      wanted: { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/lake' },
    },
  ] as const)('objects are encrypted as the place says: $encryption.kind', async ({ encryption, wanted }) => {
    const place = { ...bucketPlace(server.url, await makeBucket()), encryption }
    const store = s3Store(place)
    await store.put('small', text('x'), { contentType: 'text/csv', contentEncoding: 'gzip' })
    await store.put('large', { bytes: Buffer.alloc((16 << 20) + 1) })
    for (const Key of ['small', 'large']) {
      expect(await direct.send(new HeadObjectCommand({ Bucket: place.bucket, Key }))).toMatchObject(wanted)
    }
    expect(await direct.send(new HeadObjectCommand({ Bucket: place.bucket, Key: 'small' }))).toMatchObject({
      ContentType: 'text/csv',
      ContentEncoding: 'gzip',
    })
  })

  test('a copy is fetched once for each version of an object', async () => {
    const store = s3Store(bucketPlace(server.url, await makeBucket()))
    await store.put('a/part 1.parquet', text('v1'))
    const paths = await Promise.all([1, 2, 3].map(() => store.localFile('a/part 1.parquet')))
    expect(new Set(paths).size).toBe(1)
    expect(paths[0]).toMatch(/-part_1\.parquet$/)
    await store.put('a/part 1.parquet', text('v2'))
    expect(await store.localFile('a/part 1.parquet')).not.toBe(paths[0])
    expect(readdirSync(cacheDir).filter((name) => name.endsWith('-part_1.parquet'))).toHaveLength(2)
  })

  test('objects of others whose keys are none are not shown', async () => {
    const Bucket = await makeBucket()
    for (const Key of ['a/', 'a//b', 'b']) await direct.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
    const store = s3Store(bucketPlace(server.url, Bucket))
    expect((await store.list('')).objects.map(({ key }) => key)).toEqual(['b'])
    expect(await store.list('', { limit: 1 })).toMatchObject({ objects: [{ key: 'b' }], more: false })
  })

  test('a bucket that is not there: the error says what to do', async () => {
    const store = s3Store(bucketPlace(server.url, 'never-made'))
    const failure = {
      code: 'OBJECT_STORE_FAILED',
      message: expect.stringMatching(/s3:\/\/never-made .*NoSuchBucket.*Make the bucket first/),
    }
    await expect(store.put('a', text('x'))).rejects.toMatchObject(failure)
    await expect(store.list('')).rejects.toMatchObject(failure)
  })
}

test('an endpoint that nobody answers at: the error names it', async () => {
  const gone = await startFaultProxy('http://127.0.0.1:9', () => 'pass')
  await gone.close()
  const place = bucketPlace(gone.url, 'lake')
  const store = new S3ObjectStore({
    name: 'lake',
    place,
    cache,
    clock: systemClock,
    client: { ...client, maxAttempts: 2 },
  })
  await expect(store.put('a', text('x'))).rejects.toMatchObject({
    code: 'OBJECT_STORE_FAILED',
    message: expect.stringMatching(/127\.0\.0\.1:\d+.*ECONNREFUSED.*endpoint can be reached/),
  })
})
