import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { openStore } from './store.ts'
import { bytes, childFile, readAll, startChild, TestClock, testDirectory } from './testing/support.ts'

const COMMITS = 150

test('threads append to one shard at once: sequences have no gap, commits have one order', async () => {
  const dir = testDirectory()
  const store = await openStore({ dir, clock: new TestClock() })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  store.defineTable({ name: 't', partitionKey: { name: 'k', type: 'string' } })
  const names = ['one', 'two']
  const ends = names.map((name) => {
    const workerData = { role: 'appender', dir, name, argument: COMMITS, share: store.share() }
    const worker = new Worker(childFile, { workerData })
    return new Promise<void>((resolve, reject) => {
      worker.on('error', reject)
      worker.on('exit', () => resolve())
    })
  })
  for (let i = 0; i < COMMITS; i++) {
    store.commit((transaction) =>
      transaction.append('s', [{ key: bytes('k'), data: bytes(`main ${i}`), shard: 0 }]),
    )
    await store.flushed()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(ends)
  const records = readAll(store, 's', 0)
  expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, i) => i))
  expect(records.map(({ commit }) => commit)).toEqual(records.map((_, i) => i + 1))
  for (const name of ['main', ...names]) {
    const own = records.filter(({ data }) => data.startsWith(`${name} `)).map(({ data }) => data)
    expect(own).toEqual(Array.from({ length: COMMITS }, (_, i) => `${name} ${i}`))
  }
  expect(store.table('t')?.items).toBe(COMMITS * names.length)
  await store.close()
})

test('a reader in another process follows the owner, and may be there before the data', async () => {
  const dir = testDirectory()
  const store = await openStore({ dir, clock: new TestClock() })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  const reader = startChild('reader', dir, '200')
  expect(await reader.line((line) => line === 'open')).toBe('open')
  for (let i = 0; i < 200; i++) {
    store.commit((transaction) => transaction.append('s', [{ key: bytes('k'), data: bytes(`${i}`) }]))
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const { code, errors } = await reader.ended
  expect([code, errors]).toEqual([0, ''])
  expect(reader.lines).toEqual(['open', '200'])
  await store.close()
})

test('a reader refuses every write and sees what the stopped owner left', async () => {
  const dir = testDirectory()
  const clock = new TestClock()
  const store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  store.commit((transaction) => transaction.append('s', [{ key: bytes('k'), data: bytes('d') }]))
  await store.close()
  const reader = await openStore({ dir, clock, mode: 'reader' })
  expect(readAll(reader, 's', 0)).toHaveLength(1)
  expect(() => reader.commit(() => 0)).toThrow(/^STORE_READ_ONLY/)
  expect(() => reader.defineStream({ name: 'x', shards: 1, retentionMs: 1 })).toThrow(/^STORE_READ_ONLY/)
  expect(() => reader.enforceRetention(0)).toThrow(/^STORE_READ_ONLY/)
  await reader.close()
})
