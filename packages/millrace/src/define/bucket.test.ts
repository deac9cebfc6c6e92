import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testApp } from '../testing/test-app.ts'
import type { BucketSettings } from './bucket.ts'
import { type CreatedObject, createdObject, objectKeys } from './created-object.ts'
import { defineApp } from './define-app.ts'

const build = (name: string, settings?: BucketSettings) =>
  defineApp('a', (app) => {
    const bucket = app.bucket(name, settings)
    app.function('f', { from: bucket.created }, () => {})
  }).build({ dir: '/apps' }).definition

describe('settings of a bucket', () => {
  test('become its place', () => {
    expect(build('lake').buckets).toEqual([{ name: 'lake', place: undefined }])
    expect(build('lake', { folder: './data' }).buckets?.[0]?.place).toEqual({
      kind: 'folder',
      dir: resolve('/apps/data'),
    })
    const s3 = { bucket: 'their-lake', region: 'eu-west-1', endpoint: 'http://127.0.0.1:9000' }
    expect(
      build('lake', { s3: { ...s3, encryption: { kmsKeyId: 'alias/lake' } } }).buckets?.[0]?.place,
    ).toEqual({
      kind: 's3',
      ...s3,
      encryption: { kind: 'aws:kms', keyId: 'alias/lake' },
    })
    expect(build('lake', { s3: { region: 'eu-west-1', encryption: 'AES256' } }).buckets?.[0]?.place).toEqual({
      kind: 's3',
      bucket: 'lake',
      region: 'eu-west-1',
      encryption: { kind: 'AES256' },
    })
  })

  test.each<[string, unknown, string, RegExp]>([
    ['Lake', {}, 'APP_NAME_INVALID', /has the name "Lake"/],
    ['lake', { folder: './a', s3: { region: 'x' } }, 'APP_VALUE_INVALID', /both folder and s3/],
    ['lake', { dir: './a' }, 'APP_SETTING_UNKNOWN', /no setting "dir"/],
    ['lake', { s3: {} }, 'APP_VALUE_INVALID', /Region of s3 of bucket "lake"/],
    ['lake', { s3: { region: 'x', endpoint: 'minio:9000' } }, 'APP_VALUE_INVALID', /Endpoint.*"minio:9000"/],
    ['lake', { s3: { region: 'x', encryption: 'rot13' } }, 'APP_VALUE_INVALID', /Encryption.*"rot13"/],
  ])('%s %j is refused', (name, settings, code, message) => {
    // Wrong on purpose.
    expect(() => build(name, settings as BucketSettings)).toThrow(expect.objectContaining({ code }))
    expect(() => build(name, settings as BucketSettings)).toThrow(message)
  })

  test('a stream that has the name of its news is refused', async () => {
    const app = defineApp('a', (app) => {
      const from = app.stream('lake.objects')
      app.bucket('lake')
      app.function('f', { from }, () => {})
    })
    await expect(testApp(app)).rejects.toMatchObject({ code: 'APP_INVALID', message: /bucket "lake"/ })
  })

  test('functions take news as S3 sends them, unless told otherwise', () => {
    const { stages } = defineApp('a', (app) => {
      const { created } = app.bucket('lake')
      app.function('one', { from: created }, () => {})
      app.function('many', { from: created, batchSize: 10, retries: 5 }, () => {})
      app.each('each', { from: created }, () => {})
      app.lambda('lambda', { from: created, code: import.meta.filename })
    }).build().definition
    const news = { batchSize: 1, maxRetries: 2, maxRecordAgeMs: 21_600_000 }
    expect(stages.map((stage) => stage.kind === 'function' && stage.mapping)).toMatchObject([
      news,
      { ...news, batchSize: 10, maxRetries: 5 },
      news,
      news,
    ])
  })
})

