import { type Database, open, type RootDatabase } from 'lmdb'
import { expect, test } from 'vitest'
import { LOG_TREE, logKey } from './layout.ts'
import type { CorruptBatch } from './port.ts'
import { openStore } from './store.ts'
import { bytes, isCorrupt, TestClock, testDirectory } from './testing/support.ts'

interface Raw {
  readonly root: RootDatabase<Uint8Array, Uint8Array>
  readonly log: Database<Uint8Array, Uint8Array>
}

/** The stored bytes behind the store's back. */
function openRaw(dir: string): Raw {
  const root = open<Uint8Array, Uint8Array>({
    path: dir,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  return {
    root,
    log: root.openDB<Uint8Array, Uint8Array>(LOG_TREE, { encoding: 'binary', keyEncoding: 'binary' }),
  }
}

/** Three batches of two records each, in three commits. */
async function filled(): Promise<string> {
  const dir = testDirectory()
  const store = await openStore({ dir, clock: new TestClock() })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  for (let i = 0; i < 3; i++) {
    store.commit((transaction) =>
      transaction.append(
        's',
        [0, 1].map((j) => ({ key: bytes('k'), data: bytes(`record ${i} ${j}`) })),
      ),
    )
  }
  await store.close()
  return dir
}

const everything = { maxRecords: 1_000, maxBytes: 1_000_000 }

test('a flip of any byte of a stored batch is found and named; the other batches go on', async () => {
  const dir = await filled()
  const raw = openRaw(dir)
  const key = logKey(0, 0, 2)
  const whole = Uint8Array.from(raw.log.getBinary(key)!)
  const store = await openStore({ dir, clock: new TestClock() })
  for (let at = 0; at < whole.length; at++) {
    const changed = whole.slice()
    changed[at]! ^= 0x10
    raw.log.putSync(key, changed)
    const { batches, atHead } = store.read('s', 0, 0, everything)
    expect(atHead).toBe(true)
    expect(batches.map((batch) => [batch.firstSequence, isCorrupt(batch)])).toEqual([
      [0, false],
      [2, true],
      [4, false],
    ])
    expect((batches[1] as CorruptBatch).nextSequence).toBe(4)
  }
  await raw.root.close()
  await store.close()
})

test('corrupt first, last and missing stretches are reported with both ends, in steps of any size', async () => {
  const dir = await filled()
  const raw = openRaw(dir)
  raw.log.putSync(logKey(0, 0, 0), bytes('short'))
  raw.log.removeSync(logKey(0, 0, 2))
  raw.log.putSync(logKey(0, 0, 4), new Uint8Array(100))
  await raw.root.close()
  const store = await openStore({ dir, clock: new TestClock() })
  for (const maxRecords of [1, 2, 1_000]) {
    const found: [number, number][] = []
    for (let position = 0; position < 6; ) {
      for (const batch of store.read('s', 0, position, { maxRecords, maxBytes: 1_000 }).batches) {
        if (!isCorrupt(batch)) throw new Error('nothing is whole here')
        found.push([batch.firstSequence, batch.nextSequence])
        position = batch.nextSequence
      }
    }
    // What is missing cannot be told from the corrupt stretch before it.
    expect(found).toEqual([
      [0, 4],
      [4, 6],
    ])
  }
  expect(store.sequenceAtTime('s', 0, 0)).toBe(0)
  await store.close()
})

test('a missing batch between whole ones is reported as a stretch of its own', async () => {
  const dir = await filled()
  const raw = openRaw(dir)
  raw.log.removeSync(logKey(0, 0, 2))
  await raw.root.close()
  const store = await openStore({ dir, clock: new TestClock() })
  for (const from of [0, 2, 3]) {
    const { batches } = store.read('s', 0, from, everything)
    const reason = 'nothing is stored'
    expect(batches.filter(isCorrupt)).toEqual([
      { stream: 's', shard: 0, firstSequence: 2, nextSequence: 4, reason },
    ])
    expect(batches.map((batch) => batch.firstSequence)).toEqual(from === 0 ? [0, 2, 4] : [2, 4])
  }
  await store.close()
})

test('what was found is listed, kept over a reopen, and its bytes stay until retention takes them', async () => {
  const dir = await filled()
  let raw = openRaw(dir)
  raw.log.putSync(logKey(0, 0, 2), bytes('evidence'))
  await raw.root.close()
  const clock = new TestClock()
  let store = await openStore({ dir, clock })
  expect(store.quarantine()).toEqual([])
  store.read('s', 0, 0, everything)
  const expected = [
    { stream: 's', shard: 0, firstSequence: 2, nextSequence: 4, reason: 'only 8 bytes, less than a header' },
  ]
  expect(store.quarantine()).toEqual(expected)
  store.commit((transaction) => transaction.setStage('g', bytes('1')))
  await store.close()
  store = await openStore({ dir, clock })
  expect(store.quarantine()).toEqual(expected)
  await store.close()
  raw = openRaw(dir)
  expect(Buffer.from(raw.log.getBinary(logKey(0, 0, 2))!).toString()).toBe('evidence')
  await raw.root.close()
  store = await openStore({ dir, clock })
  expect(store.enforceRetention(clock.time + 1_001)).toBe(6)
  expect(store.shard('s', 0)).toMatchObject({ shard: 0, oldest: 6, next: 6, bytes: 0 })
  await store.close()
})

test('a damaged stretch of a stream that is deleted afterwards stops no commit, and is not the one that follows it', async () => {
  const dir = await filled()
  const raw = openRaw(dir)
  const key = logKey(0, 0, 2)
  const changed = Uint8Array.from(raw.log.getBinary(key)!)
  changed[changed.length - 1]! ^= 1
  raw.log.putSync(key, changed)
  const store = await openStore({ dir, clock: new TestClock() })
  store.defineStream({ name: 'other', shards: 1, retentionMs: 1_000 })
  store.read('s', 0, 0, everything)
  expect(store.quarantine()).toHaveLength(1)
  store.deleteStream('s')
  const put = (stream: string) =>
    store.commit((transaction) => transaction.append(stream, [{ key: bytes('k'), data: bytes('x') }]))
  expect(put('other')).toEqual([{ shard: 0, sequence: 0 }])
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  store.read('s', 0, 0, everything)
  put('s')
  expect(store.quarantine()).toEqual([])
  await raw.root.close()
  await store.close()
})
