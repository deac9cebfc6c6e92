import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DATA_FILE, PAGE_BYTES } from './layout.ts'
import { NEWS_BYTES } from './news.ts'
import type { Store } from './port.ts'
import { openStore } from './store.ts'
import { bytes, readAll, TestClock, testDirectory, text } from './testing/support.ts'

const SECTOR_BYTES = 512
const COMMITS_BEFORE = 5

/** Where LMDB keeps the boot of the system that wrote a meta page, in each of its three meta pages. */
const BOOT_OFFSETS = [0, PAGE_BYTES / 2, PAGE_BYTES].map((page) => page + 160)
/** The meta page of the commit on disk: written after the sync, so a cut during the next commit leaves it as it was. */
const FLUSHED_META = { from: PAGE_BYTES / 2, to: PAGE_BYTES / 2 + 168 }

function write(store: Store, n: number): void {
  store.commit((transaction) => {
    transaction.append('s', [{ key: bytes('k'), data: bytes(`${n} ${'x'.repeat((n * 9_973) % 40_000)}`) }])
    for (let i = 0; i < 40; i++)
      transaction.putItem('t', (n * 31 + i * 17) % 400, undefined, bytes(`{"n":${n}}`))
    transaction.setStage('g', bytes(String(n)))
    transaction.replaceState('g', 'o', [bytes(`snapshot ${n}`)])
  })
}

/**
 * The file as a power cut in the middle of a commit may leave it: of the sectors that the commit wrote, any subset is on
 * disk, in any order, since nothing was synced yet; then the system started anew.
 */
function cut(before: Buffer, after: Buffer, isOnDisk: (sector: number) => boolean): Buffer {
  const file = Buffer.alloc(Math.max(before.length, after.length))
  before.copy(file)
  for (let at = 0; at < after.length; at += SECTOR_BYTES) {
    const holdsFlushedMeta = at < FLUSHED_META.to && at + SECTOR_BYTES > FLUSHED_META.from
    if (!holdsFlushedMeta && isOnDisk(at / SECTOR_BYTES)) after.copy(file, at, at, at + SECTOR_BYTES)
  }
  for (const at of BOOT_OFFSETS) file.writeBigInt64LE(0x1234n, at)
  return file
}

test('after a power cut in the middle of a commit the store opens at the commit before, whole', {
  timeout: 60_000,
}, async () => {
  const dir = testDirectory()
  const path = join(dir, DATA_FILE)
  const clock = new TestClock()
  let store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  store.defineTable({ name: 't', partitionKey: { name: 'k', type: 'number' } })
  for (let n = 1; n <= COMMITS_BEFORE; n++) write(store, n)
  const before = readFileSync(path)
  const expected = [readAll(store, 's', 0), [...store.scan('t')], [...store.readState('g')]]
  write(store, COMMITS_BEFORE + 1)
  const after = readFileSync(path)
  await store.close()

  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.constantFrom(
          () => true,
          () => false,
        ),
        fc
          .integer()
          .map((seed) => (sector: number) => ((Math.imul(sector + 1, 0x9e37_79b1) ^ seed) >>> 7) % 2 === 0),
        fc.nat({ max: after.length / SECTOR_BYTES }).map((last) => (sector: number) => sector <= last),
        fc
          .nat({ max: after.length / SECTOR_BYTES })
          .map((first) => (sector: number) => sector >= first || sector < 64),
      ),
      fc.boolean(),
      async (isOnDisk, readerFirst) => {
        writeFileSync(path, cut(before, after, isOnDisk))
        if (readerFirst) {
          const reader = await openStore({ dir, clock, mode: 'reader' })
          expect(readAll(reader, 's', 0)).toEqual(expected[0])
          await reader.close()
        }
        // The images were taken while this process owned the directory; by a share it opens without asking for ownership.
        store = await openStore({ dir, clock, share: { dir, shared: new SharedArrayBuffer(NEWS_BYTES) } })
        expect([readAll(store, 's', 0), [...store.scan('t')], [...store.readState('g')]]).toEqual(expected)
        expect(text(store.getStage('g'))).toBe(String(COMMITS_BEFORE))
        write(store, COMMITS_BEFORE + 1)
        expect(readAll(store, 's', 0)).toHaveLength(COMMITS_BEFORE + 1)
        await store.close()
      },
    ),
    { numRuns: 60 },
  )
})