describe('buckets in functions', () => {
  const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()

  test('objects are put, read, listed and deleted; listeners hear of each put once', async () => {
    const heard: CreatedObject[] = []
    await using app = await testApp(
      defineApp('a', (app) => {
        const words = app.stream<{ key: string; text: string }>('words')
        const lake = app.bucket('lake')
        app.function('store', { from: words }, async (records) => {
          for (const record of records) {
            const { key, text } = record.json()
            await lake.put(key, text)
          }
        })
        app.function('seen', { from: lake.created }, async ([record]) => {
          const object = createdObject(record!)
          heard.push(object)
          if (object.key.startsWith('in/')) {
            expect(text(await lake.get(object.key))).toBe('hello')
            await lake.put(`out/${(await lake.list('in/')).objects.length}`, 'x')
          } else if (object.key === 'out/2') await lake.delete('in/a b')
        })
      }),
    )
    app.put('words', 'k', { key: 'in/a b', text: 'hello' })
    await app.runUntilIdle()
    app.put('words', 'k', { key: 'in/ü', text: 'hello' })
    await app.runUntilIdle()
    expect(heard.map(({ key }) => key)).toEqual(['in/a b', 'out/1', 'in/ü', 'out/2'])
    expect(heard[0]).toMatchObject({ bucket: 'lake', bytes: 5, createdAt: app.now() })
    const lake = app.bucket('lake')
    expect((await lake.list('')).objects.map(({ key }) => key)).toEqual(['in/ü', 'out/1', 'out/2'])
    expect(lake.url).toBe(`file://${app.dataDir}/buckets/lake`)
    expect(app.report().ledgerBalanced).toBe(true)
  })

  test('a call that fails has put its object, but tells of it only when a later attempt succeeds', async () => {
    let attempts = 0
    await using app = await testApp(
      defineApp('a', (app) => {
        const from = app.stream('s')
        const lake = app.bucket('lake', { folder: '/never/written/by/a/test' })
        app.function('f', { from }, async () => {
          await lake.put('a', 'x')
          if (++attempts < 3) throw new Error('not yet')
        })
        app.each('seen', { from: lake.created }, () => {})
      }),
    )
    app.put('s', 'k', {})
    await app.runUntilIdle()
    expect(attempts).toBe(3)
    expect(app.records('lake.objects')).toHaveLength(1)
  })

  test('filters choose by prefix and suffix', async () => {
    const seen: Record<string, string[]> = { both: [], prefix: [], suffix: [] }
    await using app = await testApp(
      defineApp('a', (app) => {
        const from = app.stream('s')
        const lake = app.bucket('lake')
        app.function('f', { from }, async () => {
          for (const key of ['in/a b.gz', 'in/a.json', 'a b.gz', 'in/x/a b.gz']) await lake.put(key, 'x')
        })
        const listen = (name: string, choice: { prefix?: string; suffix?: string }) =>
          app.each(name, { from: lake.created, filters: [objectKeys(choice)] }, ({ value }) => {
            seen[name]?.push(createdObject(value).key)
          })
        listen('both', { prefix: 'in/', suffix: ' b.gz' })
        listen('prefix', { prefix: 'in/' })
        listen('suffix', { suffix: ' b.gz' })
      }),
    )
    app.put('s', 'k', {})
    await app.runUntilIdle()
    for (const keys of Object.values(seen)) keys.sort()
    expect(seen).toEqual({
      both: ['in/a b.gz', 'in/x/a b.gz'],
      prefix: ['in/a b.gz', 'in/a.json', 'in/x/a b.gz'],
      suffix: ['a b.gz', 'in/a b.gz', 'in/x/a b.gz'],
    })
    expect(() => objectKeys({})).toThrow('neither prefix nor suffix')
  })

  test('a function that fails on an object tries it three times, then it is a dead letter', async () => {
    let calls = 0
    await using app = await testApp(
      defineApp('a', (app) => {
        const from = app.stream('s')
        const lake = app.bucket('lake')
        app.function('f', { from }, async () => void (await lake.put('bad', 'x')))
        app.function('g', { from: lake.created }, () => {
          calls++
          throw new Error('cannot')
        })
      }),
    )
    app.put('s', 'k', {})
    await app.runUntilIdle()
    await app.advance(60_000)
    expect(calls).toBe(3)
    expect(app.report().stages.find(({ name }) => name === 'g')).toMatchObject({ in: 1, dead: 1 })
  })

  test('outside a function a bucket says where it can be used', async () => {
    let put: Promise<unknown> | undefined
    defineApp('a', (app) => {
      const lake = app.bucket('lake')
      put = lake.put('a', 'x')
      app.function('f', { from: lake.created }, () => {})
    }).build()
    await expect(put).rejects.toMatchObject({ code: 'BUCKET_OUTSIDE_STAGE' })
  })
})
