import { describe, expect, test } from 'vitest'
import { RECORD_DATA_BYTES_MAX, STORED_DATA_BYTES_MAX } from './limits.ts'
import type { CommitPoint, Store, Transaction } from './port.ts'
import { openStore } from './store.ts'
import { bytes, isCorrupt, readAll, TestClock, testDirectory, text } from './testing/support.ts'

async function opened(probe?: (point: CommitPoint) => void) {
  const clock = new TestClock()
  const store = await openStore({ dir: testDirectory(), clock, ...(probe === undefined ? {} : { probe }) })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  store.defineTable({ name: 't', partitionKey: { name: 'k', type: 'string' } })
  return { store, clock }
}

/** A commit that writes something; what it was stamped with. */
function stamp(store: Store): { commit: number; time: number } {
  return store.commit((transaction) => {
    transaction.setStage('g', bytes('1'))
    return { commit: transaction.commit, time: transaction.time }
  })
}

describe('a commit', () => {
  test('passes its points in order', async () => {
    const passed: CommitPoint[] = []
    const { store } = await opened((point) => passed.push(point))
    store.commit((transaction) => transaction.setStage('g', bytes('1')))
    expect(passed).toEqual(['before-begin', 'in-transaction', 'before-commit', 'after-commit', 'after-flush'])
    await store.close()
  })

  test('refuses asynchronous work, nested commits and use after its end, and keeps nothing of them', async () => {
    const { store } = await opened()
    let kept: Transaction | undefined
    const put = (transaction: Transaction): void => transaction.putItem('t', 'k', undefined, bytes('{}'))
    expect(() => store.commit(async (transaction) => put(transaction))).toThrow(/^STORE_WORK_ASYNC/)
    expect(() => store.commit(() => store.commit(put))).toThrow(/^STORE_COMMIT_NESTED/)
    store.commit((transaction) => {
      kept = transaction
    })
    expect(() => put(kept!)).toThrow(/^STORE_TRANSACTION_OVER/)
    expect(store.table('t')?.items).toBe(0)
    store.commit(put)
    expect(store.table('t')?.items).toBe(1)
    await store.close()
  })

  test('of nothing takes no number and is no news', async () => {
    const { store } = await opened()
    const seen = store.news()
    expect(store.commit((transaction) => transaction.commit)).toBe(1)
    expect(store.news()).toBe(seen)
    expect(stamp(store).commit).toBe(1)
    expect(store.news()).toBe(seen + 1)
    expect(store.commit((transaction) => transaction.commit)).toBe(2)
    await store.close()
  })

  test('splits a large builder into several batches with one commit number and gapless sequences', async () => {
    const { store } = await opened()
    const builder = store.builder()
    const data = new Uint8Array(700).fill(65)
    for (let i = 0; i < 2_000; i++) builder.add(bytes('k'), 0, 1, data, 0, i % 700, 0)
    expect(store.commit((transaction) => transaction.appendBatch('s', 0, builder))).toBe(0)
    const { batches } = store.read('s', 0, 0, { maxRecords: 1e9, maxBytes: 1e9 })
    expect(batches.length).toBeGreaterThan(2)
    let next = 0
    for (const batch of batches) {
      if (isCorrupt(batch)) throw new Error(batch.reason)
      expect([batch.firstSequence, batch.commit]).toEqual([next, 1])
      expect(batch.bytes.length).toBeLessThanOrEqual(262_144)
      next += batch.count
    }
    expect(next).toBe(2_000)
    builder.reset()
    expect(store.commit((transaction) => transaction.appendBatch('s', 0, builder))).toBe(2_000)
    await store.close()
  })

  test('takes a record of 10 MiB and what is wrapped around it, and refuses one byte more', async () => {
    const { store } = await opened()
    expect(STORED_DATA_BYTES_MAX).toBeGreaterThan(RECORD_DATA_BYTES_MAX)
    const data = new Uint8Array(STORED_DATA_BYTES_MAX + 1)
    for (let i = 0; i < data.length; i += 4_096) data[i] = i >>> 12
    const fits = data.subarray(0, STORED_DATA_BYTES_MAX)
    const append = (record: Uint8Array) => (): unknown =>
      store.commit((transaction) =>
        transaction.append('s', [
          { key: bytes('k'), data: bytes('small') },
          { key: bytes('k'), data: record },
        ]),
      )
    expect(append(data)).toThrow(/^STORE_RECORD_TOO_LARGE .*10551297/)
    append(fits)()
    const records = readAll(store, 's', 0)
    expect(records.map((record) => record.data.length)).toEqual([
      5,
      Buffer.from(fits).toString('utf8').length,
    ])
    const { batches } = store.read('s', 0, 1, { maxRecords: 1, maxBytes: 1 })
    const batch = batches[0]!
    if (isCorrupt(batch)) throw new Error(batch.reason)
    expect(Buffer.compare(batch.bytes.subarray(batch.dataStart[0], batch.dataStart[1]), fits)).toBe(0)
    await store.close()
  })

  test('keeps state blobs, stage records and items of many megabytes, and empty ones', async () => {
    const { store } = await opened()
    const large = new Uint8Array(20_000_000).fill(7)
    for (const blob of [large, new Uint8Array(0)]) {
      store.commit((transaction) => {
        transaction.replaceState('g', 'o', [blob, bytes('tail')])
        transaction.setStage('g', blob)
        transaction.putItem('t', 'k', undefined, blob)
        expect(Buffer.compare(transaction.getItem('t', 'k', undefined)!, blob)).toBe(0)
      })
      expect([...store.readState('g')].map(({ blob: { length } }) => length)).toEqual([blob.length, 4])
      expect(Buffer.compare(store.getStage('g')!, blob)).toBe(0)
      expect(Buffer.compare(store.getItem('t', 'k')!, blob)).toBe(0)
      expect([...store.scan('t')].map(({ json }) => json.length)).toEqual([blob.length])
    }
    await store.close()
  })

  test('is stamped with a time that never decreases, though the clock does, also after a reopen', async () => {
    const dir = testDirectory()
    const clock = new TestClock()
    const times: number[] = []
    for (const step of [0, 5.7, -100, 3, -1_000]) {
      clock.time += step
      const store = await openStore({ dir, clock })
      times.push(stamp(store).time)
      await store.close()
    }
    const start = 1_700_000_000_000
    expect(times).toEqual([start, start + 5, start + 5, start + 5, start + 5])
  })

  test('what a reader was given stays as it was, whatever is read and written later', async () => {
    const { store } = await opened()
    const put = (text: string): void => {
      store.commit((transaction) => {
        transaction.append('s', [{ key: bytes('k'), data: bytes(text) }])
        transaction.putItem('t', 'k', undefined, bytes(text))
        transaction.setStage('g', bytes(text))
        transaction.replaceState('g', 'o', [bytes(text)])
      })
    }
    put('first')
    const batch = store.read('s', 0, 0, { maxRecords: 1, maxBytes: 1 }).batches[0]!
    if (isCorrupt(batch)) throw new Error(batch.reason)
    const given = [
      batch.bytes,
      store.getItem('t', 'k')!,
      store.getStage('g')!,
      [...store.scan('t')][0]!.json,
      [...store.readState('g')][0]!.blob,
    ]
    const copies = given.map((value) => value.slice())
    for (let i = 0; i < 50; i++) put(`later ${i}`)
    readAll(store, 's', 0)
    expect(given).toEqual(copies)
    await store.close()
  })

  test('sees its own item writes, and the store read inside it shows the commit before', async () => {
    const { store } = await opened()
    const put = (transaction: Transaction, key: string, json: string): void =>
      transaction.putItem('t', key, undefined, bytes(json))
    store.commit((transaction) => {
      put(transaction, 'a', '1')
      transaction.append('s', [{ key: bytes('k'), data: bytes('d') }])
    })
    store.commit((transaction) => {
      put(transaction, 'b', '2')
      put(transaction, 'a', '3')
      expect(text(transaction.getItem('t', 'a', undefined))).toBe('3')
      transaction.append('s', [{ key: bytes('k'), data: bytes('e') }])
      expect(store.shard('s', 0).next).toBe(1)
      expect(readAll(store, 's', 0)).toHaveLength(1)
      expect(transaction.deleteItem('t', 'b', undefined)).toBe(true)
      expect(transaction.deleteItem('t', 'b', undefined)).toBe(false)
      put(transaction, 'b', '4')
    })
    expect([...store.scan('t')].map(({ json }) => text(json))).toEqual(['3', '4'])
    expect(readAll(store, 's', 0)).toHaveLength(2)
    await store.close()
  })

  test('whose work caught a refusal of the store keeps the rest', async () => {
    const { store } = await opened()
    store.commit((transaction) => {
      transaction.putItem('t', 'a', undefined, bytes('1'))
      expect(() => transaction.setStage('', bytes('1'))).toThrow(/^STORE_NAME_INVALID/)
      expect(() => transaction.putItem('t', 'x'.repeat(5_000), undefined, bytes('1'))).toThrow(
        /^STORE_KEY_TOO_LARGE/,
      )
      expect(() => transaction.putItem('t', 1, undefined, bytes('1'))).toThrow(/^STORE_KEY_INVALID/)
      transaction.putItem('t', 'b', undefined, bytes('2'))
    })
    expect([...store.scan('t')].map(({ json }) => text(json))).toEqual(['1', '2'])
    await store.close()
  })

  test('is read in whole batches up to the first that reaches a limit, counted from the position', async () => {
    const { store } = await opened()
    for (let i = 0; i < 4; i++) {
      const records = Array.from({ length: 10 }, () => ({ key: bytes('k'), data: new Uint8Array(100) }))
      store.commit((transaction) => transaction.append('s', records))
    }
    const read = (from: number, maxRecords: number, maxBytes = 1e9): [number[], boolean] => {
      const { batches, atHead } = store.read('s', 0, from, { maxRecords, maxBytes })
      return [batches.map((batch) => batch.firstSequence), atHead]
    }
    expect(read(0, 1)).toEqual([[0], false])
    expect(read(0, 10)).toEqual([[0], false])
    expect(read(0, 11)).toEqual([[0, 10], false])
    expect(read(9, 1)).toEqual([[0], false])
    expect(read(9, 2)).toEqual([[0, 10], false])
    expect(read(20, 1e9, 1)).toEqual([[20], false])
    expect(read(20, 1e9, 1_500)).toEqual([[20, 30], true])
    expect(read(30, 10)).toEqual([[30], true])
    expect(read(40, 10)).toEqual([[], true])
    expect(read(99, 10)).toEqual([[], true])
    expect(store.enforceRetention(new TestClock().time + 1_001)).toBe(40)
    expect(read(0, 10)).toEqual([[], true])
    await store.close()
  })

  test('routes records by key as `route` says, to every shard, and as asked where a shard is given', async () => {
    const { store } = await opened()
    store.defineStream({ name: 'many', shards: 5, retentionMs: 1_000 })
    const keys = Array.from({ length: 200 }, (_, i) => bytes(`key ${i}`))
    const records = keys.map((key, i) => ({ key, data: bytes('d'), ...(i % 10 === 0 ? { shard: 4 } : {}) }))
    const places = store.commit((transaction) => transaction.append('many', records))
    places.forEach(({ shard }, i) => {
      expect(shard).toBe(i % 10 === 0 ? 4 : store.route('many', keys[i]!, 0, keys[i]!.length))
    })
    expect(new Set(places.map(({ shard }) => shard)).size).toBe(5)
    const append = (): unknown =>
      store.commit((transaction) =>
        transaction.append('many', [{ key: bytes('k'), data: bytes('d'), shard: 5 }]),
      )
    expect(append).toThrow(/^STORE_UNKNOWN_SHARD/)
    await store.close()
  })
})
