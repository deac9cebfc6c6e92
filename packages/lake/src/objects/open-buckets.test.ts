import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openBuckets } from './open-buckets.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-buckets-'))
afterAll(() => rmSync(dataDir, { recursive: true }))

test('a bucket is a folder of the data directory, unless it has a place', async () => {
  const dir = join(dataDir, 'elsewhere')
  const buckets = openBuckets({
    dataDir,
    places: (name) => {
      if (name === 'mine') return { kind: 'folder', dir }
      return name === 'far' ? { kind: 's3', bucket: 'their-lake', region: 'eu-west-1' } : undefined
    },
  })
  const lake = buckets.open('lake')
  expect(buckets.open('lake')).toBe(lake)
  await lake.put('a', { bytes: Buffer.from('x') })
  await buckets.open('mine').put('b', { bytes: Buffer.from('x') })
  expect(existsSync(join(dataDir, 'buckets', 'lake', 'a'))).toBe(true)
  expect(existsSync(join(dir, 'b'))).toBe(true)
  expect(buckets.open('far')).toMatchObject({ name: 'far', url: 's3://their-lake' })
  await buckets.close()
})

test.each(['', 'ab', 'Lake', 'a..b', '-ab', 'ab-', '../x', '10.0.0.1', 'a_b', 'x'.repeat(64)])(
  '%j is no name of a bucket',
  (name) => {
    expect(() => openBuckets({ dataDir }).open(name)).toThrow(
      expect.objectContaining({ code: 'BUCKET_NAME_INVALID' }),
    )
  },
)
