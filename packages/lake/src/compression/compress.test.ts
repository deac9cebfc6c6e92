import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Random, seededRandom } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { FileCompression } from '../delivery/delivery-settings.ts'
import { compress, compressionSuffixes, decompress } from './compress.ts'
import { crc32c } from './crc32c.ts'
import { compressInWasm, decompressInWasm } from './zstd.ts'

const seed = Number(process.env.MILLRACE_SEED ?? 20_261)
const kinds = ['GZIP', 'ZIP', 'Snappy', 'HADOOP_SNAPPY', 'ZSTD'] as const satisfies FileCompression[]

/** Lines as deliveries write them, noise, long runs, and the sizes at which formats cut their blocks. */
function inputs(random: Random): { name: string; bytes: Uint8Array }[] {
  const noise = (size: number) => Uint8Array.from({ length: size }, () => random.below(256))
  const lines = Array.from(
    { length: 5_000 },
    (_, i) => `{"id":${i},"price":${random.below(10_000) / 100},"status":"shipped"}\n`,
  )
  return [
    { name: 'nothing', bytes: new Uint8Array(0) },
    { name: 'one byte', bytes: Uint8Array.of(7) },
    { name: 'JSON lines', bytes: Buffer.from(lines.join('')) },
    { name: 'noise', bytes: noise(200_000) },
    { name: 'a run', bytes: new Uint8Array(300_000) },
    ...[65_535, 65_536, 65_537, 131_072].map((size) => ({ name: `${size} bytes`, bytes: noise(size) })),
  ]
}

describe.each(kinds)('%s', (kind) => {
  test(`decompressing gives back what was compressed, and equal bytes give equal files (seed ${seed})`, async () => {
    for (const { name, bytes } of inputs(seededRandom(seed))) {
      const file = await compress(bytes, kind)
      expect(Buffer.from(await decompress(file, kind)).equals(bytes), name).toBe(true)
      expect(Buffer.from(file).equals(await compress(new Uint8Array(bytes), kind)), name).toBe(true)
    }
  })

  test('JSON lines become less than a third', async () => {
    const { bytes } = inputs(seededRandom(seed))[2]!
    expect((await compress(bytes, kind)).length).toBeLessThan(bytes.length / 3)
  })

  test(`a file that is cut anywhere is refused (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    const file = await compress(inputs(random)[2]!.bytes, kind)
    for (let i = 0; i < 40; i++) {
      const cut = file.subarray(0, 1 + random.below(file.length - 1))
      const outcome = await decompress(cut, kind).catch((error: unknown) => error)
      // Both forms of Snappy may end after any block; what they give then is a beginning.
      if (outcome instanceof Uint8Array) expect(kind).toMatch(/snappy/i)
      else expect(outcome).toMatchObject({ code: 'COMPRESSION_INVALID' })
    }
  })
})

test.each(['GZIP', 'ZIP', 'Snappy'] as const)(
  `%s: a flipped bit is refused, or changes nothing that is read (seed ${seed})`,
  async (kind) => {
    const random = seededRandom(seed)
    const bytes = Buffer.from(inputs(random)[2]!.bytes.subarray(0, 100_000))
    const file = await compress(bytes, kind)
    for (let i = 0; i < 300; i++) {
      const flipped = new Uint8Array(file)
      const bit = random.below(file.length * 8)
      flipped[bit >>> 3]! ^= 1 << (bit & 7)
      const outcome = await decompress(flipped, kind).catch((error: unknown) => error)
      if (outcome instanceof Uint8Array) expect(bytes.equals(outcome), `bit ${bit}`).toBe(true)
      else expect(outcome, `bit ${bit}`).toMatchObject({ code: 'COMPRESSION_INVALID' })
    }
  },
)

test('a GZIP file is one member without a time', async () => {
  const file = Buffer.from(await compress(Buffer.from('a\nb\n'), 'GZIP'))
  expect(file.subarray(0, 4).toString('hex')).toBe('1f8b0800')
  expect(file.readUInt32LE(4)).toBe(0)
})

test('the entry of a ZIP archive has the name asked for', async () => {
  const file = Buffer.from(await compress(Buffer.from('a'), 'ZIP', { entryName: 'año.json' }))
  expect(file.subarray(30, 39).toString()).toBe('año.json')
})

// The check value of the parametrised CRC catalogue.
test('CRC-32C of "123456789"', () => expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283))

test('Zstandard in WebAssembly cuts large files into frames, which read as one', async () => {
  const bytes = Buffer.from('0123456789abcdef'.repeat((20 << 20) / 16))
  const file = await compressInWasm(bytes)
  expect(bytes.equals(await decompressInWasm(file))).toBe(true)
  expect(bytes.equals(await decompress(file, 'ZSTD'))).toBe(true)
})

test('suffixes', () => {
  expect(kinds.map((kind) => compressionSuffixes[kind])).toEqual([
    '.gz',
    '.zip',
    '.snappy',
    '.hsnappy',
    '.zst',
  ])
})

/** Python's own zlib and zipfile, cramjam and python-snappy: `pip install cramjam python-snappy`, see .ci/run. */
describe('codecs of other people', () => {
  const script = fileURLToPath(new URL('./testing/other-codecs.py', import.meta.url))
  const python = process.env.MILLRACE_PYTHON ?? 'python3'
  const run = (action: string, kind: string, input: Uint8Array = new Uint8Array(0)) =>
    spawnSync(python, [script, action, kind], { input, maxBuffer: 1 << 30 })
  for (const kind of kinds) {
    const isThere = run('has', kind).status === 0
    test.skipIf(!isThere && process.env.CI === undefined)(
      `${kind}: they read ours and we read theirs${isThere ? '' : `; ${python} lacks the codec`} (seed ${seed})`,
      async () => {
        for (const { name, bytes } of inputs(seededRandom(seed))) {
          const ours = run('decompress', kind, await compress(bytes, kind))
          expect(ours.stderr.toString(), name).toBe('')
          expect(ours.stdout.equals(bytes), name).toBe(true)
          const theirs = run('compress', kind, bytes)
          expect(Buffer.from(await decompress(theirs.stdout, kind)).equals(bytes), name).toBe(true)
        }
      },
    )
  }
})
