import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from './store.ts'
import { bytes, readAll, startChild, TestClock, testDirectory } from './testing/support.ts'

test('at a limit on file sizes a commit is refused, reads go on, and what was committed stays', async ({
  skip,
}) => {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
  } catch {
    skip('needs prlimit of util-linux')
  }
  const dir = testDirectory()
  const child = startChild('filler', dir, undefined, ['prlimit', '--fsize=4000000'])
  const { code, errors } = await child.ended
  expect([code, errors]).toEqual([0, ''])
  const found = JSON.parse(child.lines[0]!)
  expect(found.code).toBe('STORE_DISK_FULL')
  expect(found.message).toMatch(
    /writes refused in .*Nothing of this commit was kept, reads go on\. Free space/,
  )
  expect(found.again).toBe('STORE_DISK_FULL')
  expect(found.written).toBeGreaterThan(20)
  expect(found.read).toBe(found.written)
  const store = await openStore({ dir, clock: new TestClock() })
  expect(readAll(store, 's', 0)).toHaveLength(found.written)
  store.commit((transaction) => transaction.append('s', [{ key: bytes('k'), data: new Uint8Array(50_000) }]))
  expect(readAll(store, 's', 0)).toHaveLength(found.written + 1)
  await store.close()
})

test('on a full disk a commit is refused; after room is made the same store goes on, with nothing lost', async ({
  skip,
}) => {
  const dir = testDirectory()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dir], { stdio: 'ignore' })
  } catch {
    skip('needs the right to mount a file system')
  }
  try {
    const ballast = join(dir, 'lost+found')
    writeFileSync(ballast, new Uint8Array(3_000_000))
    let store = await openStore({ dir, clock: new TestClock(), mapBytes: 2 ** 30 })
    store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
    store.defineTable({ name: 't', partitionKey: { name: 'k', type: 'number' } })
    let written = 0
    const write = (): void => {
      store.commit((transaction) => {
        transaction.append('s', [{ key: bytes('k'), data: new Uint8Array(40_000) }])
        transaction.putItem('t', written, undefined, new Uint8Array(20_000))
      })
      written++
    }
    try {
      for (const makeRoom of [(): void => rmSync(ballast), (): void => {}]) {
        const before = written
        expect(() => {
          for (;;) write()
        }).toThrow(/^STORE_DISK_FULL .*writes refused/)
        expect(written).toBeGreaterThan(before + 10)
        expect(readAll(store, 's', 0)).toHaveLength(written)
        expect(store.table('t')?.items).toBe(written)
        makeRoom()
      }
      await store.close()
      store = await openStore({ dir, clock: new TestClock(), mapBytes: 2 ** 30 })
      expect(readAll(store, 's', 0)).toHaveLength(written)
    } finally {
      await store.close()
    }
  } finally {
    execFileSync('umount', [dir])
  }
})

test('past the size that was mapped at first the store goes on, for this thread and a reader', async () => {
  const dir = testDirectory()
  const clock = new TestClock()
  const store = await openStore({ dir, clock, mapBytes: 2 ** 22 })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  const reader = startChild('reader', dir, '200')
  for (let i = 0; i < 200; i++) {
    store.commit((transaction) =>
      transaction.append('s', [{ key: bytes('k'), data: new Uint8Array(40_000) }]),
    )
  }
  expect(readAll(store, 's', 0)).toHaveLength(200)
  expect(await reader.ended).toEqual({ code: 0, signal: null, errors: '' })
  await store.close()
})

test('when the disk fails a sync, the commit and all later ones are refused until the store is opened again', async ({
  skip,
}) => {
  const under = [
    'strace',
    '-f',
    '-o',
    '/dev/null',
    '-e',
    'trace=fdatasync',
    '-e',
    'inject=fdatasync:error=EIO:when=20+',
  ]
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' })
  } catch {
    skip('needs strace to make system calls fail')
  }
  const dir = testDirectory()
  const child = startChild('failing', dir, undefined, under)
  const { code, errors } = await child.ended
  expect([code, errors]).toEqual([0, ''])
  const { codes, flushed, written, next } = JSON.parse(child.lines[0]!)
  expect([codes, flushed]).toEqual([['STORE_FLUSH_FAILED', 'STORE_FLUSH_FAILED'], 'STORE_FLUSH_FAILED'])
  // The commit whose sync failed is visible though it was not acknowledged.
  expect(next).toBe(written + 1)
  const store = await openStore({ dir, clock: new TestClock() })
  expect(readAll(store, 's', 0).length).toBeGreaterThanOrEqual(written)
  await store.close()
})
